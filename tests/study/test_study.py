"""The small experiments of docs/study.md: each runs, and shows what the page says it shows."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.datasets.collections import load_splits
from nn.pretrained import BUNDLED
from nn.study.__main__ import EXPERIMENTS

PAGE = Path(__file__).parents[2] / "docs" / "study.md"
# These take minutes without the compiler, which the plan needs anyway.
COMPILED = {
    "attribution",
    "favourites",
    "finder",
    "fooling",
    "normalization",
    "overfitting",
    "plan",
    "receptive",
    "rotation",
    "valley",
}


# How it looks takes few of these; what it shows is tested in test_experiments.py.
FEWER = {
    "nn.study.overfitting.EPOCHS": 3,
    "nn.study.overfitting.SEEDS": 1,
    "nn.study.inputs.CLIMB": 10,
    "nn.study.inputs.SURE": 0.5,
}


@pytest.fixture
def study(command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.study.__main__", "--data", small_mnist, *words)


@pytest.mark.parametrize("name", sorted(EXPERIMENTS.keys() - {"plan"}))
def test_experiment_prints_a_line_and_draws(request, study, tmp_path, monkeypatch, name):
    for constant, value in FEWER.items():
        monkeypatch.setattr(constant, value)
    if name in COMPILED:
        request.getfixturevalue("compiler")
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    ended = study(name)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == f"written: {name}.png"
    with Image.open(tmp_path / f"{name}.png") as picture:
        assert picture.format == "PNG"
        assert np.ptp(np.asarray(picture.convert("L"))) > 100


def test_plan_lists_the_operations(compiler, study, tmp_path):
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    ended = study("plan", "--out", "other.png")
    assert ended.code == 0, ended.err
    assert "1. conv2d" in ended.out
    assert (tmp_path / "other.png").exists()


def test_gradient_of_softmax_and_loss_together_stays_exact_where_the_other_is_lost():
    from nn.study.learning import _apart, _joined, _relative_error

    assert _relative_error(_joined, 20) < 1e-6 < 0.9 < _relative_error(_apart, 20)
    assert _relative_error(_apart, 2) < 1e-5


def test_resumed_training_equals_the_undisturbed_one(study):
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    same, of = re.search(r"([\d,]+) of ([\d,]+) bytes", study("checkpoint").out).groups()
    assert same == of


def test_without_a_name_the_experiments_are_listed(command):
    ended = command("nn.study.__main__")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")] == list(EXPERIMENTS)


@pytest.mark.parametrize(
    "words", [("nothing",), ("--out", "dense.png"), ("dense", "--out", "missing/dense.png"), ("dense", "--data", "missing")]
)
def test_bad_input_is_refused_in_one_sentence(study, words):
    ended = study(*words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1


def test_the_page_names_every_experiment_and_shows_every_picture():
    text = PAGE.read_text()
    assert set(re.findall(r"python -m nn\.study (\w+)", text)) - {"NAME"} == set(EXPERIMENTS)
    shown = set(re.findall(r'src="study/([^"]+)"', text))
    assert shown == {path.name for path in (PAGE.parent / "study").glob("*.png")}


def test_the_pictures_of_the_bundled_weights_are_made_with_the_weights_of_today():
    (digits,) = re.findall(r"SHA-256 begins with (\w+)", (PAGE.parent / "study" / "README.md").read_text())
    assert hashlib.sha256(BUNDLED.read_bytes()).hexdigest().startswith(digits)
    assert len(digits) >= 8


def test_every_stop_says_what_to_read_run_see_and_do():
    stops = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    stops = [stop for stop in stops if re.match(r"\d+\. ", stop)]
    assert [int(stop.split(".")[0]) for stop in stops] == list(range(1, len(stops) + 1))
    assert [word for stop in stops for word in ("*Read*", "*Run*", "*See*", "*Do*") if word not in stop] == []


def test_few_gradients_reach_the_second_convolution():
    from nn.study.layers import _share_in_second_convolution

    images = load_splits("mnist", None)[1][0][:20]
    assert 0.04 < _share_in_second_convolution(images) < 0.25
