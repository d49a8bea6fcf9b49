"""What happens when kernels are compiled: it is reported, and a second process takes half of the
work.

Kernels are compiled when they are first called on a machine, and loaded from disk from then on.
Numba announces each compilation (`numba.core.event`), so nothing here has to guess whether one
happens.

Numba compiles one function at a time in a process, on one processor. A second process can compile
other kernels into the same cache at the same time.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nn.io.interrupts import SIGNALS, on_leaving

# What the second process runs; `{statement}` compiles something.
HELPER = """
from nn.engine.compiling import ends_with_its_starter, collected_less
ends_with_its_starter()
with collected_less():
    {statement}
"""
PATIENCE = 1.0  # seconds that the second process has to end by itself


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
        print("compiling the kernels for this machine, once, 5 to 20 s ...", end="", file=sys.stderr, flush=True)

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
def compiled_beside(statement: str) -> Iterator[Callable[[], None]]:
    """If anything is compiled inside, a second process meanwhile compiles the kernels that a
    Python `statement` calls.

    Yields a function that waits until the second process has ended. It ends with the context, and
    with this process, in any case. If it fails, only time is lost: a kernel that is not in the
    cache is compiled by the process that calls it.
    """
    from nn.engine.executor import available_threads

    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        if available_threads() > 1 and sys.executable:
            folders = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", HELPER.format(statement=statement)],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )

    def wait() -> None:
        for process in processes:
            process.wait()

    try:
        with _at_first_compilation(start), collected_less():
            yield wait
    finally:
        for process in processes:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Tell the second process to end, which removes the file that it is writing; kill it if it
    does not.
    """
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ends_with_its_starter() -> None:
    """In the second process: end when the first one says so or is gone, which both closes the pipe
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
def collected_less() -> Iterator[None]:
    """Run the garbage collector less often, and exempt existing objects; it would take a sixth of
    the compiling time.
    """
    first, *others = gc.get_threshold()
    gc.freeze()
    # From 3.14 on, Python's own first threshold is as high.
    gc.set_threshold(max(first, 2_000), *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
        gc.unfreeze()


@contextlib.contextmanager
def _at_first_compilation(call: Callable[[], None]) -> Iterator[None]:
    """Call once, when Numba begins to compile for the first time inside."""
    from numba.core import event

    class Listener(event.Listener):
        heard = False

        def on_start(self, event: Any) -> None:
            if not self.heard:
                self.heard = True
                call()

        def on_end(self, event: Any) -> None:
            pass

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)
