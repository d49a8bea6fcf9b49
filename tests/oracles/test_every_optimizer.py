"""A hundred steps of every optimizer against PyTorch's and Keras', in float64."""

import inspect
import os

import numpy as np
import pytest
from networks import STEPS, ours_trained, problem

from nn import optimizers

NETWORK = "dense only, 130 inputs"
# PyTorch adds ε outside the root, Keras inside: where it is this small, the two are one.
TINY = 1e-15

TORCH = {
    "sgd": (optimizers.SGD(0.1), "SGD", {"lr": 0.1}),
    "momentum": (optimizers.SGD(0.05, 0.9), "SGD", {"lr": 0.05, "momentum": 0.9}),
    "nesterov": (optimizers.SGD(0.05, 0.8, nesterov=True), "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    "rmsprop": (optimizers.RMSprop(0.003, 0.95, epsilon=TINY**2), "RMSprop", {"lr": 0.003, "alpha": 0.95, "eps": TINY}),
    "rmsprop, momentum, centered": (
        optimizers.RMSprop(0.001, 0.9, 0.5, TINY**2, centered=True),
        "RMSprop",
        {"lr": 0.001, "alpha": 0.9, "momentum": 0.5, "centered": True, "eps": TINY},
    ),
    "adagrad": (
        optimizers.Adagrad(0.05, 0.1, TINY),
        "Adagrad",
        {"lr": 0.05, "initial_accumulator_value": 0.1, "eps": TINY},
    ),
    "adam": (optimizers.Adam(0.003, 0.8, 0.99, 1e-5), "Adam", {"lr": 0.003, "betas": (0.8, 0.99)}),
    "adam, amsgrad": (optimizers.Adam(0.003, amsgrad=True, epsilon=TINY), "Adam", {"lr": 0.003, "amsgrad": True, "eps": TINY}),
    "adamw": (optimizers.AdamW(0.003, 0.02, epsilon=TINY), "AdamW", {"lr": 0.003, "weight_decay": 0.02, "eps": TINY}),
    "adamax": (optimizers.Adamax(0.003, epsilon=TINY), "Adamax", {"lr": 0.003, "eps": TINY}),
    "nadam": (optimizers.Nadam(0.003, epsilon=1e-7), "NAdam", {"lr": 0.003, "eps": 1e-7, "momentum_decay": 1.0}),
}
# Where ε is large enough to be seen, it is given to PyTorch as it stands in our equation.
EPSILONS = {"adam": lambda step: 1e-5 / np.sqrt(1 - 0.99 ** (step + 1))}

KERAS = {
    "SGD": [{}, {"momentum": 0.9, "weight_decay": 0.01}, {"momentum": 0.9, "nesterov": True}],
    "RMSprop": [{}, {"momentum": 0.5, "centered": True, "epsilon": 1e-6, "weight_decay": 0.01}],
    "Adam": [{}, {"amsgrad": True, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}, {"use_ema": True, "ema_momentum": 0.9}],
    "AdamW": [{}, {"weight_decay": 0.02}],
    "Adagrad": [{}, {"learning_rate": 0.05, "initial_accumulator_value": 0.3, "epsilon": 1e-3}],
    "Adamax": [{}, {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}],
    "Nadam": [{}, {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3}],
}


@pytest.mark.parametrize("name", TORCH)
def test_a_hundred_steps_as_in_torch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'torch')")
    from in_torch import torch_trained

    own, kind, options = TORCH[name]
    expected = torch_trained(
        problem(NETWORK),
        make=lambda parameters: getattr(torch.optim, kind)(parameters, **options),
        epsilon_at=EPSILONS.get(name),
    )
    for key, array in ours_trained(problem(NETWORK), own).items():
        np.testing.assert_allclose(array, expected[key], rtol=0, atol=1e-9, err_msg=key)


@pytest.mark.parametrize(("kind", "options"), [(kind, options) for kind, each in KERAS.items() for options in each])
def test_a_hundred_steps_as_in_keras(kind, options):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    keras = pytest.importorskip("keras", reason="Keras is not installed (the extra 'keras')")
    optimizer = getattr(keras.optimizers, kind)(**options)
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((4, 5)), rng.standard_normal((STEPS, 4, 5)) * rng.random((4, 5))
    variable = keras.Variable(start, dtype="float64")
    own = getattr(optimizers, kind)(**options)
    weights, slots = start.copy(), tuple(np.zeros((4, 5)) for _ in own.slots)
    for step, gradient in enumerate(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        own.update(weights, gradient, slots, own.rate_at(step), step)
        if own.use_ema:
            own.average(weights, slots[-1], step)
    # Keras keeps the rate itself in float32.
    np.testing.assert_allclose(weights, keras.ops.convert_to_numpy(variable), rtol=0, atol=1e-6)
    if own.use_ema:
        optimizer.finalize_variable_values([variable])
        np.testing.assert_allclose(slots[-1], keras.ops.convert_to_numpy(variable), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KERAS)
def test_defaults_and_the_order_of_the_arguments_are_keras(kind):
    keras = pytest.importorskip("keras", reason="Keras is not installed (the extra 'keras')")
    own = [
        (each.name, each.default)
        for each in inspect.signature(getattr(optimizers, kind)).parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD
    ]
    theirs = [(each.name, each.default) for each in inspect.signature(getattr(keras.optimizers, kind)).parameters.values()]
    assert theirs[: len(own)] == own
