"""Learning rates that change during training: functions of the number of steps done.

A schedule is given to an optimizer, `Adadelta(OneCycle(2.0, steps))`, and called once before each
step. `steps` is the length of the whole training, epochs times batches per epoch; after that the
last rate stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OneCycle:
    """A straight line from 0 to `peak` in the first fifth of the steps, then a straight line down
    to 0.

    rate(step) = peak · min(d / warmup, (1 - d) / (1 - warmup)) with d = (step + ½) / steps, the
    share that is done. The two lines enclose a triangle, so the mean over the training is peak /
    2.

    Example: ten steps with a peak of 2. Step 0: d = 0.05, rate 2 · 0.05 / 0.2 = 0.5; step 9: d =
    0.95, 2 · 0.05 / 0.8 = 0.125.

        >>> schedule = OneCycle(2.0, 10)
        >>> [round(schedule(step), 3) for step in (0, 1, 2, 9)]
        [0.5, 1.5, 1.875, 0.125]

    References:
        L. N. Smith, N. Topin: Super-convergence: very fast training of neural networks using large
            learning rates, 2019.
    """

    peak: float
    steps: int
    warmup: float = 0.2

    def __call__(self, step: int) -> float:
        """The rate at `step`, counted from 0; never exactly 0 within the training."""
        done = (step + 0.5) / self.steps
        return self.peak * max(0.0, min(done / self.warmup, (1.0 - done) / (1.0 - self.warmup)))


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from `peak` down to 0.

    rate(step) = peak · (1 + cos π d) / 2 with d = (step + ½) / steps, the share that is done; the
    mean is peak / 2.

    Example: in the middle of three steps d = ½, and the rate is half the peak.

        >>> schedule = Cosine(2.0, 3)
        >>> [round(schedule(step), 3) for step in range(3)]
        [1.866, 1.0, 0.134]

    References:
        I. Loshchilov, F. Hutter: SGDR: stochastic gradient descent with warm restarts, 2017,
            equation 5 (one period).
    """

    peak: float
    steps: int

    def __call__(self, step: int) -> float:
        """The rate at `step`, counted from 0."""
        return self.peak * 0.5 * (1.0 + math.cos(math.pi * min((step + 0.5) / self.steps, 1.0)))


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.optimizers.schedules", name)
