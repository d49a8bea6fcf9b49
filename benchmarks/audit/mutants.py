"""python -m benchmarks mutants: do the tests notice when the code is broken?

The code is broken in one place at a time, by faults that people have really made
(`real_faults.py`) and by mechanical ones (`mutation.py`, all of them or a random sample). For each
mutant those tests of its file run that reach the broken line, until the first failure. A mutant
whose tests all pass has survived and is shown. `explained/` lists the survivors that somebody
has examined and that change nothing that a test could or should see.

There are two phases. Layers, kernels and other arithmetic are tested without the compiler; the
engine, the training loop, the data pipeline, the files and the reading of pictures are tested with
it (`mutant_tests.py`).

Every mutant gets a process of its own, forked from one in which everything is already loaded; no
source file is written. Before its first mutant, a file's tests run on the unbroken code: they must
pass, and their processor time sets the limit beyond which a mutant counts as an endless loop. A
process whose threads all wait for each other counts as a deadlock. One that is still running after
an hour counts as a survivor, so a busy machine kills nothing.

The outcome of each mutant is kept in `mutants.json` (in --out). The next run goes on with the
mutants that have not run yet and with the survivors, which may meet new tests. A file that has
changed starts again.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.audit import explained, mutant_books, mutation, real_faults
from benchmarks.audit.mutant_books import KILLED, SURVIVED, Group
from benchmarks.audit.mutant_process import Before, before, load, start, survived
from benchmarks.audit.mutant_tests import COMPILED, ROOT, TESTS
from benchmarks.audit.mutation import Mutant
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number

# Seconds between two writes of the results file.
WRITE_EVERY = 30
WANTED = 0.95
REAL = "real faults"
PHASES = ("interpreted", "compiled")
Chosen = tuple[str, int]  # the name of the group, and the mutant's index in it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants; 0 if at least 95 % of those that are not explained are killed, else 1."""
    options = _options(arguments)
    path = report.check_out(options.out, "mutants")
    former = {} if options.anew else report.earlier(path)
    groups = _groups(former.get("files", {}))
    chosen = _chosen(groups, options)
    if options.list:
        print(*(groups[name].make(index) for name, index in chosen), f"{len(chosen)} mutants", sep="\n")
        return 0
    spent = former.get("processor_seconds", 0.0)
    if options.phase:
        load(compiled=options.phase == "compiled")
        run_all(chosen, groups, options.workers, lambda: _save(groups, spent, path))
        return 0
    _save(groups, spent, path)  # so that the phases know whether to begin anew
    words = [word for word in (sys.argv[2:] if arguments is None else arguments) if word != "--anew"]
    codes = [0]
    for phase in {_phase(_path(groups, each)): None for each in chosen}:
        # Numba reads this variable when it is imported, and the processes are forked from one that
        # has imported it.
        switch = {"NUMBA_DISABLE_JIT": "1"} if phase == "interpreted" else {}
        kept = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
        command = [sys.executable, "-m", "benchmarks", "mutants", *words, "--phase", phase]
        codes.append(subprocess.call(command, env={**kept, **switch, "PYTHONWARNINGS": "ignore"}))
    return max(_report(report.earlier(path)), *codes)


def _phase(path: str) -> str:
    return "compiled" if path in COMPILED else "interpreted"


def _path(groups: dict[str, Group], chosen: Chosen) -> str:
    """The file that a mutant breaks: each group but that of the real faults is one file's."""
    name, index = chosen
    return groups[name].make(index).path if name == REAL else name


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks mutants", description="Break the code in one place at a time and run the tests."
    )
    parser.add_argument("--only", default="", metavar="PATH", help="only files whose path contains PATH")
    parser.add_argument("--sample", type=whole_number(0), metavar="N", help="a random sample of N mechanical mutants (all)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the sample (0)")
    parser.add_argument("--workers", type=whole_number(1), default=2, help="processes at once (2)")
    parser.add_argument("--anew", action="store_true", help="forget the outcomes of earlier runs")
    parser.add_argument("--list", action="store_true", help="show the mutants that are left and run nothing")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    report.add_out(parser)
    return parser.parse_args(arguments)


def _groups(former: dict[str, Any]) -> dict[str, Group]:
    """The real faults, and each file's mechanical mutants."""
    real = real_faults.mutants(ROOT)
    sources = "".join(mutant.source for mutant in real)
    groups = {REAL: mutant_books.group(sources, len(real), real.__getitem__, former.get(REAL, {}))}
    for path in TESTS:
        source = (ROOT / path).read_text()
        make = functools.partial(mutation.mutant, path, source)
        groups[path] = mutant_books.group(source, mutation.count(source), make, former.get(path, {}))
    return groups


def _chosen(groups: dict[str, Group], options: argparse.Namespace) -> list[Chosen]:
    """The mutants that this run still has to run: real faults, and all mechanical mutants or a
    sample of them.
    """
    every = [(name, index) for name, group in groups.items() for index in range(len(group.outcomes))]
    real = [each for each in every if each[0] == REAL]
    mechanical = [each for each in every if each[0] != REAL and options.only in each[0]]
    if not mechanical:
        raise InputError(f"--only: expected a part of a path such as nn/layers/dense.py, got {options.only!r}")
    if options.sample is not None and options.sample < len(mechanical):
        mechanical = random.Random(options.seed).sample(mechanical, options.sample)
    wanted = {*real, *mechanical}
    left = [
        (name, index)
        for name, group in groups.items()
        for index in group.chosen({index for where, index in wanted if where == name})
    ]
    paths = [_path(groups, each) for each in left]
    return [
        each for each, path in zip(left, paths, strict=True) if options.only in path and options.phase in (None, _phase(path))
    ]


def run_all(chosen: Sequence[Chosen], groups: dict[str, Group], workers: int, save: Callable[[], object]) -> None:
    """Run every mutant's tests, `workers` at once, and record its outcome in its group; save the
    records now and then.

    Raises:
        InputError: at the end, if the tests of some files fail before anything is broken. Their
            mutants are left out.
    """
    known: dict[str, Before | None] = {}
    running: dict[int, tuple[str, Mutant, int]] = {}
    waiting, done, saved = deque(chosen), 0, time.monotonic()
    while waiting or running:
        while waiting and len(running) < workers:
            name, index = waiting.popleft()
            mutant = groups[name].make(index)
            if mutant.path not in known:
                known[mutant.path] = _before(mutant.path)
            unbroken = known[mutant.path]
            if unbroken and unbroken.traces.of(mutant) is None and name != REAL:
                done += 1
                _record(groups[name], mutant, index, SURVIVED, f"[{done}/{len(chosen)}] reached by no test")
            elif unbroken:
                running[start(mutant, unbroken)] = name, mutant, index
        if not running:
            break
        child, status = os.wait()
        name, mutant, index = running.pop(child)
        done += 1
        _record(groups[name], mutant, index, SURVIVED if survived(status) else KILLED, f"[{done}/{len(chosen)}] survived")
        if time.monotonic() > saved + WRITE_EVERY:
            save()
            saved = time.monotonic()
    save()
    failing = [path for path, unbroken in known.items() if unbroken is None]
    if failing:
        raise InputError(f"the tests of {', '.join(failing)} fail before anything is broken, or are flaky")


def _record(group: Group, mutant: Mutant, index: int, outcome: str, what: str) -> None:
    group.outcomes[index] = outcome
    if outcome == SURVIVED:
        why = explained.reason(mutant)
        print(f"{what}: {mutant}" + (f"\n    explained: {why}" if why else ""), flush=True)


def _before(path: str) -> Before | None:
    try:
        return before(path)
    except InputError as error:
        print(error, flush=True)
        return None


def _save(groups: dict[str, Group], spent: float, path: Path) -> None:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    report.save(path, {**mutant_books.summary(groups), "processor_seconds": spent + usage.ru_utime + usage.ru_stime})


def _report(body: dict[str, Any]) -> int:
    keys = ("mutants", "killed", "explained", "survived", "waiting")
    print(
        report.table([{"file": name, **row} for name, row in body["files"].items()], {"file": "", **{key: key for key in keys}})
    )
    noticeable = body["killed"] + body["survived"]
    share = body["killed"] / max(noticeable, 1)
    print(", ".join(f"{body[key]} {key}" for key in keys[1:]), end=": ")
    print(f"{100 * share:.1f} % of {noticeable} killed")
    return 0 if share >= WANTED else 1
