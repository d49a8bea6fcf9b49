"""A convolutional network from scratch: layers, optimizers and training in NumPy and Numba.

Importing the package loads nothing heavy. `nn.models`, `nn.layers` and so on are imported when
they are first used, so that a script can say `import nn as keras` (`nn/utils/keras_names.py`).
"""

import sys
from importlib.machinery import ModuleSpec
from typing import Any

__version__ = "0.2.0"

_started = "".join(sys.argv[:1])
if _started == "-m" or "numba-cnn" in _started:
    # Perhaps a command is being started: from here on, Ctrl-C ends it with a sentence and not with
    # a traceback.
    from nn.io import interrupts

    if interrupts.is_command():
        interrupts.leave_at_once()


class _KerasModules:
    """Python asks it for modules under Keras' names, such as `nn.backend`, that are in no file."""

    def __init__(self, prefix: tuple[str, ...]) -> None:
        self.prefix = prefix

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """The spec of the module that holds the names."""
        if not fullname.startswith(self.prefix):
            return None
        from nn.utils import keras_names

        return keras_names.spec_of(fullname)


# First of all for modules inside modules that are aliases, or they would be loaded twice; last for
# the others.
_ALIASES = ("nn.keras.", "nn.preprocessing.", "nn.python.", "nn.src.")
_LAYERS = ("nn.layers.core.", "nn.layers.convolutional.", "nn.layers.normalization.")
sys.meta_path.insert(0, _KerasModules((*_ALIASES, *_LAYERS)))
sys.meta_path.append(_KerasModules(("nn.",)))


def __getattr__(name: str) -> Any:
    from nn.utils import keras_names

    return keras_names.member("nn", name)
