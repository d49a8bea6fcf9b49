"""The command that makes the results table: its rows, their texts, its files."""

import json

import pytest

from benchmarks import all as table
from benchmarks import rows as row_texts
from benchmarks.__main__ import COMMANDS
from benchmarks.rows import DRAWN, ROWS, Output, Row


def test_every_row_is_a_command_that_exists():
    for row in (*ROWS, DRAWN):
        words = row.command.split()
        assert words[0] in ("nn.train", "nn.evaluate", "nn.gradcheck") or (words[0] == "benchmarks" and words[1] in COMMANDS)


def test_the_peers_that_a_command_knows_and_the_seeds_become_words():
    row = Row("a", "benchmarks shapes --seed {seed}", "", str, ("torch",))
    assert list(row.commands("torch,keras", 2)) == [f"benchmarks shapes --seed {seed} --peers torch" for seed in (0, 1)]
    assert list(row.commands("keras", 1)) == ["benchmarks shapes --seed 0"]
    assert list(Row("a", "nn.evaluate", "", str).commands("torch", 5)) == ["nn.evaluate"]


def test_accuracies_errors_and_last_lines():
    texts = ["epoch 1\ntest accuracy 0.9931, test loss 0.02", "test accuracy 0.9941, test loss 0.02"]
    assert row_texts.accuracies(Output(texts)) == "99.31, 99.41 %: mean 99.36 %"
    assert (
        row_texts.largest_error(Output(["below 1e-07 or 1.0e-06.\na  1.3e-10  ok\nb  2.5e-09  ok\n", "c  9.9e-12  ok\n"]))
        == "2.5e-09, the worst of seeds 0 to 1"
    )
    assert row_texts.largest_error(Output(["c  9.9e-12  ok\n"])) == "9.9e-12"
    assert row_texts.last_lines(2)(Output(["a\nb   1 %\n\nc\n"])) == "b 1 %; c"


def test_the_text_of_the_engines():
    row = {"recipe": "classic", "difference": 6.58e-15, "fused": 98.31, "layers": 98.4, "times": 10.27}
    text = "classic recipe: weights differ by 6.6e-15, accuracy fused 98.3 %, layers 98.4 %; the layers take 10.3 times as long"
    assert row_texts.engines(Output(body={"rows": [row, row]})) == f"{text}; {text}"


def test_the_text_of_the_bounds():
    rows = [{"name": name, "us": 22.04, "bound": 10.51} for name in ("conv2d backward", "b", "c", "d")]
    text = "88 µs an image; conv2d backward 22 (bound 10.5); b 22 (bound 10.5); c 22 (bound 10.5)"
    assert row_texts.bounds(Output(body={"rows": rows})) == text


def test_the_text_of_the_window():
    text = """first start  window after 1.20 s, first prediction after 1.91 s (goal 2 s each)

drawing while asking why: 900 frames; 500 points; driver x11
work for a frame             median 5.0, p99 20.0, max 30.0 ms
from frame to frame          median 16.7, p99 27.1, max 33.0 ms
last point to answer shown   median 18.2, p99 44.0, max 60.1 ms

idle: 1.1 % of a core
"""
    start = "first start: window 1.20 s, prediction 1.91 s"
    view = "drawing while asking why: frames 16.7, 27.1 ms, answers 18.2, 44.0 ms"
    assert row_texts.window(Output([text])) == f"{start}; {view}; idle: 1.1 % of a core"


@pytest.mark.parametrize("peer", [True, False])
def test_texts_of_the_races(peer):
    ratio = {"peer": "keras", "best": 0.25, "median": 0.3} if peer else None
    words = " (0.25 of keras's time)" if peer else ""
    rows = [{"name": "ours", "best": 2.0, "median": 2.5}]
    output = Output(body={"rows": rows, "ratio": ratio, "arithmetic": {"seconds": 4.0}})
    assert row_texts.epoch(output) == f"ours 2.00 s{words}; dense arithmetic 4.00 s"
    assert row_texts.accuracy_time(output) == f"ours 2.5 s{words.replace('0.25', '0.30')}"
    kind = {"rows": [{"name": "ours", "best": 0.2, "median": 0.3}, {"name": "ours", "best": 0.1, "median": 0.4}], "ratio": ratio}
    text = row_texts.inference(Output(body={"all": kind, "one": kind}))
    assert text == f"10,000 images (best): ours 100 ms{words}; one image (median): ours 300 ms{words}"


def test_the_table_and_the_file_name_commit_machine_and_commands(monkeypatch, capsys, tmp_path):
    rows = (
        Row("the Zen", "this --seed {seed}", "--quick-option", row_texts.last_lines(1)),
        Row("a model that is missing", "nn.evaluate missing.npz", "", row_texts.accuracies),
        Row("left out", "nn.train", "", row_texts.accuracies),
    )
    monkeypatch.setattr(table, "ROWS", rows)
    assert table.main(["--quick", "--only", "is", "--out", str(tmp_path / "new")]) == 1
    body = json.loads((tmp_path / "new" / "results.json").read_text())
    assert [row["code"] for row in body["rows"]] == [0, 2]
    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in lines if "commit" in line)
    assert body["commit"] in head
    assert "quick settings" in head
    assert any(
        line.startswith("| the Zen | Namespaces are one") and line.endswith("| `python -m this --seed 0` |") for line in lines
    )
    assert any(line.startswith("| a model that is missing | **failed:** ") for line in lines)


@pytest.mark.parametrize(
    ("code", "cell"), [(0, "a; b"), (1, "**a goal missed:** a; b"), (2, "**failed:** b"), (-9, "**failed:** b")]
)
def test_a_check_that_failed_still_shows_what_was_measured(monkeypatch, capsys, tmp_path, code, cell):
    monkeypatch.setattr(table, "_run", lambda words: ("a\nb\n", code))
    monkeypatch.setattr(table, "ROWS", (Row("x", "nn.evaluate", "", row_texts.last_lines(2)),))
    assert table.main(["--out", str(tmp_path)]) == int(code != 0)
    assert f"| x | {cell} | `python -m nn.evaluate` |" in capsys.readouterr().out


def test_quick_and_out_are_given_to_the_commands_but_not_shown(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(table, "_run", lambda words: (given.append(words) or "2 %", 0))
    monkeypatch.setattr(table.report, "earlier", lambda path: {"rows": [1], "machine": {}, "path": path.name})
    monkeypatch.setattr(table, "markdown", lambda body: "")
    rows = (Row("a", "benchmarks shapes", "--rounds 1", lambda output: output.body["path"], writes=True),)
    monkeypatch.setattr(table, "ROWS", rows)
    assert table.main(["--quick", "--out", str(tmp_path)]) == 0
    assert given == [["benchmarks", "shapes", "--rounds", "1", "--out", str(tmp_path)]]
    row = json.loads((tmp_path / "results.json").read_text())["rows"][0]
    assert (row["measured"], row["command"]) == ("shapes.json", "python -m benchmarks shapes")


@pytest.mark.parametrize("name", ["limits", "numbers", "invariance"])
def test_a_quick_command_still_works(compiler, tmp_path, name):
    assert table.main(["--quick", "--only", f"benchmarks {name}", "--out", str(tmp_path)]) == 0
    (row,) = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert row["code"] == 0
    assert row["measured"]
