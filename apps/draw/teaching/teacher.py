"""The lessons' work: the user's folder, and a helper process for the training. No Pygame."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.draw.background.process import Helper
from apps.draw.files.model_file import taught_file
from apps.draw.teaching import worker
from apps.draw.teaching.jobs import Said, Taught

if TYPE_CHECKING:
    from apps.draw.teaching.kept_drawings import Kept


class Teacher:
    """Teaches the model in the file `base`; drawings and the taught model are in `folder`. `base`
    itself is never written.

    `samples` is the number of images in a lesson, for tests in a hurry.
    """

    def __init__(self, folder: Path, base: Path, data: str | None = None, samples: int | None = None) -> None:
        self.folder = folder
        self._options = data, samples
        self.rebase(base)

    def rebase(self, base: Path) -> None:
        """Teach the model in another file from now on."""
        self.base = base
        self._helper = Helper(worker.serve, base, *self._options)
        self._base_model: Any = None

    def kept(self) -> list[Kept]:
        """The kept drawings, also those that cannot be read."""
        from apps.draw.teaching.kept_drawings import kept_drawings

        return kept_drawings(self.folder)

    def seen(self, ink: np.ndarray) -> np.ndarray:
        """What the network is shown of a drawing's ink."""
        from apps.draw.teaching.kept_drawings import seen_by_network

        return seen_by_network(ink)

    def keep(self, ink: np.ndarray, label: int) -> Path:
        """Write a digit's ink and its label into the folder."""
        from apps.draw.teaching.kept_drawings import keep

        return keep(self.folder, ink, label)

    def forget(self, path: Path) -> None:
        """Remove a kept drawing."""
        with contextlib.suppress(FileNotFoundError):
            path.unlink()

    def teach(
        self,
        drawings: Sequence[tuple[int, np.ndarray]],
        current: Any,
        progress: Callable[[str, float], None],
        stop: threading.Event,
    ) -> Taught | None:
        """The base model, taught these drawings (label, image); None if it was stopped. `current`
        is what is read with now.
        """
        labels, images = [label for label, _ in drawings], np.stack([image for _, image in drawings])
        weights = current.get_weights() if "drawings" in current.card else None
        taught = None
        for answer in self._helper.ask("teach", labels, images, weights, stop=stop):
            if answer[0] == "phase":
                progress(*answer[1:])
            elif answer[0] == "taught":
                taught = Taught(self._model_with(answer[1], answer[2]), *answer[3:])
        return taught

    def untaught(self) -> Any:
        """The model before all lessons."""
        if self._base_model is None:
            from nn.pretrained import load_reader

            self._base_model, _ = load_reader(self.base)
        return self._base_model

    def ask(self, model: Any, images: Sequence[np.ndarray]) -> list[Said]:
        """What a model says about images (28, 28)."""
        from nn.reading.recognition import read_images

        rows = read_images(model, np.stack(images))
        return [Said(int(row.argmax()), float(row.max())) for row in rows]

    def remember(self, model: Any) -> None:
        """Write the taught model into the folder; for one that was not taught, remove what is
        there.
        """
        path = taught_file(self.folder, self.base)
        if "drawings" in model.card:
            model.save(path)
            return
        with contextlib.suppress(FileNotFoundError):
            path.unlink()

    def close(self) -> None:
        """End the helper process."""
        self._helper.close()

    def _model_with(self, weights: list[np.ndarray], card: dict[str, Any]) -> Any:
        from apps.draw.teaching.copying import copied

        model = copied(self.untaught())
        model.set_weights(weights)
        model.card = card
        return model
