"""Which tests a mutant meets: those of its file that come to the line where it is broken, the quickest first."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from benchmarks.audit.mutation import Mutant

ROOT = Path(__file__).parents[2]

LAYERS = "tests/layers/test_every_layer.py"
CONVOLUTION = ["tests/kernels/test_conv_kernels.py", "tests/layers/test_conv2d.py"]
WINOGRAD = ["tests/kernels/test_winograd.py"]
ELEMENTWISE = [
    "tests/layers/test_activations.py",
    "tests/layers/test_dropout.py",
    "tests/test_losses.py",
    "tests/optimizers/test_optimizers.py",
    "tests/kernels/test_other_kernels.py",
]
# The tests of each file; `-k` leaves out those that have nothing to do with it.
TESTS: dict[str, list[str]] = {
    "nn/kernels/conv.py": CONVOLUTION,
    "nn/kernels/conv_backward.py": CONVOLUTION,
    "nn/kernels/conv_pool_backward.py": CONVOLUTION,
    "nn/kernels/winograd.py": WINOGRAD,
    "nn/kernels/winograd3.py": [*WINOGRAD, "tests/layers/test_conv2d.py", "-k", "winograd"],
    "nn/kernels/winograd5.py": WINOGRAD,
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
    "nn/optimizers/__init__.py": ["tests/optimizers/test_optimizers.py"],
    "nn/initializers.py": ["tests/test_initializers.py", "tests/layers/test_dense.py"],
    "nn/optimizers/schedules.py": ["tests/optimizers/test_schedules.py"],
}
# Faults of the threads need the plan, and that the compiler.
COMPILED_TESTS = {
    "nn/engine/conv_operation.py": ["tests/engine/test_chunks.py"],
    "nn/engine/operations.py": ["tests/engine/test_chunks.py"],
}


@dataclass
class Traces:
    """The lines of a file that each test runs, and in how many seconds; and those that run before, in what tests share."""

    tests: dict[str, tuple[float, list[int]]] = field(default_factory=dict)
    shared: list[int] = field(default_factory=list)

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that come to the mutant's lines, the quickest first: without them nothing differs. None at all means all."""
        broken = set(mutant.lines)
        if broken.intersection(self.shared):
            return []
        coming = [(seconds, test) for test, (seconds, lines) in self.tests.items() if broken.intersection(lines)]
        return [test for _, test in sorted(coming)]


class Tracer:
    """A plugin of pytest that fills in `traces`."""

    def __init__(self, path: str) -> None:
        self.file = str(ROOT / path)
        self.traces = Traces()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Whatever fixtures run may be shared."""
        lines: set[int] = set()
        result = yield from self._traced(lines)
        self.traces.shared += sorted(lines)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """The test itself."""
        lines: set[int] = set()
        began = time.process_time()
        result = yield from self._traced(lines)
        self.traces.tests[item.nodeid] = time.process_time() - began, sorted(lines)
        return result

    def _traced(self, lines: set[int]) -> Generator[None, object, object]:
        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return inside

        before = sys.gettrace()
        sys.settrace(lambda frame, event, argument: inside if frame.f_code.co_filename == self.file else None)
        try:
            return (yield)
        finally:
            sys.settrace(before)
