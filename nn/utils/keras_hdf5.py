"""Arrays in Keras' HDF5 files, read without trust.

Keras 3's layout is `layers/dense_1/vars/0`, by class and count. The older one has the attribute
`layer_names`, and for each layer a group with the attribute `weight_names`; whole models have it
in the group `model_weights`.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.io.archive import check_numbers
from nn.layers import Layer

Path = str | os.PathLike[str]
# For each layer the shapes of its arrays by name.
Shapes = list[tuple[Layer, dict[str, tuple[int, ...]]]]


def h5() -> Any:
    """The module h5py; one sentence where it is missing."""
    try:
        import h5py
    except ImportError as error:
        raise InputError('Keras files need h5py, which is not installed: pip install "numba-cnn[keras-files]"') from error
    return h5py


def opened(content: bytes, path: Path) -> Any:
    """The HDF5 file with these bytes."""
    try:
        return h5().File(io.BytesIO(content), "r")
    except OSError as error:
        raise InputError(f"{path}: the HDF5 file is damaged ({error})") from error


def variable_paths(kinds: Sequence[str]) -> list[str]:
    """Keras 3's names of layers in a file: by class and count, whatever the layer is called.

    >>> variable_paths(["Dense", "MaxPooling2D", "Dense", "ReLU"])
    ['dense', 'max_pooling2d', 'dense_1', 're_lu']
    """
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        stem = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        names.append(f"{stem}_{seen[stem]}" if seen[stem] else stem)
        seen[stem] += 1
    return names


def read_arrays(file: Any, expected: Shapes, kinds: Sequence[str], path: Path) -> list[NDArray]:
    """All arrays in the layers' order, each of the shape that its layer has."""
    try:
        root = _group(file, "model_weights", path) if "model_weights" in file else file
        if "layer_names" in root.attrs:
            datasets = _named(root, expected, path)
        else:
            datasets = _numbered(file, expected, kinds, path)
        return [_read(dataset, shape, path) for dataset, shape in datasets]
    except InputError:
        raise
    except (KeyError, OSError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: the weights cannot be read ({error})") from error


def _named(root: Any, expected: Shapes, path: Path) -> list[tuple[Any, tuple[int, ...]]]:
    """The older layout. As in Keras, layers with weights are matched in their order, whatever
    their names.
    """
    holders = []
    for name in root.attrs["layer_names"]:
        group = _group(root, _text(name), path)
        weights = [_text(weight) for weight in group.attrs["weight_names"]]
        if weights:
            holders.append((group, weights))
    wanted = [list(shapes.values()) for _, shapes in expected if shapes]
    if [len(names) for _, names in holders] != [len(shapes) for shapes in wanted]:
        has = f"{len(holders)} layers with {sum(len(names) for _, names in holders)} arrays"
        raise InputError(f"{path}: expected weights of {len(wanted)} layers with {sum(map(len, wanted))} arrays, got {has}")
    found = []
    for (group, names), shapes in zip(holders, wanted, strict=True):
        found += [(_dataset(group, name, path), shape) for name, shape in zip(names, shapes, strict=True)]
    return found


def _numbered(file: Any, expected: Shapes, kinds: Sequence[str], path: Path) -> list[tuple[Any, tuple[int, ...]]]:
    """Keras 3's layout."""
    top = next((name for name in ("layers", "_layer_checkpoint_dependencies") if name in file), None)
    if top is None:
        raise InputError(f"{path}: expected weights in one of Keras' layouts, got none")
    found = []
    for name, (_, shapes) in zip(variable_paths(kinds), expected, strict=True):
        for index, shape in enumerate(shapes.values()):
            found.append((_dataset(file, f"{top}/{name}/vars/{index}", path), shape))
        if shapes and len(_group(file, f"{top}/{name}/vars", path)) != len(shapes):
            raise InputError(f"{path}: expected {len(shapes)} arrays for {name}")
    return found


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _step(group: Any, name: str, path: Path) -> Any:
    """What a path inside the file leads to, by links that stay in the file."""
    found = group
    for part in name.split("/"):
        if part in ("", ".", ".."):
            raise InputError(f"{path}: expected a plain name, got {name!r:.80}")
        if not hasattr(found, "keys") or part not in found or not isinstance(found.get(part, getlink=True), h5().HardLink):
            raise InputError(f"{path}: {name!r:.80} is missing, or is a link to somewhere else")
        found = found[part]
    return found


def _group(group: Any, name: str, path: Path) -> Any:
    found = _step(group, name, path)
    if not isinstance(found, h5().Group):
        raise InputError(f"{path}: expected {name!r:.80} to be a group")
    return found


def _dataset(group: Any, name: str, path: Path) -> Any:
    found = _step(group, name, path)
    if not isinstance(found, h5().Dataset):
        raise InputError(f"{path}: expected {name!r:.80} to be an array")
    return found


def _read(dataset: Any, shape: tuple[int, ...], path: Path) -> NDArray:
    """The array, after its header has been checked."""
    if dataset.is_virtual or dataset.external or dataset.compression is not None or dataset.chunks is not None:
        raise InputError(f"{path}: expected arrays that are stored in the file as they are, got {dataset.name!r:.80}")
    if dataset.shape != shape or dataset.dtype not in (np.float32, np.float64):
        raise InputError(f"{path}: expected {dataset.name} to be float32 of shape {shape}, got {dataset.dtype} {dataset.shape}")
    array = dataset[()]
    check_numbers(dataset.name, array, shape, path)
    return np.asarray(array)
