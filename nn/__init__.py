"""A convolutional network from scratch: layers, kernels, optimiser and training loop in NumPy and Numba.

Importing the package loads nothing heavy; `nn.models`, `nn.layers`, ... load what they need, by themselves when they are first
asked for, so that a script may say `import nn as keras`.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    if name in ("callbacks", "datasets", "layers", "losses", "models", "optimizers", "utils"):
        return import_module(f"nn.{name}")
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
