"""Lessons: what is asked for, what is said, and how it ends. No Pygame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from apps.draw.teaching.kept_drawings import Kept

IDLE, PREPARING, LEARNING, CHECKING, STOPPING = "idle", "preparing", "learning", "checking", "stopping"


@dataclass(frozen=True, eq=False)
class Lesson:
    """A digit of a drawing, its ink (H, W) and what the network saw (28, 28), and what it is."""

    label: int
    ink: np.ndarray
    image: np.ndarray


@dataclass(frozen=True)
class Said:
    """What a model says about an image: its best guess, and the probability of that."""

    digit: int
    probability: float


@dataclass(frozen=True)
class Taught:
    """A taught model, and the share of the test images that were read before and are read now
    (None: there are none).
    """

    model: Any
    accuracy_before: float | None
    accuracy_after: float | None


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        before, after: what the network said about the drawing before the lesson, and says now.
        kept_before, kept_after, kept: how many of the kept drawings were read correctly, are now,
            and how many there are.
        accuracy_before, accuracy_after: the share of the test images read.
        seconds: how long it took.
        problem: a sentence if it failed.
        undone: whether a lesson was undone or a drawing forgotten.
        exact: whether the model is the one from before, bit for bit.
    """

    label: int
    before: Said | None = None
    after: Said | None = None
    kept_before: int = 0
    kept_after: int = 0
    kept: int = 0
    accuracy_before: float | None = None
    accuracy_after: float | None = None
    seconds: float = 0.0
    problem: str = ""
    undone: bool = False
    exact: bool = False


class Teaching(Protocol):
    """What does the work (`apps.draw.teaching.teacher.Teacher`)."""

    def kept(self) -> list[Kept]:
        """The kept drawings."""

    def seen(self, ink: np.ndarray) -> np.ndarray:
        """What the network is shown of an ink."""

    def keep(self, ink: np.ndarray, label: int) -> Path:
        """Keep a drawing."""

    def forget(self, path: Path) -> None:
        """Remove a kept drawing."""

    def teach(
        self,
        drawings: Sequence[tuple[int, np.ndarray]],
        current: Any,
        progress: Callable[[str, float], None],
        stop: threading.Event,
    ) -> Taught | None:
        """A model that was taught these drawings, or None."""

    def untaught(self) -> Any:
        """The model before all lessons."""

    def ask(self, model: Any, images: Sequence[np.ndarray]) -> list[Said]:
        """What a model says about images."""

    def remember(self, model: Any) -> None:
        """Read with this model from now on, also the next time the window opens."""

    def rebase(self, base: Path) -> None:
        """Teach the model in another file from now on."""

    def close(self) -> None:
        """Free what the work needed."""


@dataclass(frozen=True)
class Forgetting:
    """The wish to forget a kept drawing; without a path, to undo the last lesson."""

    path: Path | None = None


Job = Lesson | Forgetting
