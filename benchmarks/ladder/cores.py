"""What more processors would give: the tasks of a batch, timed on one thread, shared out among any
number of simulated threads.

`scaling` prints it beside what was measured. A simulated thread does as `nn/engine/batch.py` says:
the chunks in their order, then the pieces of the weights, each as soon as all chunks have passed
its operation on their way back. Each call first needs Python's lock, which one thread at a time
has, and then computes without it. To that comes what no thread can share: the time between two
batches, and what it costs to start the other threads and to wait for them.

Left out: that cores share memory and caches, and that a processor is slower when more of its cores
are busy. So the simulation says what the design allows, not what a machine gives.
"""

from __future__ import annotations

import heapq
import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.limits import prepared

CORES = (1, 2, 4, 8, 16)
LARGER = 4  # batches of 512 instead of 128
ROUNDS = 40


@dataclass(frozen=True)
class Call:
    """Seconds of a call with Python's lock, and then without it; `passes` is the operation that a
    chunk has passed on its way back when the call is done.
    """

    locked: float
    free: float
    passes: int | None = None


@dataclass(frozen=True)
class Tasks:
    """A batch's tasks on one thread.

    Attributes:
        chunk: the calls for one chunk.
        pieces: (operation, call) of each piece of the weights, in the plan's order.
        chunks: how many a batch has.
        between: seconds between two batches.
        start: seconds for one more thread to be started and waited for.
        wake: seconds until a thread goes on that waited for another.
    """

    chunk: Sequence[Call]
    pieces: Sequence[tuple[int, Call]]
    chunks: int
    between: float = 0.0
    start: float = 0.0
    wake: float = 0.0


@dataclass
class Simulation:
    """One batch on so many threads."""

    tasks: Tasks
    threads: int
    unlocked: float = 0.0  # when the lock is free again
    ended: float = 0.0
    passed: dict[int, list[float]] = field(default_factory=dict)  # when each chunk had passed an operation
    waiting: dict[int, list[tuple[int, Iterator[Call]]]] = field(default_factory=dict)

    def seconds(self) -> float:
        """From the beginning of the batch to the beginning of the next."""
        tasks = self.tasks
        helpers = min(self.threads, tasks.chunks + len(tasks.pieces)) - 1
        left, pieces = tasks.chunks, list(tasks.pieces)
        # (the time, the thread, what it does): the earliest goes on.
        self.ready: list[tuple[float, int, Iterator[Call]]] = [(0.0, thread, iter(())) for thread in range(helpers + 1)]
        while self.ready:
            now, thread, calls = heapq.heappop(self.ready)
            self.ended = max(self.ended, now)
            call = next(calls, None)
            if call is None and left:
                left, calls = left - 1, iter(tasks.chunk)
                call = next(calls)
            elif call is None and pieces:
                ready = (k for k, (operation, _) in enumerate(pieces) if self._opens(operation) <= now)
                operation, call = pieces.pop(next(ready, -1))
                opens = self._opens(operation)
                if opens > now:
                    if opens == math.inf:
                        self.waiting.setdefault(operation, []).append((thread, iter([call])))
                    else:
                        heapq.heappush(self.ready, (opens + tasks.wake, thread, iter([call])))
                    continue
            if call is not None:
                self._do(call, now, thread, calls)
        return tasks.between + helpers * tasks.start + self.ended

    def _opens(self, operation: int) -> float:
        """When all chunks have passed an operation, as far as that is known."""
        times = self.passed.get(operation, [])
        return max(times) if len(times) == self.tasks.chunks else math.inf

    def _do(self, call: Call, now: float, thread: int, calls: Iterator[Call]) -> None:
        begin = now if now >= self.unlocked else self.unlocked + self.tasks.wake
        self.unlocked = begin + call.locked
        done = self.unlocked + call.free
        heapq.heappush(self.ready, (done, thread, calls))
        if call.passes is not None:
            self.passed.setdefault(call.passes, []).append(done)
            opens = self._opens(call.passes)
            if opens < math.inf:
                for waiter, waited in self.waiting.pop(call.passes, []):
                    heapq.heappush(self.ready, (opens + self.tasks.wake, waiter, waited))


def simulated(tasks: Tasks, batch_on_one_thread: float) -> list[dict[str, float]]:
    """Rows of threads and how many times as fast they are as one, given a batch's measured seconds
    on one thread; `larger` is the same for batches `LARGER` times as large, which have more chunks
    to share out.
    """
    between = max(0.0, batch_on_one_thread - Simulation(tasks, 1).seconds())
    whole = replace(tasks, between=between)
    larger = replace(whole, chunks=LARGER * tasks.chunks)
    return [{"threads": threads, "speedup": _speedup(whole, threads), "larger": _speedup(larger, threads)} for threads in CORES]


def _speedup(tasks: Tasks, threads: int) -> float:
    return Simulation(tasks, 1).seconds() / Simulation(tasks, threads).seconds()


def measured_tasks(folder: str | None = None) -> Tasks:
    """Time the tasks of a batch of the student's network, by the classic recipe.

    What a call costs for no image is taken to need the lock: what 1 and 32 images take lie on a
    line that begins there.
    """
    from nn.engine.executor import Executor
    from nn.engine.operations import Chunk

    ready = prepared(steps=50, folder=folder)
    plan, step, first = ready.plan, ready.step, ready.batch.chunks[0]
    single = Chunk(first.index, slice(0, 1), first.keys)
    updates = plan.updates()
    number = {id(operation): k for k, operation in enumerate(plan.learning)}
    calls: list[Callable[[Chunk], Any]] = [lambda chunk: step.fill(plan.images, plan.targets, chunk.rows)]
    calls += [operation.forward for operation in plan.operations]
    calls.append(lambda chunk: plan.backward_from_loss(chunk, len(step)))
    passes = [None] * len(calls) + [number[id(operation)] for operation in reversed(plan.learning)]
    calls += [operation.backward for operation in reversed(plan.learning)]
    of_one = _timed([_call(call, single) for call in calls])
    of_all = _timed([_call(call, first) for call in calls])
    size = first.rows.stop
    chunk = []
    for one, whole, passed in zip(of_one, of_all, passes, strict=True):
        locked = min(max(one - (whole - one) / (size - 1), 0.0), whole)
        chunk.append(Call(locked, whole - locked, passed))
    locked = statistics.median(call.locked for call in chunk)
    seconds = _timed([_call(operation.update, piece, step, len(ready.batch.chunks)) for operation, piece in updates])
    pieces = [
        (number[id(operation)], Call(min(locked, cost), max(cost - locked, 0.0)))
        for (operation, _), cost in zip(updates, seconds, strict=True)
    ]
    with Executor(1) as alone, Executor(2) as both:
        start = [_call(executor.run, lambda index: None, len(ready.batch)) for executor in (alone, both)]
        one, two = _timed(start)
    return Tasks(chunk, pieces, len(ready.batch.chunks), start=max(0.0, two - one), wake=_wake_seconds())


def _call(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: function(*arguments)


def _timed(calls: Sequence[Callable[[], Any]]) -> list[float]:
    """The median seconds of each, in turns."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, times in zip(calls, seconds, strict=True):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in seconds]


def _wake_seconds() -> float:
    """How long a thread that waits for a lock takes to go on after another has opened it."""
    ping, pong = threading.Semaphore(0), threading.Semaphore(0)

    def answer() -> None:
        for _ in range(ROUNDS):
            ping.acquire()
            pong.release()

    thread = threading.Thread(target=answer)
    thread.start()
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ping.release()
        pong.acquire()
        seconds.append((time.perf_counter() - began) / 2)
    thread.join()
    return statistics.median(seconds)
