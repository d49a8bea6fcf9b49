"""A process for every mutant, forked from one in which pytest, NumPy and Numba are loaded already; no source is written."""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import IO, Any

from benchmarks.audit.mutant_tests import COMPILED_TESTS, ROOT, TESTS, Tracer, Traces
from benchmarks.audit.mutation import Mutant
from nn.errors import InputError

# How much processor time a mutant may take: so many seconds, and so many times as much as the tests take.
SPARE_SECONDS, PATIENCE = 5, 2
# How long it may wait for whatever it waits for.
HOUR = 3600
PASSED = 0


@dataclass
class Before:
    """What the tests did before anything was broken, and how many seconds of processor time a mutant may take."""

    limit: int
    traces: Traces


def before(path: str) -> Before:
    """Run the tests of a file as it is.

    Raises:
        InputError: they fail, so that they would catch every mutant.
    """
    import numba  # noqa: F401  (all loaded here, so that every fork has them)
    import scipy.signal  # noqa: F401

    mutant = Mutant(path, 0, "", "", (ROOT / path).read_text())
    with tempfile.TemporaryFile("w+") as file:
        if path in COMPILED_TESTS:
            child = _fork(lambda: _with_the_compiler(mutant))
        else:
            child = _fork(lambda: _traced(mutant, file))
        _, status, usage = os.wait4(child, 0)
        if os.waitstatus_to_exitcode(status) != PASSED:
            raise InputError(f"{path}: its tests fail before anything is broken")
        file.seek(0)
        traces = Traces() if path in COMPILED_TESTS else Traces(**json.load(file))
    return Before(SPARE_SECONDS + PATIENCE * int(usage.ru_utime + usage.ru_stime + 1), traces)


def _traced(mutant: Mutant, file: IO[str]) -> int:
    tracer = Tracer(mutant.path)
    code = _pytest(mutant, TESTS[mutant.path], tracer)
    json.dump(asdict(tracer.traces), file)
    file.flush()
    return code


def survived(status: int) -> bool:
    """Whether a process ended as it does when no test noticed anything; one that waited for an hour was not noticed either."""
    return os.waitstatus_to_exitcode(status) in (PASSED, -signal.SIGALRM)


def start(mutant: Mutant, before: Before) -> int:
    """Fork a process that ends with pytest's exit code for the tests that the mutant meets; its number."""
    if mutant.path in COMPILED_TESTS:
        return _fork(lambda: _with_the_compiler(mutant), before.limit)
    return _fork(lambda: _pytest(mutant, before.traces.of(mutant) or TESTS[mutant.path]), before.limit)


def _fork(run: Callable[[], int], cpu_seconds: int | None = None) -> int:
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
    # Plugins that happen to be installed are not looked for: that takes as long as the tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os._exit(run())


def _with_the_compiler(mutant: Mutant) -> int:
    code = "import sys; from benchmarks import mutant_process as it; sys.exit(it.compiled_tests(sys.argv[1], sys.stdin.read()))"
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_DISABLE_JIT"}
    arguments = [sys.executable, "-c", code, mutant.path]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(arguments, input=mutant.source, text=True, env=environment, timeout=HOUR - 60).returncode
    return PASSED


def compiled_tests(path: str, source: str) -> int:
    """The exit code of the tests that need the compiler, for a file with other contents."""
    return _pytest(Mutant(path, 0, "", "", source), COMPILED_TESTS[path])


def _pytest(mutant: Mutant, tests: list[str], *plugins: object) -> int:
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
    options = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-W", "ignore"]
    with contextlib.suppress(SystemExit):
        return int(pytest.main([*options, *tests], plugins))
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
