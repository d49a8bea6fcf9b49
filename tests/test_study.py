"""The small experiments of the README's way through the code: each runs, and shows what it says it shows."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn import recipes
from nn.study.__main__ import EXPERIMENTS

README = (Path(__file__).parents[1] / "README.md").read_text()
QUICK = sorted(EXPERIMENTS.keys() - {"plan"})  # which takes the compiler


@pytest.fixture
def study(command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.study.__main__", "--data", small_mnist, *words)


@pytest.fixture(scope="module")
def parts(small_mnist):
    return recipes.load_splits("mnist", str(small_mnist))


@pytest.mark.parametrize("name", QUICK)
def test_experiment_prints_a_line_and_draws(study, tmp_path, name):
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    ended = study(name)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == f"written: {name}.png"
    with Image.open(tmp_path / f"{name}.png") as picture:
        assert picture.format == "PNG"
        assert np.ptp(np.asarray(picture.convert("L"))) > 100


def test_plan_shows_every_part_of_the_batch(compiler, study, tmp_path):
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    ended = study("plan", "--out", "other.png")
    assert ended.code == 0, ended.err
    assert "1. conv2d" in ended.out
    assert (tmp_path / "other.png").exists()


def test_joined_gradient_stays_exact_where_the_other_is_lost():
    from nn.study.learning import _apart, _joined, _relative_error

    assert _relative_error(_joined, 20) < 1e-6 < 0.9 < _relative_error(_apart, 20)
    assert _relative_error(_apart, 2) < 1e-5


def test_resumed_training_is_the_undisturbed_one(study):
    pytest.importorskip("matplotlib", reason="the experiments need matplotlib (the extra 'report')")
    same, of = re.search(r"([\d,]+) of ([\d,]+) bytes", study("checkpoint").out).groups()
    assert same == of


@pytest.mark.parametrize("words", [("nothing",), (), ("dense", "--out", "missing/dense.png"), ("dense", "--data", "missing")])
def test_bad_input_is_told(study, words):
    ended = study(*words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1


def test_the_way_in_the_readme_names_every_experiment_and_has_its_pictures():
    way = README.partition("## How to study this code")[2].partition("\n## ")[0]
    assert set(re.findall(r"python -m nn\.study (\w+)", way)) == set(EXPERIMENTS)
    pictures = re.findall(r'src="([^"]+)"', way)
    folder = Path(__file__).parents[1]
    assert all((folder / picture).is_file() for picture in pictures)
    shown = {Path(picture).name for picture in pictures}
    assert {path.name for path in (folder / "docs" / "study").glob("*.png")} <= shown
    for path in re.findall(r"`(nn/[\w/.]+)`", way):
        assert (folder / path).exists(), path
