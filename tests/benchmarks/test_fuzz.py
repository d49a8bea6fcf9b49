"""The fuzzer notices every kind of problem, and its counts add up."""

import json
import random

import pytest

from benchmarks.audit import corpus, fuzz, hostile
from nn.errors import InputError
from nn.reading import images


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for limit in ("MAX_PIXELS", "MAX_PIXELS_OTHERS"):  # the fuzzer lowers these limits
        monkeypatch.setattr(images, limit, getattr(images, limit))

    def call(target, *words):
        code = fuzz.main([target, "--blind", "--out", str(tmp_path), *map(str, words)])
        return code, json.loads((tmp_path / "fuzz.json").read_text())["targets"][target]

    return call


@pytest.mark.parametrize("target", ["idx", "model", "checkpoint", "image"])
def test_runs_add_up(run, target):
    assert run(target, "--count", 30)[1]["inputs"] == 30
    code, row = run(target, "--count", 50)
    assert (code, row["inputs"], row["problems"], row["runs"]) == (0, 50, 0, 2)
    assert run(target, "--count", 10, "--anew")[1]["inputs"] == 10


@pytest.mark.parametrize("error", [KeyError("odd"), InputError("two\nlines"), RecursionError()])
def test_an_error_that_is_not_a_sentence_is_found_and_its_input_kept(run, tmp_path, monkeypatch, error):
    def read(path):
        raise error

    monkeypatch.setattr(fuzz, "reader", lambda target: read)
    code, row = run("idx", "--count", 3)
    assert (code, row["problems"]) == (1, 3)
    assert len(list((tmp_path / "fuzz-found").iterdir())) == 3


def test_slow_and_greedy_inputs_are_found(run, monkeypatch):
    clock = iter(range(100)).__next__
    with monkeypatch.context() as slow:
        slow.setattr(fuzz.time, "process_time", lambda: 2.0 * clock())
        assert run("idx", "--count", 2)[1]["problems"] == 2
    monkeypatch.setattr(fuzz, "_peak_mb", lambda: 300.0 * clock())
    monkeypatch.setattr(fuzz, "_memory_mb", lambda: 10.0)
    code, row = run("idx", "--anew", "--count", 2)
    assert (code, row["problems"]) == (1, 2)
    assert row["memory_mb"] > 200


def test_archives_are_damaged_but_their_checksums_are_right(tmp_path):
    """Most damaged archives pass zip's CRC, and many pass the SHA-256 and are refused for another
    reason.
    """
    good = hostile.seeds("model")
    chance = random.Random(1)

    def damaged():
        return hostile.mutated_archive(chance.choice(good), chance, lambda piece, _: hostile.mutated(piece, chance), good)

    outcomes = {corpus.outcome("model", damaged()) for _ in range(300)}
    assert "read" in outcomes
    assert sum("layer" in outcome for outcome in outcomes) > 3
    assert len(outcomes) > 15
