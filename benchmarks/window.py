"""The drawing window in constant use: what a frame costs, how soon it answers, how fast it opens,
what it does when idle.

    python -m benchmarks window [--seconds 60] [--scale 1] [--model FILE]

Each run is the real main loop in a process of its own, on the display there is, else on Xvfb, else
on SDL's dummy driver. The window is opened with an empty compiler cache, and again with a full
one. Then digits in many hands are drawn for a minute (125 points a second as from a mouse, four
digits to a sheet): on the reading, while looking inside the network with the sum of a cell shown,
on the way back, with the ink coloured by "why", and while a new network learns. At last the window
is left alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apps.draw import desktop
from apps.draw.files.model_file import choose_model
from apps.draw.reading.reader import reader_of
from apps.draw.teaching.kept_drawings import lessons_folder
from apps.draw.teaching.teacher import Teacher
from apps.draw.why.questions import explain
from benchmarks.drawing.mouse import PAUSE_SECONDS, Display, Mouse
from nn.errors import InputError
from nn.io.cli import ArgumentParser, positive_number

DIGITS_ON_A_SHEET = 4
SETTLING_SECONDS = 10.0  # after which memory is expected to stay as it is
DRAWING, INSIDE, BACK, WHY, WATCH = (
    "drawing",
    "drawing while looking inside",
    "drawing on the way back",
    "drawing while asking why",
    "drawing while a network learns",
)
VIEWS = (DRAWING, INSIDE, BACK, WHY, WATCH)
IDLE, IDLE_SECONDS = "idle", 15.0
FRAME_GOAL, START_GOAL, ANSWER_GOAL, IDLE_GOAL = 28.0, 2.0, 50.0, 0.02  # ms, s, ms, share of a core


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurements and print them; 1 if a goal was missed."""
    options = _parser().parse_args(arguments)
    if options.child:
        print(json.dumps(_measure(options)))
        return 0
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as cache, Display() as environment:
        drawn = [*((name, options.seconds) for name in VIEWS), (IDLE, IDLE_SECONDS)]
        for name, seconds in [("first start", 0.0), ("next start", 0.0), *drawn]:
            caching = environment if seconds else environment | {"NUMBA_CACHE_DIR": cache}
            results[name] = _run_child(options, seconds, caching, name)
    return _report(results)


def _run_child(options: argparse.Namespace, seconds: float, environment: dict[str, str], name: str) -> dict[str, float]:
    words = ["--child", "--seconds", str(seconds or 1e-9), "--scale", str(options.scale), "--started", str(time.monotonic())]
    if options.model:
        words += ["--model", options.model]
    words += ["--doing", name]
    command = [sys.executable, "-m", "benchmarks.window", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise InputError(f"the window ended with exit code {done.returncode} (see above)")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _report(results: dict[str, dict[str, float]]) -> int:
    good = True
    for name in ("first start", "next start"):
        window, prediction = results[name]["window"], results[name]["prediction"]
        print(f"{name:<12} window after {window:.2f} s, first prediction after {prediction:.2f} s (goal {START_GOAL:.0f} s each)")
        good &= max(window, prediction) <= START_GOAL
    for name in VIEWS:
        good &= _report_drawing(name, results[name])
    print(f"\nidle: {100 * results[IDLE]['busy']:.1f} % of a core")
    good &= results[IDLE]["busy"] <= IDLE_GOAL
    outcome = "met" if good else "MISSED"
    goals = f"frames {FRAME_GOAL:.0f} ms and answers {ANSWER_GOAL:.0f} ms at the 99th percentile"
    print(f"goals: idle {100 * IDLE_GOAL:.0f} %, {goals}: {outcome}")
    return 0 if good else 1


def _report_drawing(title: str, drawing: dict[str, float]) -> bool:
    print(f"\n{title}: {drawing['frames']:.0f} frames; {drawing['points']:.0f} points; driver {drawing['driver']}")
    for name, what in (
        ("frame", "work for a frame"),
        ("processor", "its processor time"),
        ("interval", "from frame to frame"),
        ("answer", "last point to answer shown"),
    ):
        shown = ", ".join(f"{part} {drawing[f'{name} {part}']:.1f}" for part in ("median", "p99", "max"))
        print(f"{what:<28} {shown} ms")
    print(
        f"memory: {drawing['memory early']:.1f} MiB after {SETTLING_SECONDS:.0f} s, {drawing['memory late']:.1f} MiB at the end"
    )
    return drawing["interval p99"] <= FRAME_GOAL and drawing["answer p99"] <= ANSWER_GOAL


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """In the child: open the window, draw for a while, and say what it took."""
    model = choose_model(options.model, Path.cwd())
    desktop.check_screen()
    desktop.prepare()
    import pygame

    from apps.draw.app import App
    from apps.draw.setup import Setup

    class Watched(App):
        """Notes when frames begin and end and when answers are shown."""

        def __init__(self) -> None:
            teacher = Teacher(lessons_folder(), model.base)
            setup = Setup(reader_of(model), explain, teacher, model.label, Path.cwd())
            super().__init__(setup, options.scale, "light")
            self.opened = self.answered = 0.0
            self.times: list[tuple[float, float, float]] = []  # begin, end, processor time
            self.answers: list[float] = []
            self.lifted: float | None = None

        def frame(self) -> None:
            begin, worked = time.perf_counter(), time.thread_time()
            was_drawing = self.session.canvas.is_drawing
            super().frame()
            end = time.perf_counter()
            self.opened = self.opened or time.monotonic()
            if self.session.reading is not None:
                self.answered = self.answered or time.monotonic()
            if self.session.canvas.is_drawing:
                self.times.append((begin, end, time.thread_time() - worked))
            if was_drawing and not self.session.canvas.is_drawing:
                self.lifted = begin
            if self.lifted is not None and self.session.is_read:
                self.answers.append(end - self.lifted)
                self.lifted = None

    app = Watched()
    driver = pygame.display.get_driver()
    hand = _Hand(app, options.seconds, options.doing)
    thread = threading.Thread(target=hand.draw, daemon=True)
    thread.start()
    app.run()
    result: dict[str, Any] = {"window": app.opened - options.started, "prediction": app.answered - options.started}
    if hand.busy:
        result["busy"] = hand.busy
    if hand.memory:
        result |= _statistics(app.times, app.answers, hand) | {"driver": driver}
    pygame.quit()
    return result


class _Hand(Mouse):
    """Draws in a view for some seconds, or leaves the window alone."""

    def __init__(self, app: Any, seconds: float, doing: str) -> None:
        super().__init__(app)
        self.seconds, self.doing = seconds, doing
        self.memory: list[tuple[float, float]] = []  # (seconds, MiB)
        self.busy = 0.0  # the share of a core while idle

    def draw(self) -> None:
        """Draw one digit at once, wait until it was read, then draw for the given time and quit."""
        import pygame

        while not self.app.opened:
            time.sleep(0.005)
        self.digit(0)
        while not self.app.answered:
            time.sleep(0.005)
        if self.doing == WHY:
            self.key(pygame.K_w)
        if self.doing in (INSIDE, BACK):
            self.key(pygame.K_i)
            time.sleep(PAUSE_SECONDS)
            self.key(pygame.K_g if self.doing == BACK else pygame.K_RIGHT)
        if self.doing == BACK:
            while self.app.inside_screen.way is None:
                time.sleep(0.05)
        if self.doing == WATCH:
            self.key(pygame.K_n)
            self.key(pygame.K_SPACE)
            while not self.app.watch_screen.watch.losses:
                time.sleep(0.05)
        if self.doing == IDLE:
            self._rest()
            return
        start, number = time.perf_counter(), 1
        while (now := time.perf_counter() - start) < self.seconds:
            if number % DIGITS_ON_A_SHEET == 0:
                self.key(pygame.K_c)
            self.digit(number % DIGITS_ON_A_SHEET)
            self.memory.append((now, _memory()))
            number += 1
        self.post(pygame.QUIT)

    def _rest(self) -> None:
        """Leave the window alone, and note the processor time that it takes."""
        import pygame

        time.sleep(SETTLING_SECONDS)
        begin, worked = time.perf_counter(), time.process_time()
        time.sleep(self.seconds)
        self.busy = (time.process_time() - worked) / (time.perf_counter() - begin)
        self.post(pygame.QUIT)


def _statistics(times: list[tuple[float, float, float]], answers: list[float], hand: _Hand) -> dict[str, float]:
    begins, ends, worked = np.array(times).T
    steps = np.diff(ends)
    groups = {"frame": ends - begins, "processor": worked, "interval": steps[steps < PAUSE_SECONDS], "answer": np.array(answers)}
    result = {"frames": float(len(times)), "points": float(hand.points)}
    for name, values in groups.items():
        for part, value in (("median", np.median(values)), ("p99", np.percentile(values, 99)), ("max", values.max())):
            result[f"{name} {part}"] = round(1000 * float(value), 2)
    settled = next((memory for now, memory in hand.memory if now >= SETTLING_SECONDS), hand.memory[0][1])
    return result | {"memory early": settled, "memory late": hand.memory[-1][1]}


def _memory() -> float:
    """The process's resident memory in MiB; 0 where the system does not say."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m benchmarks window", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=positive_number, default=60.0, help="of drawing (default: 60)")
    parser.add_argument("--scale", type=positive_number, default=1.0, help="pixels to a design pixel (default: 1)")
    parser.add_argument("--model", metavar="FILE", help="the model to read with (default: the window's)")
    parser.add_argument("--doing", default=DRAWING, help=argparse.SUPPRESS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--started", type=float, default=0.0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
