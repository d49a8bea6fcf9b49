"""python -m benchmarks reliability: trainings killed at random moments, on a failing disk, with
damaged kernels, and a thousand epochs long.

    python -m benchmarks reliability kills --count 100
    python -m benchmarks reliability kills --count 100 --failures 0.3
    python -m benchmarks reliability epochs --count 1000
    python -m benchmarks reliability cache

`kills` trains the student's network on a few images again and again. It kills the training
(SIGKILL, no warning) at a random moment, checks that the newest checkpoint loads, and resumes.
Writes are slowed down, so that many kills fall into one. Whenever a training reaches its end, its
model file must equal, byte for byte, that of an undisturbed training. With --seconds it stops
earlier, and the next call adds to the counts.

`epochs` checks that memory, open files and threads do not grow. `cache` damages every file of
compiled kernels, in one way after another; each time a training must compile them again, give the
same weights, and leave sound files. Results go into `reliability.json` (in --out).
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

from benchmarks import report
from benchmarks.audit.faults import Faults
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number, run, whole_number

if TYPE_CHECKING:
    from nn.datasets.loading import Split

FAILED = 1
IMAGES, EPOCHS = 640, 2
RECIPE = ("--classic", "--epochs", str(EPOCHS), "--train-limit", str(IMAGES), "--batch-size", "64")
SETTLED = 100  # epochs after which memory should not grow any more
GROWTH_MB = 4.0


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if nothing was lost, 1 if something was."""
    parser = ArgumentParser(prog="python -m benchmarks reliability", description="Interruptions, failing disks, long trainings.")
    parser.add_argument("what", choices=("kills", "epochs", "cache"))
    parser.add_argument(
        "--count", type=whole_number(1), default=100, help="kills, including those of earlier runs, or epochs (100)"
    )
    parser.add_argument("--seconds", type=positive_number, default=float("inf"), help="stop killing after so many (no limit)")
    parser.add_argument("--anew", action="store_true", help="do not add to earlier runs")
    parser.add_argument("--failures", type=float, default=0.0, help="the probability that a file cannot be written (0)")
    parser.add_argument("--delay", type=positive_number, default=0.01, help="longest delay of each call that writes, in seconds")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    out = report.check_out(options.out, "reliability")
    if not sys.platform.startswith("linux"):
        # macOS has fork, but its libraries do not survive one in a process with threads.
        raise InputError(f"reliability: expected Linux, got {sys.platform}")
    with tempfile.TemporaryDirectory() as folder:
        if options.what == "cache":
            from benchmarks.audit import kernel_damage

            write_small_data(Path(folder) / "data")
            return kernel_damage.check(out, Path(folder))
        return _kills(options, out, Path(folder)) if options.what == "kills" else _epochs(options.count, out, Path(folder))


# -- Kills -----------------------------------------------------------------------------------------------------------------------


def _kills(options: argparse.Namespace, out: Path, folder: Path) -> int:
    from nn.datasets.collections import load_splits
    from nn.train.recipe import CLASSIC
    from nn.train.setup import warm_up

    what = f"kills, {options.failures:.0%} of the files fail to be written"
    before = {} if options.anew else report.earlier(out).get(what, {})
    write_small_data(folder / "data")
    warm_up(CLASSIC, load_splits("mnist", str(folder / "data"))[0])
    began = time.perf_counter()
    if _wait(_start(folder, "reference.npz", None)) != 0:
        raise InputError("reliability: the undisturbed training failed")
    alone = time.perf_counter() - began
    series = Series(folder, options, alone, seed=before.get("runs", 0))
    while before.get("kills", 0) + series.counts["kills"] < options.count and time.perf_counter() - began < options.seconds:
        series.round()
        print("\r" + ", ".join(f"{count} {name}" for name, count in series.counts.items()), end="", flush=True)
    series.finish()
    counts = {name: before.get(name, 0) + count for name, count in {**series.counts, "runs": 1}.items()}
    report.write(out, {**report.earlier(out), what: counts})
    print(f"{what}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return FAILED if series.counts["with other bytes"] or series.counts["left behind"] else 0


class Series:
    """Trainings one after another in a folder, most of them killed, and the counts of what
    happened to them.
    """

    def __init__(self, folder: Path, options: argparse.Namespace, alone: float, seed: int) -> None:
        self.folder = folder
        self.options = options
        self.alone = alone
        self.chance = random.Random(seed)
        self.reference = (folder / "reference.npz").read_bytes()
        names = ("kills", "inside a write", "checkpoints loaded", "ended by a failing disk", "finished", "with other bytes")
        self.counts = dict.fromkeys([*names, "left behind"], 0)

    def round(self) -> None:
        """Start or resume a training, kill it unless it ends sooner, and check its files."""
        from nn.train import checkpoint

        faults = Faults(self.chance.randrange(2**32), self.options.failures, self.options.delay)
        code = _wait(_start(self.folder, "mnist.npz", faults), self.chance.random() * self.alone)
        if code == -signal.SIGKILL:
            self.counts["kills"] += 1
            self.counts["inside a write"] += any(self.folder.glob(".mnist*.part"))
        elif code not in (0, 2):
            raise InputError(f"reliability: a training ended with code {code}")
        if (self.folder / "mnist.checkpoint.npz").exists():
            checkpoint.load(self.folder / "mnist.checkpoint.npz")
            self.counts["checkpoints loaded"] += 1
        self.counts["ended by a failing disk"] += code == 2
        if code == 0:
            self._compare()

    def finish(self) -> None:
        """Let the last training reach its end undisturbed."""
        if _wait(_start(self.folder, "mnist.npz", None)) != 0:
            raise InputError("reliability: the last training failed")
        self._compare()
        self.counts["left behind"] = sum(path.name.startswith((".mnist", "mnist")) for path in self.folder.iterdir()) - 1

    def _compare(self) -> None:
        model = self.folder / "mnist.npz"
        self.counts["finished"] += 1
        self.counts["with other bytes"] += model.read_bytes() != self.reference
        model.unlink()


def write_small_data(folder: Path) -> None:
    """A small MNIST in files."""
    from nn.datasets import mnist
    from nn.datasets.idx import write_idx

    folder.mkdir()
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for file, array in zip(mnist.MNIST.files, (x_train[:IMAGES], y_train[:IMAGES], x_test[:200], y_test[:200]), strict=True):
        write_idx(folder / file.name, array)


def _start(folder: Path, name: str, faults: Faults | None) -> int:
    """Start a training in a process of its own, resumed if there is a checkpoint; returns the
    process ID.
    """
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
        from nn.train import __main__ as train

        try:
            run(train.main, words)
        except SystemExit as end:
            code = int(end.code or 0)
    os._exit(code)


def _wait(child: int, patience: float | None = None) -> int:
    """The exit code of a process, or minus the signal that ended it. After `patience` seconds it
    gets SIGKILL.
    """
    timer = threading.Timer(patience, os.kill, (child, signal.SIGKILL)) if patience is not None else None
    if timer:
        timer.start()
    _, status = os.waitpid(child, 0)
    if timer:
        timer.cancel()
        timer.join()
    return os.waitstatus_to_exitcode(status)


# -- A thousand epochs -----------------------------------------------------------------------------------------------------------


def _epochs(count: int, out: Path, folder: Path) -> int:
    """Train on one batch of images for many epochs with a checkpoint after each; memory, files and
    threads must not grow.
    """
    from nn.callbacks import Callback
    from nn.datasets import mnist
    from nn.train.checkpoint import Checkpoints
    from nn.train.recipe import Recipe
    from nn.train.setup import trainer_for

    (x, y), _ = mnist.load_data()
    few: Split = (x[:128], y[:128])
    samples: list[tuple[float, int, int]] = []

    class Watch(Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            samples.append((_resident_mb(), len(os.listdir("/proc/self/fd")), threading.active_count()))
            if (epoch + 1) % 100 == 0:
                megabytes, handles, threads = samples[-1]
                print(f"epoch {epoch + 1:>5}: {megabytes:.1f} MB, {handles} open files, {threads} threads", flush=True)

    recipe = Recipe(epochs=count, strokes=0.25, doodles=0.05)
    checkpoints = Checkpoints(folder / "c.npz", {})
    trainer = trainer_for(recipe, few, few, [checkpoints, Watch()])
    checkpoints.begin(trainer)
    trainer.run()
    settled, last = samples[min(SETTLED, count) - 1], samples[-1]
    growth = max(sample[0] for sample in samples[min(SETTLED, count) - 1 :]) - settled[0]
    flat = growth <= GROWTH_MB and settled[1:] == last[1:]
    body = {"count": count, "settled_after": SETTLED, "settled": settled, "last": last, "growth_mb": growth}
    report.write(out, {**report.earlier(out), "epochs": body})
    same = "did not grow" if settled[1:] == last[1:] else "changed"
    print(f"{count} epochs: memory grew by {growth:.1f} MB after epoch {SETTLED}; open files and threads {same}")
    return 0 if flat else FAILED


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
