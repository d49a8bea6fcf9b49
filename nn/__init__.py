"""A convolutional network from scratch: layers, optimizers and training in NumPy and Numba.

Importing the package loads nothing heavy. `nn.models`, `nn.layers` and so on are imported when
they are first used, so that a script can say `import nn as keras` (`nn/utils/keras_names.py`).
"""

import sys
from importlib.machinery import ModuleSpec
from typing import Any

__version__ = "0.2.0"

if sys.argv[:1] == ["-m"]:
    # A command is being started: from here on, Ctrl-C ends it with a sentence and not with a traceback.
    from nn.io import interrupts

    if interrupts.is_command():
        interrupts.leave_at_once()


class _KerasModules:
    """Comes last on `sys.meta_path`: Python asks it for the modules of `nn` that are in no file, such as `nn.backend`."""

    @staticmethod
    def find_spec(fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith("nn."):
            return None
        from nn.utils import keras_names

        return keras_names.spec_of(fullname)


sys.meta_path.append(_KerasModules)


def __getattr__(name: str) -> Any:
    from nn.utils import keras_names

    return keras_names.member("nn", name)
