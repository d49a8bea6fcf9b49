"""The fused engine, the default: a training step as tasks of a plan, shared out among threads.

It computes what the textbook engine computes, from the same samples, masks and rates; the weights
agree to rounding.

No sum is written here. `plan.py` joins neighbouring layers into operations; `operations.py`,
`conv_operation.py`, `dense_operation.py` and `batch_norm_operation.py` are the operations, each
with `forward`, `backward` and `update`; they call the loops in `nn/kernels`. `batch.py` and
`executor.py` say which thread does what, and when.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.datasets.sources import ImageSource
from nn.engine import inference
from nn.engine.batch import Batch
from nn.engine.executor import Executor
from nn.engine.plan import Plan
from nn.engine.step import Step
from nn.layers import Layer
from nn.losses import Loss


class FusedEngine:
    """Trains by a plan.

    Args:
        layers: built layers.
        dtype: of all arrays.
        loss: which training minimises.
        batch_size: the most samples in a step.
        threads: as many as there are processors unless given.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        dtype: np.dtype,
        loss: Loss,
        *,
        batch_size: int,
        threads: int | None = None,
    ) -> None:
        self.layers, self.dtype, self.loss, self.threads = layers, dtype, loss, threads
        self.executor = Executor(threads)
        self.plan = Plan(layers, batch_size, dtype, loss)

    def train(self, step: Step) -> tuple[float, float]:
        """One training step; the sum of the losses and the number of right answers. A loss that is
        not finite changes nothing.
        """
        batch = Batch(self.plan, step)
        self.executor.run(batch.do, len(batch), batch.abort)
        return batch.loss(), batch.right()

    def evaluate(self, source: ImageSource) -> tuple[float, float]:
        """The mean loss and the accuracy on all samples of a source."""
        return inference.evaluate(self.layers, self.dtype, self.loss, source, self.threads)

    def close(self) -> None:
        """End the threads."""
        self.executor.close()
