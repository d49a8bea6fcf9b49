"""A convolutional network from scratch: layers, optimizers and training in NumPy and Numba.

Importing the package loads nothing heavy. `nn.models`, `nn.layers` and so on are imported when
they are first used, so that a script can say `import nn as keras`.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.2.0"


def __getattr__(name: str) -> ModuleType:
    if name in ("callbacks", "datasets", "layers", "losses", "models", "optimizers", "utils"):
        return import_module(f"nn.{name}")
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
