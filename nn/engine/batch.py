"""One batch of a training as tasks that any number of threads may take: its chunks, then the
pieces of the weights.

A chunk goes through all operations and back. Only where an operation needs the whole batch do the
chunks wait for one another: the way is cut into phases there, and the last chunk to arrive runs
that operation for all.

A piece of a layer's weights needs the gradients of all chunks. But a chunk on its way back has
passed the last layers long before it is through with the first, so their weights can change
meanwhile: the thread that is first out of chunks takes these pieces instead of waiting. Those
weights are not read again in this batch, and which thread does what changes no bit. As soon as the
first layers' pieces can be done they come first: a convolution's update is one large piece, and
should not be left for the end.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading

from nn.engine.operations import Chunk, Operation
from nn.engine.plan import Plan
from nn.engine.step import Step


class Batch:
    """The tasks of one batch, for `Executor.run`. They are begun in their order, so whoever waits,
    waits for work in progress.

    Args:
        plan: a plan with a loss.
        step: which samples, and how the weights change.
    """

    def __init__(self, plan: Plan, step: Step) -> None:
        self.plan = plan
        self.step = step
        self.chunks = plan.chunks(len(step), step.keys)
        self.pieces = plan.updates()
        self._left = list(self.pieces)
        self._choosing = threading.Lock()
        self._arrivals = [_Gate(len(self.chunks)) for _ in plan.phases]
        self._gradients = {operation: _Gate(len(self.chunks)) for operation in plan.learning}
        self._aborted = False

    def __len__(self) -> int:
        return len(self.plan.phases) * len(self.chunks) + len(self.pieces)

    def do(self, index: int) -> None:
        """One task; may be called from several threads at once."""
        phase, chunk = divmod(index, len(self.chunks))
        if phase < len(self.plan.phases):
            self._pass(phase, self.chunks[chunk])
        else:
            self._update(*self._next_piece())

    def abort(self) -> None:
        """A task has failed: no task waits any longer, and no weight changes any more."""
        self._aborted = True
        for gate in (*self._arrivals, *self._gradients.values()):
            gate.open()

    def loss(self) -> float:
        """The sum over the samples, once all chunks have gone forward."""
        return math.fsum(self.plan.losses[: len(self.chunks)])

    def right(self) -> float:
        """The number of right answers, once all chunks have gone forward."""
        total = float(self.plan.right[: len(self.chunks)].sum())
        return total if self.plan.head.of_images else int(total)

    def _pass(self, index: int, chunk: Chunk) -> None:
        """One chunk through one phase."""
        phase = self.plan.phases[index]
        if index == 0:
            self.step.fill(self.plan.images, self.plan.targets, chunk.rows)
        else:
            self._arrivals[index - 1].wait()
            if self._aborted:
                return
        for operation in phase.forward:
            operation.forward(chunk)
        if phase.has_loss:
            self.plan.backward_from_loss(chunk, len(self.step), self.step.weights(chunk.rows))
        for operation in phase.backward:
            operation.backward(chunk)
            if self._gradients[operation].arrive():
                self._gradients[operation].open()
        if index + 1 == len(self.plan.phases):
            return
        phase.gather(chunk)
        if self._arrivals[index].arrive():
            self.plan.phases[index + 1].meeting(Chunk(0, slice(0, len(self.step)), self.step.keys))
            self._arrivals[index].open()

    def _next_piece(self) -> tuple[Operation, int]:
        """The first that can be done now; if there is none, the one that can be done next."""
        with self._choosing:
            ready = (index for index, (operation, _) in enumerate(self._left) if self._gradients[operation].is_open())
            return self._left.pop(next(ready, -1))

    def _update(self, operation: Operation, piece: int) -> None:
        """Where a chunk failed, or the loss is not finite, all weights stay as they were: no gate
        was open before.
        """
        self._gradients[operation].wait()
        if not self._aborted and math.isfinite(self.loss()):
            operation.update(piece, self.step, len(self.chunks))


class _Gate:
    """Opens when `count` have arrived. A lock that is held until then: a `threading.Event` costs
    ten times as much to make.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._arrivals = itertools.count(1)
        self._lock = threading.Lock()
        self._lock.acquire()

    def arrive(self) -> bool:
        """One more; whether it is the last, which opens the gate when it is ready."""
        return next(self._arrivals) == self._count

    def open(self) -> None:
        """Let every thread through, from now on."""
        with contextlib.suppress(RuntimeError):  # it is open
            self._lock.release()

    def is_open(self) -> bool:
        """Whether `wait` would return at once."""
        return not self._lock.locked()

    def wait(self) -> None:
        """Return when it is open."""
        with self._lock:
            pass
