"""`tf.train.AdamOptimizer` and the others with which TensorFlow 1's tutorials compile a Keras model.

They make the optimizers of `nn.optimizers`, with the defaults that TensorFlow 1 has.
`RMSPropOptimizer` is not among them: its mean of squares begins at one, which no optimizer here
does.
"""

from __future__ import annotations

from nn.optimizers import SGD, Adam
from nn.optimizers.base import LearningRate, Optimizer

__all__ = ["AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer"]


def AdamOptimizer(  # noqa: N802
    learning_rate: LearningRate = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    *,
    name: str = "Adam",
) -> Optimizer:
    """Adam, whose ε is smaller than Keras'."""
    return Adam(learning_rate, beta1, beta2, epsilon)


def GradientDescentOptimizer(learning_rate: LearningRate, *, name: str = "GradientDescent") -> Optimizer:  # noqa: N802
    """SGD without momentum."""
    return SGD(learning_rate)


def MomentumOptimizer(  # noqa: N802
    learning_rate: LearningRate, momentum: float, *, use_nesterov: bool = False, name: str = "Momentum"
) -> Optimizer:
    """SGD with momentum."""
    return SGD(learning_rate, momentum, nesterov=use_nesterov)
