"""`python -m nn.exercise network`: the student's functions in a network that learns MNIST.

The textbook engine trains it. The model file holds the project's layers with the weights that were
learned: the functions have been judged equal, and any program that reads model files can open it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from nn.callbacks import Callback, Logs
from nn.datasets.collections import IMAGE_SHAPE, load_splits
from nn.datasets.sources import plain_source
from nn.errors import Diverged, InputError
from nn.exercise.base import Wrong
from nn.exercise.own import OPTIMIZERS, PARTS, Own, OwnGlorot, OwnLoss, OwnOptimizer, as_layer
from nn.exercise.sandbox import judge_apart
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU
from nn.layers.initializers import GlorotUniform
from nn.losses import CategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import Adadelta, Optimizer

BATCH = 16


def _optimizer(own: Own) -> Optimizer:
    if adam := own.get("adam_step"):
        return OwnOptimizer(adam, slots=2, rate=0.003, numbers=lambda rate, step: (step + 1, rate, 0.9, 0.999, 1e-7))
    if adadelta := own.get("adadelta_step"):
        return OwnOptimizer(adadelta, slots=2, rate=1.0, numbers=lambda rate, step: (rate, 0.95, 1e-7))
    if momentum := own.get("momentum_step"):
        return OwnOptimizer(momentum, slots=1, rate=0.02, numbers=lambda rate, step: (rate, 0.9))
    return Adadelta()


def network(own: Own) -> Sequential:
    """A small network of the student's functions, as far as there are any; its last layer gives
    scores, and the loss adds the softmax.
    """
    conv2d = as_layer(
        Conv2D,
        own.get("conv2d_into", "conv2d_forward"),
        own.get("conv2d_backward_into", "conv2d_backward"),
        weights=True,
    )
    dense = as_layer(Dense, own.get("dense_forward"), own.get("dense_backward"), weights=True)
    relu = as_layer(ReLU, own.get("relu_forward"), own.get("relu_backward"), weights=False)
    pooling = as_layer(MaxPooling2D, own.get("maxpool_forward"), own.get("maxpool_backward"), weights=False)
    dropout = as_layer(Dropout, own.get("dropout_forward"), own.get("dropout_backward"), weights=False)
    glorot = own.get("glorot_uniform")
    first = {"kernel_initializer": OwnGlorot(glorot) if glorot else GlorotUniform()}
    loss = own.get("softmax_cross_entropy")
    layers: list[Any] = [
        conv2d(8, (5, 5), input_shape=IMAGE_SHAPE, **first),
        relu(),
        pooling(4),
        Flatten(),
        dense(32, **first),
        relu(),
        dropout(0.25),
        dense(10, **first),
    ]
    model = Sequential(layers, seed=0)
    model.compile(optimizer=_optimizer(own), loss=OwnLoss(loss) if loss else CategoricalCrossentropy(from_logits=True))
    return model


def standard(model: Sequential) -> Sequential:
    """The same network of the project's layers, with the same weights, and softmax at its end."""
    same = Sequential(
        [
            Conv2D(8, (5, 5), activation="relu", input_shape=IMAGE_SHAPE),
            MaxPooling2D(4),
            Flatten(),
            Dense(32, activation="relu"),
            Dropout(0.25),
            Dense(10, activation="softmax"),
        ]
    )
    same.set_weights(model.get_weights())
    return same


class TimeLeft(Callback):
    """Says after a few batches how long the training will take."""

    BATCHES = 5

    def __init__(self) -> None:
        self.count, self.began = 0, 0.0

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """The first batch is left out: it may have compiled something."""
        self.count += 1
        if self.count == 1:
            self.began = time.perf_counter()
        left = self.params["steps"] * self.params["epochs"] - self.count
        if self.count == self.BATCHES and left > 0:
            seconds = (time.perf_counter() - self.began) / (self.count - 1) * left
            time_left = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
            print(f"{left} batches left, about {time_left}", flush=True)


def _judged(folder: Path) -> Own | None:
    """The student's files, if all that are written are right; what is not is printed."""
    own = Own(folder)
    if not own.files:
        names = ", ".join(f"{name}.py" for name in PARTS)
        raise InputError(f"{folder}: expected a folder with a file that you have written, one of {names}; there is none")
    for name, verdict in zip(list(own.files), judge_apart(own.files), strict=False):
        if verdict.blank:
            instead = "it is left out" if name in (*OPTIMIZERS, "kernel") else "the project's code stands in"
            print(f"{verdict.text.partition(' (a hint')[0]}; {instead}")
            del own.files[name]
        elif verdict.passed:
            print(verdict.text.partition("\n")[0])
        else:
            print(verdict.text)
            return None
    if not own.files:
        raise InputError(
            f"{folder}: expected at least one file that you have written; all are as python -m nn.exercise wrote them"
        )
    return own


def train(folder: Path, out: str, images: int, epochs: int, *, data: str | None) -> int:
    """Judge the files of a folder, train the network of their functions, and write the model file.

    Args:
        folder: of the student's files.
        out: the model file to write.
        images, epochs: how many images are seen, and how often.
        data: the folder of the MNIST files, or None for the usual places.

    Returns:
        0, or 1 if a file is not right yet.

    Raises:
        InputError: nothing in the folder is the student's.
    """
    if (own := _judged(folder)) is None:
        return 1
    print("\n".join(own.described()), flush=True)
    own.load()
    (x, y), (x_test, y_test) = load_splits("mnist", data)
    model = network(own)
    source = plain_source(x[:images], y[:images])
    try:
        model.fit(source, batch_size=BATCH, epochs=epochs, engine="layers", callbacks=TimeLeft())
    except (Wrong, Diverged) as error:
        print(error)
        return 1
    same = standard(model)
    _, accuracy = same.evaluate(plain_source(x_test, y_test))
    same.save(out)
    print(f"test accuracy {accuracy:.4f} after {epochs} epochs of {len(source):,} images")
    print(f"written: {out}. Open it: python -m apps.draw --model {out}")
    return 0
