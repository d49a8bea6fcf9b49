"""The command: what it says when it cannot start, and what starting does not wait for."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from apps.draw.files.model_file import choose_model
from apps.draw.reading.reader import load
from nn.errors import InputError
from nn.io.archive import write_archive
from nn.layers import Dense, Flatten
from nn.models import Sequential

ROOT = Path(__file__).parents[2]


def run(*arguments, folder, **environment):
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
    env |= {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def draw(*arguments, folder, **environment):
    return run("-m", "apps.draw", *arguments, folder=folder, **environment)


def one_sentence(text):
    return text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("name", ["missing.npz", "empty.npz", "words.npz", "arrays.npz", "folder.npz", "pipe.npz"])
def test_a_missing_or_foreign_model_is_refused(tmp_path, name):
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "words.npz").write_text("these are words")
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    (tmp_path / "folder.npz").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(InputError, match=name):
        choose_model(str(tmp_path / name), tmp_path)


def test_a_foreign_model_is_one_sentence_before_any_window(tmp_path):
    (tmp_path / "words.npz").write_text("these are words")
    done = draw("--model", "words.npz", folder=tmp_path)  # there is no display either: the model is looked at first
    assert done.returncode == 2
    assert "words.npz" in done.stderr
    assert one_sentence(done.stderr), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("shape", "classes"), [((8, 8, 1), 10), ((28, 28, 1), 3)])
def test_a_model_of_something_else_than_digits_is_refused_when_it_is_loaded(tmp_path, shape, classes):
    Sequential([Flatten(input_shape=shape), Dense(classes, activation="softmax")]).save(tmp_path / "other.npz")
    with pytest.raises(InputError, match=r"other\.npz: expected a model from \(28, 28, 1\)"):
        load(choose_model(str(tmp_path / "other.npz"), tmp_path))


def test_a_damaged_model_of_ones_own_is_not_passed_over(tmp_path):
    (tmp_path / "mnist.npz").write_text("these are words")
    done = draw(folder=tmp_path)
    assert done.returncode == 2
    assert "mnist.npz" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there always is a screen")
@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":9473"}, {"SDL_VIDEODRIVER": "no-such-driver"}], ids=str)
def test_without_a_display_it_says_so(tmp_path, environment):
    write_archive(tmp_path / "mnist.npz", {"format": "any"}, {})
    done = draw(folder=tmp_path, **environment)
    assert done.returncode == 2
    assert "no display" in done.stderr
    assert one_sentence(done.stderr), done.stderr


@pytest.mark.parametrize("arguments", [("--scale", "0.2"), ("--scale", "large"), ("--theme", "blue"), ("--nonsense",)])
def test_a_wrong_option_is_one_sentence(tmp_path, arguments):
    done = draw(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert one_sentence(done.stderr)


def test_the_scale_of_the_environment_is_checked_too(tmp_path):
    done = draw("--model", "missing.npz", folder=tmp_path, DRAW_SCALE="nine")
    assert done.returncode == 2
    assert "nine" in done.stderr


def test_the_window_waits_for_nothing_heavy(tmp_path):
    """The first frame needs neither the compiler nor the network."""
    code = (
        "import sys, apps.draw.__main__, apps.draw.app; print(*[m for m in ('numba', 'nn.models', 'scipy') if m in sys.modules])"
    )
    assert run("-c", code, folder=tmp_path, PYGAME_HIDE_SUPPORT_PROMPT="1").stdout.strip() == ""


def test_drawing_and_recognition_know_no_pygame(tmp_path):
    code = "import sys, apps.draw.session, apps.draw.__main__, nn.reading.recognition; print('pygame' in sys.modules)"
    assert run("-c", code, folder=tmp_path).stdout.strip() == "False"


def test_help_names_every_option(tmp_path):
    done = draw("--help", folder=tmp_path)
    assert done.returncode == 0
    for option in ("--model", "--theme", "--scale"):
        assert option in done.stdout
