"""`python -m nn.train`: train the network, watch it learn, keep what it has learned.

Options, the output's place, the checkpoint and the data are looked at before anything is computed. Then the kernels are
compiled, if this machine has not done so before, and the training begins; it may be stopped (Ctrl-C), killed, and taken up
again (--resume).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from nn import __version__
from nn.datasets.loading import Split
from nn.engine import ENGINES
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number, run, shell_command, unfailing_output, whole_number
from nn.io.files import atomic_write, check_writable, only_writer, remove_leftovers
from nn.io.interrupts import INTERRUPTED, heeded
from nn.recipes import BEST, DATASETS, LARGEST, SCHEDULES, Recipe, decided_by, load_splits
from nn.train.run_files import Places, places_of

if TYPE_CHECKING:
    from nn.train.checkpoint import Checkpoint, Checkpoints
    from nn.training import Trainer


@dataclass(frozen=True)
class Data:
    """The training and the test split, and a digest of all that was read."""

    train: Split
    test: Split
    sha256: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 when all epochs are done, 130 when interrupted."""
    options = _options(arguments)
    places = places_of(options.out)
    if options.live:
        from nn.train.live import check_live

        check_live()
    # `mnist` and `mnist.npz` share a checkpoint, two links may share a model.
    with unfailing_output(), only_writer(places.checkpoint, "--out"), only_writer(places.model, "--out"):
        for path in (places.model, places.history, places.checkpoint):
            check_writable(path, "--out")
            remove_leftovers(path)
        return _train(options, places)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    # What decides the outcome has no default here: not given, it comes from the recipe, or with --resume from the checkpoint.
    parser = ArgumentParser(
        prog="python -m nn.train", description="Train the network on handwritten digits.", argument_default=argparse.SUPPRESS
    )
    add = parser.add_argument
    add("--dataset", choices=DATASETS, help="what to learn (mnist)")
    add("--data", default=None, metavar="DIR", help="folder of the data set's files, if not in a usual place")
    add("--epochs", type=whole_number(1), metavar="N", help="how often each image is seen (10)")
    add("--batch-size", type=whole_number(1), metavar="N", help="images for one change of the weights (128)")
    add("--learning-rate", type=positive_number, metavar="R", help="of Adadelta; with a schedule its mean (1.0)")
    add("--schedule", choices=SCHEDULES, help="how the rate changes (one-cycle)")
    add("--augment", action=argparse.BooleanOptionalAction, help="vary the images and mix in synthetic strokes (yes)")
    add("--classic", action="store_true", help="the student's recipe: constant rate, images as they are; ends with --ema")
    add("--ema", action=argparse.BooleanOptionalAction, help="end with the weights' moving average (no)")
    add("--engine", choices=ENGINES, help="fused, or layers: each layer's own passes, slower, for study (fused)")
    add("--seed", type=_seed, help="of all that is random (0)")
    add("--threads", type=whole_number(1), default=None, metavar="N", help="as many as processors; changes no result")
    add("--train-limit", type=whole_number(1), metavar="N", help="only the first N training images")
    add("--out", default="mnist.npz", metavar="FILE", help="the model (%(default)s); history and checkpoint go beside it")
    add("--resume", action="store_true", default=False, help="go on with an interrupted training, with its options")
    add("--checkpoint-every", type=positive_number, default=None, metavar="S", help="seconds; after every epoch in any case")
    add("--live", action="store_true", default=False, help="draw the curves while training (needs matplotlib)")
    return parser.parse_args(arguments)


def _seed(text: str) -> int:
    seed = whole_number(0)(text)
    if seed > LARGEST:
        raise argparse.ArgumentTypeError(f"expected at most {LARGEST}, got {text!r}")
    return seed


def _train(options: argparse.Namespace, places: Places) -> int:
    decided = decided_by(vars(options))
    checkpoint = _checkpoint_for(decided, places) if options.resume else None
    recipe = replace(BEST, **decided) if checkpoint is None else Recipe(**checkpoint.run["recipe"])
    with ThreadPoolExecutor(1) as reader:
        # Numba takes longer to load than the data, so both go on at once.
        reading = reader.submit(_read, recipe, options.data)
        import nn.train.checkpoint  # noqa: F401
        from nn.engine.compiling import load_compiler

        load_compiler()
    data = reading.result()
    print(f"{recipe.dataset}: {len(data.train[0]):,} training images, {len(data.test[0]):,} test images")
    print(f"recipe: {recipe.describe()}", flush=True)
    trainer, checkpoints = _prepare(recipe, data, options, places)
    if checkpoint is not None:
        if checkpoint.run["data"] != data.sha256:
            raise InputError(f"--resume: {places.checkpoint} was made with other data than these")
        checkpoint.restore(trainer)
        print(f"going on {_where(trainer)}", flush=True)
    else:
        _keep_previous(places)
    try:
        checkpoints.begin(trainer)
    except OSError as error:
        raise InputError(f"{places.checkpoint}: cannot be written: {error.strerror or error}") from error
    return _run(trainer, checkpoints, recipe, options, places)


def _read(recipe: Recipe, folder: str | None) -> Data:
    (x_train, y_train), (x_test, y_test) = load_splits(recipe.dataset, folder)
    digest = hashlib.sha256()
    for array in (x_train, y_train, x_test, y_test):
        digest.update(array.data)
    limit = recipe.train_limit or len(x_train)
    if limit > len(x_train):
        raise InputError(f"--train-limit: expected at most {len(x_train):,}, as many as there are, got {limit:,}")
    return Data((x_train[:limit], y_train[:limit]), (x_test, y_test), digest.hexdigest())


def _checkpoint_for(decided: dict[str, Any], places: Places) -> Checkpoint:
    """The checkpoint to go on from. Options need not be given again; if they are, they must not say otherwise."""
    from nn.train import checkpoint

    if not places.checkpoint.exists():
        raise InputError(f"--resume: there is no checkpoint {places.checkpoint}; begin without --resume")
    found = checkpoint.load(places.checkpoint)
    try:
        saved = asdict(Recipe(**found.run["recipe"]))
        str(found.run["data"])
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{places.checkpoint}: expected a recipe, got {found.run!r:.200}") from error
    for name, value in decided.items():
        if saved[name] != value:
            raise InputError(
                f"--resume: {places.checkpoint} was made with {name.replace('_', '-')} {saved[name]}, not {value}; "
                "leave that option out to go on, or --resume to begin anew"
            )
    if found.library != __version__:
        print(f"note: the checkpoint is of version {found.library}, this is {__version__}: the bits may differ", file=sys.stderr)
    return found


def _keep_previous(places: Places) -> None:
    """An unfinished training is never thrown away, only moved aside."""
    if places.checkpoint.exists():
        previous = places.previous()
        os.replace(places.checkpoint, previous)
        print(f"note: {places.checkpoint} held an unfinished training (--resume goes on with such); it is now {previous}")


def _prepare(recipe: Recipe, data: Data, options: argparse.Namespace, places: Places) -> tuple[Trainer, Checkpoints]:
    """Trainer and checkpoints, with all kernels ready to run."""
    from nn.callbacks import Callback, ProgressBar
    from nn.engine.compiling import report_compilation
    from nn.recipes import trainer_for, warm_up
    from nn.train.checkpoint import Checkpoints

    with report_compilation():
        warm_up(recipe, data.train)
    checkpoints = Checkpoints(places.checkpoint, {"recipe": asdict(recipe), "data": data.sha256}, options.checkpoint_every)
    callbacks: list[Callback] = [ProgressBar(), checkpoints]
    if options.live:
        from nn.train.live import LiveCurves

        callbacks.append(LiveCurves())
    return trainer_for(recipe, data.train, data.test, callbacks, options.threads), checkpoints


def _run(trainer: Trainer, checkpoints: Checkpoints, recipe: Recipe, options: argparse.Namespace, places: Places) -> int:
    from nn.errors import Diverged

    again = _command_to_go_on(options)
    try:
        with _stoppable(trainer):
            trainer.run()
            if trainer.progress.epoch >= trainer.epochs:
                _write_results(trainer, recipe, places)
                return 0
            kept = checkpoints.write()
    except Diverged as error:
        raise InputError(
            f"{error}, such as --learning-rate {recipe.learning_rate / 2:g}; the last good checkpoint is {places.checkpoint}"
        ) from error
    except KeyboardInterrupt:
        print(f"\nstopped at once; go on from the last checkpoint with: {again}", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        raise InputError(
            f"{places.model}: cannot be written: {error.strerror or error}; {places.checkpoint} holds its state "
            f"{checkpoints.kept}; make room and run: {again}"
        ) from error
    print(f"interrupted {_where(trainer)}" + (f", kept in {places.checkpoint}" if kept else ""), file=sys.stderr)
    print(f"go on with: {again}", file=sys.stderr)
    return INTERRUPTED


def _write_results(trainer: Trainer, recipe: Recipe, places: Places) -> None:
    """Model and history, each in one step; then the checkpoint has done its duty."""
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
    model.save(places.model)
    with atomic_write(places.history) as file:
        file.write(("[\n" + ",\n".join(json.dumps(entry) for entry in history) + "\n]\n").encode())
    places.checkpoint.unlink(missing_ok=True)
    seconds = sum(entry["seconds"] for entry in history)
    epochs = f"{len(history)} epoch{'s' if len(history) > 1 else ''}"
    print(f"written: {places.model}, {places.history}")
    print(f"test accuracy {last['val_accuracy']:.4f}, test loss {last['val_loss']:.4f}, {epochs} in {seconds:.1f} s")


@contextlib.contextmanager
def _stoppable(trainer: Trainer) -> Iterator[None]:
    """Inside, Ctrl-C, SIGTERM or a closed terminal ends the training after the batch in hand; a second one at once
    (`KeyboardInterrupt`). What the caller has told us to ignore (`nohup`) stays ignored.
    """

    def stop(number: int, frame: object) -> None:
        if trainer.stop_requested:
            raise KeyboardInterrupt
        trainer.stop_requested = True
        with contextlib.suppress(OSError):
            # Straight to the terminal: the signal may have come in the middle of a print.
            os.write(2, b"\nstopping after this batch (once more: at once)\n")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, stop) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _where(trainer: Trainer) -> str:
    progress = trainer.progress
    if progress.epoch >= trainer.epochs:
        return f"after the last of {trainer.epochs} epochs"
    return f"in epoch {progress.epoch + 1} of {trainer.epochs}, after batch {progress.step} of {trainer.steps_in_epoch}"


def _command_to_go_on(options: argparse.Namespace) -> str:
    words = ["python", "-m", "nn.train", "--resume"]
    for name, default in (("out", "mnist.npz"), ("data", None), ("threads", None), ("checkpoint_every", None)):
        if getattr(options, name) != default:
            words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    return shell_command(words)


if __name__ == "__main__":
    run(main)
