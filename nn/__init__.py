"""A convolutional network from scratch: layers, optimizers and training in NumPy and Numba.

Importing the package loads nothing heavy. `nn.models`, `nn.layers` and so on are imported when
they are first used, so that a script can say `import nn as keras`.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.2.0"

if sys.argv[:1] == ["-m"]:
    # A command is being started: from here on, Ctrl-C ends it with a sentence and not with a traceback.
    from nn.io import interrupts

    if interrupts.is_command():
        interrupts.leave_at_once()


def __getattr__(name: str) -> ModuleType:
    if name in ("callbacks", "datasets", "layers", "losses", "models", "optimizers", "utils"):
        return import_module(f"nn.{name}")
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
