"""The judge in a process of its own: a student's function may run for ever, crash or end Python."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from nn.exercise.catalogue import EXERCISES
from nn.exercise.judge import Verdict, judge
from nn.io.files import temporary_folder
from nn.io.interrupts import on_leaving, signals_wait

PRINTED_LINES, PRINTED_BYTES = 20, 20_000
VERDICTS, TRACE = "verdicts.txt", "trace.txt"


def judge_apart(files: Mapping[str, Path], seconds: float = 0.0) -> list[Verdict]:
    """Judge files without trusting them, until one is wrong. One that is still to be written is not.

    Args:
        files: the student's file for each exercise.
        seconds: a call that takes longer is ended; the exercise's own limit unless given.

    Returns:
        The verdicts; what the files printed is in the text of the last.
    """
    with temporary_folder() as folder:
        jobs = [word for name, path in files.items() for word in (name, str(path))]
        words = [sys.executable, "-m", "nn.exercise.sandbox", str(folder), str(seconds), *jobs]
        printed = b""
        with contextlib.ExitStack() as stack:
            with signals_wait():
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
                stack.enter_context(on_leaving(process.kill))
            with process:
                assert process.stdout is not None
                while chunk := process.stdout.read(1 << 16):
                    printed = (printed + chunk)[:PRINTED_BYTES]
        found = folder / VERDICTS
        verdicts = [Verdict(**json.loads(line)) for line in found.read_text().splitlines()] if found.exists() else []
        trace = (folder / TRACE).read_text(errors="replace")
    if len(verdicts) < len(files) and all(verdict.passed or verdict.blank for verdict in verdicts):
        name, path = list(files.items())[len(verdicts)]
        verdicts.append(Verdict(False, _ended(path, trace, seconds or EXERCISES[name].seconds, process.returncode)))
    *before, last = verdicts
    return [*before, Verdict(last.passed, "\n".join([*_shown(printed), last.text]), last.blank)]


def _ended(path: Path, trace: str, seconds: float, code: int) -> str:
    """The sentence for a process that left no verdict on a file."""
    late = "\nTimeout (" in trace
    called, _, rest = trace.partition("\nTimeout (" if late else "\nFatal Python error: ")
    name = called.strip().splitlines()[-1] if called.strip() else "the file"
    line = re.search(re.escape(f'File "{path}", line ') + r"(\d+)", rest)
    start = f"{path.name}{f', line {line[1]}' if line else ''}: {name}"
    if late:
        return f"{start} did not return within {seconds:g} seconds; is there a loop that never ends?"
    if rest:
        return f"{start} crashed Python ({rest.splitlines()[0]}); is there an index outside of its array?"
    return f"{start} ended Python itself (exit code {code}); it must return"


def _shown(printed: bytes) -> list[str]:
    """What the student's code has printed, cut short."""
    lines = printed.decode(errors="replace").splitlines()
    more = ["  ..."] if len(lines) > PRINTED_LINES else []
    return ["printed:", *(f"  {line[:200]}" for line in lines[:PRINTED_LINES]), *more] if lines else []


def _main() -> None:
    """The other process: judge, write the verdicts, and leave without what else may be running."""
    folder, seconds, *jobs = sys.argv[1:]
    from nn.engine.compiling import report_compilation

    exercises = [EXERCISES[name] for name in jobs[::2]]
    with report_compilation():  # of the project's kernels, before any of the student's
        for task in (task for exercise in exercises for task in exercise.tasks):
            for case in task.cases():
                with contextlib.suppress(Exception):  # the student may have broken it
                    task.right(**case.arguments)
    sys.dont_write_bytecode = True
    with open(os.path.join(folder, TRACE), "w") as trace, open(os.path.join(folder, VERDICTS), "w") as verdicts:
        faulthandler.enable(trace)
        for exercise, path in zip(exercises, map(Path, jobs[1::2]), strict=True):
            sys.path.append(str(path.parent))
            verdict = judge(exercise, path, trace, float(seconds) or exercise.seconds)
            print(json.dumps(vars(verdict)), file=verdicts, flush=True)
            if not (verdict.passed or verdict.blank):
                break
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    _main()
