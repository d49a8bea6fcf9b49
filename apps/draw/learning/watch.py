"""A network that learns in another process: what is known of it, and what one can tell it. No
Pygame.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from apps.draw.background.process import Helper
from apps.draw.learning import worker
from nn.errors import InputError
from nn.io.files import replace

PACES = (1.0, 2.0, 5.0, 10.0, 25.0, None)  # batches a second; None: as fast as it can
MOST_EPOCHS = 10
IDLE, LOADING, RUNNING, PAUSED, FINISHED = "idle", "loading", "running", "paused", "finished"
OWN = "mnist.npz"


class Watch:
    """One training after another. `update()` takes in what has arrived; `changes` counts what is
    new.

    Attributes:
        phase: IDLE, LOADING, RUNNING, PAUSED or FINISHED.
        epochs: how many the next training has.
        losses, accuracies: one value a batch.
        tests: (batches so far, share of test images read), one an epoch.
        filters: the first layer's kernel (KH, KW, 1, F) now.
        probabilities: what it says about the drawing, (10,) or None.
        problem: why it failed, in a sentence.
    """

    def __init__(self, data: str | None = None, recipe: dict[str, Any] | None = None) -> None:
        self._helper = Helper(worker.serve, data)
        self._recipe = recipe or {}
        self.epochs = 1
        self.pace = len(PACES) - 1
        self.changes = 0
        self._image: np.ndarray | None = None
        self._told: np.ndarray | None = None
        self._result: tuple[list[np.ndarray], dict[str, Any]] | None = None
        self._reset()

    def _reset(self) -> None:
        self.phase, self.problem = IDLE, ""
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.tests: list[tuple[int, float]] = []
        self.filters: np.ndarray | None = None
        self.probabilities: np.ndarray | None = None
        self.steps, self.epoch, self.batch, self.wanted_epochs = 0, 0, 0, self.epochs
        self._result = None
        self.changes += 1

    @property
    def is_busy(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self.phase in (LOADING, RUNNING, PAUSED)

    # ── wishes
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Train a new network."""
        if self.is_busy:
            return
        self._reset()
        self.phase, self._told = LOADING, None
        self._helper.send("train", {"epochs": self.epochs} | self._recipe)
        self._helper.send("pace", PACES[self.pace])

    def pause(self) -> None:
        """Start, pause or go on, whichever is next."""
        if self.phase == RUNNING:
            self.phase = PAUSED
            self._helper.send("pause")
        elif self.phase == PAUSED:
            self.phase = RUNNING
            self._helper.send("go on")
        elif not self.is_busy:
            self.start()
        self.changes += 1

    def one_batch(self) -> None:
        """One batch, then pause."""
        if self.phase in (RUNNING, PAUSED):
            self.phase = PAUSED
            self._helper.send("step")
            self.changes += 1

    def change_pace(self, step: int) -> None:
        """Slower (below 0) or faster."""
        self.pace = min(max(self.pace + step, 0), len(PACES) - 1)
        if self.is_busy:
            self._helper.send("pace", PACES[self.pace])
        self.changes += 1

    def change_epochs(self, step: int) -> None:
        """More or fewer epochs for the next training."""
        if not self.is_busy:
            self.epochs = min(max(self.epochs + step, 1), MOST_EPOCHS)
            self.changes += 1

    def throw_away(self) -> None:
        """Stop the training and forget what it has learned."""
        if self.is_busy:
            self._helper.send("stop")
            self._helper.leave()
        self._reset()

    def look_at(self, image: np.ndarray | None) -> None:
        """The drawing (28, 28) that it is to read from batch to batch."""
        self._image = image
        if self.phase in (RUNNING, PAUSED) and image is not self._told:
            self._told = image
            self._helper.send("image", image)

    def model(self) -> Any:
        """The network that has finished learning."""
        from nn.pretrained import student_network

        assert self._result is not None
        weights, card = self._result
        model = student_network()
        model.set_weights(weights)
        model.card = card
        return model

    def keep(self, folder: Path) -> tuple[Any, Path]:
        """Save the finished network as one's own in a folder; an earlier one is renamed, never
        lost. Returns it and its file.

        Raises:
            OSError: it cannot be written.
        """
        path, model = folder / OWN, self.model()
        if path.exists():
            numbers = (folder / f"mnist-before-{number}.npz" for number in range(1, 10_000))
            replace(path, next(name for name in numbers if not name.exists()))
        model.save(path)
        return model, path

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._helper.close()

    # ── news
    # ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def update(self) -> None:
        """Take in what the process has sent."""
        try:
            for answer in self._helper.received():
                self._take(*answer)
                self.changes += 1
        except InputError as error:
            self._fail(str(error))

    def _fail(self, problem: str) -> None:
        if self.is_busy:
            self._reset()
            self.problem = problem

    def _take(self, what: str, *news: Any) -> None:
        match what:
            case "ready":
                self.steps, self.wanted_epochs = news
                self.phase = RUNNING if self.phase == LOADING else self.phase
                self.look_at(self._image)
            case "state":
                self._take_state(news[0])
            case "epoch":
                if "val_accuracy" in news[0]:
                    self.tests.append((len(self.losses), float(news[0]["val_accuracy"])))
            case "finished":
                self._result, self.phase = (news[0], news[1]), FINISHED
            case "failed":
                self._fail(f"It cannot be trained: {news[0]}")

    def _take_state(self, state: dict[str, Any]) -> None:
        self.losses += [loss for loss, _ in state["recent"]]
        self.accuracies += [accuracy for _, accuracy in state["recent"]]
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.filters = state["filters"]
        if state["probabilities"] is not None:
            self.probabilities = state["probabilities"]
