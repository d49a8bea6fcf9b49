"""Commands that are interrupted at random moments, a training from the start of the process to the
end of the first epoch.

    python -m benchmarks interrupts --count 200
    python -m benchmarks interrupts --count 200 --command draw

Some of the processes find no compiled kernels and compile them, with a second process; the others
load them. SIGINT, SIGTERM and SIGHUP go in turns to the process alone (`kill`) and to its whole
group (a terminal). After each the exit code must be 130, with no traceback, no process of the
group left, no lock and no temporary file, and every file that is there must be readable: models,
checkpoints, compiled kernels. In the end a training with the kernels that the interruptions left
must give the same model. The window opens on the display at hand, else without one.

No program can answer for the start of Python itself, before its own first line: there a signal ends
the process as Python does it. Those are counted apart. Where the system tells which signals a
process handles (Linux), this is not believed but looked up, just before the signal is sent. Results
go into `interrupts.json` (in --out), after each interruption.
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
from typing import Any

from benchmarks import report
from benchmarks.audit.reliability import write_small_data
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number

ROOT = Path(__file__).parents[2]
FAILED = 1
INTERRUPTED = 130
GRACE = 2.0  # seconds for what is left of a group to end
SECONDS_OF_WINDOW = 6.0  # it would stay for ever
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")

# The words of each command, which runs in the folder of the series, and what it says at its end.
COMMANDS = {
    "train": ("nn.train --epochs 1 --train-limit 640 --batch-size 64 --data data", "test accuracy"),
    "evaluate": ("nn.evaluate --data data", "accuracy"),
    "predict": ("nn.predict page.png", "page.png"),
    "gradcheck": ("nn.gradcheck --layer Conv2D", "right in"),
    "export": ("nn.export --html page.html", "written"),
    "draw": ("apps.draw --lessons lessons", None),
}


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
    parser.add_argument("--command", choices=COMMANDS, default="train", help="which one is interrupted (train)")
    parser.add_argument("--compiling", type=float, default=0.5, metavar="SHARE", help="of the processes that compile (0.5)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    report.add_out(parser)
    options = parser.parse_args(arguments)
    place = report.check_out(options.out, "interrupts")
    if not hasattr(os, "killpg"):
        raise InputError("interrupts: expected a system with process groups, got none")
    with tempfile.TemporaryDirectory() as folder:
        series = Series(options.command, Path(folder), random.Random(options.seed), options.compiling)
        for index in range(options.count):
            series.interrupt(index)
            print("\r" + series.summary(), end="", flush=True)
            report.save(place, {**report.earlier(place), options.command: series.body(index + 1)})
        series.finish()
    print()
    for line in series.failures:
        print(line)
    report.write(place, {**report.earlier(place), options.command: series.body(options.count)})
    return FAILED if series.failures else 0


class Series:
    """Processes in one folder, and what came of them."""

    def __init__(self, command: str, folder: Path, chance: random.Random, compiling: float) -> None:
        words, self.end = COMMANDS[command]
        self.words = words.split()
        self.folder = folder
        self.chance = chance
        self.compiling = compiling
        self.books: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        write_small_data(folder / "data")
        draw_page(folder / "page.png")
        self.seconds = {"compiling": self._undisturbed("cache"), "loading": self._undisturbed("cache")}
        self.reference = self._model("cache")

    def interrupt(self, index: int) -> None:
        """One process, one signal, and a look at what is there afterwards."""
        cache = "compiling" if self.chance.random() < self.compiling else "loading"
        self.books[cache] += 1
        moment = self.chance.random() * self.seconds[cache]
        interruption = Interruption(moment, SIGNALS[index % 3], bool(index // 3 % 2))
        child = self._start("fresh" if cache == "compiling" else "cache")
        began = time.perf_counter()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(interruption.moment)
        handled = None
        if child.poll() is None:
            handled = _handles_signals(child.pid)
            number = getattr(signal, interruption.name)
            os.killpg(child.pid, number) if interruption.group else child.send_signal(number)
        sent = time.perf_counter()
        output, said = (text.decode(errors="replace") for text in child.communicate())
        self.books["slowest answer, ms"] = max(self.books["slowest answer, ms"], round(1000 * (time.perf_counter() - sent)))
        done = self.end is not None and self.end in output
        faults = [*self._faults_of_end(child.returncode, said, done, handled), *self._faults_of_rest(child.pid)]
        if faults:
            what = (
                f"{interruption.name} to the {'group' if interruption.group else 'process'} after {sent - began:.3f} s, {cache}"
            )
            self.failures.append(f"{what}: {'; '.join(faults)}: {said[-2000:]!r}")
        if child.returncode < 0 and not done:
            late = "before the first line of ours, the latest after ms"
            self.books[late] = max(self.books[late], round(1000 * (sent - began)))
        # Every third time the next one begins without kernels; otherwise it goes on with those
        # that this one left.
        if self.chance.random() < 1 / 3:
            shutil.rmtree(self.folder / "fresh", ignore_errors=True)
        for path in self.folder.glob("mnist*"):
            path.unlink()

    def finish(self) -> None:
        """With the kernels that the last interruptions left, the results must be the same."""
        self._undisturbed("fresh")
        if self._model("fresh") != self.reference:
            self.failures.append("after all interruptions the result was another one")

    def summary(self) -> str:
        """The counts so far, in one line."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.books.items()))
        return f"{counts}; {len(self.failures)} wrong"

    def body(self, count: int) -> dict[str, Any]:
        """What is kept of the first `count` interruptions."""
        return {"interruptions": count, **self.books, "failures": self.failures}

    def _faults_of_end(self, code: int, said: str, done: bool, handled: bool | None) -> list[str]:
        faults = []
        theirs = not any(f"{ROOT}/{folder}/" in said for folder in ("nn", "apps"))
        if not handled and (code < 0 or (code == 1 and theirs and said.rstrip().endswith("KeyboardInterrupt"))):
            self.books["after the results were written" if done else "before the first line of ours"] += 1
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
        own = {
            "PYTHONPATH": str(ROOT),
            "NUMBA_CACHE_DIR": str(self.folder / cache),
            "NN_WINDOW": str(self.folder / "window.json"),
        }
        if "DISPLAY" not in os.environ:
            own["SDL_VIDEODRIVER"] = "dummy"
        return subprocess.Popen(
            [sys.executable, "-m", *self.words],
            cwd=self.folder,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # What started us may have told us, and so our children, to ignore one of them.
            preexec_fn=_heed,
        )

    def _undisturbed(self, cache: str) -> float:
        if self.end is None:
            return SECONDS_OF_WINDOW
        began = time.perf_counter()
        child = self._start(cache)
        said = child.communicate()[1]
        if child.returncode != 0:
            raise InputError(f"interrupts: undisturbed, {' '.join(self.words)} failed: {said.decode(errors='replace')}")
        return time.perf_counter() - began

    def _model(self, cache: str) -> bytes | None:
        """The model that a training writes; None of the other commands."""
        self._undisturbed(cache)
        model = self.folder / "mnist.npz"
        content = model.read_bytes() if model.exists() else None
        for path in self.folder.glob("mnist*"):
            path.unlink()
        return content


def draw_page(path: Path) -> None:
    """A picture with two strokes."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (200, 100), 255)
    for left in (40, 120):
        ImageDraw.Draw(page).line([(left, 20), (left + 5, 80)], fill=0, width=8)
    page.save(path)


def _handles_signals(process: int) -> bool | None:
    """Whether a process has decided what a signal does; None if the system does not tell."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigCgt:", "SigIgn:"))]
        # Of ours the last one that is set; Python itself sets the first.
        return any(mask >> (signal.SIGHUP - 1) & 1 for mask in masks)
    return None


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
