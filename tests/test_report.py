"""The report: its numbers are those of plain passes, its page needs nobody, and bad input is told in a sentence."""

import contextlib
import io
import json
import re
import shutil
import sys

import numpy as np
import pytest

from nn import recipes
from nn.calibration import calibrated
from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential, load_model
from nn.report import histories, measures
from nn.report.page import Section, page

RNG = np.random.default_rng(1)
HISTORY = [
    {"epoch": epoch, "loss": 2 / epoch, "accuracy": 1 - 0.3 / epoch, "val_loss": 1 / epoch, "val_accuracy": 0.9, "seconds": 1.5}
    for epoch in (1, 2, 3)
]
NORMS = [{"dense/kernel": [3.0 + epoch, 0.3, 0.03], "dense/bias": [4.0, 0.4, 0.04]} for epoch in (0, 1, 2)]
PICTURES = {"confusion", "curves", "filters", "layers", "map", "mistakes", "norms", "reliability"}


def small_network():
    """One that runs without the compiler as well, with every kind of layer."""
    layers = [Conv2D(3, 5, activation="relu", input_shape=(28, 28, 1), strides=3), MaxPooling2D(), Flatten()]
    return Sequential([*layers, Dense(12, activation="relu"), Dropout(0.5), Dense(10, activation="softmax")], seed=3)


@pytest.fixture(scope="module")
def matplotlib():
    return pytest.importorskip("matplotlib", reason="the report needs matplotlib (the extra 'report')")


@pytest.fixture(scope="module")
def part(small_mnist):
    return recipes.load_parts("mnist", str(small_mnist))[1]


def save_model(folder):
    """A model file with a card and a history beside it."""
    network = small_network()
    network.card = {"recipe": {"dataset": "mnist", "epochs": 3}, "norms": NORMS, "temperature": 0.8}
    network.save(folder / "small.npz")
    (folder / "small.history.json").write_text(json.dumps(HISTORY))
    return folder / "small.npz"


@pytest.fixture
def model(tmp_path):
    return save_model(tmp_path)


@pytest.fixture(scope="module")
def made(matplotlib, small_mnist, tmp_path_factory):
    """A finished report for all who only read it: its folder, and what the command said."""
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


# -- The numbers ---------------------------------------------------------------------------------------------------------


def test_what_is_found_equals_a_plain_forward_pass(part):
    network = small_network()
    found = measures.examine(network, part, 0.8)
    x = part[0][..., None] / np.float32(255)
    passed = [x]
    for layer in network.layers:
        passed.append(layer.forward(passed[-1])[0])
    np.testing.assert_allclose(found.plain, passed[-1], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.hidden, passed[-2], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.believed, calibrated(found.plain, 0.8))
    right = passed[-1].argmax(axis=1) == part[1]
    assert found.accuracy == right.mean()
    assert sorted(found.wrong) == np.flatnonzero(~right).tolist()
    surest = found.believed[found.wrong].max(axis=1)
    assert (np.diff(surest) <= 0).all()
    counts = found.confusion()
    assert counts.sum() == 100
    assert counts.trace() == right.sum()
    assert counts[part[1][found.wrong[0]], found.guesses[found.wrong[0]]] >= 1


def test_without_a_temperature_the_probabilities_stay_as_they_are(part):
    found = measures.examine(small_network(), part, 1.0)
    assert found.believed is found.plain


def test_feature_maps_are_those_of_a_plain_forward_pass(part):
    network = small_network()
    maps = measures.activations(network, part[0][7])
    assert [layer.name for layer, _ in maps] == [layer.name for layer in network.layers]
    x = part[0][7:8, ..., None] * np.float32(1 / 255)
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


# -- Histories and norms ---------------------------------------------------------------------------------------------------


def test_history_beside_the_model_and_further_ones(tmp_path, model):
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "seed-1.history.json", tmp_path / "other" / "small.history.json"):
        path.write_text(json.dumps(HISTORY[:2]))
    further = ["seed-1.history.json", "small.history.json", "other/small.history.json"]
    found = histories.read_histories(model, [str(tmp_path / name) for name in further])
    assert [history.label for history in found] == [f"{tmp_path.name}/small", "seed-1", "other/small"]
    assert found[0].epochs.tolist() == [1, 2, 3]
    assert found[1].values["val_loss"].tolist() == [1.0, 0.5]


def test_history_of_a_training_without_validation(tmp_path):
    entry = {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "val_loss": 0.7, "more": "later"}
    (tmp_path / "m.history.json").write_text(json.dumps([entry]))
    (history,) = histories.read_histories(tmp_path / "m.npz", [])
    assert set(history.values) == {"loss", "accuracy"}


def test_norms_of_a_layer_are_those_of_all_its_parameters_together(tmp_path):
    (dense,) = histories.layer_norms({"norms": NORMS}, tmp_path)
    assert dense.layer == "dense"
    assert dense.epochs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(dense.weights, np.hypot([3, 4, 5], 4))
    np.testing.assert_allclose(dense.gradients, 0.5)
    np.testing.assert_allclose(dense.updates, 0.05)


def test_norms_that_begin_later_belong_to_the_last_epochs(tmp_path):
    (dense,) = histories.layer_norms({"norms": NORMS, "recipe": {"epochs": 10}}, tmp_path)
    assert dense.epochs.tolist() == [8, 9, 10]


# -- The page --------------------------------------------------------------------------------------------------------------


def links_outward(html):
    attributes = re.findall(r"""(?:src|href|srcset|action|poster)\s*=\s*["']?([^"'\s>]+)""", html)
    return [link for link in attributes if not link.startswith("data:")] + re.findall(
        r"@import|url\(|<script|<link|<iframe", html
    )


def test_page_holds_its_pictures_and_asks_nobody(made):
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


def test_model_that_tells_nothing_of_its_training(matplotlib, report, tmp_path):
    Sequential([Flatten(input_shape=(28, 28, 1)), Dense(10, activation="softmax")]).save(tmp_path / "bare.npz")
    assert report("bare.npz").code == 0
    html = (tmp_path / "report" / "index.html").read_text()
    assert "There is no history" in html
    assert "holds no norms" in html
    assert {path.stem for path in (tmp_path / "report").glob("*.png")} == PICTURES - {"curves", "norms"}


def test_fashion_is_told_from_the_card_and_called_by_name(matplotlib, report, model, tmp_path):
    network = load_model(model)
    network.card = {"recipe": {"dataset": "fashion-mnist"}}
    network.save(tmp_path / "fashion.npz")
    assert report("fashion.npz", "--image", 3).code == 0
    html = (tmp_path / "report" / "index.html").read_text()
    assert "test images of fashion-mnist" in html
    assert re.search(r"\(label: (T-shirt|trouser|pullover|dress|coat|sandal|shirt|sneaker|bag|ankle boot)\)", html)


def test_nothing_wrong_is_said_not_drawn(matplotlib, part):
    from nn.report.contents import compose

    found = measures.examine(small_network(), part, 1.0)
    perfect = measures.Findings(part[0], found.guesses.astype(np.uint8), 0.0, 1.0, found.plain, found.plain, found.hidden, 1.0)
    html, pictures = compose(small_network(), recipes.OWN, "mnist", perfect, [], [], 0)
    assert "all test images are read right" in html
    assert "mistakes" not in pictures


def test_text_is_escaped():
    html = page("<b>", [("<i>", "&")], [Section("A & B", "`x < y` and > z", table=[("a", "b"), ("<td>", 1234)])], "")
    assert "<h1>&lt;b&gt;</h1>" in html
    assert "<code>x &lt; y</code> and &gt; z" in html
    assert "<td>&lt;td&gt;</td>" in html
    assert ">1,234</td>" in html


# -- The pictures ------------------------------------------------------------------------------------------------------------


def test_curves_show_the_values_of_every_history(matplotlib):
    from nn.report.curves import training_curves
    from nn.report.style import png, styled

    columns = {name: np.array([entry[name] for entry in HISTORY]) for name in histories.NAMES}
    two = [histories.History(label, np.array([1.0, 2, 3]), columns) for label in ("a", "b")]
    with styled():
        figure = training_curves(two)
        left, right = figure.axes
        assert [line.get_label() for line in left.lines] == ["a, training", "a, test", "b, training", "b, test"]
        np.testing.assert_array_equal(left.lines[1].get_ydata(), columns["val_loss"])
        np.testing.assert_allclose(1 - right.lines[0].get_ydata(), columns["accuracy"])
        top, bottom = right.get_ylim()[::-1]
        assert top < bottom, "accuracy grows upwards"
        assert png(figure).startswith(b"\x89PNG")


def test_mosaic_puts_every_map_in_its_place(matplotlib):
    from nn.report.pictures import mosaic

    maps = np.arange(3 * 2 * 2.0).reshape(3, 2, 2)
    nothing = np.nan
    expected = [
        [0, 1, nothing, 4, 5],
        [2, 3, nothing, 6, 7],
        [nothing] * 5,
        [8, 9, nothing, nothing, nothing],
        [10, 11, nothing, nothing, nothing],
    ]
    np.testing.assert_array_equal(mosaic(maps, columns=2), expected)
    assert mosaic(maps, columns=3, gap=0.5).shape == (4, 14), "pixels twice as large, a gap of one"


# -- Bad input -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("none.npz",), "none.npz"),
        (("small.npz", "--dataset", "cifar"), "cifar"),
        (("small.npz", "--digit", 10), "--digit"),
        (("small.npz", "--digit", 1, "--image", 1), "--image"),
        (("small.npz", "--image", 100), "--image: expected a number below 100"),
        (("small.npz", "--out", "small.npz"), "expected a folder"),
        (("small.npz", "--out", "missing/report"), "--out"),
        (("small.npz", "--history", "none.json"), "none.json"),
        (
            (
                "small.npz",
                "--what",
            ),
            "--what",
        ),
    ],
)
def test_bad_input_is_told_and_nothing_written(matplotlib, report, model, tmp_path, words, says):
    before = sorted(tmp_path.iterdir())
    assert says in one_sentence(report(*words))
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "{}", "[1]", "[" * 100_000, "\udcff", '[{"epoch": 1}]'),
        '[{"epoch": "1", "loss": 1, "accuracy": 1}]',
        '[{"epoch": 1, "loss": 1, "accuracy": 1}, {"epoch": 2, "loss": NaN, "accuracy": 1}]',
    ],
)
def test_file_that_is_no_history_is_refused(tmp_path, content):
    (tmp_path / "h.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"h\.json: expected"):
        histories.read_histories(tmp_path / "m.npz", [str(tmp_path / "h.json")])


def test_huge_file_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(histories, "MOST_BYTES", 10)
    (tmp_path / "h.json").write_text(json.dumps(HISTORY))
    with pytest.raises(InputError, match="at most 10 bytes"):
        histories.read_histories(tmp_path / "m.npz", [str(tmp_path / "h.json")])


@pytest.mark.parametrize("norms", [1, [1], "abc", {"a": 1}, [{"a/b": [1, 2]}], [{"a/b": ["x", 1, 2]}], [{"a/b": [1, 2, 3]}, {}]])
def test_card_with_other_norms_is_refused(tmp_path, norms):
    with pytest.raises(InputError, match="norms"):
        histories.layer_norms({"norms": norms}, tmp_path)


@pytest.mark.parametrize("temperature", [0, "hot", True, float("nan")])
def test_card_with_another_temperature_is_refused(temperature, tmp_path):
    from nn.report.__main__ import _temperature

    with pytest.raises(InputError, match="temperature"):
        _temperature({"temperature": temperature}, tmp_path)


def test_digit_that_is_not_among_the_test_images(matplotlib, report, model, monkeypatch, part):
    none = (part[0][part[1] != 4], part[1][part[1] != 4])
    monkeypatch.setattr("nn.report.__main__.load_parts", lambda *_: (none, none))
    assert "there is no 4" in one_sentence(report(model, "--digit", 4))


def test_without_matplotlib_it_says_how_to_get_it(report, model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "pip install matplotlib" in one_sentence(report(model))
    assert not (tmp_path / "report").exists()


def test_full_disk_leaves_the_former_page(made, report, model, tmp_path, monkeypatch):
    shutil.copytree(made[0], tmp_path / "report")
    before = (tmp_path / "report" / "index.html").read_bytes()
    plain = sys.modules["nn.report.__main__"].atomic_write

    def full(path):
        if str(path).endswith(".html"):
            raise OSError(28, "No space left on device")
        return plain(path)

    monkeypatch.setattr("nn.report.__main__.atomic_write", full)
    monkeypatch.setattr("nn.report.contents.compose", lambda *_: ("another page", {"map": b"another picture"}))
    assert "No space left" in one_sentence(report(model))
    assert (tmp_path / "report" / "index.html").read_bytes() == before
