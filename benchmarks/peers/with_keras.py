"""Keras 3 on TensorFlow as a contender: at its best, and as users write it.

At its best means float tensors in memory and the whole epoch as one graph call
(`steps_per_execution`), with or without XLA.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import tensorflow as tf

from benchmarks.peers import data
from benchmarks.peers.contender import Call, Contender, Job
from benchmarks.peers.network import (
    ADAM_RATE,
    CLASSES,
    EPSILON,
    LEARNING_RATE,
    MOMENTUM,
    RHO,
    VARIANCE_EPSILON,
    one_cycle,
    with_activations,
)


class Keras(Contender):
    """The whole epoch in one graph call."""

    whole_epoch = True
    xla = False

    def __init__(self, job: Job) -> None:
        super().__init__(job, {"keras": keras.__version__, "tensorflow": tf.__version__})
        tf.config.threading.set_intra_op_parallelism_threads(job.threads)
        tf.config.threading.set_inter_op_parallelism_threads(job.threads)
        keras.utils.set_random_seed(job.seed)
        images = data.load(job.limit, job.data)
        self.x, self.y = data.prepared(images.x_train, job), keras.utils.to_categorical(images.y_train, CLASSES)
        self.x_test = data.prepared(images.x_test, job)
        self.y_test = keras.utils.to_categorical(images.y_test, CLASSES)
        self.model = build(job)
        adam, steps = job.what.optimizer == "adam", -(-len(self.x) // job.batch_size)
        rate: Any = Cycle(steps) if job.cycle else LEARNING_RATE
        self.model.compile(
            loss=keras.losses.CategoricalCrossentropy(),
            optimizer=keras.optimizers.Adam(ADAM_RATE, epsilon=EPSILON)
            if adam
            else keras.optimizers.Adadelta(rate, RHO, EPSILON),
            metrics=["accuracy"],
            steps_per_execution=steps if self.whole_epoch else 1,
            jit_compile=self.xla,
        )

    def epoch(self, index: int) -> None:
        """One call of `fit`."""
        self.model.fit(self.x, self.y, batch_size=self.job.batch_size, epochs=1, verbose=0)

    def accuracy(self) -> float:
        """Through `evaluate`."""
        return float(self.model.evaluate(self.x_test, self.y_test, batch_size=500, verbose=0)[1])

    def calls(self, kind: str) -> dict[str, Call]:
        """`predict`, as users write it, `predict_on_batch`, and a `tf.function` around the model."""
        graph = tf.function(lambda x: self.model(x, training=False), jit_compile=self.xla)
        if kind == "all":
            tensor = tf.constant(self.x_test)
            batches = {size: tf.split(tensor, len(self.x_test) // size) for size in (100, 500, 2500)}
            ways: dict[str, Call] = {"predict": lambda: self.model.predict(self.x_test, verbose=0)}
            ways["predict, batches of 500"] = lambda: self.model.predict(self.x_test, batch_size=500, verbose=0)
            for size, tensors in batches.items():
                ways[f"tf.function, batches of {size}"] = partial(_in_batches, graph, tensors)
            return ways
        image = self.x_test[:1]
        tensor = tf.constant(image)
        return {
            "predict": lambda: self.model.predict(image, verbose=0),
            "predict_on_batch": lambda: self.model.predict_on_batch(image),
            "tf.function": lambda: graph(tensor).numpy(),
        }


class Cycle(keras.optimizers.schedules.LearningRateSchedule):
    """One cycle in the first epoch."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        return one_cycle((keras.ops.cast(step, "float32") + 0.5) / self.steps, keras.ops.minimum)

    def get_config(self) -> dict[str, int]:
        """What Keras saves."""
        return {"steps": self.steps}


class XlaKeras(Keras):
    """The same through XLA."""

    xla = True


class PlainKeras(Keras):
    """As users write it: `compile` and `fit` with nothing set."""

    whole_epoch = False


def _in_batches(graph: Callable[[Any], Any], batches: list[Any]) -> Any:
    return tf.concat([graph(batch) for batch in batches], 0).numpy()


def build(job: Job) -> Any:
    """The Sequential model; Keras' first weights are Glorot-uniform, biases zero."""
    layers: list[Any] = [keras.Input((job.size, job.size, job.what.channels))]
    for kind, *values in with_activations(job.network):
        match kind:
            case "conv":
                layers.append(keras.layers.Conv2D(values[0], values[1]))
            case "pool":
                layers.append(keras.layers.MaxPooling2D(2))
            case "flatten":
                layers.append(keras.layers.Flatten())
            case "dropout":
                layers.append(keras.layers.Dropout(values[0]))
            case "norm":
                layers.append(keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=VARIANCE_EPSILON))
            case "relu" | "softmax":
                layers.append(keras.layers.Activation(kind))
            case _:
                layers.append(keras.layers.Dense(values[0]))
    return keras.Sequential(layers)
