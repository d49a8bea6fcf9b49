"""One batch of a training as numbered tasks that any number of threads may take: its parts, then the pieces of the weights.

A piece of a layer's weights needs the gradients of all parts. But a part that is on its way back has done with the last layers
long before it is through with the first, and so their weights can change meanwhile: the thread that is first out of parts takes
these pieces instead of waiting. Nobody reads those weights any more in this batch, and which thread does what changes no bit.
As soon as the first layers' pieces can be done they come first: a convolution's is large, and should not be left for the end.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
from collections.abc import Callable, Sequence

from nn.engine.operations import Change, Part, Step
from nn.engine.plan import Plan


class Batch:
    """The tasks of one batch, for `Executor.run`: they are begun in their order, so whoever waits, waits for work in progress.

    Args:
        plan: a plan with a loss.
        parts: of the batch.
        fill: puts the images and targets of a part into the plan.
        change: how the weights are changed.
    """

    def __init__(self, plan: Plan, parts: Sequence[Part], fill: Callable[[Part], None], change: Change) -> None:
        self.plan = plan
        self.parts = parts
        self.pieces = plan.updates()
        self._left = list(self.pieces)
        self._choosing = threading.Lock()
        self._fill = fill
        self._change = change
        self._gates = {step: _Gate(len(parts)) for step in plan.learning_steps}
        self._failed = False

    def __len__(self) -> int:
        return len(self.parts) + len(self.pieces)

    def do(self, number: int) -> None:
        """One task; may be called from several threads at once."""
        if number < len(self.parts):
            self._train(self.parts[number])
        else:
            self._update(*self._next_piece())

    def give_up(self) -> None:
        """A task has failed: nobody waits for it any more, and no weight changes any more."""
        self._failed = True
        for gate in self._gates.values():
            gate.open()

    def loss(self) -> float:
        """The sum over the samples, once all parts have gone forward."""
        return math.fsum(self.plan.losses[: len(self.parts)])

    def _train(self, part: Part) -> None:
        self._fill(part)
        self.plan.train_part(part, self._change.samples, lambda step: self._gates[step].passed())

    def _next_piece(self) -> tuple[Step, int]:
        """The first that can be done now; if there is none, the one that can be done next."""
        with self._choosing:
            ready = (number for number, (step, _) in enumerate(self._left) if self._gates[step].is_open())
            return self._left.pop(next(ready, -1))

    def _update(self, step: Step, piece: int) -> None:
        """Where a part failed, or the loss is not finite, all weights stay as they were: no gate was open before."""
        self._gates[step].wait()
        if not self._failed and math.isfinite(self.loss()):
            step.update(piece, self._change)


class _Gate:
    """Opens when `count` have passed. A lock that is held until then: a `threading.Event` costs ten times as much to make."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._lock.acquire()

    def passed(self) -> None:
        """One more."""
        if next(self._numbers) == self._count:
            self.open()

    def open(self) -> None:
        """Let everybody through, from now on."""
        with contextlib.suppress(RuntimeError):  # it is open
            self._lock.release()

    def is_open(self) -> bool:
        """Whether `wait` would return at once."""
        return not self._lock.locked()

    def wait(self) -> None:
        """Return when it is open."""
        with self._lock:
            pass
