"""python -m benchmarks all --peers torch,keras --out DIR: every measurement of the results table,
in one run.

Each row of the table is one command, in a process of its own, one after another. All rows come
from one machine and one state of the code, and the table names both. It is printed as Markdown and
written to `DIR/results.json`; the commands also write their own JSON files and charts into DIR.
`--quick` takes the smallest settings: it shows that every command works, and its figures mean
nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.peers.contest import ROOT, contenders
from benchmarks.rows import DRAWN, ROWS, Output, Row, last_lines
from nn.io.cli import ArgumentParser, whole_number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every row's commands; 1 if one of them failed."""
    parser = ArgumentParser(prog="python -m benchmarks all", description="Every measurement of the results table, in one run.")
    parser.add_argument("--peers", default="", help="torch, keras, comma-separated (default: none)")
    parser.add_argument("--strokes", metavar="STROKES.npz", help="real pen strokes for `drawn` (default: without them)")
    parser.add_argument("--seeds", type=whole_number(1), default=5, help="of trainings and checks (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows whose command contains TEXT")
    parser.add_argument("--quick", action="store_true", help="smallest settings: shows that everything works")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    out = report.check_out(options.out, "results")
    contenders(options.peers)
    rows = [row for row in (*ROWS, *([DRAWN] if options.strokes else [])) if options.only in row.command]
    body: dict[str, Any] = {"benchmark": "results", "settings": {"quick": options.quick, "peers": options.peers}, "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            shown = list(row.commands(options.peers, 1 if options.quick else options.seeds))
            runs = [_words(row, words, options, folder) for words in shown]
            command = "python -m " + shown[0].replace(" --out {folder}/model.npz", "").replace("{strokes}", "STROKES.npz")
            body["rows"].append({"what": row.what, "command": command, **_measure(row, runs, out.parent)})
            report.save(out, body)
    print("\n" + markdown(report.earlier(out)) + f"\n\nwritten: {out}")
    return int(any(row["code"] for row in body["rows"]))


def _words(row: Row, words: str, options: Any, folder: str) -> list[str]:
    """One command as arguments, with the paths filled in and the options that the table does not
    show.
    """
    hidden = row.quick.split() if options.quick else []
    if row.writes:
        hidden += ["--out", options.out]
    return [word.format(folder=folder, strokes=options.strokes) for word in words.split()] + hidden


def _measure(row: Row, runs: Sequence[Sequence[str]], folder: Path) -> dict[str, Any]:
    """Run a row's commands, and what the table shows of them."""
    output, worst, began = Output(), 0, time.perf_counter()
    for words in runs:
        print(f"\n$ python -m {' '.join(words)}", flush=True)
        text, code = _run(words)
        output.texts.append(text)
        worst = max(worst, abs(code))
    if row.writes and worst == 0:
        output.body = report.earlier(folder / f"{row.name}.json")
    # A command whose own check failed (exit code 1) has measured something, but may have written
    # no file.
    has_measured = worst == 0 or (worst == 1 and not row.writes)
    measured = row.measured(output) if has_measured else last_lines(1)(output)
    return {"measured": measured, "code": worst, "seconds": time.perf_counter() - began}


def _run(words: Sequence[str]) -> tuple[str, int]:
    """Run `python -m WORDS`, show its output as it comes, and return it with the exit code."""
    lines = []
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return "".join(lines), process.returncode


def markdown(body: dict[str, Any]) -> str:
    """The table, with machine, commit and date above it."""
    host = body["machine"]
    features = ", ".join(host["features"])
    head = f"{host['cpu']}, {host['cores']} cores ({features}); Python {host['python']}, NumPy {host['libraries']['numpy']}, "
    head += f"Numba {host['libraries']['numba']}; commit {body['commit']}, {body['date']}"
    lines = [head + ("; quick settings" if body["settings"]["quick"] else ""), "", "| | measured | command |", "|---|---|---|"]
    for row in body["rows"]:
        outcome = ("", "**a goal missed:** ", "**failed:** ")[min(row["code"], 2)]
        measured = outcome + row["measured"]
        lines.append(f"| {row['what']} | {measured.replace('|', '/')} | `{row['command']}` |")
    return "\n".join(lines)
