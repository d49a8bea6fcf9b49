"""python -m benchmarks mutants: do the tests notice when the code is broken?

Layers, kernels, losses, optimizers, initializers and schedules are broken in one place at a time: by faults that people have
really made (`real_faults.py`) and by mechanical ones (`mutation.py`, all of them or a random sample). Each mutant runs those
tests of its file that come to the broken line, without the compiler and without shrinking, until the first failure. A mutant
whose tests all pass has survived, and is shown; `explained.py` holds those that were looked at and change nothing that a test
could or should see.

Every mutant has a process of its own, forked from one in which pytest, NumPy and Numba are loaded already; no source is written.
First the files as they are go through their tests: these must pass, and say how much processor time a mutant may take before it
counts as caught in an endless loop. One that waits for an hour counts as a survivor: a machine that is busy, or asleep, kills
nothing.

The outcome of each mutant is kept in `results/mutants.json` (--out). The next run goes on with those that have not run yet and
with the survivors, which may meet new tests; a file that has changed begins anew.
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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.audit import explained, mutant_books, mutation, real_faults
from benchmarks.audit.mutant_books import KILLED, SURVIVED, Group
from benchmarks.audit.mutant_process import before, start, survived
from benchmarks.audit.mutant_tests import ROOT, TESTS
from benchmarks.audit.mutation import Mutant
from nn.errors import InputError
from nn.io.cli import ArgumentParser, whole_number

# Seconds between two looks at the books by whoever has to go on with them.
WRITE_EVERY = 30
WANTED = 0.95
REAL = "real faults"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants; 0 if at least 95 % of those that are not explained are killed, else 1."""
    options = _options(arguments)
    place = report.check_out(options.out, "mutants")
    if os.environ.get("NUMBA_DISABLE_JIT") != "1" and not options.list:
        # Without the compiler: to be said before Numba is imported, and here, in the process that is forked later.
        words = sys.argv[2:] if arguments is None else list(arguments)
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
        return subprocess.call([sys.executable, "-m", "benchmarks", "mutants", *words], env=environment)
    former = {} if options.anew else report.everything(place)
    groups = _groups(former.get("files", {}))
    chosen = _chosen(groups, options.only, options.sample, options.seed)
    if options.list:
        print(*(mutant for _, mutant, _ in chosen), f"{len(chosen)} mutants", sep="\n")
        return 0
    spent = former.get("processor_seconds", 0.0)
    run_all(chosen, groups, options.workers, lambda: _save(groups, spent, place))
    return _report(_save(groups, spent, place))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks mutants", description="Break the code in one place at a time and run the tests."
    )
    parser.add_argument("--only", default="", metavar="PATH", help="only files whose path holds this")
    parser.add_argument("--sample", type=whole_number(0), metavar="N", help="so many of the mechanical mutants, at random (all)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the sample (0)")
    parser.add_argument("--workers", type=whole_number(1), default=2, help="processes at once (2)")
    parser.add_argument("--anew", action="store_true", help="forget what earlier runs have found")
    parser.add_argument("--list", action="store_true", help="show the mutants that are left and run nothing")
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


def _chosen(groups: dict[str, Group], only: str, sample: int | None, seed: int) -> list[tuple[str, Mutant, int]]:
    """What is left to do of all real faults and of the mechanical mutants, or a sample of these: group, mutant and number."""
    places = [(name, number) for name, group in groups.items() for number in range(len(group.outcomes))]
    real = [place for place in places if place[0] == REAL]
    mechanical = [place for place in places if place[0] != REAL and only in place[0]]
    if not mechanical:
        raise InputError(f"--only: expected a part of a path such as nn/layers/dense.py, got {only!r}")
    if sample is not None and sample < len(mechanical):
        mechanical = random.Random(seed).sample(mechanical, sample)
    wanted = {*real, *mechanical}
    return [
        (name, mutant, number)
        for name, group in groups.items()
        for mutant, number in group.chosen({number for where, number in wanted if where == name})
        if only in mutant.path
    ]


def run_all(chosen: list[tuple[str, Mutant, int]], groups: dict[str, Group], workers: int, save: Callable[[], object]) -> None:
    """Run every mutant's tests, `workers` at once, and write into its group what became of it; save the books now and then."""
    known = {path: before(path) for path in sorted({mutant.path for _, mutant, _ in chosen})}
    running: dict[int, tuple[str, Mutant, int]] = {}
    waiting, done, saved = chosen[::-1], 0, time.monotonic()
    while waiting or running:
        while waiting and len(running) < workers:
            name, mutant, number = waiting.pop()
            running[start(mutant, known[mutant.path])] = name, mutant, number
        child, status = os.wait()
        name, mutant, number = running.pop(child)
        done += 1
        groups[name].outcomes[number] = SURVIVED if survived(status) else KILLED
        if survived(status):
            why = explained.reason(mutant)
            print(f"[{done}/{len(chosen)}] survived: {mutant}" + (f"\n    explained: {why}" if why else ""), flush=True)
        if time.monotonic() > saved + WRITE_EVERY:
            save()
            saved = time.monotonic()


def _save(groups: dict[str, Group], spent: float, place: Path) -> dict[str, Any]:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    body = {**mutant_books.summary(groups), "processor_seconds": spent + usage.ru_utime + usage.ru_stime}
    report.save(place, body)
    return body


def _report(body: dict[str, Any]) -> int:
    columns = {"file": "", "mutants": "mutants", "killed": "killed", "explained": "explained", "survived": "survived"}
    print(report.table([{"file": name, **row} for name, row in body["files"].items()], columns))
    noticeable = body["killed"] + body["survived"]
    share = body["killed"] / max(noticeable, 1)
    print(f"{body['killed']} killed, {body['explained']} explained, {body['survived']} survived", end=": ")
    print(f"{100 * share:.1f} % of {noticeable} killed")
    return 0 if share >= WANTED else 1
