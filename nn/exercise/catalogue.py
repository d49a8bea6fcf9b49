"""All exercises, in the order of docs/study.md."""

from __future__ import annotations

from nn.exercise.base import Exercise
from nn.exercise.convolution import CONV2D, CONV2D_BACKWARD
from nn.exercise.dense import DENSE, DENSE_BACKWARD, RELU
from nn.exercise.idx import IDX
from nn.exercise.kernel import KERNEL
from nn.exercise.loss import SOFTMAX_LOSS, TRAINING_STEP
from nn.exercise.normalization import BATCH_NORM
from nn.exercise.pooling import MAXPOOL
from nn.exercise.randomness import DROPOUT, GLOROT
from nn.exercise.strides import STRIDES
from nn.exercise.updates import ADADELTA, ADAM, MOMENTUM

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for exercise in (
        DENSE,
        DENSE_BACKWARD,
        CONV2D,
        CONV2D_BACKWARD,
        STRIDES,
        RELU,
        MAXPOOL,
        BATCH_NORM,
        DROPOUT,
        SOFTMAX_LOSS,
        MOMENTUM,
        ADADELTA,
        ADAM,
        GLOROT,
        TRAINING_STEP,
        IDX,
        KERNEL,
    )
}
