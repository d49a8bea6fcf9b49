"""Runs that take long: trainings killed at random moments, on a disk that fails, and a thousand epochs.

    python -m benchmarks reliability kills --count 100
    python -m benchmarks reliability kills --count 100 --failures 0.3
    python -m benchmarks reliability epochs --count 1000

`kills` trains the student's network on a few images over and over, kills it (SIGKILL, no warning) at a random moment, checks
that the newest checkpoint loads, and resumes; slowed-down writes see to it that many kills fall into one. Whenever a training
gets to its end, its model file must equal, byte for byte, that of an undisturbed training. `epochs` watches memory, open files
and threads.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.faults import Faults
from nn.cli import ArgumentParser, positive_number, run, whole_number
from nn.errors import InputError

if TYPE_CHECKING:
    from nn.datasets.loading import Part

FAILED = 1
IMAGES, EPOCHS = 1_200, 3
RECIPE = ("--classic", "--epochs", str(EPOCHS), "--train-limit", str(IMAGES), "--batch-size", "64")
SETTLED = 100  # epochs until memory has found its size
GROWTH_MB = 4.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if nothing was lost, 1 if something was."""
    parser = ArgumentParser(prog="python -m benchmarks reliability", description="Interruptions, failing disks, long trainings.")
    parser.add_argument("what", choices=("kills", "epochs"))
    parser.add_argument("--count", type=whole_number(1), default=100, help="kills, or epochs (%(default)s)")
    parser.add_argument("--failures", type=float, default=0.0, help="the probability that a file cannot be written (0)")
    parser.add_argument("--delay", type=positive_number, default=0.01, help="seconds, the most that a step of a write is delayed")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    options = parser.parse_args(arguments)
    if not hasattr(os, "fork"):
        raise InputError("reliability: expected a system with fork and SIGKILL, got none")
    with tempfile.TemporaryDirectory() as folder:
        return _kills(options, Path(folder)) if options.what == "kills" else _epochs(options.count, Path(folder))


# -- Kills -----------------------------------------------------------------------------------------------------------------------


def _kills(options: argparse.Namespace, folder: Path) -> int:
    from nn import checkpoint, recipes

    _write_small_data(folder / "data")
    recipes.warm_up(recipes.CLASSIC, recipes.load_parts("mnist", str(folder / "data"))[0])
    began = time.perf_counter()
    if _wait(_start(folder, "reference.npz", None)) != 0:
        raise InputError("reliability: the undisturbed training failed")
    alone = time.perf_counter() - began
    reference = (folder / "reference.npz").read_bytes()
    chance = random.Random(options.seed)
    kills = in_writes = resumed = finished = refused = wrong = 0
    while kills < options.count:
        child = _start(folder, "mnist.npz", Faults(chance.randrange(2**32), options.failures, options.delay))
        code = _wait(child, chance.random() * alone * 1.5)
        resumed += (folder / "mnist.checkpoint.npz").exists()
        if code == -signal.SIGKILL:
            kills += 1
            in_writes += any(folder.glob(".mnist*.part"))
        if (folder / "mnist.checkpoint.npz").exists():
            checkpoint.load(folder / "mnist.checkpoint.npz")
        refused += code == 2
        if code == 0:
            finished += 1
            wrong += (folder / "mnist.npz").read_bytes() != reference
            (folder / "mnist.npz").unlink()
        elif code not in (2, -signal.SIGKILL):
            raise InputError(f"reliability: a training ended with code {code}")
        print(f"\r{kills} kills, {in_writes} inside a write, {finished} trainings finished, {wrong} wrong", end="", flush=True)
    code = _wait(_start(folder, "mnist.npz", None))
    wrong += code != 0 or (folder / "mnist.npz").read_bytes() != reference
    left = sorted(path.name for path in folder.iterdir() if path.name.startswith((".mnist", "mnist")))
    print(
        f"\r{kills} kills of a training of {alone:.1f} s, {in_writes} of them inside a write; every checkpoint loaded; "
        f"{refused} ended by a failing disk; {finished + 1} trainings came to their end, {wrong} of them with other bytes "
        f"than the undisturbed one; left behind: {', '.join(left)}"
    )
    return FAILED if wrong or left != ["mnist.history.json", "mnist.npz"] else 0


def _write_small_data(folder: Path) -> None:
    from nn.datasets import mnist
    from nn.datasets.idx import write_idx

    folder.mkdir()
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for file, array in zip(mnist.MNIST.files, (x_train[:IMAGES], y_train[:IMAGES], x_test[:200], y_test[:200]), strict=True):
        write_idx(folder / file.name, array)


def _start(folder: Path, name: str, faults: Faults | None) -> int:
    """A training in a process of its own, resumed if there is a checkpoint; the process's number."""
    resume = ("--resume",) if (folder / name).with_suffix(".checkpoint.npz").exists() else RECIPE
    words = [*resume, "--out", str(folder / name), "--data", str(folder / "data"), "--checkpoint-every", "0.05"]
    child = os.fork()
    if child:
        return child
    code = 3
    with contextlib.suppress(BaseException):
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if faults is not None:
            faults.install()
        from nn import train

        try:
            run(train.main, words)
        except SystemExit as end:
            code = int(end.code or 0)
    os._exit(code)


def _wait(child: int, patience: float | None = None) -> int:
    """The exit code of a process, minus the signal if one ended it; after `patience` seconds that is SIGKILL."""
    timer = threading.Timer(patience, os.kill, (child, signal.SIGKILL)) if patience is not None else None
    if timer:
        timer.start()
    _, status = os.waitpid(child, 0)
    if timer:
        timer.cancel()
        timer.join()
    return os.waitstatus_to_exitcode(status)


# -- A thousand epochs -----------------------------------------------------------------------------------------------------------


def _epochs(count: int, folder: Path) -> int:
    """Train on one batch of images for many epochs, with a checkpoint after each; memory, files and threads must stay flat."""
    from nn import recipes
    from nn.callbacks import Callback
    from nn.checkpoint import Checkpoints
    from nn.datasets import mnist

    (x, y), _ = mnist.load_data()
    few: Part = (x[:128], y[:128])
    samples: list[tuple[float, int, int]] = []

    class Watch(Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            samples.append((_resident_mb(), len(os.listdir("/proc/self/fd")), threading.active_count()))
            if (epoch + 1) % 100 == 0:
                megabytes, handles, threads = samples[-1]
                print(f"epoch {epoch + 1:>5}: {megabytes:.1f} MB, {handles} open files, {threads} threads", flush=True)

    recipe = recipes.Recipe(epochs=count, strokes=0.25, doodles=0.05)
    checkpoints = Checkpoints(folder / "c.npz", {})
    trainer = recipes.trainer_for(recipe, few, few, [checkpoints, Watch()])
    checkpoints.begin(trainer)
    trainer.run()
    settled, last = samples[min(SETTLED, count) - 1], samples[-1]
    growth = max(sample[0] for sample in samples[min(SETTLED, count) - 1 :]) - settled[0]
    flat = growth <= GROWTH_MB and settled[1:] == last[1:]
    print(f"{count} epochs: memory grew by {growth:.1f} MB after epoch {SETTLED}; files and threads {'flat' if flat else 'grew'}")
    return 0 if flat else FAILED


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
