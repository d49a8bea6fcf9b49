"""The lessons' work: the user's folder, and the training. No Pygame; nothing heavy is imported before the first lesson."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from apps.draw.model_file import taught_file
from apps.draw.teaching.lessons import Lesson, Said


class Teacher:
    """Teaches the model in the file `base`; drawings and the taught model lie in `folder`. Nothing is written over `base`."""

    def __init__(self, folder: Path, base: Path, data: str | None = None) -> None:
        self.folder, self.base = folder, base
        self._data = data
        self._ground: Any = None
        self._model: Any = None

    def keep(self, lesson: Lesson) -> Path:
        """Write the digit's ink and its label into the folder."""
        from apps.draw.teaching.kept_drawings import keep

        return keep(self.folder, lesson.ink, lesson.label)

    def forget(self, path: Path) -> None:
        """Remove a kept drawing."""
        with contextlib.suppress(FileNotFoundError):
            path.unlink()

    def prepare(self, model: Any) -> None:
        """Load what is replayed and the model that lessons start from, and compile; once."""
        if self._model is not None:
            return
        from apps.draw.teaching.training import find_ground, warm_up
        from nn.models import load_model

        self._ground = find_ground(self._data)
        base = load_model(self.base)
        warm_up(base, self._ground)
        self._model = base

    def teach(self, progress: Callable[[float], None], stop: threading.Event) -> Any:
        """All kept drawings; None if it was stopped."""
        from apps.draw.teaching.kept_drawings import kept_drawings
        from apps.draw.teaching.training import teach

        kept = kept_drawings(self.folder)
        return teach(self._model, kept, self._ground, threads=_threads(), progress=progress, stop=stop)

    def check(self, model: Any) -> float | None:
        """The share of MNIST's test images that a model reads; None if they are not on this machine."""
        from apps.draw.teaching.training import accuracy_of

        return accuracy_of(model, self._ground, _threads())

    def ask(self, model: Any, image: np.ndarray) -> Said:
        """What a model says about an image (28, 28)."""
        from nn.reading.recognition import read_images

        probabilities = read_images(model, image[None])[0]
        best = int(probabilities.argmax())
        return Said(best, float(probabilities[best]))

    def remember(self, model: Any) -> None:
        """Write the taught model into the folder; for one that was not taught, remove what lies there."""
        path = taught_file(self.folder, self.base)
        if "drawings" in model.card:
            model.save(path)
            return
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _threads() -> int:
    """All processors but one, which is left to the pen."""
    from nn.engine.executor import available_threads

    return max(1, available_threads() - 1)
