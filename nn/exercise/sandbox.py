"""The judge in a process of its own: a student's function may run for ever, crash or end Python."""

from __future__ import annotations

import faulthandler
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from nn.exercise.catalogue import EXERCISES
from nn.exercise.judge import Verdict, judge
from nn.io.interrupts import on_leaving

PRINTED_LINES, PRINTED_BYTES = 20, 20_000


def judge_apart(name: str, path: Path, seconds: float = 0.0) -> Verdict:
    """Judge a file for an exercise, without trusting it; what it prints comes first in the text.

    Args:
        name: of the exercise.
        path: the student's file.
        seconds: a call that takes longer is ended; the exercise's own limit unless given.
    """
    seconds = seconds or EXERCISES[name].seconds
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "nn.exercise.sandbox", name, str(path), folder, str(seconds)]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        with on_leaving(process.kill), process:
            printed = b""
            while chunk := process.stdout.read(1 << 16):
                printed = (printed + chunk)[:PRINTED_BYTES]
        found = Path(folder, "verdict.json")
        verdict = Verdict(**json.loads(found.read_text())) if found.exists() else None
        trace = Path(folder, "trace.txt").read_text(errors="replace")
    verdict = verdict or Verdict(False, _ended(path, trace, seconds, process.returncode))
    return Verdict(verdict.passed, "\n".join([*_shown(path, printed), verdict.text]))


def _ended(path: Path, trace: str, seconds: float, code: int) -> str:
    """The sentence for a process that left no verdict."""
    called, _, rest = trace.rpartition("\nTimeout (") if "\nTimeout (" in trace else trace.partition("\nFatal Python error: ")
    name = called.strip().splitlines()[-1] if called.strip() else "the file"
    line = re.search(re.escape(f'File "{path}", line ') + r"(\d+)", rest)
    start = f"{path.name}{f', line {line[1]}' if line else ''}: {name}"
    if "\nTimeout (" in trace:
        return f"{start} did not return within {seconds:g} seconds; is there a loop that never ends?"
    if rest:
        return f"{start} crashed Python ({rest.splitlines()[0]}); is there an index outside of its array?"
    return f"{start} ended Python itself (exit code {code}); it must return"


def _shown(path: Path, printed: bytes) -> list[str]:
    """What the student's code has printed, cut short."""
    lines = printed.decode(errors="replace").splitlines()
    more = ["  ..."] if len(lines) > PRINTED_LINES else []
    return [f"{path.name} printed:", *(f"  {line[:200]}" for line in lines[:PRINTED_LINES]), *more] if lines else []


def _main() -> None:
    """The other process: judge, write the verdict, and leave without what else may be running."""
    name, path, folder, seconds = sys.argv[1:]
    from nn.engine.compiling import report_compilation

    with open(os.path.join(folder, "trace.txt"), "w") as trace, report_compilation():
        faulthandler.enable(trace)
        sys.dont_write_bytecode = True
        sys.path.append(str(Path(path).parent))
        verdict = judge(EXERCISES[name], Path(path), trace, float(seconds))
        part = Path(folder, "verdict.part")
        part.write_text(json.dumps(vars(verdict)))
        part.rename(Path(folder, "verdict.json"))
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    _main()
