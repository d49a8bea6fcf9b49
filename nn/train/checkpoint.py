"""Checkpoints: everything a training needs to go on as if nothing had happened, in one file that
is always whole.

A checkpoint holds the layers' parameters and state, the optimizer's slots, where the
training stands (`nn.training.Progress`, with the history), what was asked for (`run`: the recipe,
and a digest of the data), and the version that wrote it. There is no generator state and no
schedule position besides the Progress: every random number is a function of seed, epoch and step
(`nn.training`), and so is the learning rate. A resumed training therefore ends in the same bits as
an undisturbed one, wherever it was cut.

What is lost: nothing after Ctrl-C, which finishes the batch and writes a checkpoint. If the
process is killed, the work since the last checkpoint is done again, by default up to an epoch;
`--checkpoint-every S` writes one every S seconds as well.

Format: an archive (`nn.io.archive`); members `weights/conv2d/kernel`, `squared_gradients/conv2d/kernel`, ... with SHA-256 each.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn import __version__
from nn.callbacks import Callback, Logs
from nn.errors import Diverged, InputError
from nn.io import model_file
from nn.io.archive import check_numbers, read_archive, write_archive
from nn.training import Progress, Trainer

FORMAT, VERSION = "numba-cnn checkpoint", 1
HISTORY = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
# The fields of a Progress that are whole numbers of at least 0, and the other numbers.
WHOLE, REAL = ("epoch", "step", "right", "seen"), ("loss_sum", "seconds")
MOST_STEPS = 2**62

Run = dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: `weights` (parameters and state) and `slots` by name, `kinds` of slots,
    the rest as described above.
    """

    path: Path
    run: Run
    architecture: dict[str, Any]
    progress: Progress
    weights: dict[str, NDArray]
    kinds: tuple[str, ...]
    slots: dict[str, tuple[NDArray, ...]]
    library: str

    def restore(self, trainer: Trainer) -> None:
        """Put the trainer, its model and its optimizer where the checkpoint was taken.

        Raises:
            InputError: the model is another one, or the training is shorter than what has been
                done.
        """
        model, progress = trainer.model, self.progress
        if json.loads(json.dumps(model_file.describe(model))) != self.architecture:
            raise InputError(f"{self.path}: expected a checkpoint of this network, got one with other layers")
        if progress.epoch > trainer.epochs or progress.step > trainer.steps_in_epoch or progress.seen > len(trainer.source):
            raise InputError(f"{self.path}: expected at most {trainer.epochs} epochs of {trainer.steps_in_epoch} batches")
        if trainer.validation is not None and any(entry.keys() != HISTORY for entry in progress.history):
            raise InputError(f"{self.path}: expected a history with {', '.join(sorted(HISTORY))} for every epoch")
        slots = model.slots()
        if self.kinds != model.optimizer.slots or any(
            len(self.slots.get(name, ())) != len(arrays) for name, arrays in slots.items()
        ):
            raise InputError(f"{self.path}: the accumulators are those of another optimizer")
        for name, array in model.arrays().items():
            array[...] = self.weights[name]
        for name, arrays in slots.items():
            for slot, kept in zip(arrays, self.slots.get(name, ()), strict=True):
                slot[...] = kept
        trainer.progress = progress
        model.iterations = progress.epoch * trainer.steps_in_epoch + progress.step


def save(path: str | os.PathLike[str], trainer: Trainer, run: Mapping[str, Any]) -> None:
    """Write a checkpoint; the previous one is replaced in one step, or not at all.

    Raises:
        Diverged: a weight or an accumulator is not finite, so that no training could continue from
            it; the previous file stays.
        OSError: it cannot be written; the previous file stays.
    """
    model = trainer.model
    arrays = {f"weights/{name}": array for name, array in model.arrays().items()}
    for name, slots in model.slots().items():
        arrays |= {f"{kind}/{name}": slot for kind, slot in zip(model.optimizer.slots, slots, strict=True)}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            kind, _, of = name.partition("/")
            layer = of.rpartition("/")[0]  # whose name may contain slashes
            raise Diverged(f"the {kind.replace('_', ' ')} of layer {layer} are no longer finite; try a smaller learning rate")
    header = {
        "format": FORMAT,
        "version": VERSION,
        "library": __version__,
        "run": dict(run),
        "slots": list(model.optimizer.slots),
        "progress": asdict(trainer.progress),
        **model_file.describe(model),
    }
    write_archive(path, header, arrays)


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint; everything in it is checked.

    Raises:
        InputError: the file is not a sound checkpoint.
    """
    header, arrays = read_archive(path, FORMAT, VERSION)
    layers, shape = model_file.layers_from(header, path)
    kinds = header.get("slots")
    if not isinstance(kinds, list) or not all(isinstance(kind, str) and kind != "weights" for kind in kinds) or len(kinds) > 8:
        raise InputError(f"{path}: expected the names of the optimizer's accumulators, got {kinds!r:.80}")
    members: dict[str, dict[str, NDArray]] = {kind: {} for kind in ("weights", *kinds)}
    for name, array in arrays.items():
        kind, _, parameter = name.partition("/")
        if kind not in members:
            raise InputError(f"{path}: foreign member {name!r}")
        members[kind][parameter] = array
    weights = members.pop("weights")
    model_file.check_arrays(layers, shape, weights, path)
    for kind, accumulators in members.items():
        for name, array in accumulators.items():
            if name not in weights:
                raise InputError(f"{path}: {kind}/{name} does not belong to any parameter")
            check_numbers(f"{kind}/{name}", array, weights[name].shape, path)
        if accumulators.keys() != members[kinds[0]].keys():
            raise InputError(f"{path}: expected {kind} of every parameter, got some of them")
    run, library = header.get("run"), header.get("library")
    if not isinstance(run, dict) or not isinstance(library, str):
        raise InputError(f"{path}: expected a description of the run and a version")
    trained = members[kinds[0]] if kinds else {}
    slots = {name: tuple(accumulators[name] for accumulators in members.values()) for name in trained}
    architecture = {"input_shape": header["input_shape"], "layers": header["layers"]}
    return Checkpoint(
        path=Path(path),
        run=run,
        architecture=architecture,
        progress=_progress(header.get("progress"), path),
        weights=weights,
        kinds=tuple(kinds),
        slots=slots,
        library=library,
    )


def _progress(entry: object, path: str | os.PathLike[str]) -> Progress:
    """The Progress in a header, with every number checked."""
    if isinstance(entry, dict):
        entry = {"norms": [], **entry}  # older versions did not write norms
    if not isinstance(entry, dict) or entry.keys() != {each.name for each in fields(Progress)}:
        raise InputError(f"{path}: expected the fields of a training's progress, got {entry!r:.80}")
    history, norms = entry["history"], entry["norms"]
    sound = (
        all(type(entry[name]) is int and 0 <= entry[name] < MOST_STEPS for name in WHOLE)
        and all(_is_real(entry[name]) for name in REAL)
        and isinstance(history, list)
        and len(history) == entry["epoch"]
        and all(_is_history(number, each) for number, each in enumerate(history, 1))
        and isinstance(norms, list)
        and len(norms) <= entry["epoch"]
        and all(map(_is_norms, norms))
    )
    if not sound:
        raise InputError(f"{path}: the training's progress does not make sense")
    return Progress(**entry)


def _is_history(number: int, entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() <= HISTORY
        and entry.get("epoch") == number
        and all(map(_is_real, entry.values()))
    )


def _is_norms(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(each, list) and all(map(_is_real, each)) for each in entry.values())


def _is_real(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < MOST_STEPS and math.isfinite(value)  # type: ignore[arg-type]


class Checkpoints(Callback):
    """Writes a checkpoint after every epoch, and every `every` seconds between.

    A full disk does not end the training: it is reported, and the next checkpoint is tried again.
    """

    def __init__(self, path: Path, run: Mapping[str, Any], every: float | None = None) -> None:
        self.path = path
        self.run = dict(run)
        self.every = math.inf if every is None else every
        self.kept = ""
        self._last = 0.0

    def begin(self, trainer: Trainer) -> None:
        """Write the first one, before any work is done; so that a full disk is noticed now
        (OSError).
        """
        self.trainer = trainer
        save(self.path, trainer, self.run)
        self._written()

    def write(self) -> bool:
        """Write it now; False if that failed, in which case the previous one is still there."""
        try:
            save(self.path, self.trainer, self.run)
        except OSError as error:
            self._last = time.monotonic()
            print(
                f"{self.path}: the checkpoint could not be written ({error.strerror or error}); the training continues, "
                f"and the last checkpoint is of its state {self.kept}",
                file=sys.stderr,
            )
            return False
        self._written()
        return True

    def _written(self) -> None:
        self._last = time.monotonic()
        progress = self.trainer.progress
        self.kept = f"after {progress.epoch} epochs and {progress.step} batches"

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After every epoch."""
        self.write()

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """After the batch that ends the interval."""
        if time.monotonic() - self._last >= self.every:
            self.write()
