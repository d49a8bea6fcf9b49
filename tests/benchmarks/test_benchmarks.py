"""The benchmarks' machinery: commands, tables, files, processes. No test here depends on a
duration.
"""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import machine, report, start
from benchmarks.__main__ import COMMANDS
from benchmarks.peers import contest, network
from benchmarks.peers.conv_shapes import SHAPES
from benchmarks.peers.data import floats, resized
from benchmarks.scaling import CURVES
from nn.errors import InputError
from nn.io.cli import ArgumentParser
from nn.layers.windows import window_geometry
from nn.pretrained import student_network

ROOT = Path(__file__).parents[2]
# The commands that write results, and the words that some of them need besides --out.
WRITING = (
    "engines",
    *("all", "epoch", "recipe", "accuracy-time", "inference", "start", "scaling", "shapes", "limits", "kernels"),
    *("mutants", "reliability", "interrupts", "fuzz"),
)
NEEDED = {"reliability": ["kills"], "fuzz": ["idx"]}


def test_without_a_name_the_commands_are_listed(command):
    ended = command("benchmarks.__main__")
    assert ended.code == 0
    assert all(name in ended.out for name in COMMANDS)


def test_an_unknown_name_ends_in_one_sentence(command):
    ended = command("benchmarks.__main__", "epochs")
    assert (ended.code, ended.out) == (2, "")
    assert "got 'epochs'" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_its_options(command, name):
    ended = command("benchmarks.__main__", name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"usage: python -m benchmarks {name} ")
    assert ("--out" in ended.out) == (name in WRITING)


def test_the_folder_of_out_is_made_where_it_is_missing(tmp_path):
    path = report.check_out(str(tmp_path / "a" / "b"), "epoch")
    assert path == tmp_path / "a" / "b" / "epoch.json"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_no_command_overwrites_the_published_results_unless_told_to():
    parser = ArgumentParser()
    report.add_out(parser)
    assert Path(parser.parse_args([]).out) == ROOT / "benchmarks" / "measured"


@pytest.mark.parametrize("name", WRITING)
def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_measured(command, tmp_path, name):
    (tmp_path / "file").write_text("")
    ended = command("benchmarks.__main__", name, *NEEDED.get(name, ()), "--out", tmp_path / "file" / "folder")
    assert (ended.code, ended.out) == (2, "")
    assert "--out: expected a folder" in ended.err


def test_a_framework_stands_for_its_usual_ways_and_each_comes_once(monkeypatch):
    monkeypatch.setattr(contest.importlib.util, "find_spec", lambda name: name)
    assert contest.contenders("") == ["ours"]
    assert contest.contenders("torch,torch-plain,keras-xla") == ["ours", "torch", "torch-plain", "keras-xla"]


def test_an_unknown_peer_and_one_that_is_not_installed_have_different_messages(monkeypatch):
    monkeypatch.setattr(contest.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"expected some of torch.*got 'jax'"):
        contest.contenders("jax")
    with pytest.raises(InputError, match=r"torch is not installed \(pip install '.\[torch\]'\)"):
        contest.contenders("torch")


def test_best_median_and_99th_percentile():
    assert contest.summary([3.0, 1.0, 2.0, 10.0]) == {"best": 1.0, "median": 2.5, "p99": 10.0}
    assert contest.summary(range(1000))["p99"] == 990


def test_the_fastest_peer_is_never_one_of_ours():
    assert contest.fastest_peer({"ours": 1.0, "torch": 3.0, "keras": 2.0}) == ("keras", 2.0)
    assert contest.fastest_peer({"ours": 1.0, "ours-default": 2.0}) is None


def test_a_table_aligns_numbers_right_and_texts_left():
    rows = [{"name": "a", "value": 1.25, "count": 12_000}, {"name": "long name", "value": 10.26, "count": None}]
    lines = report.table(rows, {"name": "who", "value": "s", "count": "n"}).splitlines()
    assert lines == ["who           s       n", "---------  ----  ------", "a          1.25  12,000", "long name  10.3       -"]


def test_a_result_names_the_machine_and_the_commit_but_neither_host_nor_folder(tmp_path):
    report.write(tmp_path / "x.json", {"benchmark": "x", "rows": [{"best": 0.123456789}]})
    text = (tmp_path / "x.json").read_text()
    result = json.loads(text)
    assert result["rows"] == [{"best": 0.12346}]
    assert result["machine"]["cores"] == machine.available_cores()
    assert result["machine"]["libraries"]["numpy"] == np.__version__
    assert re.fullmatch(r"[0-9a-f]{10}(-dirty)?|unknown", result["commit"])
    assert machine.platform.node() not in result["machine"].values()
    assert str(tmp_path) not in text


def test_a_chart_stands_beside_the_result(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks import charts

    def draw(figure, body):
        charts.bars(figure.add_subplot(), ["ours", "torch"], body["rows"], "seconds", charts.subtitle(body))

    report.write(tmp_path / "x.json", {"benchmark": "x", "rows": [1.0, 3.0]}, draw)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_the_network_of_the_races_is_the_students():
    from benchmarks.peers.contender import Job
    from benchmarks.peers.ours import build

    def configurations(model):
        return [(type(layer).__name__, layer.config()) for layer in model.layers]

    model = build(Job(threads=1))
    assert configurations(model) == configurations(student_network())
    assert model.count_params() == 233_162


def test_the_dense_arithmetic_of_an_epoch():
    # Two operations for each weight and output, forward, for the weights' gradient, and (except in
    # the first layer) for the input's.
    convolutions = 2 * 2 * 24 * 24 * 32 * 25 + 3 * 2 * 10 * 10 * 64 * 9 * 32
    products = 3 * 2 * (1600 * 128 + 128 * 64 + 64 * 10)
    assert network.training_flop(network.student_network()) == convolutions + products
    assert 60_000 * (convolutions + products) == pytest.approx(851e9, rel=1e-3)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shapes_are_padded_as_our_layers_pad_them(shape):
    rows, above, below = window_geometry(shape.H, shape.KH, shape.SH, shape.padding)
    columns, left, right = window_geometry(shape.W, shape.KW, shape.SW, shape.padding)
    assert shape.out_size() == (rows, columns)
    assert shape.zeros() == (left, right, above, below)


def test_there_are_twenty_different_shapes():
    assert len({shape[1:] for shape in SHAPES}) == len({shape.name for shape in SHAPES}) == 20


def test_curves_vary_what_a_job_has():
    from benchmarks.peers.contender import Job

    assert all(hasattr(Job(threads=1), field) for field, _, _ in CURVES.values())


def test_images_of_another_size_and_as_floats():
    images = np.arange(2 * 28 * 28, dtype=np.uint32).reshape(2, 28, 28).astype(np.uint8)
    assert resized(images, 28) is not images
    np.testing.assert_array_equal(resized(images, 28), images)
    np.testing.assert_array_equal(resized(images, 56)[:, ::2, 1::2], images)
    assert resized(images, 14).shape == (2, 14, 14)
    assert floats(images).shape == (2, 28, 28, 1)
    assert floats(np.full((1, 2, 2), 255, np.uint8)).max() == 1


def test_a_cache_file_that_is_rewritten_counts_as_new(tmp_path):
    (tmp_path / "a.nbi").write_bytes(b"1")
    (tmp_path / "other.txt").write_bytes(b"1")
    before = start.cache_files(tmp_path)
    assert len(before) == 1
    os.utime(tmp_path / "a.nbi", (1, 1))
    assert len(start.cache_files(tmp_path) - before) == 1


def test_a_contender_answers_from_its_own_process(compiler, small_mnist):
    from benchmarks.peers.contender import Job

    with contest.processes(["ours"], Job(threads=1, limit=64, data=str(small_mnist))) as (ours,):
        assert ours.libraries["numpy"] == np.__version__
        assert ours.ask("epoch", index=0) > 0
        assert 0 <= ours.ask("accuracy") <= 1
        assert len(ours.ask("digest")) == 64
        assert ours.ask("ways", kind="one") == ["predict"]
        assert len(ours.ask("time", way="predict", repeats=3)) == 3
        with pytest.raises(InputError, match="ours: dance failed: ValueError: unknown question 'dance'"):
            ours.ask("dance")


def test_the_error_of_a_process_that_ends_is_reported():
    process = contest.Process("nobody")
    with pytest.raises(InputError, match="nobody: begin failed: KeyError"):
        process.ask("begin")
    process.close()
