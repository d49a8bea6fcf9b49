"""What a window works with: made by `apps/draw/__main__.py`, and by the tests in their own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from apps.draw.files.settings import Settings
from apps.draw.reading.recognizer import Reader
from apps.draw.teaching.jobs import Teaching
from apps.draw.why.questions import Answer, Question


@dataclass(frozen=True)
class Setup:
    """What a window works with.

    Attributes:
        problem: a sentence to show at the start, such as why a taught model is not used.
        settings, settings_path: what was remembered, and where to remember it (None: nowhere).
    """

    reader: Reader
    explain: Callable[[Question], Answer]
    teacher: Teaching
    model_label: str
    folder: Path
    problem: str = ""
    settings: Settings = field(default_factory=Settings)
    settings_path: Path | None = None
