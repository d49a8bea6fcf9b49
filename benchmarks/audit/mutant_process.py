"""Runs each mutant's tests in a process of its own; no source file is written.

The process is forked from one that has already loaded pytest, NumPy, Numba and, with the compiler,
the machine code of the kernels. There the mutant's module gets the mutated source when it is
imported.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Any

from benchmarks.audit.mutant_tests import ROOT, TESTS, Tracer, Traces
from benchmarks.audit.mutation import Mutant
from nn.errors import InputError

# A mutant's limit of processor time: some spare seconds, and a multiple of what the tests take.
SPARE_SECONDS, PATIENCE = 5, 2
# A deadlock is a process that uses no processor time: for so many looks at its clock, so many
# seconds apart.
IDLE_LOOKS, SECONDS_BETWEEN, IDLE_SECONDS = 8, 2.0, 0.02
# The limit of waiting for anything else.
HOUR = 3600
PASSED, DEADLOCK = 0, 86


@dataclass
class Before:
    """What the tests did before anything was broken, and the limit of processor time in seconds
    that follows from it.
    """

    limit: int
    traces: Traces


def load(compiled: bool) -> None:
    """Import everything that the forked processes share; with the compiler also the kernels'
    machine code.
    """
    import hypothesis.strategies  # noqa: F401
    import numba  # noqa: F401
    import PIL.ImageDraw  # noqa: F401
    import scipy.signal  # noqa: F401

    if compiled:
        from nn.datasets import mnist
        from nn.train.recipe import CLASSIC
        from nn.train.setup import warm_up

        warm_up(CLASSIC, mnist.load_data()[0])
    # pytest collects garbage when it ends, which need not go through all this each time.
    gc.collect()
    gc.freeze()


def before(path: str) -> Before:
    """Run the tests of a file as it is.

    Raises:
        InputError: they fail, so they would kill every mutant.
    """
    source = (ROOT / path).read_text()
    unbroken = Mutant(path, 0, before="", after="", source=source, lines=range(source.count("\n")))
    with tempfile.TemporaryFile("w+") as file:
        _, traced, _ = os.wait4(_fork(lambda: _traced(unbroken, file)), 0)
        file.seek(0)
        traces = Traces(**json.loads(file.read() or "{}"))
    # Once more as the mutants will run them: each test by its name, and without tracing.
    _, named, usage = os.wait4(_fork(lambda: _pytest(unbroken, traces.of(unbroken) or TESTS[path])), 0)
    if (traced, named) != (PASSED, PASSED):
        raise InputError(f"{path}: its tests fail before anything is broken ({' '.join(TESTS[path])})")
    return Before(SPARE_SECONDS + PATIENCE * int(usage.ru_utime + usage.ru_stime + 1), traces)


def _traced(mutant: Mutant, file: IO[str]) -> int:
    tracer = Tracer(mutant.path)
    code = _pytest(mutant, TESTS[mutant.path], tracer)
    json.dump(asdict(tracer.traces), file)
    file.flush()
    return code


def survived(status: int) -> bool:
    """Whether no test noticed the mutant. One that was still running after an hour was not noticed
    either.
    """
    return os.waitstatus_to_exitcode(status) in (PASSED, -signal.SIGALRM)


def start(mutant: Mutant, before: Before) -> int:
    """Fork a process that runs the mutant's tests and ends with pytest's exit code; returns its
    process ID.
    """
    return _fork(lambda: _pytest(mutant, before.traces.of(mutant) or TESTS[mutant.path]), before.limit)


def _fork(run: Callable[[], int], cpu_seconds: int | None = None) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    signal.alarm(HOUR)
    if cpu_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        threading.Thread(target=_end_when_idle, daemon=True).start()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.chdir(ROOT)
    # Do not look for the pytest plugins that happen to be installed: that takes as long as the
    # tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os._exit(run())


def _end_when_idle() -> None:
    """End this process when all its threads wait for each other. On a busy machine they would
    still use a little time.
    """
    idle, used = 0, _seconds_used()
    while idle < IDLE_LOOKS:
        time.sleep(SECONDS_BETWEEN)
        now = _seconds_used()
        idle, used = idle + 1 if abs(now - used) < IDLE_SECONDS else 0, now
    os._exit(DEADLOCK)


def _seconds_used() -> float:
    """Processor time of this process and of its living children, for some of which a test may be
    waiting.
    """
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[1]) == os.getpid() else 0
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _pytest(mutant: Mutant, tests: list[str], *plugins: object) -> int:
    import hypothesis
    import pytest

    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    patient = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("mutants", phases=phases, deadline=None, suppress_health_check=patient)
    hypothesis.settings.load_profile("mutants")
    name = mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    _forget_modules(name)
    sys.meta_path.insert(0, _Finder(name, ROOT / mutant.path, mutant.source))
    # At its end the plugin for unraisable exceptions collects garbage five times, only to warn.
    plain = ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception", "-W", "ignore"]
    options = ["-x", "-q", "--tb=no", "--assert=plain", *plain]
    with contextlib.suppress(SystemExit):
        return int(pytest.main([*options, *tests], plugins))
    return 1


def _forget_modules(mutated: str) -> None:
    """Let the product be imported anew, so that everything sees the mutant.

    Kernels import nothing but each other, so they and their machine code stay unless the mutant is
    one of them.
    """
    kept = ["nn.errors"] if mutated.startswith("nn.kernels") else ["nn.errors", "nn.kernels"]
    for name in list(sys.modules):
        ours = name.partition(".")[0] in ("nn", "apps")
        if ours and not any(name == each or name.startswith(f"{each}.") for each in kept):
            del sys.modules[name]


class _Finder:
    """Imports one module from another source than its file's."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        """The mutant's specification for its own name, None for others."""
        if name != self.name:
            return None
        loader = _Loader(name, str(self.path), self.source)
        package = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, self.path, loader=loader, submodule_search_locations=package
        )  # fmt: skip


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """The mutant's code."""
        return compile(self.source, self.path, "exec", dont_inherit=True)
