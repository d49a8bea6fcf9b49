"""`python -m nn.train --live`: loss and accuracy as curves in a window, redrawn after every epoch
(matplotlib).

Between epochs the window only handles its events: it can be moved, and closed; the training
continues without it. The window closes when the training ends; `python -m nn.report` draws the
same curves from the history.

Tk ends the process if one of its objects is deleted in a thread other than the window's, and
Python collects garbage in whichever thread runs. So while there is a window, garbage is collected
only here, between two epochs.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import numpy as np

from nn.callbacks import Callback, Logs
from nn.errors import InputError
from nn.report.histories import NAMES, History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE, ROOM = (9.0, 4.2), 0.25  # inches; the room is for longer numbers than those of the first epoch
ANSWER_EVERY = 0.1  # seconds


def check_live() -> None:
    """Raise `InputError` if matplotlib is missing, or there is no screen to draw on."""
    from nn.report.style import check_matplotlib

    check_matplotlib("--live")
    from matplotlib import pyplot
    from matplotlib.backends import BackendFilter, backend_registry

    try:
        # Only opening a window shows whether one can be opened; if matplotlib may choose, it falls
        # back to files instead.
        pyplot.close(pyplot.figure())
        gc.collect()
    except Exception as error:  # each toolkit raises its own, such as _tkinter.TclError
        raise InputError(f"--live: expected a screen to draw on; matplotlib says: {' '.join(str(error).split())}") from error
    backend = pyplot.get_backend()
    if backend.lower() not in map(str.lower, backend_registry.list_builtin(BackendFilter.INTERACTIVE)):
        raise InputError(f"--live: expected a screen to draw on, got matplotlib's backend {backend!r}, which draws into files")


class LiveCurves(Callback):
    """Two panels, loss and accuracy, each for training and test images."""

    def on_train_begin(self, logs: Logs) -> None:
        """Open the window, with the epochs before an interruption."""
        from matplotlib import pyplot

        gc.disable()
        with pyplot.ion():  # in which a new figure is shown at once
            self.figure: Figure | None = pyplot.figure("nn.train", figsize=SIZE, layout="constrained")
        self.figure.get_layout_engine().set(w_pad=ROOM)
        self.figure.canvas.mpl_connect("close_event", lambda _: self._forget())
        self._answered, self._drawn = 0.0, False
        self._draw()
        self._answer()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """One more point on each curve."""
        self._draw()
        self._answer()
        gc.collect()

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Let the window answer, now and then."""
        if time.monotonic() - self._answered >= ANSWER_EVERY:
            self._answer()

    def on_train_end(self, logs: Logs) -> None:
        """Close the window."""
        from matplotlib import pyplot

        if self.figure is not None:
            pyplot.close(self.figure)
        gc.collect()
        gc.enable()

    def _forget(self) -> None:
        self.figure = None

    def _draw(self) -> None:
        if self.figure is None:
            return
        from nn.report.curves import move_curves, training_curves
        from nn.report.style import styled

        with styled():
            if self._drawn:
                move_curves(self.figure, self._history())
            else:
                self.figure.clear()
                training_curves([self._history()], self.figure, self.trainer.epochs)
            self.figure.canvas.draw()
        if not self._drawn and self.trainer.progress.history:
            # The layout is found once; to find it again takes as long as to draw.
            self.figure.set_layout_engine("none")
            self._drawn = True

    def _history(self) -> History:
        entries = self.trainer.progress.history
        names = [name for name in NAMES if not entries or name in entries[0]]
        arrays = {name: np.array([entry[name] for entry in entries]) for name in ("epoch", *names)}
        return History("", arrays.pop("epoch"), arrays)

    def _answer(self) -> None:
        self._answered = time.monotonic()
        if self.figure is not None:
            self.figure.canvas.flush_events()
