"""A model as one self-contained page: a canvas, the network, and everything that reads a drawing
with it.

The page is put together from the files in `page/`. They are ordinary ES modules, but a module
cannot import another one from a page that is opened from a disk, so their code is joined into one
script, each module before those that import it.
"""

from __future__ import annotations

import base64
import copy
import html
import json
import math
import re
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.io.model_file import PACKAGE_LAYERS
from nn.layers import ELU, BatchNormalization, Conv2D, Dense, Layer, LeakyReLU, Linear, Rescaling, ZeroPadding2D
from nn.layers.pooling import Pooling2D
from nn.models import Sequential
from nn.pretrained import check_digits

MOST_BYTES = 1_600_000
PROBES = 500
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)


def page(model: Sequential, name: str) -> bytes:
    """The page of a model that reads 28 x 28 digits; `name` is shown in its header.

    The weights are kept in single precision as long as the page takes at most 1.6 MB, else in
    half precision if that changes no answer on synthetic digits.

    Raises:
        InputError: the page cannot run this model.
    """
    check(model, name)
    try:
        model.predict(np.stack([np.zeros(model.input_shape), np.ones(model.input_shape)]))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    whole = _assembled(model, name, "single")
    if len(whole) <= MOST_BYTES or not _half_suffices(model):
        return whole
    return _assembled(model, name, "half")


def check(model: Sequential, name: str) -> None:
    """Raise `InputError` unless a page can run the model and will say what `nn.predict` says."""
    for layer in model.layers:
        kind = type(layer).__name__
        if type(layer) not in PACKAGE_LAYERS.values():
            raise InputError(f"{name}: expected layers of this package, got {layer.name}, which is a {kind}")
    for entry in ("temperature", "sure_from"):
        value = model.card.get(entry, 1.0)
        if type(value) not in (int, float) or not 0 < value < math.inf:
            raise InputError(f"{name}: expected the card's {entry} to be a number above 0, got {value!r:.80}")
    check_digits(model, name)


def describe(model: Sequential, precision: str) -> dict[str, Any]:
    """What the page must know of a model besides the weights, as JSON can hold it."""
    card = {key: model.card[key] for key in ("temperature", "sure_from", "test accuracy") if key in model.card}
    return {
        "precision": precision,
        "layers": [_described(layer) for layer in model.layers],
        "has_maps": any(isinstance(layer, Conv2D) for layer in model.layers),
        "card": card,
        "parameters": model.count_params(),
    }


def weights(model: Sequential, precision: str) -> str:
    """All arrays one after another, "single" or "half" precision, little-endian, in base64."""
    dtype = "<f2" if precision == "half" else "<f4"
    arrays = [array for layer in model.layers for array in _arrays(layer).values()]
    return base64.b64encode(b"".join(array.astype(dtype).tobytes() for array in arrays)).decode()


def program() -> str:
    """The page's JavaScript as one script."""
    done: dict[str, str] = {}

    def include(name: str) -> None:
        if name not in done:
            text = _file(name)
            for imported in IMPORT.findall(text):
                include(imported)
            done[name] = EXPORT.sub("", IMPORT.sub("", text)).strip()

    include("app.js")
    return "\n\n".join(done.values()) + "\n"


def _described(layer: Layer) -> dict[str, Any]:
    entry = {
        "type": type(layer).__name__,
        "input_shape": list(layer.input_shape),
        "output_shape": list(layer.output_shape),
        "arrays": [[name, array.size] for name, array in _arrays(layer).items()],
        **_arguments(layer),
    }
    activation = getattr(layer, "activation", None)
    if activation is not None and not isinstance(activation, Linear):
        entry["activation"] = {"type": type(activation).__name__, **_arguments(activation)}
    return entry


def _arguments(layer: Layer) -> dict[str, Any]:
    """What the page's `layers.js` and `activations.js` ask of a layer besides its arrays."""
    match layer:
        case Conv2D() | Pooling2D():
            (above, _), (left, _) = layer.padding_sizes
            size = layer.kernel_size if isinstance(layer, Conv2D) else layer.pool_size
            return {"size": list(size), "strides": list(layer.strides), "before": [above, left]}
        case ZeroPadding2D():
            (above, _), (left, _) = layer.padding
            return {"before": [above, left]}
        case BatchNormalization():
            return {"epsilon": layer.epsilon}
        case LeakyReLU():
            return {"negative_slope": layer.negative_slope}
        case Rescaling():
            return {"scale": layer.scale, "offset": layer.offset}
        case ELU():
            return {"alpha": layer.alpha}
    return {}


def _arrays(layer: Layer) -> dict[str, NDArray]:
    """What the page is given of a layer, in the order of `weights`."""
    match layer:
        case Conv2D() | Dense():
            return {"kernel": layer.parameters["kernel"], "bias": layer.bias()}
        case BatchNormalization():
            return {"gamma": layer.gamma(), "beta": layer.beta(), **layer.state}
    return {}


def _assembled(model: Sequential, name: str, precision: str) -> bytes:
    parts = {
        "MODEL": html.escape(name),
        "STYLE": _file("page.css"),
        "NETWORK": json.dumps(describe(model, precision)).replace("<", r"\u003c"),
        "WEIGHTS": weights(model, precision),
        "PROGRAM": program(),
    }
    # In one pass, so that nothing within a part is taken for the name of another. A file's name
    # need not be text.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html")).encode(errors="replace")


def _half_suffices(model: Sequential) -> bool:
    """Whether weights rounded to half precision give the same answers, as sure as before, on
    synthetic digits.
    """
    from nn.reading.recognition import is_sure, read_images
    from nn.strokes import SyntheticDigits

    images = np.empty((PROBES, *model.input_shape), np.float32)
    SyntheticDigits(seed=0, length=PROBES).fill(images, np.arange(PROBES), epoch=0)
    rounded = copy.deepcopy(model)
    # Weights that are too large for half precision become infinite.
    with np.errstate(over="ignore"):
        rounded.set_weights([array.astype(np.float16) for array in model.get_weights()])
    if not all(np.isfinite(array).all() for array in rounded.get_weights()):
        return False
    before, after = read_images(model, images), read_images(rounded, images)
    same_digit = before.argmax(axis=1) == after.argmax(axis=1)
    return bool((same_digit & (is_sure(model, before) == is_sure(model, after))).all())


def _file(name: str) -> str:
    return (files("nn.export") / "page" / name).read_text(encoding="utf-8")
