"""python -m benchmarks mutants: do the tests notice when the code is broken?

Layers, kernels, losses, optimizers, initializers and schedules are broken in one place at a time: by faults that people have
really made (`real_faults.py`) and by mechanical ones (`mutation.py`, all of them or a random sample). Each mutant runs the tests
of its file, without the compiler and without shrinking, until the first failure. A mutant whose tests all pass has survived,
and is shown; `explained.py` holds those that were looked at and change nothing that a test could or should see.

Every mutant has a process of its own, forked from one in which pytest, NumPy and Numba are loaded already; no file is written.
First the files as they are go through their tests: these must pass, and say how much time a mutant may take before it counts as
caught in an endless loop.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from benchmarks import explained, mutation, real_faults
from benchmarks.mutation import Mutant
from nn.cli import ArgumentParser, whole_number
from nn.errors import InputError
from nn.files import atomic_write, check_writable

ROOT = Path(__file__).parent.parent
# How long a mutant may take: so many seconds, and so many times as long as the tests take.
SPARE_SECONDS, PATIENCE = 5, 2
WANTED = 0.95
SURVIVED = 0

LAYERS = "tests/layers/test_every_layer.py"
CONVOLUTION = ["tests/kernels/test_conv_kernels.py", "tests/layers/test_conv2d.py"]
ELEMENTWISE = [
    "tests/layers/test_activations.py",
    "tests/layers/test_dropout.py",
    "tests/test_losses.py",
    "tests/test_optimizers.py",
    "tests/kernels/test_other_kernels.py",
]
# The tests of each file, the quickest first; `-k` in the middle of a list belongs to the file before it.
TESTS: dict[str, list[str]] = {
    "nn/kernels/conv.py": CONVOLUTION,
    "nn/kernels/conv_backward.py": CONVOLUTION,
    "nn/kernels/conv_pool_backward.py": CONVOLUTION,
    "nn/kernels/winograd.py": CONVOLUTION,
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
    if options.json:
        check_writable(options.json, "--json")
    if os.environ.get("NUMBA_DISABLE_JIT") != "1" and not options.list:
        # Without the compiler: to be said before Numba is imported, and here, in the process that is forked later.
        words = sys.argv[2:] if arguments is None else list(arguments)
        environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
        return subprocess.call([sys.executable, "-m", "benchmarks", "mutants", *words], env=environment)
    mutants = _chosen(options.only, options.sample, options.seed)
    if not mutants:
        raise InputError(f"--only: expected a part of a path such as nn/layers/dense.py, got {options.only!r}")
    if options.list:
        print(*mutants, f"{len(mutants)} mutants", sep="\n")
        return 0
    started = time.perf_counter()
    limits = time_limits({mutant.path for mutant in mutants})
    survivors = run_all(mutants, limits, options.workers)
    return _report(mutants, survivors, time.perf_counter() - started, options.json)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks mutants", description="Break the code in one place at a time and run the tests."
    )
    parser.add_argument("--only", default="", metavar="PATH", help="only files whose path holds this")
    parser.add_argument("--sample", type=whole_number(0), metavar="N", help="so many of the mechanical mutants, at random (all)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the sample (0)")
    parser.add_argument("--workers", type=whole_number(1), default=2, help="processes at once (2)")
    parser.add_argument("--json", metavar="FILE", help="write the outcome as JSON")
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    return parser.parse_args(arguments)


def _chosen(only: str, sample: int | None, seed: int) -> list[Mutant]:
    """All real faults, and the mechanical mutants or a sample of them."""
    sources = {path: (ROOT / path).read_text() for path in TESTS if only in path}
    mechanical = [(path, number) for path, source in sources.items() for number in range(mutation.count(source))]
    if sample is not None and sample < len(mechanical):
        chosen = sorted(random.Random(seed).sample(range(len(mechanical)), sample))
        mechanical = [mechanical[number] for number in chosen]
    real = [mutant for mutant in real_faults.mutants(ROOT) if only in mutant.path]
    return real + [mutation.mutant(path, sources[path], number) for path, number in mechanical]


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
        if os.waitstatus_to_exitcode(status) != SURVIVED:
            raise InputError(f"{path}: its tests fail before anything is broken")
        limits[path] = SPARE_SECONDS + PATIENCE * int(usage.ru_utime + usage.ru_stime + 1)
    return limits


def run_all(mutants: list[Mutant], limits: dict[str, int], workers: int) -> list[Mutant]:
    """Run every mutant's tests, `workers` at once; those whose tests all passed."""
    running: dict[int, Mutant] = {}
    survivors, done = [], 0
    waiting = list(mutants)
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop(0)
            running[_start(mutant, limits[mutant.path])] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        done += 1
        if os.waitstatus_to_exitcode(status) == SURVIVED:
            survivors.append(mutant)
            why = explained.reason(mutant)
            print(f"[{done}/{len(mutants)}] survived: {mutant}" + (f"\n    explained: {why}" if why else ""), flush=True)
    return survivors


def _start(mutant: Mutant, cpu_seconds: int | None) -> int:
    """Fork a process that ends with pytest's exit code for the tests of the mutant's file; its number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
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
    return subprocess.run([sys.executable, "-c", code, mutant.path], input=mutant.source, text=True, env=environment).returncode


def compiled_tests(path: str, source: str) -> int:
    """The exit code of the tests that need the compiler, for a file with other contents."""
    return _pytest(Mutant(path, 0, "", "", source), COMPILED_TESTS[path])


def _pytest(mutant: Mutant, tests: list[str]) -> int:
    import hypothesis
    import pytest

    hypothesis.settings.register_profile("mutants", phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])
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


def _report(mutants: list[Mutant], survivors: list[Mutant], seconds: float, path: str | None) -> int:
    unexplained = [mutant for mutant in survivors if not explained.reason(mutant)]
    counted = len(mutants) - len(survivors) + len(unexplained)
    share = 1 - len(unexplained) / max(counted, 1)
    print(
        f"{len(mutants)} mutants, {len(mutants) - len(survivors)} killed, {len(survivors) - len(unexplained)} explained, ", end=""
    )
    print(f"{len(unexplained)} survived: {100 * share:.1f} % of {counted} killed, in {seconds:.0f} s")
    if path:
        outcome = {
            "mutants": len(mutants),
            "killed": len(mutants) - len(survivors),
            "explained": {str(mutant): explained.reason(mutant) for mutant in survivors if mutant not in unexplained},
            "survived": [str(mutant) for mutant in unexplained],
            "seconds": round(seconds, 1),
        }
        with atomic_write(path) as file:
            file.write(json.dumps(outcome, indent=1, ensure_ascii=False).encode() + b"\n")
    return 0 if share >= WANTED else 1
