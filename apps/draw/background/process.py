"""A helper process: computes what would take memory and processor time from the window, and gives
both back when it ends.

The window asks with a tuple whose first word says what to do, and the helper answers with tuples
until it says "done" or "failed". The helper ends when it has had nothing to do for a while. It
ends at once, whatever it is doing, when it is closed and when the window's process ends: both
close the pipe that a thread of the helper waits at. It keeps nothing of its own that could be
lost.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from nn.errors import InputError
from nn.io.interrupts import signals_wait

IDLE_SECONDS = 20.0
POLL_SECONDS = 0.05
PATIENCE = 0.5  # seconds that a process has to end by itself, so that the window closes within one

Work = Callable[..., None]


class HelperEnded(InputError):
    """The helper process ended in the middle of its work."""


class Helper:
    """A process that runs `work(connection, *arguments)`; it starts when it is first needed, and
    again after it has ended.
    """

    def __init__(self, work: Work, *arguments: Any) -> None:
        self._work, self._arguments = work, arguments
        self._process: Any = None
        self._connection: Connection | None = None
        self._lifeline: Connection | None = None  # the helper lives as long as it is open
        self._lock = threading.Lock()
        self._endings: list[threading.Thread] = []

    @property
    def is_running(self) -> bool:
        """Whether there is a process now."""
        return self._process is not None and self._process.is_alive()

    def ask(self, *request: Any, stop: threading.Event | None = None) -> Iterator[tuple[Any, ...]]:
        """Send a request and yield the answers before "done"; setting `stop` tells the helper once
        to stop.

        Raises:
            InputError: the helper refused the request, or its process ended.
        """
        connection = self._connect()
        try:
            connection.send(request)
            told = False
            while True:
                while not connection.poll(POLL_SECONDS):
                    if stop is not None and stop.is_set() and not told:
                        told = True
                        connection.send(("stop",))
                answer = connection.recv()
                if answer[0] == "done":
                    return
                if answer[0] == "failed":
                    raise InputError(answer[1])
                yield answer
        except (EOFError, OSError) as error:
            self.close()
            raise HelperEnded("the process that learns has ended unexpectedly") from error

    def send(self, *request: Any) -> None:
        """Send a request without waiting for an answer."""
        self._connect().send(request)

    def received(self) -> Iterator[tuple[Any, ...]]:
        """The answers that have arrived.

        Raises:
            HelperEnded: the process has ended.
        """
        connection = self._connection
        try:
            while connection is not None and connection.poll():
                yield connection.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise HelperEnded("the process that learns has ended unexpectedly") from error

    def close(self) -> None:
        """End the process, if there is one, and wait for its end, and for that of those that were
        left.
        """
        _end(*self._parted())
        for ending in self._endings:
            ending.join()

    def leave(self) -> None:
        """End the process, if there is one, without waiting: it may be compiling."""
        ending = threading.Thread(target=_end, args=self._parted(), name="ending", daemon=True)
        self._endings = [*(each for each in self._endings if each.is_alive()), ending]
        ending.start()

    def _parted(self) -> tuple[Any, Connection | None, Connection | None]:
        """The process and the connections to it, which are the helper's no longer."""
        with self._lock:
            parted = self._process, self._connection, self._lifeline
            self._process = self._connection = self._lifeline = None
        return parted

    def _connect(self) -> Connection:
        with self._lock:
            if self._connection is None or not self.is_running:
                context = multiprocessing.get_context("spawn")
                ours, theirs = context.Pipe()
                end, self._lifeline = context.Pipe(duplex=False)
                self._process = context.Process(
                    target=_serve, args=(self._work, end, theirs, *self._arguments), name="learning", daemon=True
                )
                with _signals_kept_from_children():
                    self._process.start()
                theirs.close()
                end.close()
                self._connection = ours
            return self._connection


def _end(process: Any, *connections: Connection | None) -> None:
    """Close a process's connections, which ends it, and see to it."""
    for connection in connections:
        if connection is not None:
            connection.close()
    if process is not None:
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


@contextlib.contextmanager
def _signals_kept_from_children() -> Iterator[None]:
    """Inside, a new process is started deaf to Ctrl-C, to `kill` and to the end of its terminal. They
    are meant for the window, whose end is the end of its helpers.
    """
    if sys.platform != "win32":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # which otherwise `start` does, and that unblocks them
    with signals_wait():
        yield


def _serve(work: Work, lifeline: Connection, connection: Connection, *arguments: Any) -> None:
    """In the process: work, and be silent about a window that has gone away or a Ctrl-C that was
    meant for it.
    """
    threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        work(connection, *arguments)


def _end_with(lifeline: Connection) -> None:
    """In the process: end when the window closes this pipe, or is gone."""
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    end_process(0)


def end_process(code: int) -> NoReturn:
    """End this process at once, also while a thread compiles. Python would first take apart the
    compiler's objects, for a second on a slow machine.
    """
    if "nn.kernels.cache" in sys.modules:
        sys.modules["nn.kernels.cache"].remove_unfinished()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)
