"""python -m benchmarks mutants: do the tests notice when the code is broken?

Layers, kernels, losses, optimizers, initializers and schedules are broken in one place at a time: by faults that people have
really made (`real_faults.py`) and by mechanical ones (`mutation.py`, all of them or a random sample). Each mutant runs the tests
of its file, without the compiler and without shrinking, until the first failure. A mutant whose tests all pass has survived,
and is shown; `explained.py` holds those that were looked at and change nothing that a test could or should see.

Every mutant has a process of its own, forked from one in which pytest, NumPy and Numba are loaded already; no source is written.
First the files as they are go through their tests: these must pass, and say how much processor time a mutant may take before it
counts as caught in an endless loop. One that waits for an hour counts as a survivor: a machine that is busy, or asleep, kills
nothing.

The outcome of each mutant is kept in `results/mutants.json` (--out). The next run goes on with those that have not run yet and
with the survivors, which may meet new tests; a file that has changed begins anew.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.machinery
import importlib.util
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from benchmarks import explained, mutant_books, mutation, real_faults, report
from benchmarks.mutant_books import KILLED, SURVIVED, Group
from benchmarks.mutation import Mutant
from nn.cli import ArgumentParser, whole_number
from nn.errors import InputError

ROOT = Path(__file__).parent.parent
# How much processor time a mutant may take: so many seconds, and so many times as much as the tests take.
SPARE_SECONDS, PATIENCE = 5, 2
# How long it may wait for whatever it waits for.
HOUR = 3600
# Seconds between two looks at the books by whoever has to go on with them.
WRITE_EVERY = 30
WANTED = 0.95
PASSED = 0
REAL = "real faults"

LAYERS = "tests/layers/test_every_layer.py"
CONVOLUTION = ["tests/kernels/test_conv_kernels.py", "tests/layers/test_conv2d.py"]
ELEMENTWISE = [
    "tests/layers/test_activations.py",
    "tests/layers/test_dropout.py",
    "tests/test_losses.py",
    "tests/test_optimizers.py",
    "tests/kernels/test_other_kernels.py",
]
# The tests of each file, the quickest first; `-k` leaves out those that never come to the file.
TESTS: dict[str, list[str]] = {
    "nn/kernels/conv.py": CONVOLUTION,
    "nn/kernels/conv_backward.py": [*CONVOLUTION, "-k", "not test_forward and not winograd"],
    "nn/kernels/conv_pool_backward.py": [CONVOLUTION[0], "-k", "fused_backward or parts or tall"],
    "nn/kernels/winograd.py": [*CONVOLUTION, "-k", "winograd or tiles"],
    "nn/kernels/dense.py": ["tests/layers/test_dense.py", "tests/kernels/test_other_kernels.py"],
    "nn/kernels/pool.py": ["tests/layers/test_pooling.py", "tests/kernels/test_other_kernels.py"],
    "nn/kernels/elementwise.py": ELEMENTWISE,
    "nn/kernels/memory.py": ["tests/kernels/test_other_kernels.py"],
    "nn/layers/base.py": ["tests/layers/test_base.py", "tests/layers/test_conv2d.py", "tests/layers/test_pooling.py", LAYERS],
    "nn/layers/activations.py": ["tests/layers/test_activations.py", LAYERS, "-k", "activations or relu or softmax or linear"],
    "nn/layers/conv2d.py": ["tests/layers/test_conv2d.py", LAYERS, "-k", "conv"],
    "nn/layers/dense.py": ["tests/layers/test_dense.py", LAYERS, "-k", "dense"],
    "nn/layers/dropout.py": ["tests/layers/test_dropout.py", LAYERS, "-k", "dropout"],
    "nn/layers/flatten.py": ["tests/layers/test_base.py", LAYERS, "-k", "flatten"],
    "nn/layers/pooling.py": ["tests/layers/test_pooling.py", LAYERS, "-k", "pool"],
    "nn/losses.py": ["tests/test_losses.py"],
    "nn/optimizers.py": ["tests/test_optimizers.py"],
    "nn/initializers.py": ["tests/test_initializers.py", "tests/layers/test_dense.py"],
    "nn/schedules.py": ["tests/test_schedules.py"],
}
# Faults of the threads need the plan, and that the compiler.
COMPILED_TESTS = {"nn/conv_step.py": ["tests/test_parts.py"], "nn/steps.py": ["tests/test_parts.py"]}


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


def time_limits(paths: set[str]) -> dict[str, int]:
    """The CPU seconds that a mutant of each file may take.

    Raises:
        InputError: tests fail although nothing is broken, so that they would catch every mutant.
    """
    import hypothesis  # noqa: F401  (all loaded here, so that every fork has them)
    import numba  # noqa: F401
    import pytest  # noqa: F401
    import scipy.signal  # noqa: F401

    limits = {}
    for path in sorted(paths):
        child = _start(Mutant(path, 0, "", "", (ROOT / path).read_text()), None)
        _, status, usage = os.wait4(child, 0)
        if os.waitstatus_to_exitcode(status) != PASSED:
            raise InputError(f"{path}: its tests fail before anything is broken")
        limits[path] = SPARE_SECONDS + PATIENCE * int(usage.ru_utime + usage.ru_stime + 1)
    return limits


def run_all(chosen: list[tuple[str, Mutant, int]], groups: dict[str, Group], workers: int, save: Callable[[], object]) -> None:
    """Run every mutant's tests, `workers` at once, and write into its group what became of it; save the books now and then."""
    limits = time_limits({mutant.path for _, mutant, _ in chosen})
    running: dict[int, tuple[str, Mutant, int]] = {}
    waiting, done, saved = chosen[::-1], 0, time.monotonic()
    while waiting or running:
        while waiting and len(running) < workers:
            name, mutant, number = waiting.pop()
            running[_start(mutant, limits[mutant.path])] = name, mutant, number
        child, status = os.wait()
        name, mutant, number = running.pop(child)
        done += 1
        survived = os.waitstatus_to_exitcode(status) in (PASSED, -signal.SIGALRM)
        groups[name].outcomes[number] = SURVIVED if survived else KILLED
        if survived:
            why = explained.reason(mutant)
            print(f"[{done}/{len(chosen)}] survived: {mutant}" + (f"\n    explained: {why}" if why else ""), flush=True)
        if time.monotonic() > saved + WRITE_EVERY:
            save()
            saved = time.monotonic()


def _start(mutant: Mutant, cpu_seconds: int | None) -> int:
    """Fork a process that ends with pytest's exit code for the tests of the mutant's file; its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    signal.alarm(HOUR)
    if cpu_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    os._exit(_with_the_compiler(mutant) if mutant.path in COMPILED_TESTS else _pytest(mutant, TESTS[mutant.path]))


def _with_the_compiler(mutant: Mutant) -> int:
    code = "import sys; from benchmarks import mutants; sys.exit(mutants.compiled_tests(sys.argv[1], sys.stdin.read()))"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    arguments = [sys.executable, "-c", code, mutant.path]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(arguments, input=mutant.source, text=True, env=environment, timeout=HOUR - 60).returncode
    return PASSED


def compiled_tests(path: str, source: str) -> int:
    """The exit code of the tests that need the compiler, for a file with other contents."""
    return _pytest(Mutant(path, 0, "", "", source), COMPILED_TESTS[path])


def _pytest(mutant: Mutant, tests: list[str]) -> int:
    import hypothesis
    import pytest

    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    patient = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("mutants", phases=phases, deadline=None, suppress_health_check=patient)
    hypothesis.settings.load_profile("mutants")
    name = mutant.path.removesuffix(".py").replace("/", ".")
    for loaded in [loaded for loaded in sys.modules if loaded == "nn" or loaded.startswith("nn.")]:
        del sys.modules[loaded]
    sys.meta_path.insert(0, _Finder(name, ROOT / mutant.path, mutant.source))
    with contextlib.suppress(SystemExit):
        return int(pytest.main(["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-W", "ignore", *tests]))
    return 1


class _Finder:
    """Gives one module other contents than its file has."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        """The mutant's specification for its own name, nothing for others."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=_Loader(name, str(self.path), self.source))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """The mutant's code."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


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
