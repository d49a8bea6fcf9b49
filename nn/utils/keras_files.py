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
import warnings
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.io import model_file
from nn.io.compiled import Compiled
from nn.io.files import atomic_write
from nn.layers import Layer
from nn.layers.stack import Stack
from nn.utils import keras_compiled, keras_json
from nn.utils.keras_hdf5 import Shapes, h5, opened, read_arrays, variable_paths

KERAS_VERSION = "3.8.0"
MAX_CONFIG, MAX_WEIGHTS = 16 * 2**20, 2**30
HDF5 = b"\x89HDF\r\n\x1a\n"
ENDINGS = (".h5", ".hdf5", ".keras")
Path = str | os.PathLike[str]


def is_foreign(path: Path) -> bool:
    """Whether a file is, or by its name is to be, in one of Keras' formats."""
    start = b""
    with contextlib.suppress(OSError, ValueError):
        if os.path.isfile(path):  # a pipe would wait for a writer
            with open(path, "rb") as file:
                start = file.read(8)
    return start == HDF5 or os.fspath(path).lower().endswith(ENDINGS)


def check_ending(path: Path) -> None:
    """Warn where the name does not say that the file is in this package's own format. As TensorFlow
    does for such names, make the folder if there is none.
    """
    if not os.fspath(path).lower().endswith(".npz"):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        text = f"{path}: written in this package's own format (.npz), which Keras cannot read; it reads .h5 and .keras"
        warnings.warn(text, stacklevel=3)


def check_free(path: Path, overwrite: bool, save_format: str | None) -> None:
    """What `save` and `save_weights` are asked for besides the path."""
    if save_format not in (None, "h5", "keras", "tf"):
        raise InputError(f"{path}: expected save_format 'h5' or 'keras', or none, got {save_format!r}")
    if save_format == "tf" and is_foreign(path):
        raise InputError(f"{path}: expected no save_format 'tf' with this name; there is no SavedModel here")
    if save_format in ("h5", "keras") and not is_foreign(path):
        raise InputError(f"{path}: expected a name that ends in .{save_format} for save_format {save_format!r}")
    if not overwrite and os.path.exists(path):
        raise InputError(f"{path}: the file exists, and overwrite is False")


# -- Writing -----------------------------------------------------------------------------------------------------------


def save_model(
    model: Any, filepath: Path, overwrite: bool = True, include_optimizer: bool = True, save_format: str | None = None
) -> None:
    """`model.save(filepath)`."""
    model.save(filepath, overwrite, include_optimizer, save_format)


def save(model: Stack, path: Path, choices: Compiled | None = None) -> None:
    """Write a whole model: .keras, or .h5 in the older layout; with the optimizer's settings."""
    is_archive = os.fspath(path).lower().endswith(".keras")
    _write_bytes(path, whole_model(model, is_archive=is_archive, choices=choices))


def whole_model(model: Stack, is_archive: bool, choices: Compiled | None = None) -> bytes:
    """The content of a file with a whole model: a .keras archive, or .h5 in the older layout."""
    config = keras_json.keras_config(model)
    choice = keras_compiled.written(choices)
    if is_archive:
        metadata = json.dumps({"keras_version": KERAS_VERSION, "date_saved": ""})
        weights = _h5_bytes(lambda file: _write_vars(file, model.layers))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("metadata.json", metadata)
            archive.writestr("config.json", json.dumps({**config, "compile_config": choice} if choice else config))
            archive.writestr("model.weights.h5", weights)
        return buffer.getvalue()

    def write(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(config).encode()
        if choice:
            training = {name: value for name, value in choice.items() if name != "optimizer"}
            file.attrs["training_config"] = json.dumps({**training, "optimizer_config": choice["optimizer"]}).encode()
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
    for name, layer in zip(variable_paths(_kinds(layers)), layers, strict=True):
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


# -- Reading -----------------------------------------------------------------------------------------------------------


def load(path: Path) -> model_file.SavedModel:
    """What a .keras or .h5 file holds, checked as a model file is."""
    text, content = _parts(path)
    with opened(content, path) as file:
        choices = None
        if text is None:
            text = file.attrs.get("model_config")
            text = text.encode() if isinstance(text, str) else text
            choices = keras_compiled.choices_from(file.attrs.get("training_config"))
        else:
            choices = keras_compiled.choices_of_config(text)
        if not isinstance(text, bytes | np.bytes_) or len(text) > MAX_CONFIG:
            raise InputError(f"{path}: expected a whole model, got weights alone; build the model and call load_weights")
        layers, shape, kinds = keras_json.layers_from(bytes(text), str(path))
        _name(layers)
        arrays = read_arrays(file, _shapes(layers, shape, path), kinds, path)
    names = [f"{layer.name}/{name}" for layer, shapes in _shapes(layers, shape, path) for name in shapes]
    found = dict(zip(names, arrays, strict=True))
    model_file.check_arrays(layers, shape, found, path)
    return model_file.SavedModel(layers, shape, found, {}, choices)


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
    with opened(content, path) as file:
        expected = [(layer, {name: array.shape for name, array in layer.arrays().items()}) for layer in model.layers]
        return read_arrays(file, expected, _kinds(model.layers), path)


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
