"""The threads that share the work: this is the only file that starts them.

The kernels release Python's global lock, so plain Python threads run them side by side. Tasks have
indices; every thread takes the next index until none is left, and no result depends on which
thread took which.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from nn.errors import InputError

# Each has arrays of its own.
MOST_THREADS = 64


def available_threads() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Executor:
    """Runs tasks on several threads; the calling thread is one of them.

    Args:
        threads: how many; as many as there are processors unless given. At most 64, or as many as
            there are processors if these are more: further threads would not help.
    """

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise InputError(f"threads: expected at least 1, got {threads}")
        self.threads = min(threads or available_threads(), max(MOST_THREADS, available_threads()))
        self._helpers = ThreadPoolExecutor(self.threads - 1, "nn") if self.threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the threads."""
        if self._helpers:
            self._helpers.shutdown()

    def run(self, work: Callable[[int], None], count: int, abort: Callable[[], None] = lambda: None) -> None:
        """Call work(0) ... work(count - 1), begun in this order, several at once; returns when all are done.

        The first error is raised. Work that waits for other work would then wait for ever: `abort`
        is called and must end that.
        """
        indices = itertools.count()

        def take() -> None:
            try:
                while (index := next(indices)) < count:
                    work(index)
            except BaseException:
                abort()
                raise

        helping = min(self.threads, count) - 1
        futures = [self._helpers.submit(take) for _ in range(helping)] if self._helpers else []
        try:
            take()
        finally:
            errors = [error for future in futures if (error := future.exception())]
        if errors:
            raise errors[0]
