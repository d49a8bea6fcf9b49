"""Trainings that are interrupted at random moments, from the start of the process to the end of
the first epoch.

    python -m benchmarks interrupts --count 200

Some of the trainings find no compiled kernels and compile them, with a second process; the others
load them. SIGINT, SIGTERM and SIGHUP go in turns to the process alone (`kill`) and to its whole
group (a terminal). After each the exit code must be 130, with no traceback, no process of the
group left, no lock and no temporary file, and every file that is there must be readable: models,
checkpoints, compiled kernels. In the end a training with the kernels that the interruptions left
must give the same model.

No program can answer for the start and the end of Python itself, before its first line and after
its last one: there a signal ends the process as Python does it. Those are counted apart. Results
go into `results/interrupts.json`, after each interruption.
"""

from __future__ import annotations

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.audit.reliability import write_small_data
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number

FAILED = 1
INTERRUPTED = 130
GRACE = 2.0  # seconds for what is left of a group to end
RECIPE = ("--epochs", "1", "--train-limit", "640", "--batch-size", "64")
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(frozen=True)
class Interruption:
    """When (seconds after the start), by what, and whether the whole group gets it."""

    moment: float
    name: str
    group: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every interruption ended as it should, 1 if one did not."""
    parser = ArgumentParser(prog="python -m benchmarks interrupts", description="Signals at random moments of a training.")
    parser.add_argument("--count", type=whole_number(1), default=200, help="interruptions (200)")
    parser.add_argument("--compiling", type=float, default=0.5, metavar="SHARE", help="of the trainings that compile (0.5)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    report.add_out(parser)
    options = parser.parse_args(arguments)
    place = report.check_out(options.out, "interrupts")
    if not hasattr(os, "killpg"):
        raise InputError("interrupts: expected a system with process groups, got none")
    with tempfile.TemporaryDirectory() as folder:
        series = Series(Path(folder), random.Random(options.seed), options.compiling)
        for index in range(options.count):
            series.interrupt(index)
            print("\r" + series.summary(), end="", flush=True)
            report.save(place, {"interruptions": index + 1, **series.books, "failures": series.failures})
        series.finish()
    print()
    for line in series.failures:
        print(line)
    report.write(place, {"interruptions": options.count, **series.books, "failures": series.failures})
    return FAILED if series.failures else 0


class Series:
    """Trainings in one folder, and what came of them."""

    def __init__(self, folder: Path, chance: random.Random, compiling: float) -> None:
        self.folder = folder
        self.chance = chance
        self.compiling = compiling
        self.books: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        write_small_data(folder / "data")
        self.seconds = {"compiling": self._undisturbed("cache"), "loading": self._undisturbed("cache")}
        self.reference = self._model("cache")

    def interrupt(self, index: int) -> None:
        """One training, one signal, and a look at what is there afterwards."""
        cache = "compiling" if self.chance.random() < self.compiling else "loading"
        self.books[cache] += 1
        moment = self.chance.random() * self.seconds[cache]
        interruption = Interruption(moment, SIGNALS[index % 3], bool(index // 3 % 2))
        child = self._start("fresh" if cache == "compiling" else "cache")
        began = time.perf_counter()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(interruption.moment)
        if child.poll() is None:
            number = getattr(signal, interruption.name)
            os.killpg(child.pid, number) if interruption.group else child.send_signal(number)
        sent = time.perf_counter()
        said = child.communicate()[1].decode(errors="replace")
        self.books["slowest answer, ms"] = max(self.books["slowest answer, ms"], round(1000 * (time.perf_counter() - sent)))
        faults = [*self._faults_of_end(child.returncode, said), *self._faults_of_rest(child.pid)]
        if faults:
            what = (
                f"{interruption.name} to the {'group' if interruption.group else 'process'} after {sent - began:.3f} s, {cache}"
            )
            self.failures.append(f"{what}: {'; '.join(faults)}: {said[-2000:]!r}")
        # Every third time the next one begins without kernels; otherwise it goes on with those
        # that this one left.
        if self.chance.random() < 1 / 3:
            shutil.rmtree(self.folder / "fresh", ignore_errors=True)
        for path in self.folder.glob("mnist*"):
            path.unlink()

    def finish(self) -> None:
        """With the kernels that the last interruptions left, the weights must be the same."""
        self._undisturbed("fresh")
        if self._model("fresh") != self.reference:
            self.failures.append("the training after all interruptions gave another model")

    def summary(self) -> str:
        """The counts so far, in one line."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.books.items()))
        return f"{counts}; {len(self.failures)} wrong"

    def _faults_of_end(self, code: int, said: str) -> list[str]:
        faults = []
        if code < 0 or (code == 1 and "/nn/" not in said and said.rstrip().endswith("KeyboardInterrupt")):
            written = (self.folder / "mnist.npz").exists()
            self.books["after the results were written" if written else "before the first line of ours"] += 1
            return []
        if code not in (0, INTERRUPTED):
            faults.append(f"exit code {code}")
        if any(word in said for word in ("Traceback", "Exception ignored", "Error")):
            faults.append("a traceback")
        self.books["finished before the signal" if code == 0 else "ended with 130"] += 1
        return faults

    def _faults_of_rest(self, group: int) -> list[str]:
        faults = []
        deadline = time.perf_counter() + GRACE
        while (alive := _exists(group)) and time.perf_counter() < deadline:
            time.sleep(0.01)
        if alive:
            faults.append("a process is left")
            os.killpg(group, signal.SIGKILL)
        rest = [path for path in self.folder.rglob("*") if path.suffix in (".lock", ".part", ".tmp")]
        faults += [f"{path.name} is left" for path in rest]
        return faults + [fault for path in self.folder.rglob("*") if (fault := _fault_of(path))]

    def _start(self, cache: str) -> subprocess.Popen[bytes]:
        words = [*RECIPE, "--out", str(self.folder / "mnist.npz"), "--data", str(self.folder / "data")]
        return subprocess.Popen(
            [sys.executable, "-m", "nn.train", *words],
            env={**os.environ, "NUMBA_CACHE_DIR": str(self.folder / cache)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # What started us may have told us, and so our children, to ignore one of them.
            preexec_fn=_heed,
        )

    def _undisturbed(self, cache: str) -> float:
        began = time.perf_counter()
        if self._start(cache).wait() != 0:
            raise InputError("interrupts: the undisturbed training failed")
        return time.perf_counter() - began

    def _model(self, cache: str) -> bytes:
        self._undisturbed(cache)
        content = (self.folder / "mnist.npz").read_bytes()
        (self.folder / "mnist.npz").unlink()
        (self.folder / "mnist.history.json").unlink()
        return content


def _heed() -> None:
    for name in SIGNALS:
        signal.signal(getattr(signal, name), signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


def _exists(group: int) -> bool:
    """Whether a process of the group runs. One that has ended, and whose new parent has not yet
    asked for its code, does not.
    """
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    states = [state for path in Path("/proc").glob("[0-9]*/stat") if (state := _state(path))]
    return not states or any(int(fields[2]) == group and fields[0] != "Z" for fields in states)


def _state(path: Path) -> list[str]:
    """State, parent, group, ... of a process that may have ended since."""
    with contextlib.suppress(OSError):
        return path.read_text().rpartition(")")[2].split()
    return []


def _fault_of(path: Path) -> str | None:
    """Why a file cannot be read as what its name says."""
    from nn.kernels.cache import SealedFiles
    from nn.kernels.jit import sources_digest
    from nn.models import load_model
    from nn.train import checkpoint

    if path.suffix in (".nbi", ".nbc"):
        return None if SealedFiles(str(path.parent), "", sources_digest()).is_sound(path.name) else f"{path.name} is damaged"
    try:
        if path.name.endswith(".checkpoint.npz"):
            checkpoint.load(path)
        elif path.suffix == ".npz":
            load_model(path)
    except InputError as error:
        return str(error)
    return None
