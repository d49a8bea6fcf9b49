"""What the report shows of a training: histories, norms and curves; wrong files are refused."""

import json

import numpy as np
import pytest
from small_model import HISTORY, NORMS

from nn.errors import InputError
from nn.report import histories


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


def test_norms_of_a_layer_join_those_of_all_its_parameters(tmp_path):
    (dense,) = histories.layer_norms({"norms": NORMS}, tmp_path)
    assert dense.layer == "dense"
    assert dense.epochs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(dense.weights, np.hypot([3, 4, 5], 4))
    np.testing.assert_allclose(dense.gradients, 0.5)
    np.testing.assert_allclose(dense.updates, 0.05)


def test_norms_of_fewer_epochs_belong_to_the_last_ones(tmp_path):
    (dense,) = histories.layer_norms({"norms": NORMS, "recipe": {"epochs": 10}}, tmp_path)
    assert dense.epochs.tolist() == [8, 9, 10]


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


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "{}", "[1]", "[" * 100_000, "\udcff", '[{"epoch": 1}]'),
        '[{"epoch": "1", "loss": 1, "accuracy": 1}]',
        '[{"epoch": 1, "loss": 1, "accuracy": 1}, {"epoch": 2, "loss": NaN, "accuracy": 1}]',
    ],
)
def test_file_that_is_not_a_history_is_refused(tmp_path, content):
    (tmp_path / "h.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"h\.json: expected"):
        histories.read_histories(tmp_path / "m.npz", [str(tmp_path / "h.json")])


def test_huge_file_is_refused_without_reading_it(tmp_path, monkeypatch):
    monkeypatch.setattr(histories, "MOST_BYTES", 10)
    (tmp_path / "h.json").write_text(json.dumps(HISTORY))
    with pytest.raises(InputError, match="at most 10 bytes"):
        histories.read_histories(tmp_path / "m.npz", [str(tmp_path / "h.json")])


@pytest.mark.parametrize("norms", [1, [1], "abc", {"a": 1}, [{"a/b": [1, 2]}], [{"a/b": ["x", 1, 2]}], [{"a/b": [1, 2, 3]}, {}]])
def test_card_with_wrong_norms_is_refused(tmp_path, norms):
    with pytest.raises(InputError, match="norms"):
        histories.layer_norms({"norms": norms}, tmp_path)
