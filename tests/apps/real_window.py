"""The real command in a real window: on a display of its own (Xvfb), driven by xdotool,
photographed by ImageMagick.
"""

import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
NEEDED = ("Xvfb", "xdotool", "import")
SCREEN = "2400x1700x24"
CLASS = "draw-a-digit"

# Strokes through these points, in hundredths of the height; a digit is 70 of them wide.
SHAPES = {
    "0": ["42 2, 14 20, 6 55, 20 92, 44 96, 64 70, 66 30, 50 6, 38 3"],
    "2": ["10 24, 22 6, 46 3, 60 20, 50 46, 28 72, 6 96", "6 96, 35 94, 68 93"],
    "3": ["10 12, 35 2, 58 18, 46 40, 28 47, 55 58, 62 80, 40 97, 8 88"],
    "4": ["20 2, 4 56, 62 56", "46 30, 44 98"],
    "6": ["52 2, 26 26, 8 62, 20 93, 46 96, 60 76, 44 57, 20 66, 11 76"],
    "7": ["6 10, 30 8, 62 6", "62 6, 46 36, 32 66, 24 97"],
    "curly 7": ["0 14, 8 0, 30 8, 62 2", "62 2, 40 36, 28 66, 26 92, 40 102, 58 94, 56 80"],
    "4 or 9": ["35 4, 20 20, 14 44, 30 52, 58 46", "58 4, 58 40, 54 96"],
    "star": [
        "22 96, 50 4, 78 96",
        "78 96, 4 38, 96 38",
        "96 38, 22 96",
    ],
}


def missing():
    """The programs that a real window needs and that are not installed here."""
    return [program for program in NEEDED if shutil.which(program) is None]


def smooth(points, between=10):
    """A Catmull-Rom spline through the points."""
    padded = [points[0], *points, points[-1]]
    curve = [points[0]]
    for p, q, r, s in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(1, between + 1):
            t = step / between
            curve.append(tuple(_between(p[k], q[k], r[k], s[k], t) for k in (0, 1)))
    return curve


def _between(p, q, r, s, t):
    return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3)


class RealWindow:
    """`python -m apps.draw` on a display of its own."""

    def __init__(self, *arguments, folder, screen=SCREEN):
        reading, writing = os.pipe()
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"]
        self.display = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SDL_", "WAYLAND_"))}
        own = {"PYTHONPATH": str(ROOT), "NN_WINDOW": str(folder / "window.json")}
        self.environment = kept | own | {"DISPLAY": f":{number}"}
        self.started = time.perf_counter()
        self.command = subprocess.Popen(
            [sys.executable, "-m", "apps.draw", *arguments], cwd=folder, env=self.environment, stderr=subprocess.PIPE, text=True
        )
        try:
            self.window = self.wait_for(self._find, 120)
        except BaseException:
            self.__exit__()
            raise
        self.seconds_to_window = time.perf_counter() - self.started
        self.hand("windowmove", self.window, 0, 0, "windowfocus", self.window)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.command, self.display):
            process.terminate()
            process.wait(120)

    def hand(self, *arguments):
        """Run xdotool; returns what it says."""
        done = subprocess.run(
            ["xdotool", *map(str, arguments)], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout.strip()

    def _find(self):
        assert self.command.poll() is None, self.command.stderr.read()
        return self.hand("search", "--onlyvisible", "--class", CLASS).split("\n")[-1]

    def wait_for(self, condition, seconds=120.0):
        """The first true value of a condition."""
        end = time.perf_counter() + seconds
        while not (found := condition()):
            assert time.perf_counter() < end, f"waited in vain; the title is {self.title()!r}"
            time.sleep(0.05)
        return found

    def title(self):
        """The window's title."""
        return self.hand("getwindowname", self.window) if hasattr(self, "window") else ""

    def wait_for_title(self, start):
        """Wait until the title starts so, and has come to rest."""
        self.wait_for(lambda: self.title().startswith(start) and not time.sleep(0.5) and self.title().startswith(start))

    def draw(self, shapes, left, top, height, gap=0.26):
        """Draw shapes side by side by moving the mouse, in pixels of the window."""
        for shape in shapes:
            for stroke in SHAPES[shape]:
                points = [tuple(int(value) / 100 for value in point.split()) for point in stroke.split(",")]
                curve = [(round(left + height * x), round(top + height * y)) for x, y in smooth(points)]
                moves = [word for x, y in curve for word in ("mousemove", x, y, "sleep", 0.004)]
                self.hand(*moves[:5], "mousedown", 1, *moves[5:], "mouseup", 1)
            left += math.ceil(height * (0.7 + gap))
        self.hand("mousemove", 4, 4)

    def photograph(self, path):
        """Take a picture of the window once it has come to rest; returns its path."""
        time.sleep(0.5)
        self.wait_for(lambda: self._photograph(path))
        return path

    def _photograph(self, path):
        """Whether there is anything to be seen yet."""
        subprocess.run(["import", "-window", self.window, str(path)], env=self.environment, check=True, timeout=60)
        darkest, brightest = Image.open(path).convert("L").getextrema()
        return darkest < brightest
