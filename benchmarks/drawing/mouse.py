"""A display to open a window on, and a mouse that draws digits there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import Any

import numpy as np

from nn.strokes.templates import digit_templates

POINTS_A_SECOND = 125
DIGITS_A_SECOND = 1.0
PAUSE_SECONDS = 0.15  # between strokes


class Display:
    """The environment of a display: the user's, or one made for the time of the measurement."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> dict[str, str]:
        environment = dict(os.environ)
        if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")) or sys.platform in (
            "win32",
            "darwin",
        ):
            return environment
        if shutil.which("Xvfb") is None:
            return environment | {"SDL_VIDEODRIVER": "dummy"}
        reading, writing = os.pipe()
        self._server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "2400x1700x24"], pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as pipe:
            return environment | {"DISPLAY": f":{pipe.readline().strip()}"}

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait()


class Mouse:
    """Posts what a mouse would: digits, one beside the other, at a mouse's rate."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.points = 0
        self._rng = np.random.default_rng(0)

    def digit(self, place: int) -> None:
        """One of the ways in which digits are written, in one of the places on the sheet."""
        templates = digit_templates()
        chosen = int(self._rng.integers(len(templates.names)))
        first, last = templates.stroke_offsets[chosen : chosen + 2]
        for stroke in range(first, last):
            points = templates.points[templates.point_offsets[stroke] : templates.point_offsets[stroke + 1]]
            lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
            steps = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / DIGITS_A_SECOND * POINTS_A_SECOND / 3)))
            x, y = np.interp(steps, lengths, points[:, 0]), np.interp(steps, lengths, points[:, 1])
            sheet = self.app.layout.sheet
            across = sheet.left + sheet.width * (0.06 + 0.23 * place + 0.16 * x)
            down = sheet.top + sheet.height * (0.25 + 0.4 * y)
            self.stroke([(round(a), round(b)) for a, b in zip(across.tolist(), down.tolist(), strict=True)])
            time.sleep(PAUSE_SECONDS)

    def stroke(self, places: list[tuple[int, int]]) -> None:
        """A stroke through these pixels."""
        import pygame

        begin = time.perf_counter()
        self.post(pygame.MOUSEBUTTONDOWN, button=1, pos=places[0])
        for number, place in enumerate(places[1:], 1):
            time.sleep(max(0.0, begin + number / POINTS_A_SECOND - time.perf_counter()))
            self.post(pygame.MOUSEMOTION, pos=place, rel=(1, 1), buttons=(1, 0, 0))
        self.post(pygame.MOUSEBUTTONUP, button=1, pos=places[-1])
        self.points += len(places)

    def key(self, key: int) -> None:
        """A key is pressed."""
        import pygame

        self.post(pygame.KEYDOWN, key=key, mod=0, unicode="")

    def post(self, kind: int, **values: Any) -> None:
        """An event."""
        import pygame

        pygame.event.post(pygame.event.Event(kind, **values))
