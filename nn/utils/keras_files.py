"""Keras' files: whole models as .keras and .h5, weights as .weights.h5 and .h5. Needs h5py.

    pip install "numba-cnn[keras-files]"

Three layouts hold the weights. Keras 3's: `layers/dense_1/vars/0`, by class and count; inside a
.keras archive beside `config.json`. The older one: the attribute `layer_names`, for each layer a
group with the attribute `weight_names`; whole models have it in the group `model_weights`, and
their architecture in the attribute `model_config`.

Files are not trusted: links out of the file, foreign storage, compressed or too large members, and
arrays of another shape than the architecture has are refused, each in one sentence.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.io import model_file
from nn.io.files import atomic_write
from nn.layers import Layer
from nn.layers.stack import Stack
from nn.utils import keras_json

KERAS_VERSION = "3.8.0"
MAX_CONFIG, MAX_WEIGHTS = 16 * 2**20, 2**30
HDF5 = b"\x89HDF\r\n\x1a\n"
ENDINGS = (".h5", ".hdf5", ".keras")
# Endings of formats that are never written here; a file under such a name is in this package's own
# format.
FOREIGN = (".ckpt", ".tf", ".pb", ".tflite", ".pt", ".pth", ".onnx", ".pkl")
Path = str | os.PathLike[str]


def h5() -> Any:
    """The module h5py; one sentence where it is missing."""
    try:
        import h5py
    except ImportError as error:
        raise InputError('Keras files need h5py, which is not installed: pip install "numba-cnn[keras-files]"') from error
    return h5py


def is_foreign(path: Path) -> bool:
    """Whether a file is, or by its name is to be, in one of Keras' formats."""
    start = b""
    with contextlib.suppress(OSError, ValueError):
        if os.path.isfile(path):  # a pipe would wait for a writer
            with open(path, "rb") as file:
                start = file.read(8)
    return start == HDF5 or os.fspath(path).lower().endswith(ENDINGS)


def check_ending(path: Path) -> None:
    """Warn where the name promises a format that is not the one to be written."""
    if os.fspath(path).lower().endswith(FOREIGN):
        text = f"{path}: written in this package's own format (.npz), which Keras cannot read; it reads .h5 and .keras"
        warnings.warn(text, stacklevel=3)


def check_free(path: Path, overwrite: bool, save_format: str | None) -> None:
    """What `save_weights` is asked for besides the path."""
    if save_format not in (None, "h5", "tf", "keras"):
        raise InputError(f"save_weights: expected save_format 'h5', got {save_format!r}")
    if save_format == "h5" and not is_foreign(path):
        raise InputError(f"save_weights: expected a name that ends in .h5 for save_format 'h5', got {path}")
    if not overwrite and os.path.exists(path):
        raise InputError(f"{path}: the file exists, and overwrite is False")


# -- Writing -----------------------------------------------------------------------------------------------------------


def save_model(model: Any, filepath: Path, overwrite: bool = True) -> None:
    """`model.save(filepath)`."""
    check_free(filepath, overwrite, None)
    model.save(filepath)


def save(model: Stack, path: Path) -> None:
    """Write a whole model: .keras, or .h5 in the older layout."""
    _write_bytes(path, whole_model(model, is_archive=os.fspath(path).lower().endswith(".keras")))


def whole_model(model: Stack, is_archive: bool) -> bytes:
    """The content of a file with a whole model: a .keras archive, or .h5 in the older layout."""
    config = keras_json.keras_config(model)
    if is_archive:
        metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": ""})
        weights = _h5_bytes(lambda file: _write_vars(file, model.layers))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("metadata.json", metadata)
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("model.weights.h5", weights)
        return buffer.getvalue()

    def write(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(config).encode()
        _about(file)
        _write_named(file.create_group("model_weights"), model.layers)

    return _h5_bytes(write)


def save_weights(model: Stack, path: Path) -> None:
    """Write the weights alone: Keras 3's layout for .weights.h5, the older one for other names."""
    if os.fspath(path).lower().endswith(".keras"):
        raise InputError(f"{path}: expected a name that ends in .weights.h5 or .h5 for weights alone; .keras is a whole model")
    is_new = os.fspath(path).lower().endswith(".weights.h5")
    writer = _write_vars if is_new else _write_named
    _write_bytes(path, _h5_bytes(lambda file: writer(file, model.layers)))


def _write_bytes(path: Path, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)


def _h5_bytes(write: Any) -> bytes:
    buffer = io.BytesIO()
    with h5().File(buffer, "w") as file:
        write(file)
    return buffer.getvalue()


def _about(group: Any) -> None:
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = KERAS_VERSION.encode()


def _write_vars(file: Any, layers: Sequence[Layer]) -> None:
    """`layers/dense_1/vars/0`."""
    for name, layer in zip(_paths(_kinds(layers)), layers, strict=True):
        group = file.create_group(f"layers/{name}/vars")
        group.attrs["name"] = layer.name
        for index, array in enumerate(layer.arrays().values()):
            group.create_dataset(str(index), data=array)
    file.create_group("vars").attrs["name"] = "sequential"


def _write_named(group: Any, layers: Sequence[Layer]) -> None:
    """`dense_1/dense_1/kernel:0`, and the names in order."""
    _about(group)
    group.attrs["layer_names"] = [layer.name.encode() for layer in layers]
    for layer in layers:
        own = group.create_group(layer.name)
        names = [f"{layer.name}/{name}:0" for name in layer.arrays()]
        own.attrs["weight_names"] = [name.encode() for name in names]
        for name, array in zip(names, layer.arrays().values(), strict=True):
            own.create_dataset(name, data=array)
    top = group.create_group("top_level_model_weights")
    top.attrs["weight_names"] = np.zeros(0, "S1")


def _kinds(layers: Sequence[Layer]) -> list[str]:
    return [keras_json.keras_class(layer) for layer in layers]


def _paths(kinds: Sequence[str]) -> list[str]:
    """Keras 3's names of layers in a file: by class and count, whatever the layer is called.

    >>> _paths(["Dense", "MaxPooling2D", "Dense", "ReLU"])
    ['dense', 'max_pooling2d', 'dense_1', 're_lu']
    """
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        stem = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        names.append(f"{stem}_{seen[stem]}" if seen[stem] else stem)
        seen[stem] += 1
    return names


# -- Reading -----------------------------------------------------------------------------------------------------------


def load(path: Path) -> model_file.SavedModel:
    """What a .keras or .h5 file holds, checked as a model file is."""
    text, content = _parts(path)
    with _opened(content, path) as file:
        if text is None:
            text = file.attrs.get("model_config")
            text = text.encode() if isinstance(text, str) else text
        if not isinstance(text, bytes | np.bytes_) or len(text) > MAX_CONFIG:
            raise InputError(f"{path}: expected a whole model, got weights alone; build the model and call load_weights")
        layers, shape, kinds = keras_json.layers_from(bytes(text), str(path))
        _name(layers)
        arrays = _arrays(file, _shapes(layers, shape, path), kinds, path)
    names = [f"{layer.name}/{name}" for layer, shapes in _shapes(layers, shape, path) for name in shapes]
    found = dict(zip(names, arrays, strict=True))
    model_file.check_arrays(layers, shape, found, path)
    return model_file.SavedModel(layers, shape, found, {})


def _name(layers: Sequence[Layer]) -> None:
    """Give those without a name, or with a name that is taken, one of their own."""
    taken: set[str] = set()
    for index, layer in enumerate(layers):
        if not layer.name or layer.name in taken:
            layer.name = f"{type(layer).__name__.lower()}_{index}"
        taken.add(layer.name)


def load_weights(model: Stack, path: Path) -> list[NDArray]:
    """The arrays in a file of weights, or of a whole model, for a built model, in its order."""
    _, content = _parts(path)
    with _opened(content, path) as file:
        expected = [(layer, {name: array.shape for name, array in layer.arrays().items()}) for layer in model.layers]
        return _arrays(file, expected, _kinds(model.layers), path)


def _parts(path: Path) -> tuple[bytes | None, bytes]:
    """The configuration, if it is a file of its own, and the HDF5 file."""
    with open(path, "rb") as file:
        start = file.read(8)
        if start == HDF5:
            if os.fstat(file.fileno()).st_size > MAX_WEIGHTS:
                raise InputError(f"{path}: expected at most {MAX_WEIGHTS:,} bytes")
            return None, start + file.read()
    try:
        with zipfile.ZipFile(path) as archive:
            return _member(archive, "config.json", MAX_CONFIG, path), _member(archive, "model.weights.h5", MAX_WEIGHTS, path)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise InputError(f"{path}: expected a Keras file (HDF5, or a .keras archive), got something else") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int, path: Path) -> bytes:
    found = [member for member in archive.infolist() if member.filename == name]
    if len(found) != 1 or found[0].compress_type != zipfile.ZIP_STORED or found[0].file_size > limit:
        raise InputError(f"{path}: expected one uncompressed member {name} of at most {limit:,} bytes")
    return archive.read(found[0])


def _opened(content: bytes, path: Path) -> Any:
    try:
        return h5().File(io.BytesIO(content), "r")
    except OSError as error:
        raise InputError(f"{path}: the HDF5 file is damaged ({error})") from error


Shapes = list[tuple[Layer, dict[str, tuple[int, ...]]]]


def _shapes(layers: Sequence[Layer], shape: tuple[int, ...], path: Path) -> Shapes:
    """For each layer the shapes of its arrays."""
    found: Shapes = []
    for layer in layers:
        try:
            found.append((layer, layer.array_shapes(shape)))
            shape = layer.compute_output_shape(shape)
        except InputError as error:
            raise InputError(f"{path}: the layers do not fit together: {error}") from error
    return found


def _arrays(file: Any, expected: Shapes, kinds: Sequence[str], path: Path) -> list[NDArray]:
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
    for name, (_, shapes) in zip(_paths(kinds), expected, strict=True):
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
    model_file.check_numbers(dataset.name, array, shape, path)
    return np.asarray(array)
