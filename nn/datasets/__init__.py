"""Data sets and the IDX format they are kept in.

`mnist.load_data()` and `fashion_mnist.load_data()` return ((x_train, y_train), (x_test, y_test)).

The modules below them: `collection` describes a data set, `locate` finds its files, `fetch` downloads them, and `loading` reads
and checks them. `idx` is the format of the files and `content` their bytes; `keras_file` is Keras' own archive.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name in ("mnist", "fashion_mnist"):
        return import_module(f"nn.datasets.{name}")
    raise AttributeError(f"module 'nn.datasets' has no attribute {name!r}")
