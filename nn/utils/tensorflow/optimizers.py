"""`tf.train.AdamOptimizer` and the others with which TensorFlow 1's tutorials compile a Keras model;
`tf.train.latest_checkpoint`.

The optimizers are those of `nn.optimizers`, with the defaults that TensorFlow 1 has.
`RMSPropOptimizer` is not among them: its mean of squares begins at one, which no optimizer here
does.
"""

from __future__ import annotations

import os
from pathlib import Path

from nn.io.archive import is_own
from nn.optimizers import SGD, Adam
from nn.optimizers.base import LearningRate, Optimizer

__all__ = ["AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "latest_checkpoint"]


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


def latest_checkpoint(checkpoint_dir: str | os.PathLike[str]) -> str | None:
    """The file in this folder that `save_weights`, or a `ModelCheckpoint`, has written last, in this
    package's format; None where there is none.
    """
    folder = Path(checkpoint_dir)
    found = [path for path in (folder.iterdir() if folder.is_dir() else ()) if path.is_file() and is_own(path)]
    return str(max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))) if found else None
