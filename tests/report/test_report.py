"""The report: its values are those of plain passes, and its page loads nothing."""

import contextlib
import io
import re
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from small_model import save_model, small_network

from nn.datasets.collections import load_splits
from nn.errors import InputError
from nn.layers import Dense, Flatten, MaxPooling2D
from nn.models import Sequential, load_model
from nn.pretrained import OWN
from nn.reading.calibration import calibrated
from nn.report import measures
from nn.report.page import Section, page

RNG = np.random.default_rng(1)
PICTURES = {"confusion", "curves", "filters", "layers", "map", "mistakes", "norms", "reliability"}


@pytest.fixture(scope="module")
def digits(small_mnist):
    return load_splits("mnist", str(small_mnist))[1]


@pytest.fixture(scope="module")
def made(matplotlib, small_mnist, tmp_path_factory):
    """A finished report, for tests that only read it: its folder and the output of the command."""
    from nn.report.__main__ import main

    folder = tmp_path_factory.mktemp("made")
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said):
        assert main([save_model(folder).name, "--data", str(small_mnist), "--digit", "2"]) == 0
    return folder / "report", said.getvalue()


@pytest.fixture
def report(command, small_mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.report.__main__", "--data", small_mnist, *words)


def one_sentence(ended):
    assert ended.code == 2, ended
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    return ended.err


# -- The values -----------------------------------------------------------------------------------


def test_findings_equal_a_plain_forward_pass(digits):
    network = small_network()
    found = measures.examine(network, digits, 0.8)
    x = digits[0][..., None] / np.float32(255)
    passed = [x]
    for layer in network.layers:
        passed.append(layer.forward(passed[-1])[0])
    np.testing.assert_allclose(found.plain, passed[-1], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.hidden, passed[-2], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.believed, calibrated(found.plain, 0.8))
    right = passed[-1].argmax(axis=1) == digits[1]
    assert found.accuracy == right.mean()
    assert sorted(found.wrong) == np.flatnonzero(~right).tolist()
    surest = found.believed[found.wrong].max(axis=1)
    assert (np.diff(surest) <= 0).all()
    counts = found.confusion()
    assert counts.sum() == 100
    assert counts.trace() == right.sum()
    assert counts[digits[1][found.wrong[0]], found.guesses[found.wrong[0]]] >= 1


def test_a_temperature_of_1_leaves_the_probabilities_unchanged(digits):
    found = measures.examine(small_network(), digits, 1.0)
    assert found.believed is found.plain


def test_feature_maps_are_those_of_a_plain_forward_pass(digits):
    network = small_network()
    maps = measures.activations(network, digits[0][7])
    assert [layer.name for layer, _ in maps] == [layer.name for layer in network.layers]
    x = digits[0][7:8, ..., None] * np.float32(1 / 255)
    for layer, out in maps:
        x = layer.forward(x)[0]
        np.testing.assert_array_equal(out, x[0])


def test_filters_of_a_convolution_and_of_a_dense_layer():
    convolution = small_network()
    name, filters = measures.first_filters(convolution)
    assert name == "conv2d"
    np.testing.assert_array_equal(filters[2], convolution.layers[0].parameters["kernel"][:, :, 0, 2])
    dense = Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")])
    name, filters = measures.first_filters(dense)
    assert name == "dense"
    np.testing.assert_array_equal(filters[4], dense.layers[1].parameters["kernel"][:, 4].reshape(28, 28))
    pooled = Sequential([MaxPooling2D(input_shape=(28, 28, 1)), Flatten(), Dense(10, activation="softmax")])
    assert measures.first_filters(pooled) is None


def test_plane_finds_the_directions_of_greatest_variance():
    known = RNG.normal(size=(400, 2)) * (5, 2)
    turn, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    points = known @ turn[:2] + 0.01 * RNG.normal(size=(400, 6)) + 7
    found, shares = measures.plane(points)
    np.testing.assert_allclose(found.var(axis=0), known.var(axis=0), rtol=0.1)
    np.testing.assert_allclose(np.abs(np.corrcoef(found.T, known.T)[[0, 1], [2, 3]]), 1, atol=0.02)
    np.testing.assert_allclose(shares, found.var(axis=0) / points.var(axis=0).sum())


@pytest.mark.parametrize("points", [np.ones((5, 3)), np.zeros((1, 1)), np.arange(4.0)[:, None]])
def test_plane_of_points_that_span_none(points):
    found, shares = measures.plane(points)
    assert found.shape == (len(points), 2)
    assert np.isfinite(found).all()
    assert (found[:, 1] == 0).all()
    assert shares.shape == (2,)


# -- The page -------------------------------------------------------------------------------------


def links_outward(html):
    attributes = re.findall(r"""(?:src|href|srcset|action|poster)\s*=\s*["']?([^"'\s>]+)""", html)
    return [link for link in attributes if not link.startswith("data:")] + re.findall(
        r"@import|url\(|<script|<link|<iframe", html
    )


def test_page_contains_its_pictures_and_loads_nothing(made):
    folder, said = made
    html = (folder / "index.html").read_text()
    assert not links_outward(html)
    assert len(re.findall(r'src="data:image/png;base64,', html)) == len(PICTURES)
    assert {path.name for path in folder.iterdir()} == {"index.html", *(f"{name}.png" for name in PICTURES)}
    assert all((folder / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in PICTURES)
    accuracy = float(re.search(r"accuracy (0\.\d{4})", said)[1])
    assert f"{100 * accuracy:.2f} %" in html
    assert "(label: 2)" in html


def test_same_model_gives_the_same_bytes(made, report, model, tmp_path):
    assert report(model.name, "--digit", 2, "--out", "again").code == 0
    files = {path.name: path.read_bytes() for path in made[0].iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}


def test_model_without_history_and_norms(matplotlib, report, tmp_path):
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")]).save(tmp_path / "bare.npz")
    assert report("bare.npz").code == 0
    html = (tmp_path / "report" / "index.html").read_text()
    assert "There is no history" in html
    assert "holds no norms" in html
    assert {path.stem for path in (tmp_path / "report").glob("*.png")} == PICTURES - {"curves", "norms"}


def test_fashion_mnist_is_recognised_from_the_card_and_its_classes_are_named(matplotlib, report, model, tmp_path):
    network = load_model(model)
    network.card = {"recipe": {"dataset": "fashion-mnist"}}
    network.save(tmp_path / "fashion.npz")
    assert report("fashion.npz", "--image", 3).code == 0
    html = (tmp_path / "report" / "index.html").read_text()
    assert "test images of fashion-mnist" in html
    assert re.search(r"\(label: (T-shirt|trouser|pullover|dress|coat|sandal|shirt|sneaker|bag|ankle boot)\)", html)


def test_no_mistakes_is_a_sentence_not_a_picture(matplotlib, digits):
    from nn.report.contents import compose

    found = measures.examine(small_network(), digits, 1.0)
    perfect = replace(found, labels=found.guesses.astype(np.uint8), loss=0.0, accuracy=1.0)
    html, pictures = compose(small_network(), perfect, path=OWN, dataset="mnist", histories=[], norms=[], index=0)
    assert "all test images are read right" in html
    assert "mistakes" not in pictures


def test_text_is_escaped():
    html = page("<b>", [("<i>", "&")], [Section("A & B", "`x < y` and > z", table=[("a", "b"), ("<td>", 1234)])], "")
    assert "<h1>&lt;b&gt;</h1>" in html
    assert "<code>x &lt; y</code> and &gt; z" in html
    assert "<td>&lt;td&gt;</td>" in html
    assert ">1,234</td>" in html


# -- The pictures ---------------------------------------------------------------------------------


def test_mosaic_lays_out_the_maps_in_rows(matplotlib):
    from nn.report.pictures import mosaic

    maps = np.arange(3 * 2 * 2.0).reshape(3, 2, 2)
    gap = np.nan
    expected = [
        [0, 1, gap, 4, 5],
        [2, 3, gap, 6, 7],
        [gap] * 5,
        [8, 9, gap, gap, gap],
        [10, 11, gap, gap, gap],
    ]
    np.testing.assert_array_equal(mosaic(maps, columns=2), expected)
    assert mosaic(maps, columns=3, gap=0.5).shape == (4, 14), "pixels twice as large, a gap of one"


# -- Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("none.npz",), "none.npz"),
        (("small.npz", "--dataset", "cifar"), "cifar"),
        (("small.npz", "--digit", 10), "--digit"),
        (("small.npz", "--digit", 1, "--image", 1), "--image"),
        (("small.npz", "--image", 100), "--image: expected an index below 100"),
        (("small.npz", "--out", "small.npz"), "expected a folder"),
        (("small.npz", "--out", "missing/report"), "--out"),
        (("small.npz", "--history", "none.json"), "none.json"),
        (("small.npz", "--what"), "--what"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(matplotlib, report, model, tmp_path, words, says):
    before = sorted(tmp_path.iterdir())
    assert says in one_sentence(report(*words))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("temperature", [0, "hot", True, float("nan")])
def test_card_with_a_wrong_temperature_is_refused(temperature, tmp_path):
    from nn.report.__main__ import _temperature

    with pytest.raises(InputError, match="temperature"):
        _temperature({"temperature": temperature}, tmp_path)


def test_digit_that_no_test_image_has_is_refused(matplotlib, report, model, monkeypatch, digits):
    none = (digits[0][digits[1] != 4], digits[1][digits[1] != 4])
    monkeypatch.setattr("nn.report.__main__.load_splits", lambda *_: (none, none))
    assert "there is no 4" in one_sentence(report(model, "--digit", 4))


def test_without_matplotlib_it_says_how_to_get_it(report, model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "pip install matplotlib" in one_sentence(report(model))
    assert not (tmp_path / "report").exists()


def test_full_disk_leaves_the_previous_page(made, report, model, tmp_path, monkeypatch):
    shutil.copytree(made[0], tmp_path / "report")
    before = (tmp_path / "report" / "index.html").read_bytes()
    plain = sys.modules["nn.report.__main__"].atomic_write

    def full(path):
        if str(path).endswith(".html"):
            raise OSError(28, "No space left on device")
        return plain(path)

    monkeypatch.setattr("nn.report.__main__.atomic_write", full)
    monkeypatch.setattr("nn.report.contents.compose", lambda *_, **__: ("another page", {"map": b"another picture"}))
    assert "No space left" in one_sentence(report(model))
    assert (tmp_path / "report" / "index.html").read_bytes() == before
