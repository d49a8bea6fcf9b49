"""Forward, every gradient and 100 steps of Adadelta against Keras on TensorFlow, in float64,
without dropout.
"""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed (the extra 'keras')")
keras = pytest.importorskip("keras", reason="Keras is not installed (the extra 'keras')")

from networks import EPSILON, NETWORKS, RATE, RHO, STEPS, ours, ours_trained, problem  # noqa: E402

from nn.layers import Dropout  # noqa: E402

if keras.backend.backend() != "tensorflow":
    pytest.skip(f"Keras runs on {keras.backend.backend()}, the gradients are taken by TensorFlow", allow_module_level=True)

every_network = pytest.mark.parametrize("name", NETWORKS)


def without_dropout(name):
    task = problem(name)
    task.layers = [layer for layer in task.layers if not isinstance(layer, Dropout)]
    return task


def in_keras(task):
    """The same layers, made by Keras from our layers' own configuration, with the same weights."""
    model = keras.Sequential([keras.Input(task.input_shape, dtype="float64")])
    for layer in task.layers:
        config = {key: value for key, value in layer.config().items() if key != "name"}
        model.add(getattr(keras.layers, type(layer).__name__)(**config, dtype="float64"))
    model.set_weights(list(task.parameters().values()))
    return model


@every_network
def test_forward_loss_and_every_gradient(name):
    task = without_dropout(name)
    model = in_keras(task)
    x, targets = (tf.constant(array) for array in task.batch(3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        probabilities = model(x, training=True)
        loss = tf.reduce_mean(keras.losses.categorical_crossentropy(targets, probabilities))
    variables = [variable.value for variable in model.trainable_variables]
    gradients = tape.gradient(loss, [x, *variables])
    result = ours(task, 3)
    names = ["d x", *(f"d {key}" for key in task.parameters())]
    expected = dict(zip(names, gradients, strict=True)) | {"probabilities": probabilities, "loss": loss}
    assert result.keys() == expected.keys()
    for key, tensor in expected.items():
        array = tensor.numpy()
        np.testing.assert_allclose(result[key], array, rtol=1e-9, atol=1e-12 * max(1, np.abs(array).max()), err_msg=key)


OPTIONS = ({"weight_decay": 0.01}, {"use_ema": True, "ema_momentum": 0.9})


@pytest.mark.parametrize(
    ("name", "options"), [*((name, {}) for name in NETWORKS), *(("the student's", options) for options in OPTIONS)]
)
def test_a_hundred_steps_of_adadelta(name, options):
    task = without_dropout(name)
    model = in_keras(task)
    optimizer = keras.optimizers.Adadelta(learning_rate=RATE, rho=RHO, epsilon=EPSILON, **options)
    model.compile(loss="categorical_crossentropy", optimizer=optimizer)
    for step in range(STEPS):
        model.train_on_batch(*task.batch(step))
    optimizer.finalize_variable_values(model.trainable_variables)
    trained = ours_trained(without_dropout(name), **options)
    for (key, array), other in zip(trained.items(), model.get_weights(), strict=True):
        np.testing.assert_allclose(array, other, rtol=0, atol=1e-6, err_msg=key)
