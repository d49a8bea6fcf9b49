"""`nn.train --live`: the curves in a window, which changes nothing and whose absence is told in a
sentence.
"""

import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential

ROOT = Path(__file__).parents[2]
# The command, with garbage that is collected in another thread than the window's: for Tk's objects
# that ends the process.
COLLECTING = """
import gc, sys, threading
from nn.io import cli
from nn.engine import batch
from nn.train import __main__ as train
gc.disable()
plain = batch.Batch.do
def collecting(self, *arguments):
    if threading.current_thread() is not threading.main_thread():
        gc.collect()
    plain(self, *arguments)
batch.Batch.do = collecting
cli.run(train.main, sys.argv[1:])
"""
RNG = np.random.default_rng(2)
X = RNG.random((64, 6), np.float32)
Y = RNG.integers(0, 3, 64)
needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib (the extra 'report')"
)


@pytest.fixture
def agg():
    """pyplot, drawing into memory."""
    from matplotlib import pyplot

    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")


def trained(callbacks, validation=True):
    model = Sequential([Dense(8, activation="relu", input_shape=(6,)), Dense(3, activation="softmax")], seed=1)
    model.compile()
    model.fit(X, Y, 16, 3, verbose=0, callbacks=callbacks, validation_data=(X, Y) if validation else None)
    return model


def watching(action):
    """LiveCurves that does `action` with itself after every epoch."""
    from nn.train.live import LiveCurves

    class Watched(LiveCurves):
        def on_epoch_end(self, epoch, logs):
            super().on_epoch_end(epoch, logs)
            action(self)

    return Watched()


@needs_matplotlib
@pytest.mark.parametrize("validation", [True, False])
def test_every_epoch_adds_a_point_and_the_window_closes(agg, validation):
    lengths = []

    def look(live):
        left, right = live.figure.axes
        lengths.append([len(line.get_xdata()) for line in (*left.lines, *right.lines)])
        history = live.trainer.progress.history
        np.testing.assert_array_equal(left.lines[0].get_ydata(), [entry["loss"] for entry in history])
        np.testing.assert_allclose(1 - right.lines[-1].get_ydata(), [list(entry.values())[-2] for entry in history], atol=1e-4)

    trained([watching(look)], validation)
    lines = 4 if validation else 2
    assert lengths == [[1] * lines, [2] * lines, [3] * lines]
    assert agg.get_fignums() == []


@needs_matplotlib
def test_it_changes_no_bit(agg):
    plain, watched = trained([]), trained([watching(lambda live: None)])
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()


@needs_matplotlib
def test_window_that_is_closed_ends_no_training(agg):
    seen = []

    def close(live):
        seen.append(live.figure)
        if live.figure is not None:
            live.figure.canvas.callbacks.process("close_event", None)

    trained([watching(close)])
    assert seen[0] is not None
    assert seen[1:] == [None, None]


@needs_matplotlib
def test_window_answers_at_times_not_after_every_batch(agg, monkeypatch):
    from nn.train.live import LiveCurves

    answers, clock = [], itertools.count(0, 0.04)

    class Counted(LiveCurves):
        def _answer(self):
            super()._answer()
            answers.append(self.trainer.progress.step)

    monkeypatch.setattr("nn.train.live.time", SimpleNamespace(monotonic=lambda: next(clock)))
    trained([Counted()])
    epochs, batches = 3, 12
    assert 1 + epochs < len(answers) <= 1 + epochs + batches // 3


@needs_matplotlib
def test_no_screen_is_told(agg):
    from nn.train.live import check_live

    with pytest.raises(InputError, match="screen"):
        check_live()


@needs_matplotlib
def test_window_that_does_not_open_is_told(agg, monkeypatch):
    from nn.train.live import check_live

    def broken(*_, **__):
        raise RuntimeError("no display name")

    monkeypatch.setattr(agg, "figure", broken)
    with pytest.raises(InputError, match=r"screen to draw on; .*no display name"):
        check_live()


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch):
    from nn.train.live import check_live

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match="pip install matplotlib"):
        check_live()


@needs_matplotlib
@pytest.mark.parametrize("backend", ["agg", "nonsense"])
def test_command_without_a_screen_ends_with_a_sentence(small_mnist, tmp_path, backend):
    ended = live_training(small_mnist, tmp_path, {"MPLBACKEND": backend})
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "--live" in ended.stderr
    assert os.listdir(tmp_path) == []


@needs_matplotlib
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb for a real window")
def test_real_window_on_a_display(compiler, small_mnist, tmp_path):
    pytest.importorskip("tkinter", reason="needs tkinter for a real window")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp"]
    display = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        ended = live_training(small_mnist, tmp_path, {"MPLBACKEND": "tkagg", "DISPLAY": f":{number}"})
    finally:
        display.terminate()
        display.wait()
    assert ended.returncode == 0, ended.stderr
    assert "2 epochs" in ended.stdout.splitlines()[-1]
    assert sorted(os.listdir(tmp_path)) == ["mnist.history.json", "mnist.npz"]


def live_training(data, folder, environment):
    words = ["--live", "--classic", "--epochs", "2", "--batch-size", "64", "--data", str(data)]
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
    return subprocess.run(
        [sys.executable, "-c", COLLECTING, *words],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
