"""What a training recorded: the history beside the model, and the norms in the model's card."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError

NAMES = ("loss", "accuracy", "val_loss", "val_accuracy")
MOST_BYTES = 2**24


@dataclass(frozen=True)
class History:
    """The curves of one training: its epochs (E,), and the values (E,) of all or some of NAMES."""

    label: str
    epochs: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class LayerNorms:
    """The lengths of a layer's weights, gradient and update, each (E,), over all parameters."""

    layer: str
    epochs: NDArray[np.float64]
    weights: NDArray[np.float64]
    gradients: NDArray[np.float64]
    updates: NDArray[np.float64]


def beside(model: Path) -> Path:
    """The path at which `nn.train` writes the history of a model."""
    return model.with_name(f"{model.name.removesuffix('.npz')}.history.json")


def read_histories(model: Path, further: Sequence[str]) -> list[History]:
    """The model's own history, if it is beside the model, and further ones, named by their files.

    Raises:
        InputError: a further file is missing, or a file is not a history.
    """
    own = [beside(model)] if beside(model).exists() else []
    paths = list({path.resolve(): path for path in [*own, *map(Path, further)]}.values())
    names = [path.name.removesuffix(".json").removesuffix(".history") for path in paths]
    folders = [f"{path.resolve().parent.name}/" if names.count(name) > 1 else "" for path, name in zip(paths, names, strict=True)]
    return [_history(path, folder + name) for path, folder, name in zip(paths, folders, names, strict=True)]


def _history(path: Path, label: str) -> History:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: expected a history of at most {MOST_BYTES:,} bytes, got {path.stat().st_size:,}")
        entries = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a history as nn.train writes it, got something else ({error})") from error
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{path}: expected a list with one object for each epoch, got {entries!r:.80}")
    if not {"loss", "accuracy"} <= entries[0].keys():
        raise InputError(f"{path}: expected loss and accuracy in every epoch, got {entries[0]!r:.80}")
    names = NAMES if set(NAMES) <= entries[0].keys() else NAMES[:2]
    columns = {name: [entry.get(name) for entry in entries] for name in ("epoch", *names)}
    for name, column in columns.items():
        if not all(map(_is_real, column)):
            raise InputError(f"{path}: expected a finite number as the {name} of every epoch, got {column!r:.80}")
    arrays = {name: np.array(column, np.float64) for name, column in columns.items()}
    return History(label, arrays.pop("epoch"), arrays)


def layer_norms(card: dict[str, Any], path: Path) -> list[LayerNorms]:
    """The norms in a model's card (`nn.optimizers.norms`), by layer; older cards have none.

    Raises:
        InputError: the card has something else under "norms".
    """
    norms, recipe = card.get("norms", []), card.get("recipe")
    try:
        table = {name: np.array([entry[name] for entry in norms], np.float64) for name in (norms[0] if norms else ())}
    except (TypeError, KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path}: expected the norms of every parameter in the card, got {norms!r:.80}") from error
    if not all(array.shape == (len(norms), 3) and np.isfinite(array).all() for array in table.values()):
        raise InputError(f"{path}: expected three norms for every parameter and epoch in the card, got {norms!r:.80}")
    done = recipe.get("epochs") if isinstance(recipe, dict) else None
    last = done if isinstance(done, int) and done >= len(norms) else len(norms)
    epochs = np.arange(last - len(norms) + 1, last + 1, dtype=np.float64)
    layers = dict.fromkeys(name.partition("/")[0] for name in table)
    return [LayerNorms(layer, epochs, *_together(layer, table)) for layer in layers]


def _together(layer: str, table: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(3, E): the norms of a layer's parameters, joined into those of one vector, √(a² + b²)."""
    squares = sum(np.square(array) for name, array in table.items() if name.partition("/")[0] == layer)
    return np.sqrt(squares).T


def _is_real(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
