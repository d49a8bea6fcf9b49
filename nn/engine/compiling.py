"""What happens when kernels are compiled: it is reported, and other processes take a part of the
work.

Kernels are compiled when they are first called on a machine, and loaded from disk from then on.
Numba announces each compilation (`numba.core.event`), so nothing here has to guess whether one
happens.

Numba compiles one function at a time in a process, on one processor. Other processes can compile
other kernels into the same cache at the same time. A training meets its kernels from the first
layer's forward pass on; a process beside it calls them from the other end (`compile_in_reverse`).
Each finds compiled what the other has done, and they meet in the middle.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.io.interrupts import SIGNALS, on_leaving

if TYPE_CHECKING:
    from nn.engine.trainable import TrainableStack

# What a process beside this one runs; `{statements}` compile something, and print a line after each.
HELPER = """
from nn.engine.compiling import ends_with_its_starter, objects_frozen
ends_with_its_starter()
with objects_frozen():
{statements}
"""
PATIENCE = 1.0  # seconds that such a process has to end by itself


def load_compiler() -> None:
    """Import Numba and all that it would otherwise import at the first call of a kernel: half a
    second, for a quiet moment.
    """
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


@contextlib.contextmanager
def report_compilation() -> Iterator[None]:
    """Print a line to stderr if anything is compiled inside: that it starts, how long it took, and
    whether it was kept.
    """
    from nn.kernels.cache import Report

    began = 0.0

    def announce() -> None:
        nonlocal began
        began = time.perf_counter()
        # What it took on machines of 2018 to 2024.
        print("compiling the kernels that are needed for the first time, up to 20 s ...", end="", file=sys.stderr, flush=True)

    def end_line() -> None:
        if began:
            os.write(2, b"\n")

    done = False
    try:
        with on_leaving(end_line), _at_first_compilation(announce):
            yield
        done = True
    finally:
        if began:
            print(f" done in {time.perf_counter() - began:.0f} s" if done else "", file=sys.stderr, flush=True)
            if Report.failure:
                reason = Report.failure.strerror or Report.failure
                print(f"the compiled kernels could not be kept ({reason}), so the next start compiles again", file=sys.stderr)


@contextlib.contextmanager
def compiled_beside(*statements: Callable[[], str]) -> Iterator[Callable[[], None]]:
    """If anything is compiled inside, other processes meanwhile compile the kernels that these
    Python statements call: one process for each where there are processors enough, else one for
    all, in their order. What makes a statement is called when it is needed.

    Yields a function that waits until the first statement is done. The processes end with the
    context, and with this process, in any case. If one fails, only time is lost: a kernel that is
    not in the cache is compiled by the process that calls it. Inside another such context nothing
    more is started.
    """
    from nn.engine.executor import available_threads

    global _is_beside
    if _is_beside or not statements:
        yield lambda: None
        return
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        others = min(available_threads() - 1, len(statements))
        # A program that is frozen into one file is its own `sys.executable`.
        if others and sys.executable and not hasattr(sys, "frozen"):
            made = [statement() for statement in statements]
            processes.extend(_start(part) for part in ([[each] for each in made] if others == len(made) else [made]))

    def wait() -> None:
        if processes:
            assert processes[0].stdout is not None
            processes[0].stdout.readline()

    _is_beside = True
    try:
        with _at_first_compilation(start), objects_frozen():
            yield wait
    finally:
        _is_beside = False
        for process in processes:
            _stop(process)


_is_beside = False


def _start(statements: Sequence[str]) -> subprocess.Popen[bytes]:
    folders = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    lines = "".join(f"    {statement}\n    print(flush=True)\n" for statement in statements)
    return subprocess.Popen(
        [sys.executable, "-c", HELPER.format(statements=lines)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def in_reverse(model: TrainableStack) -> str:
    """A statement that compiles the kernels of a model's training step from the end. Layers, a
    loss or an optimizer of the user's own cannot be described in it; then it fails, and the
    process with it.
    """
    from nn.io.model_file import describe

    described = {**describe(model), "compiled": model.choices().describe(), "dtype": model.dtype.name}
    return f"from nn.engine.compiling import compile_in_reverse; compile_in_reverse({json.dumps(described)!r})"


@contextlib.contextmanager
def first_step(model: TrainableStack, *, reported: bool) -> Iterator[None]:
    """Around the first step of a fused training, which on a new machine compiles the kernels: say
    so if it is to be `reported`, and let another process compile them from the end.
    """
    with report_compilation() if reported else contextlib.nullcontext(), compiled_beside(lambda: in_reverse(model)):
        yield


def compile_in_reverse(description: str) -> None:
    """Call every operation of a training step once, on zeros and in reverse order: the updates of
    the first layer, and at last its forward pass.
    """
    import numpy as np

    from nn.engine.operations import Chunk, LayerOperation
    from nn.engine.plan import Plan
    from nn.engine.step import Step

    model = _described(json.loads(description))
    keys = model.random_keys(np.random.default_rng(0))
    plan = Plan(model.layers, 1, model.dtype, model.loss)
    step = Step(
        source=None,  # type: ignore[arg-type]
        indices=np.zeros(1, np.int64),
        epoch=0,
        keys=keys,
        optimizer=model.optimizer,
        slots=model.slots(),
        rate=1.0,
        number=0,
    )
    chunk = Chunk(0, slice(0, 1), keys)
    with np.errstate(all="ignore"):
        for operation, piece in plan.updates():
            operation.update(piece, step, 1)
        for operation in plan.learning:
            if isinstance(operation, LayerOperation):  # it goes back from what its forward pass has kept
                operation.forward(chunk)
                operation.forward_batch(chunk)
            operation.backward(chunk)
            operation.backward_batch(chunk)
            operation.gather_backward(chunk)
        plan.backward_from_loss(chunk, 1)
        for operation in reversed(plan.operations):
            operation.forward(chunk)
            operation.forward_batch(chunk)
            operation.gather_forward(chunk)


def _described(described: dict[str, Any]) -> TrainableStack:
    """The model of `in_reverse`, with new weights."""
    from nn.engine.trainable import TrainableStack
    from nn.io import compiled, model_file

    layers, shape = model_file.layers_from(described, "compiling")
    model = TrainableStack(layers, dtype=described["dtype"])
    model.build(shape)
    choices = compiled.read(described["compiled"], {}, {}, "compiling")
    model.loss, model.optimizer = choices.loss, choices.optimizer
    return model


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Tell the process to end, which removes the file that it is writing; kill it if it does not."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ends_with_its_starter() -> None:
    """In such a process: end when the first one says so or is gone, which both closes the pipe
    that is our stdin.

    Signals are ignored. A terminal sends them to both, and the first process is the one that
    answers them.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)

    def watch() -> None:
        # Not `sys.stdin.read`: Python's end would wait in vain for the lock that it holds.
        os.read(0, 1)
        if "nn.kernels.cache" in sys.modules:
            sys.modules["nn.kernels.cache"].remove_unfinished()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def objects_frozen() -> Iterator[None]:
    """Exempt the objects that exist from garbage collection; to look at them again and again would
    take a tenth of the compiling time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _at_first_compilation(call: Callable[[], None]) -> Iterator[None]:
    """Call once, when Numba begins to compile for the first time inside."""
    from numba.core import event

    # A class is in a reference cycle, so what it sees is kept until the next collection: here, an
    # empty list rather than `call` and the network that it holds.
    calls = [call]

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            if calls:
                calls.pop()()

        def on_end(self, event: Any) -> None:
            pass

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
        calls.clear()
