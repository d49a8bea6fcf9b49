"""Whole trainings of both engines against a loop in plain NumPy that shares no code with them."""

import functools

import numpy as np
import pytest
from plain_layers import mask, network_of
from plain_numpy import Training

from nn.engine import textbook
from nn.engine.plan import Plan
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU, Softmax
from nn.models import Sequential
from nn.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop
from nn.optimizers.schedules import Cosine, OneCycle
from nn.pretrained import student_network

# Input shape, layers. Batches of 45 are two chunks, the second one short.
NETWORKS = {
    "the student's, small": (
        (14, 14, 1),
        lambda: [
            *(Conv2D(4, 5, activation="relu"), MaxPooling2D(), Conv2D(6, 3, activation="relu"), MaxPooling2D(padding="same")),
            *(Flatten(), Dense(12, activation="relu"), Dropout(0.3), Dense(9, activation="relu"), Dropout(0.5)),
            Dense(5, activation="softmax"),
        ],
    ),
    "Winograd's shapes": (
        (12, 12, 32),
        lambda: [Conv2D(16, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(5, activation="softmax")],
    ),
    "padding and strides": (
        (7, 6, 3),
        lambda: [
            *(Conv2D(5, (3, 2), (2, 1), "same", activation="relu"), Conv2D(3, 2, padding="same"), ReLU()),
            *(MaxPooling2D(3, 2, "same"), Flatten(), Dense(5), Softmax()),
        ],
    ),
    "overlapping pools": (
        (9, 8, 2),
        lambda: [
            Conv2D(3, 2),
            MaxPooling2D(3, 1),
            Dropout(0.25),
            MaxPooling2D((2, 3)),
            Flatten(),
            Dense(5, activation="softmax"),
        ],
    ),
    "dense, many inputs": (
        (300,),
        lambda: [Dense(7, activation="relu"), Dropout(0.4), Dense(6), Dropout(0.0), Dense(5, activation="softmax")],
    ),
    "softmax in between": ((6,), lambda: [Dense(7, activation="softmax"), Dense(5, activation="softmax")]),
    "batch normalization": (
        (8, 7, 2),
        lambda: [
            *(Conv2D(5, 3), BatchNormalization(momentum=0.7), ReLU(), MaxPooling2D(), Flatten()),
            *(Dense(9), BatchNormalization(epsilon=0.01), ReLU(), Dropout(0.3), Dense(5, activation="softmax")),
        ],
    ),
    "nothing hidden": ((6,), lambda: [Dropout(0.2), Dense(5, activation="softmax")]),
}
OPTIMIZERS = {
    "Adadelta": (Adadelta(1.0), {}),
    "Adadelta, decay, one cycle": (
        Adadelta(OneCycle(2.0, 12), rho=0.9, epsilon=1e-5, weight_decay=0.01),
        {"rate": OneCycle(2.0, 12), "options": {"rho": 0.9, "epsilon": 1e-5}, "weight_decay": 0.01},
    ),
    "Adadelta, average": (Adadelta(1.0, use_ema=True, ema_momentum=0.8), {"ema_momentum": 0.8}),
    "SGD": (SGD(0.05), {"rule": "sgd", "rate": 0.05}),
    "SGD, decay, cosine, average": (
        SGD(Cosine(0.2, 12), weight_decay=0.1, use_ema=True, ema_momentum=0.5),
        {"rule": "sgd", "rate": Cosine(0.2, 12), "weight_decay": 0.1, "ema_momentum": 0.5},
    ),
    "momentum": (SGD(0.05, 0.9), {"rule": "sgd", "rate": 0.05, "options": {"momentum": 0.9}}),
    "Nesterov": (
        SGD(0.05, 0.8, nesterov=True),
        {"rule": "sgd", "rate": 0.05, "options": {"momentum": 0.8, "nesterov": True}},
    ),
    "RMSprop": (RMSprop(0.003), {"rule": "rmsprop", "rate": 0.003}),
    "RMSprop, centred, momentum": (
        RMSprop(0.003, 0.8, 0.5, 1e-3, centered=True),
        {"rule": "rmsprop", "rate": 0.003, "options": {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-3, "centered": True}},
    ),
    "Adam": (Adam(0.003), {"rule": "adam", "rate": 0.003}),
    "Adam, AMSGrad, decay, average": (
        Adam(OneCycle(0.01, 12), 0.8, 0.9, 1e-5, amsgrad=True, weight_decay=0.1, use_ema=True, ema_momentum=0.6),
        {
            "rule": "adam",
            "rate": OneCycle(0.01, 12),
            "options": {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-5, "amsgrad": True},
            "weight_decay": 0.1,
            "ema_momentum": 0.6,
        },
    ),
    "Adagrad": (Adagrad(0.05), {"rule": "adagrad", "rate": 0.05}),
    "Adamax": (Adamax(0.003), {"rule": "adamax", "rate": 0.003}),
    "Nadam": (Nadam(0.003), {"rule": "nadam", "rate": 0.003}),
}
EPOCHS = 3


def built(network):
    """A fresh model."""
    shape, layers = NETWORKS[network]
    model = Sequential(layers(), seed=1, dtype=np.float64)
    model.build(shape)
    return model


@functools.cache
def data(network, samples, seed):
    """Images that are float32 values, and targets, of which every third is a distribution."""
    rng = np.random.default_rng(seed)
    x = rng.random((samples, *NETWORKS[network][0])).astype(np.float32)
    targets = np.eye(5, dtype=np.float32)[rng.integers(5, size=samples)]
    targets[::3] = rng.random((len(targets[::3]), 5)).round(3)
    return x, targets


@functools.cache
def expected(network, optimizer, *, samples, batch_size, seed, shuffle):
    """The plain training: its final weights and its history."""
    training = Training(network_of(built(network)), **OPTIMIZERS[optimizer][1])
    (x, targets), validation = data(network, samples, 0), data(network, 70, 1)
    doubles = [np.asarray(array, np.float64) for array in (x, targets, *validation)]
    weights = training.fit(
        *doubles[:2],
        validation=tuple(doubles[2:]),
        batch_size=batch_size,
        epochs=EPOCHS,
        seed=seed,
        shuffle=shuffle,
    )
    return weights, training.history


def compare(network, optimizer, *, samples=150, batch_size=45, seed=3, shuffle=True, **options):
    """Train by an engine, and compare weights and history with the plain training."""
    model = built(network)
    model.compile(optimizer=OPTIMIZERS[optimizer][0])
    (x, targets), validation = data(network, samples, 0), data(network, 70, 1)
    given = {"batch_size": batch_size, "epochs": EPOCHS, "seed": seed, "shuffle": shuffle}
    history = model.fit(x, targets, verbose=0, validation_data=validation, **given, **options).history
    wanted = expected(network, optimizer, samples=samples, batch_size=batch_size, seed=seed, shuffle=shuffle)
    check(model, history, *wanted)


def check(model, history, weights, entries):
    """Weights to 1e-9 of the largest; loss and accuracy of every epoch. (A bias before batch
    normalization stays zero: it is rounding alone.)
    """
    for array, other in zip(model.get_weights(), weights, strict=True):
        assert np.abs(array - other).max() <= 1e-9 * np.abs(other).max() + 1e-14
    for name in entries[0]:
        assert history[name] == pytest.approx([entry[name] for entry in entries], rel=1e-9), name


every_engine = pytest.mark.parametrize("options", [{"engine": "layers"}, {"threads": 1}, {"threads": 3}], ids=str)


@every_engine
@pytest.mark.parametrize("network", NETWORKS)
def test_networks(network, options):
    compare(network, "Adadelta", **options)


@every_engine
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer, options):
    compare("the student's, small", optimizer, **options)


@every_engine
@pytest.mark.parametrize(("samples", "batch_size"), [(96, 32), (33, 33), (65, 64), (40, 100), (5, 1), (131, 130)])
def test_batches_of_every_size(samples, batch_size, options):
    compare("dense, many inputs", "Adadelta", samples=samples, batch_size=batch_size, **options)


@every_engine
@pytest.mark.parametrize("chunk", [1, 7, 45, 100])
@pytest.mark.parametrize("network", ["the student's, small", "batch normalization"])
def test_chunks_of_every_size(network, chunk, options, monkeypatch):
    monkeypatch.setattr(Plan.__init__, "__kwdefaults__", {**Plan.__init__.__kwdefaults__, "chunk": chunk})
    compare(network, "Adadelta", **options)


@every_engine
@pytest.mark.parametrize("given", ["class_weight", "sample_weight", "both"])
def test_samples_that_count_more_than_others(given, options):
    (x, targets), validation = data("nothing hidden", 100, 0), data("nothing hidden", 70, 1)
    by_class, by_sample = {0: 3.0, 2: 0.5, 4: 0.0}, np.random.default_rng(2).random(100)
    weights = {"class_weight": by_class, "sample_weight": by_sample}
    counts = np.ones(100)
    if given != "sample_weight":
        counts *= [by_class.get(label, 1.0) for label in targets.argmax(axis=1)]
    if given != "class_weight":
        counts *= by_sample
    training = Training(network_of(built("nothing hidden")), **OPTIMIZERS["Adam"][1])
    doubles = [np.asarray(array, np.float64) for array in (x, targets, *validation)]
    common = {"batch_size": 45, "epochs": EPOCHS, "seed": 3}
    expected = training.fit(*doubles[:2], validation=tuple(doubles[2:]), counts=counts, **common)
    model = built("nothing hidden")
    model.compile(optimizer=OPTIMIZERS["Adam"][0])
    chosen = weights if given == "both" else {given: weights[given]}
    history = model.fit(x, targets, verbose=0, validation_data=validation, **common, **chosen, **options).history
    check(model, history, expected, training.history)


def test_validation_in_several_batches(monkeypatch):
    monkeypatch.setattr(textbook, "EVALUATED", 32)
    compare("nothing hidden", "SGD", engine="layers")


@every_engine
def test_seeds_and_orders(options):
    compare("nothing hidden", "SGD", seed=0, **options)
    compare("nothing hidden", "SGD", seed=2**40, **options)
    compare("nothing hidden", "SGD", shuffle=False, **options)


def students_model():
    """The student's network in float64."""
    layers = [type(layer)(**layer.config()) for layer in student_network().layers]
    model = Sequential(layers, seed=1, dtype=np.float64)
    model.build((28, 28, 1))
    return model


@functools.cache
def students_training():
    """Images with something to learn, a bright row; and the plain training: 200 steps."""
    rng = np.random.default_rng(5)
    x, y = rng.random((200, 28, 28, 1)).astype(np.float32), rng.integers(10, size=200)
    x[np.arange(200), 2 * y + 2] += 1
    training = Training(network_of(students_model()))
    weights = training.fit(x.astype(np.float64), np.eye(10)[y], batch_size=8, epochs=8, seed=7)
    return x, y, weights, training.history


@pytest.mark.parametrize("options", [{"engine": "layers"}, {"threads": 2}], ids=str)
def test_the_students_network_for_two_hundred_steps(compiler, options):
    x, y, weights, entries = students_training()
    model = students_model()
    model.compile(optimizer=Adadelta(1.0))
    history = model.fit(x, y, batch_size=8, epochs=8, seed=7, verbose=0, **options).history
    assert entries[-1]["accuracy"] > 0.5
    check(model, history, weights, entries)


def test_masks_keep_the_share_they_should_and_depend_on_key_and_index_alone():
    drawn = mask(12345, 0.3, (40, 1000))
    assert set(np.unique(drawn)) == {0, 1 / 0.7}
    assert (drawn > 0).mean() == pytest.approx(0.7, abs=0.01)
    np.testing.assert_array_equal(drawn[:3], mask(12345, 0.3, (3, 1000)))
    assert (mask(12346, 0.3, (40, 1000)) != drawn).mean() == pytest.approx(0.42, abs=0.02)
