"""Watch it learn: the same weights as the command, whatever the window says meanwhile; and what
one does with them.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from window_driver import PATIENCE, SQUARE, TALL, Driver

pygame = pytest.importorskip("pygame")

from apps.draw.background.process import Helper  # noqa: E402
from apps.draw.learning.watch import FINISHED, IDLE, PACES, PAUSED, RUNNING, Watch  # noqa: E402
from nn.models import load_model  # noqa: E402
from nn.train.__main__ import main as train  # noqa: E402

ROOT = Path(__file__).parents[2]
LIMIT = 1280  # images, ten batches and a little
pytestmark = pytest.mark.usefixtures("compiler")


def wait(watch, condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, (watch.phase, watch.problem)
        watch.update()
        assert not watch.problem, watch.problem
        time.sleep(0.005)


@pytest.fixture
def watch():
    made = Watch(recipe={"train_limit": LIMIT})
    yield made
    made.close()


def test_the_weights_are_those_of_the_command_bit_for_bit(watch, tmp_path, monkeypatch):
    """While somebody draws, pauses, goes on batch by batch, and changes the pace."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    watch.start()
    wait(watch, lambda: watch.phase == RUNNING and watch.losses)
    watch.pause()
    assert watch.phase == PAUSED
    for _ in range(3):
        before = len(watch.losses)
        watch.look_at(rng.uniform(0, 1, (28, 28)).astype(np.float32))
        watch.one_batch()
        wait(watch, lambda before=before: len(watch.losses) > before)
    watch.change_pace(-1)
    watch.pause()
    wait(watch, lambda: watch.phase == FINISHED)
    assert len(watch.losses) == watch.steps
    assert train(["--epochs", "1", "--train-limit", str(LIMIT), "--out", "command.npz"]) == 0
    command = load_model(tmp_path / "command.npz")
    for ours, theirs in zip(watch.model().get_weights(), command.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert watch.tests == [(len(watch.losses), pytest.approx(command.card["test_accuracy"]))]


def test_the_filters_and_the_reading_of_the_drawing_change_from_batch_to_batch(watch):
    watch.look_at(np.random.default_rng(1).uniform(0, 1, (28, 28)).astype(np.float32))
    watch.change_pace(-1)
    watch.start()
    wait(watch, lambda: watch.phase == RUNNING and watch.losses)
    watch.pause()
    rest(watch)
    filters, said = [], []
    for _ in range(3):
        before = len(watch.losses)
        watch.one_batch()
        wait(watch, lambda before=before: len(watch.losses) == before + 1)
        filters.append(watch.filters)
        said.append(watch.probabilities)
    for earlier, later in ((0, 1), (1, 2)):
        assert not np.array_equal(filters[earlier], filters[later])
        assert not np.array_equal(said[earlier], said[later])
    assert watch.filters.shape == (5, 5, 1, 32)
    assert rest(watch) == before + 1  # it is paused


def rest(watch):
    """How many batches there are once no more come."""
    time.sleep(0.4)
    watch.update()
    return len(watch.losses)


def test_slower_is_slower(watch):
    watch.pace = PACES.index(5.0)
    watch.start()
    wait(watch, lambda: len(watch.losses) >= 2)
    begin, count = time.monotonic(), len(watch.losses)
    wait(watch, lambda: len(watch.losses) >= count + 4)
    assert time.monotonic() - begin >= 0.6


def test_what_is_thrown_away_leaves_no_process(watch):
    watch.start()
    wait(watch, lambda: watch.losses)
    watch.throw_away()
    assert watch.phase == IDLE
    assert not watch._helper.is_running
    assert watch.losses == []


def test_closing_while_a_training_is_prepared_takes_less_than_a_second_and_leaves_no_process(watch):
    watch.start()
    wait(watch, lambda: watch._helper.is_running)
    time.sleep(1)  # it is importing, loading images or compiling
    process = watch._helper._process.pid
    begin = time.monotonic()
    watch.close()
    assert time.monotonic() - begin < 1
    assert not Path(f"/proc/{process}").exists()


def deaf(connection):
    """A helper's work that never listens."""
    time.sleep(120)


def test_a_helper_that_never_listens_ends_when_it_is_closed():
    helper = Helper(deaf)
    helper.send("anything")
    time.sleep(0.2)
    begin = time.monotonic()
    helper.close()
    assert time.monotonic() - begin < 1
    assert not helper.is_running


def test_the_process_ends_at_once_with_its_code_and_its_words_whatever_its_threads_do():
    lines = (
        "import threading, time",
        "from apps.draw.background.process import end_process",
        "print('said', end='')",
        "threading.Thread(target=time.sleep, args=(600,)).start()",
        "end_process(3)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=300, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "said", "")


def test_throwing_away_does_not_wait_for_a_process_that_begins(watch):
    watch.start()
    begin = time.monotonic()
    watch.throw_away()
    assert time.monotonic() - begin < 1  # it takes longer to load what a training needs
    assert watch.phase == IDLE
    watch.start()
    wait(watch, lambda: watch.losses)


def test_an_earlier_model_of_ones_own_is_renamed_and_never_lost(watch, tmp_path):
    watch.start()
    wait(watch, lambda: watch.phase == FINISHED)
    for number in range(3):
        model, path = watch.keep(tmp_path)
        assert path == tmp_path / "mnist.npz"
        assert len(list(tmp_path.glob("mnist-before-*.npz"))) == number
    for ours, theirs in zip(load_model(path).get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_in_the_window_one_draws_while_it_learns_and_keeps_it(make_app):
    app = make_app()
    app.watch_screen.watch = watch = Watch(recipe={"train_limit": LIMIT})
    driver = Driver(app)
    driver.key(pygame.K_n)
    driver.key(pygame.K_k)
    assert "when it has finished" in app.session.message
    driver.click("slower")
    driver.key(pygame.K_LEFT)
    assert watch.pace == len(PACES) - 3
    driver.key(pygame.K_RIGHT)
    driver.key(pygame.K_RIGHT)
    driver.click("pause")
    end = time.monotonic() + max(PATIENCE, 240)
    for points in (SQUARE, TALL):
        driver.stroke(*points)
    while watch.phase != FINISHED:
        assert time.monotonic() < end
        app.frame()
        time.sleep(0.005)
    assert watch.probabilities is not None
    driver.settle()
    driver.click("keep_it")
    assert (Path(app.session.folder) / "mnist.npz").exists()
    assert app.model_label == "your own model: mnist.npz"
    for ours, theirs in zip(app.session.recognizer.model.get_weights(), watch.model().get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    driver.click("throw_away")
    assert watch.phase == IDLE


@pytest.mark.parametrize("phase", [IDLE, RUNNING, PAUSED, FINISHED])
def test_the_buttons_stand_in_one_line_of_the_first_window(make_app, phase):
    app = make_app()
    driver = Driver(app)
    driver.key(pygame.K_n)
    app.watch_screen.watch.phase = phase
    driver.settle()
    assert len({button.rect.top for button in app.watch_screen.buttons}) == 1


def test_it_goes_on_learning_while_another_view_is_shown(make_app):
    app = make_app()
    app.watch_screen.watch = watch = Watch(recipe={"train_limit": LIMIT})
    driver = Driver(app)
    driver.key(pygame.K_n)
    driver.click("pause")
    driver.key(pygame.K_n)
    assert app.screen is app.reading_screen
    end = time.monotonic() + max(PATIENCE, 240)
    while watch.phase != FINISHED:
        assert time.monotonic() < end
        app.frame()
        time.sleep(0.005)
    assert len(watch.losses) == watch.steps


def test_a_training_that_cannot_begin_says_why(tmp_path):
    watch = Watch(data=str(tmp_path))
    watch.start()
    end = time.monotonic() + 60
    while not watch.problem:
        assert time.monotonic() < end
        watch.update()
        time.sleep(0.01)
    assert watch.phase == IDLE
    watch.close()
