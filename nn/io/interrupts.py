"""Ctrl-C, `kill` and a closed terminal end a command at any moment with one sentence, exit code
130, and nothing left behind.

Python turns Ctrl-C into an exception that is raised wherever the program happens to be. In the
middle of an import it becomes a page of traceback, and within the compiler it is lost, because no
exception can pass through LLVM. The other two signals end the process without any clean-up. A
command therefore calls `leave_at_once` first of all: from then on the signal's handler itself
cleans up (what was registered with `on_leaving`) and ends the process. A training and the window
have something to save; there the first signal only asks them to stop (`ask_to_stop`).
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

INTERRUPTED = 130
SECONDS_TO_WRITE = 1.0  # what was printed before, when a signal ends the process
CONSOLE_COMMAND = "numba-cnn"  # as in pyproject.toml
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))

Action = Callable[[], object]

_actions: list[Action] = []


@contextlib.contextmanager
def on_leaving(action: Action) -> Iterator[None]:
    """Inside, `action` is called if a signal ends the process; within the handler, so it must be
    short and wait for no lock.
    """
    _actions.append(action)
    try:
        yield
    finally:
        _actions.remove(action)


def heeded() -> list[signal.Signals]:
    """The signals that the caller has not told us to ignore, as `nohup` does."""
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def leave_at_once() -> None:
    """From now on, a signal ends the process as the module says. In another thread than the main
    one this does nothing.
    """
    with contextlib.suppress(ValueError):
        for number in heeded():
            signal.signal(number, _leave)


def stay_to_the_end() -> None:
    """From now on, a signal that would end the process at once is ignored: the work is done, and
    Python needs a moment to end.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is _leave:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def signals_wait() -> Iterator[None]:
    """Inside, this thread lets signals wait, and a process that is started stays deaf to them. On
    Windows this does nothing.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


@contextlib.contextmanager
def ask_to_stop(stop: Action) -> Iterator[None]:
    """Inside, the first signal calls `stop`, which must be short and wait for no lock; a second one
    raises `KeyboardInterrupt`. In another thread than the main one this does nothing.
    """
    asked = False

    def ask(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, ask) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def is_command() -> bool:
    """Whether Python is just starting `python -m nn.SOMETHING`, the window or `numba-cnn`; only then
    `nn` may decide what a signal does.
    """
    if sys.argv[:1] == ["-m"]:
        return _module() is not None
    return os.path.basename(sys.argv[0] if sys.argv else "").removesuffix(".exe") == CONSOLE_COMMAND


def _leave(number: int, frame: object) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    for action in reversed(_actions):
        with contextlib.suppress(Exception):
            action()
    # Kernels may be compiled at any time, in any thread.
    if "nn.kernels.cache" in sys.modules:
        sys.modules["nn.kernels.cache"].remove_unfinished()
    # Whoever reads our output may have stopped reading (`| less`), and then writing takes for ever.
    with contextlib.suppress(RuntimeError):
        _thread.start_new_thread(_end_soon, ())
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        # Not `print`: the signal may have come in the middle of one.
        os.write(2, f"{_program()}: interrupted\n".encode())
    os._exit(INTERRUPTED)


def _end_soon() -> None:
    time.sleep(SECONDS_TO_WRITE)
    os._exit(INTERRUPTED)


def _program() -> str:
    """What the user called: `nn.train`, or the name of a script."""
    running = getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None)
    return _module() or (running and running.removesuffix(".__main__")) or os.path.basename(sys.argv[0]) or "nn"


def _module() -> str | None:
    """The module of ours that the command line names."""
    words = [word.removeprefix("-m") for word in getattr(sys, "orig_argv", [])]
    return next((word for word in words if word.startswith(("nn.", "apps."))), None)
