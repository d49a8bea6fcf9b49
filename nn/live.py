"""`python -m nn.train --live`: the curves of loss and accuracy in a window, drawn again after every epoch (matplotlib)."""

from __future__ import annotations

from nn.callbacks import Callback, Logs
from nn.errors import InputError

PANELS = (("loss", "val_loss", "loss"), ("accuracy", "val_accuracy", "accuracy"))


def check_live() -> None:
    """Raise `InputError` if matplotlib is missing, or there is no screen to draw on."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise InputError("--live: expected matplotlib to be installed, as the extra `report` does, got none") from None
    if pyplot.get_backend().lower() in ("agg", "pdf", "ps", "svg", "template", "cairo"):
        raise InputError(f"--live: expected a screen to draw on, got matplotlib's backend {pyplot.get_backend()!r}")


class LiveCurves(Callback):
    """Two panels, loss and accuracy, each for training and test images."""

    def on_train_begin(self, logs: Logs) -> None:
        """Open the window, with the epochs before an interruption."""
        from matplotlib import pyplot

        pyplot.ion()
        self.figure, self.panels = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
        self._draw()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """One more point on each curve."""
        self._draw()

    def on_train_end(self, logs: Logs) -> None:
        """Close the window."""
        from matplotlib import pyplot

        pyplot.close(self.figure)

    def _draw(self) -> None:
        history = self.trainer.progress.history
        epochs = [entry["epoch"] for entry in history]
        for panel, (training, test, title) in zip(self.panels, PANELS, strict=True):
            panel.clear()
            panel.plot(epochs, [entry[training] for entry in history], "o-", label="training")
            panel.plot(epochs, [entry[test] for entry in history], "o-", label="test")
            panel.set(title=title, xlabel="epoch", xlim=(0.5, self.trainer.epochs + 0.5))
            panel.grid(alpha=0.3)
            panel.legend()
        self.figure.canvas.draw_idle()
        self.figure.canvas.flush_events()
