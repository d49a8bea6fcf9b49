"""`python -m nn.train`: train the network and save it.

Options, output files, checkpoint and data are checked before anything is computed. Then the
kernels are compiled, unless this machine has done so before, and the training starts. It can be
interrupted (Ctrl-C) or killed, and resumed (--resume).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nn import __version__
from nn.datasets.collections import load_splits
from nn.datasets.loading import Split
from nn.errors import InputError
from nn.io.archive import is_keras_data
from nn.io.cli import run, shell_command, unfailing_output
from nn.io.files import atomic_write, check_writable, only_writer, remove_leftovers, replace
from nn.io.interrupts import INTERRUPTED, ask_to_stop
from nn.train.options import parse_options
from nn.train.recipe import Recipe, decided_by, recipe_of
from nn.train.run_files import RunFiles, run_files_of

if TYPE_CHECKING:
    from nn.train.checkpoint import Checkpoint, Checkpoints
    from nn.training import Trainer


@dataclass(frozen=True)
class Data:
    """The training and the test split, and a digest of both."""

    train: Split
    test: Split
    sha256: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 when all epochs are done, 130 when interrupted."""
    options = parse_options(arguments)
    files = run_files_of(options.out)
    if options.live:
        from nn.train.live import check_live

        check_live()
    # `mnist` and `mnist.npz` share a checkpoint, two links may share a model.
    with unfailing_output(), only_writer(files.checkpoint, "--out"), only_writer(files.model, "--out"):
        for path in (files.model, files.history, files.checkpoint):
            check_writable(path, "--out")
            if is_keras_data(path):
                raise InputError(
                    f"--out: {path} is a data set as Keras keeps it, which a model would replace; choose another name"
                )
            remove_leftovers(path)
        return _train(options, files)


def _train(options: argparse.Namespace, files: RunFiles) -> int:
    decided = decided_by(vars(options))
    checkpoint = _checkpoint_for(decided, files) if options.resume else None
    recipe = recipe_of(decided) if checkpoint is None else Recipe(**checkpoint.run["recipe"])
    with ThreadPoolExecutor(1) as reader:
        # Numba takes longer to load than the data, so both go on at once.
        reading = reader.submit(_read, recipe, options.data)
        import nn.train.checkpoint  # noqa: F401
        from nn.engine.compiling import load_compiler

        load_compiler()
    data = reading.result()
    print(f"{recipe.dataset}: {len(data.train[0]):,} training images, {len(data.test[0]):,} test images")
    print(f"recipe: {recipe.describe()}", flush=True)
    trainer, checkpoints = _prepare(recipe, data, options, files)
    if checkpoint is not None:
        if checkpoint.run["data"] != data.sha256:
            raise InputError(f"--resume: {files.checkpoint} was made with other data than these")
        checkpoint.restore(trainer)
        print(f"continuing {_where(trainer)}", flush=True)
    else:
        _keep_previous(files)
    try:
        checkpoints.begin(trainer)
    except OSError as error:
        raise InputError(f"{files.checkpoint}: cannot be written: {error.strerror or error}") from error
    return _run(trainer, checkpoints, recipe, options, files)


def _read(recipe: Recipe, folder: str | None) -> Data:
    (x_train, y_train), (x_test, y_test) = load_splits(recipe.dataset, folder)
    digest = hashlib.sha256()
    for array in (x_train, y_train, x_test, y_test):
        digest.update(array.data)
    limit = recipe.train_limit or len(x_train)
    if limit > len(x_train):
        raise InputError(f"--train-limit: expected at most {len(x_train):,}, as many as there are, got {limit:,}")
    return Data((x_train[:limit], y_train[:limit]), (x_test, y_test), digest.hexdigest())


def _checkpoint_for(decided: dict[str, Any], files: RunFiles) -> Checkpoint:
    """The checkpoint to continue from. Options need not be repeated; those that are must have the
    same values.
    """
    from nn.train import checkpoint

    if not files.checkpoint.exists():
        raise InputError(f"--resume: there is no checkpoint {files.checkpoint}; start without --resume")
    found = checkpoint.load(files.checkpoint)
    try:
        saved = asdict(Recipe(**found.run["recipe"]))
        str(found.run["data"])
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{files.checkpoint}: expected a recipe, got {found.run!r:.200}") from error
    for name, value in decided.items():
        if saved[name] != value:
            raise InputError(
                f"--resume: {files.checkpoint} was made with {name.replace('_', '-')} {saved[name]}, not {value}; "
                "leave out that option to continue, or --resume to start again"
            )
    if found.library != __version__:
        print(f"note: the checkpoint is of version {found.library}, this is {__version__}: the bits may differ", file=sys.stderr)
    return found


def _keep_previous(files: RunFiles) -> None:
    """Move an unfinished training aside instead of overwriting it."""
    if files.checkpoint.exists():
        previous = files.previous()
        replace(files.checkpoint, previous)
        print(f"note: {files.checkpoint} held an unfinished training (--resume would continue it); it is now {previous}")


def _prepare(recipe: Recipe, data: Data, options: argparse.Namespace, files: RunFiles) -> tuple[Trainer, Checkpoints]:
    """Trainer and checkpoints, with all kernels ready to run."""
    from nn.callbacks import Callback, ProgressBar
    from nn.engine.compiling import report_compilation
    from nn.train.checkpoint import Checkpoints
    from nn.train.setup import trainer_for, warm_up

    with report_compilation():
        warm_up(recipe, data.train)
    checkpoints = Checkpoints(files.checkpoint, {"recipe": asdict(recipe), "data": data.sha256}, options.checkpoint_every)
    callbacks: list[Callback] = [ProgressBar(), checkpoints]
    if options.live:
        from nn.train.live import LiveCurves

        callbacks.append(LiveCurves())
    return trainer_for(recipe, data.train, data.test, callbacks, options.threads), checkpoints


def _run(trainer: Trainer, checkpoints: Checkpoints, recipe: Recipe, options: argparse.Namespace, files: RunFiles) -> int:
    from nn.errors import Diverged

    again = _command_to_continue(options)
    try:
        with _stoppable(trainer):
            trainer.run()
            if trainer.progress.epoch >= trainer.epochs:
                _write_results(trainer, recipe, files)
                return 0
            kept = checkpoints.write()
    except Diverged as error:
        raise InputError(
            f"{error}, such as --learning-rate {recipe.learning_rate / 2:g}; the last good checkpoint is {files.checkpoint}"
        ) from error
    except KeyboardInterrupt:
        print(f"\nstopped at once; continue from the last checkpoint with: {again}", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        raise InputError(
            f"{files.model}: cannot be written: {error.strerror or error}; {files.checkpoint} holds its state "
            f"{checkpoints.kept}; make room and run: {again}"
        ) from error
    print(f"interrupted {_where(trainer)}" + (f", kept in {files.checkpoint}" if kept else ""), file=sys.stderr)
    print(f"continue with: {again}", file=sys.stderr)
    return INTERRUPTED


def _write_results(trainer: Trainer, recipe: Recipe, files: RunFiles) -> None:
    """Write model and history, each whole or not at all; then the checkpoint is no longer needed."""
    model, history = trainer.model, trainer.progress.history
    last = history[-1]
    model.card = {
        "recipe": asdict(recipe),
        "test_accuracy": last["val_accuracy"],
        "test_loss": last["val_loss"],
        "samples_in_epoch": len(trainer.source),
        "norms": trainer.progress.norms,
        "version": __version__,
    }
    model.save(files.model, include_optimizer=False)
    with atomic_write(files.history) as file:
        file.write(("[\n" + ",\n".join(json.dumps(entry) for entry in history) + "\n]\n").encode())
    files.checkpoint.unlink(missing_ok=True)
    seconds = sum(entry["seconds"] for entry in history)
    epochs = f"{len(history)} epoch{'s' if len(history) > 1 else ''}"
    print(f"written: {files.model}, {files.history}")
    print(f"test accuracy {last['val_accuracy']:.4f}, test loss {last['val_loss']:.4f}, {epochs} in {seconds:.1f} s")


@contextlib.contextmanager
def _stoppable(trainer: Trainer) -> Iterator[None]:
    """Inside, Ctrl-C, SIGTERM or a closed terminal ends the training after the current batch; a
    second signal ends it at once (`KeyboardInterrupt`). Signals that the caller ignores (`nohup`)
    stay ignored.
    """

    def stop() -> None:
        trainer.stop_requested = True
        with contextlib.suppress(OSError):
            # Straight to the terminal: the signal may have come in the middle of a print.
            os.write(2, b"\nstopping after this batch (once more: at once)\n")

    with ask_to_stop(stop):
        yield


def _where(trainer: Trainer) -> str:
    progress = trainer.progress
    if progress.epoch >= trainer.epochs:
        return f"after the last of {trainer.epochs} epochs"
    return f"in epoch {progress.epoch + 1} of {trainer.epochs}, after batch {progress.step} of {trainer.steps_in_epoch}"


def _command_to_continue(options: argparse.Namespace) -> str:
    words = ["python", "-m", "nn.train", "--resume"]
    for name, default in (("out", "mnist.npz"), ("data", None), ("threads", None), ("checkpoint_every", None)):
        if getattr(options, name) != default:
            words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    return shell_command(words)


if __name__ == "__main__":
    run(main)
