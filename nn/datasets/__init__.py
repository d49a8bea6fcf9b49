"""Data sets, the IDX format of their files, and the sources of training samples.

`mnist.load_data()` and `fashion_mnist.load_data()` return ((x_train, y_train), (x_test, y_test)).

The modules below them: `collection` describes a data set, `locate` finds its files, `fetch`
downloads them, and `loading` reads and checks them. `idx` is the format of the files and `content`
their bytes; `keras_file` is Keras' own archive.

A checklist for a new data set:

1. A file like `fashion_mnist.py`: a `Collection` with the names, sizes and SHA-256 of its files
   and its mirrors, and `load_data`.
2. Its name in `__getattr__` below, so that `nn.datasets.NAME` finds it.
3. For `python -m nn.train --dataset`: its name in `DATASETS` and `load_splits` of `nn/datasets/collections.py`;
   images must be 28 x 28.
4. Tests in `tests/datasets`, and its origin and licence in `docs` or `data`.

Samples that are not stored but made, such as synthetic strokes, are a source: a class with the
four methods of `sources.ImageSource`, which `Sequential.fit` takes in place of an array.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name in ("mnist", "fashion_mnist"):
        return import_module(f"nn.datasets.{name}")
    raise AttributeError(f"module 'nn.datasets' has no attribute {name!r}")
