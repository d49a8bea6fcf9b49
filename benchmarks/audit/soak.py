"""The drawing window with everything used at random, and whether it gives the memory back.

    python -m benchmarks soak [--minutes 10] [--seed 0]
    python -m benchmarks soak --lessons 1000

The real main loop runs in a process of its own, as in `python -m benchmarks window`. Digits are
drawn; between them buttons are pressed and keys' actions done, on all screens and panels: looking
inside, the way back, why, what if, lessons taught and undone, networks that learn and are kept or
thrown away, themes. Pictures are neither opened nor saved, and nobody quits.

The memory of the window and of its helper processes is noted after the first digit was read and
the kernels for reading are loaded, at its most, and half a minute after all screens were left, all
lessons forgotten and the sheet cleared. An exception in the window ends the run with its traceback.

With `--lessons` the window does nothing but learn: one lesson about what is drawn after another,
each forgotten before the next, and every tenth one kept until ten of them are there. They are short:
of a tenth of a lesson's images.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drawing.mouse import PAUSE_SECONDS, Display, Mouse
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number, whole_number

GOAL = 30.0  # MiB
REST_SECONDS = 30.0
# What would leave the window, or read and write files of the user.
LEFT_OUT = {"quit", "step_out", "save", "save_card", "copy_card", "open_files", "open_card", "use_bundled"}
SHORT = 2560  # images in a lesson of `--lessons`
DRAWN = 0.5  # the share of digits among all that is done


def main(arguments: Sequence[str] | None = None) -> int:
    """Use the window, and print what it took; 1 if the memory did not come back."""
    options = _parser().parse_args(arguments)
    if options.child:
        print(json.dumps(_use(options)))
        return 0
    words = ["--child", "--minutes", str(options.minutes), "--seed", str(options.seed), "--rest", str(options.rest)]
    words += ["--lessons", str(options.lessons)]
    with Display() as environment:
        command = [sys.executable, "-m", "benchmarks.audit.soak", *words]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise InputError(f"the window ended with exit code {done.returncode} (see above)")
    result = json.loads(done.stdout.splitlines()[-1])
    print(f"{result['digits']} digits drawn and {sum(result['actions'].values())} actions in {result['minutes']:.0f} minutes:")
    print(", ".join(f"{name} {count}" for name, count in sorted(result["actions"].items())))
    before, most, after = result["before"], result["most"], result["after"]
    print(f"memory: {before:.0f} MiB before, at most {most:.0f}, {after:.0f} in the end: {after - before:+.0f} MiB")
    print(f"goal: within {GOAL:.0f} MiB: {'met' if after - before <= GOAL else 'MISSED'}")
    return int(after - before > GOAL)


def _use(options: argparse.Namespace) -> dict[str, Any]:
    """In the child: open the window, use everything, leave everything."""
    from apps.draw import desktop

    desktop.check_screen()
    desktop.prepare()
    with tempfile.TemporaryDirectory() as folder:
        app = _window(Path(folder), SHORT if options.lessons else None)
        user = _User(app, options)
        threading.Thread(target=user.work, daemon=True).start()
        app.run()
    if user.failed:
        raise user.failed
    names = ("digits", "actions", "minutes", "before", "most", "after")
    return {name: getattr(user, name) for name in names}


def _window(folder: Path, samples: int | None) -> Any:
    """A window that keeps its lessons and networks in a folder, and does in its own thread what it
    is asked for.
    """
    from apps.draw.app import App
    from apps.draw.files.model_file import choose_model
    from apps.draw.reading.reader import reader_of
    from apps.draw.setup import Setup
    from apps.draw.teaching.teacher import Teacher
    from apps.draw.why.questions import explain

    class Used(App):
        """Notes when it is open, and empties the queue `asked` before each frame."""

        asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        opened = 0.0

        def frame(self) -> None:
            with contextlib.suppress(queue.Empty):
                while True:
                    self.asked.get_nowait()()
            super().frame()
            self.opened = self.opened or time.monotonic()

    model = choose_model(None, Path.cwd())
    teacher = Teacher(folder / "lessons", model.base, samples=samples)
    return Used(Setup(reader_of(model), explain, teacher, model.label, folder), 1, "light")


class _User:
    """Draws, presses and types at random in a thread of its own."""

    def __init__(self, app: Any, options: argparse.Namespace) -> None:
        self.app, self.seconds, self.rest = app, 60 * options.minutes, options.rest
        self.mouse = Mouse(app)
        self.digits, self.actions = 0, dict[str, int]()
        self.before = self.most = self.after = self.minutes = 0.0
        self.lessons = options.lessons
        self.failed: Exception | None = None
        self._rng = np.random.default_rng(options.seed)

    def work(self) -> None:
        """Everything, and then the window's end."""
        try:
            self._work()
        except Exception as error:
            self.failed = error
        finally:
            self._ask(self.app.quit)

    def _work(self) -> None:
        while not self.app.opened:
            time.sleep(0.01)
        self.mouse.digit(0)
        while self.app.session.reading is None or any(thread.name == "warm-up" for thread in threading.enumerate()):
            time.sleep(0.01)
        time.sleep(self.rest / 3)
        self.before, began = _memory(), time.monotonic()
        self._learn() if self.lessons else self._use_everything()
        self.minutes = (time.monotonic() - began) / 60
        self._ask(self._leave)
        time.sleep(1)
        self._ask(self._forget)
        time.sleep(self.rest)
        while self.app.study.lessons.is_busy:
            time.sleep(1)
        time.sleep(self.rest)
        self.after = _memory()

    def _learn(self) -> None:
        """Lessons, taught and forgotten."""
        study, lessons = self.app.study, self.app.study.lessons
        for number in range(self.lessons):
            study.asked_label = number % 10  # as if it had asked whether that is meant
            self._ask(lambda: study.teach(study.asked_label))
            self._wait_for_lessons()
            kept = len(lessons.teacher.kept())
            if number % 10 or kept > 10:
                self._ask(study.undo_lesson)
                self._wait_for_lessons()
            self.actions["lessons"] = number + 1
            self.most = max(self.most, _memory())

    def _wait_for_lessons(self) -> None:
        while self.app.study.lessons.is_busy:
            time.sleep(0.02)
        outcome = self.app.study.lessons.outcome
        if outcome is not None and outcome.problem:
            raise InputError(outcome.problem)

    def _use_everything(self) -> None:
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            if self._rng.random() < DRAWN:
                self.digits += 1
                self.mouse.digit(int(self._rng.integers(4)))
            else:
                self._ask(self._anything)
                time.sleep(PAUSE_SECONDS)
            self.most = max(self.most, _memory())

    def _ask(self, what: Any) -> None:
        """Let the window's thread do it, and wait until it is done."""
        done = threading.Event()

        def do() -> None:
            what()
            done.set()

        self.app.asked.put(do)
        self.app.wake.set()
        done.wait(60)

    def _anything(self) -> None:
        """A button that is shown, or what a key does."""
        shown = [button.action for group in self.app.groups for button in group if button.is_shown and button.enabled]
        typed = [binding.action for binding in self.app.bindings]
        choices = [action for action in (*shown, *typed) if action.split()[0] not in LEFT_OUT]
        action = choices[int(self._rng.integers(len(choices)))]
        self.actions[action.split()[0]] = self.actions.get(action.split()[0], 0) + 1
        self.app.perform(action)

    def _leave(self) -> None:
        """Back to an empty sheet on the reading screen; a network that was learning is thrown away."""
        if self.app.has_panel:
            self.app.close_panel()
        self.app.watch_screen.throw_away()
        if self.app.screen is not self.app.reading_screen:
            self.app._show(self.app.reading_screen)
        self.app.study.leave()
        self.app.perform("clear")

    def _forget(self) -> None:
        lessons = self.app.study.lessons
        for lesson in lessons.waiting:
            lessons.cancel(lesson)
        for kept in reversed(lessons.teacher.kept()):  # the newest first: most of them are undone, and not taught again
            self.app.study.forget(kept.path)


def _memory() -> float:
    """Of this process and of those that it has started, in MiB; pages that they share count once
    (their proportional sizes).
    """
    total, family = 0.0, {os.getpid()}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        with contextlib.suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if int(folder.name) in family or parent in family:
                family.add(int(folder.name))
                total += int((folder / "smaps_rollup").read_text().split("Pss:")[1].split()[0]) / 1024
    return total


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(prog="python -m benchmarks soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=positive_number, default=10.0, help="of use (default: 10)")
    parser.add_argument("--lessons", type=whole_number(0), default=0, metavar="N", help="N lessons instead, and nothing else")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of what is done (default: 0)")
    parser.add_argument("--rest", type=positive_number, default=REST_SECONDS, help="seconds to settle (default: 30)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
