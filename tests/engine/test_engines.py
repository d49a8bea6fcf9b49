"""Two engines, one definition: what the layers say is what trains, and the fused engine computes
the same.
"""

import json

import numpy as np
import pytest

from nn.datasets import mnist
from nn.datasets.augment import AugmentedImages
from nn.datasets.sources import Concatenation, plain_source
from nn.errors import InputError
from nn.gradcheck import check_layer
from nn.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Reshape,
    Softmax,
    ZeroPadding2D,
)
from nn.layers.regularizers import L1, L1L2
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, Optimizer, RMSprop
from nn.optimizers.schedules import OneCycle
from nn.pretrained import student_network
from nn.strokes import SyntheticDigits
from nn.training import Trainer

RNG = np.random.default_rng(3)
X = RNG.random((150, 8, 8, 2))
Y = RNG.integers(3, size=150)


class Scale(Layer):
    """The example of `nn/layers/base.py`, with an argument."""

    def __init__(self, start, **options):
        super().__init__(**options)
        self.start = start

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.full(input_shape[-1], self.start), dtype)

    def forward(self, x, training=False, rng=None):
        return x * self.parameters["factor"], x

    def backward(self, dout, cache):
        return dout * self.parameters["factor"], {"factor": (dout * cache).sum(axis=tuple(range(dout.ndim - 1)))}

    def config(self):
        return {**super().config(), "start": self.start}


class Centre(Layer):
    """Takes off the batch's mean when training and its moving average otherwise, and multiplies by
    a factor: a whole batch, state, and a parameter.
    """

    whole_batch = True

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_state("moving_mean", np.zeros(input_shape), dtype)
        self.add_parameter("factor", np.array([1.5]), dtype)

    def forward(self, x, training=False, rng=None):
        mean = x.mean(axis=0) if training else self.state["moving_mean"]
        return self.parameters["factor"] * (x - mean), (mean, x - mean)

    def backward(self, dout, cache):
        dx = self.parameters["factor"] * (dout - dout.mean(axis=0))
        return dx, {"factor": (dout * cache[1]).sum(keepdims=True).reshape(1)}

    def update_state(self, cache):
        self.state["moving_mean"] += 0.1 * (cache[0] - self.state["moving_mean"])


class Noise(Layer):
    """Adds noise when training: a random layer of which the engine knows nothing else."""

    random = True

    def forward(self, x, training=False, rng=None):
        if not training:
            return x, None
        return x + 0.1 * np.random.default_rng(rng).standard_normal(x.shape), None

    def backward(self, dout, cache):
        return dout, {}


class Momentum(Optimizer):
    """Momentum whose first steps are corrected as Adam's are: it needs the number of the step."""

    name = "momentum"
    slots = ("velocity",)

    def update(self, parameter, gradient, slots, rate, step=0):
        self.decay_weights(parameter, rate)
        slots[0][...] = 0.9 * slots[0] + 0.1 * gradient
        parameter -= rate * slots[0] / (1 - 0.9 ** (step + 1))


NETWORKS = {
    "convolutions, padded and strided": lambda: [
        Conv2D(5, 3, padding="same", activation="relu"),
        MaxPooling2D(3, 2, "same"),
        Conv2D(9, 2, strides=2),
        ReLU(),
        Flatten(),
    ],
    "winograd, unpooled": lambda: [Conv2D(12, 3, padding="same", activation="relu"), Conv2D(12, 3), Flatten()],
    "rows of whole vectors, padded": lambda: [
        Conv2D(16, 3, padding="same", activation="relu"),
        Conv2D(16, 3, padding="same", activation="relu"),
        Conv2D(8, 3, padding="same", activation="relu"),
        MaxPooling2D(),
        Flatten(),
    ],
    "products": lambda: [Conv2D(6, 1, activation="relu"), Conv2D(4, 8), Flatten()],
    "dropout everywhere": lambda: [Dropout(0.2), Flatten(), Dense(300, activation="relu"), Dropout(0.5), Dropout(0.1)],
    "a layer of one's own": lambda: [Conv2D(4, 3), Scale(0.7), ReLU(), MaxPooling2D(), Flatten()],
    "the whole batch, twice": lambda: [Centre(), Conv2D(4, 3, activation="relu"), Flatten(), Centre(), Dense(7)],
    "batch normalization": lambda: [
        Conv2D(5, 3, use_bias=False),
        BatchNormalization(),
        Activation("relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(9),
        BatchNormalization(scale=False, momentum=0.9),
        Activation("tanh"),
    ],
    "batch normalization before pools": lambda: [
        Conv2D(17, 3, activation="relu"),
        BatchNormalization(),
        MaxPooling2D(),
        Conv2D(3, 2, padding="same"),
        BatchNormalization(gamma_initializer="random_normal"),
        ReLU(),
        MaxPooling2D(2, padding="valid"),
        Flatten(),
    ],
    "a frozen batch normalization before a pool": lambda: [
        Conv2D(4, 2, activation="relu"),
        BatchNormalization(trainable=False),
        MaxPooling2D(),
        Flatten(),
    ],
    "batch normalization first, and before a sum": lambda: [
        BatchNormalization(center=False),
        Conv2D(4, 3, padding="same", activation="sigmoid"),
        BatchNormalization(epsilon=0.1),
        ReLU(),
        BatchNormalization(),
        AveragePooling2D(3, 2, "same"),
        Flatten(),
    ],
    "smooth activations": lambda: [
        ZeroPadding2D(((1, 0), (0, 2))),
        Conv2D(6, 3, activation="elu"),
        MaxPooling2D(3, 2),
        Conv2D(5, 2, activation="gelu"),
        Conv2D(4, 1, activation="softplus"),
        GlobalAveragePooling2D(),
        Dense(12, activation="swish"),
        Reshape((3, 4)),
        LeakyReLU(0.1),
        Flatten(),
        Dense(5),
        ReLU(),
        Dropout(0.2),
    ],
    "frozen layers": lambda: [
        Conv2D(5, 3, activation="relu", trainable=False),
        BatchNormalization(trainable=False),
        Conv2D(4, 2, activation="relu"),
        GlobalMaxPooling2D(),
        Dense(8, activation="relu", trainable=False),
        Dropout(0.3),
        BatchNormalization(trainable=False),
        Scale(0.7, trainable=False),
    ],
    "regularized": lambda: [
        Conv2D(5, 3, activation="relu", kernel_regularizer="l2", bias_regularizer=L1(0.1)),
        BatchNormalization(gamma_regularizer="l1"),
        Flatten(),
        Dense(8, kernel_regularizer=L1L2(1e-3, 1e-3), use_bias=False, kernel_initializer="he_normal"),
    ],
    "random": lambda: [Flatten(), Noise(), Dense(8, activation="relu"), Noise()],
}
LAST = {
    "softmax joined": lambda: [Dense(3, activation="softmax")],
    "softmax alone": lambda: [Dense(3), Softmax()],
}


def trained(layers, engine, *, optimizer=None, threads=None, seed=0, batch_size=64, epochs=2, **options):
    model = Sequential(layers, seed=1, dtype=np.float64)
    model.compile(optimizer=optimizer or Adadelta())
    options = {"batch_size": batch_size, "epochs": epochs, "validation_data": (X, Y), "verbose": 0, **options}
    history = model.fit(X, Y, seed=seed, threads=threads, engine=engine, **options)
    return model, history.history


def without_seconds(history):
    return {name: values for name, values in history.items() if name != "seconds"}


@pytest.mark.parametrize("last", LAST.values(), ids=LAST)
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_both_engines_end_in_the_same_weights_state_and_history(layers, last):
    # 150 samples in batches of 64: chunks of 32 and one of 22.
    fused, fused_history = trained([*layers(), *last()], "fused")
    plain, plain_history = trained([*layers(), *last()], "layers")
    for (name, array), expected in zip(fused.arrays().items(), plain.arrays().values(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-9 * max(1, np.abs(expected).max()), err_msg=name)
    for name, values in without_seconds(fused_history).items():
        assert values == pytest.approx(plain_history[name], rel=1e-9), name
    assert fused.iterations == plain.iterations == 6


OPTIMIZERS = {
    "sgd": lambda: SGD(0.05),
    "weight decay and average": lambda: Adadelta(weight_decay=0.01, use_ema=True, ema_momentum=0.8),
    "schedule": lambda: Adadelta(OneCycle(2.0, 6)),
    "momentum": lambda: SGD(0.05, 0.9),
    "nesterov": lambda: SGD(0.05, 0.9, nesterov=True, decay=0.1),
    "rmsprop": lambda: RMSprop(0.01),
    "rmsprop, centered, momentum": lambda: RMSprop(0.001, momentum=0.5, centered=True, epsilon=1e-3),
    "adam": lambda: Adam(0.01),
    "adamw, amsgrad": lambda: AdamW(0.01, amsgrad=True, use_ema=True),
    "adagrad": lambda: Adagrad(0.05),
    "adamax": lambda: Adamax(0.01),
    "nadam": lambda: Nadam(0.01),
    "the step's number": lambda: Momentum(0.05, weight_decay=0.01),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_both_engines_agree_under_every_optimizer(optimizer):
    def weights(engine):
        layers = [*NETWORKS["convolutions, padded and strided"](), Dense(3, activation="softmax")]
        return trained(layers, engine, optimizer=optimizer())[0].get_weights()

    for array, expected in zip(weights("fused"), weights("layers"), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_any_number_of_threads_gives_the_same_bits_under_every_optimizer(optimizer):
    def weights(threads):
        # 1800 inputs of a dense layer: its weights change in several pieces.
        layers = [Conv2D(50, 3, activation="relu"), Flatten(), Dense(9, activation="relu"), Dense(3, activation="softmax")]
        return trained(layers, "fused", optimizer=optimizer(), threads=threads, epochs=1)[0].get_weights()

    first = weights(1)
    for threads in (2, 5):
        for array, expected in zip(weights(threads), first, strict=True):
            np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("engine", ["fused", "layers"])
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(layers, engine):
    runs = [trained([*layers(), Dense(3, activation="softmax")], engine, threads=threads) for threads in (1, 2, 5)]
    for model, history in runs[1:]:
        assert without_seconds(history) == without_seconds(runs[0][1])
        for array, expected in zip(model.get_weights(), runs[0][0].get_weights(), strict=True):
            np.testing.assert_array_equal(array, expected)


def test_an_edit_in_a_layer_changes_a_training_by_layers_and_the_engines_then_differ(monkeypatch):
    layers = NETWORKS["convolutions, padded and strided"]

    def weights(engine):
        return trained([*layers(), Dense(3, activation="softmax")], engine)[0].get_weights()

    before = weights("layers")
    right = Conv2D.backward

    def wrong(self, dout, cache):
        dx, gradients = right(self, dout, cache)
        return dx, gradients | {"kernel": 1.01 * gradients["kernel"]}

    monkeypatch.setattr(Conv2D, "backward", wrong)
    after, fused = weights("layers"), weights("fused")
    assert not np.allclose(after[0], before[0], rtol=0, atol=1e-9)
    assert not np.allclose(after[0], fused[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(fused[0], before[0], rtol=0, atol=1e-9)


def test_evaluation_by_layers_runs_the_layers(monkeypatch):
    model, history = trained([*NETWORKS["products"](), Dense(3, activation="softmax")], "layers")
    assert model.evaluate(X, Y, engine="layers") == pytest.approx([history["val_loss"][-1], history["val_accuracy"][-1]])
    assert model.evaluate(X, Y, engine="layers") == pytest.approx(model.evaluate(X, Y), rel=1e-12)
    monkeypatch.setattr(Dense, "forward", lambda self, x, training=False, rng=None: (np.zeros((len(x), self.units)), None))
    assert model.evaluate(X, Y, engine="layers")[0] == pytest.approx(np.log(3))


def test_another_engine_is_refused():
    with pytest.raises(InputError, match="engine: expected one of fused, layers, got 'fast'"):
        trained([Flatten(), Dense(3, activation="softmax")], "fast")


def test_a_layer_of_ones_own_is_checked_saved_and_loaded(tmp_path):
    for layer in (Scale(0.5), Centre()):
        report = check_layer(layer, input_shape=(5, 4))
        assert report.passed, str(report)
    layers = [Centre(), Conv2D(4, 3), Scale(0.7), Flatten(), Noise(), Dense(3, activation="softmax")]
    model, _ = trained(layers, "fused")
    model.save(tmp_path / "own.npz")
    with pytest.raises(InputError, match=r"no layer type 'Centre'.*custom_layers"):
        load_model(tmp_path / "own.npz")
    again = load_model(tmp_path / "own.npz", custom_layers=[Scale, Centre, Noise])
    assert again.layers[0].state.keys() == {"moving_mean"}
    for array, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected.astype(np.float32))
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=0, atol=1e-5)


def test_save_says_at_once_when_a_layer_could_not_be_loaded(tmp_path):
    class Forgetful(Scale):
        def config(self):
            return {"name": self.name}

    class Changeable(Scale):
        def config(self):
            return {**super().config(), "start": [1.0, 2.0]}

    for kind, said in ((Forgetful, "start"), (Changeable, "could not be loaded again")):
        model = Sequential([Flatten(input_shape=(2, 2)), kind(0.5), Dense(3, activation="softmax")])
        with pytest.raises(InputError, match=said):
            model.save(tmp_path / "own.npz")
        assert not (tmp_path / "own.npz").exists()


def test_a_layer_of_ones_own_is_never_mistaken_for_one_of_the_package(tmp_path):
    own = type("Flatten", (Flatten,), {})
    Sequential([own(input_shape=(2, 2)), Dense(3)]).save(tmp_path / "own.npz")
    with pytest.raises(InputError, match="no layer type 'Flatten'"):
        load_model(tmp_path / "own.npz")
    assert type(load_model(tmp_path / "own.npz", custom_layers=[own]).layers[0]) is own
    with pytest.raises(InputError, match="custom_layers: expected subclasses"):
        load_model(tmp_path / "own.npz", custom_layers=["Flatten"])


def test_a_layer_that_gives_another_shape_than_it_announced_is_named():
    class Wider(Layer):
        def forward(self, x, training=False, rng=None):
            return np.concatenate([x, x], axis=1), None

    for engine in ("fused", "layers"):
        with pytest.raises(InputError, match=r"layer wider: forward returned samples of shape \(256,\).*\(128,\)"):
            trained([Flatten(), Wider(), Dense(3, activation="softmax")], engine)


def test_a_layer_that_forgets_a_gradient_is_named():
    class Forgets(Scale):
        def backward(self, dout, cache):
            return dout, {"scale": dout}

    for engine in ("fused", "layers"):
        with pytest.raises(InputError, match=r"layer forgets: backward must return gradients for \['factor'\], got \['scale'\]"):
            trained([Flatten(), Forgets(1.0), Dense(3, activation="softmax")], engine)


def recipe_like(classic, seed):
    """Sources and optimizer as the recipes have them, for a network in float64."""
    (x, y), _ = mnist.load_data()
    images, labels = x[:640], y[:640]
    if classic:
        return plain_source(images, labels), Adadelta(1.0, use_ema=True, ema_momentum=0.95)
    views = Concatenation([AugmentedImages(images, labels, seed), SyntheticDigits(seed, 32)])
    return views, Adadelta(OneCycle(4.0, 40), weight_decay=1e-4)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("classic", [True, False])
def test_the_students_network_ends_in_the_same_weights_in_both_engines(classic):
    results = []
    for engine in ("fused", "layers"):
        model = student_network(2, np.float64)
        source, optimizer = recipe_like(classic, seed=2)
        model.compile(optimizer=optimizer)
        Trainer(model, source, batch_size=48, epochs=2, seed=2, engine=engine).run()
        results.append(model.parameters())
    for name, array in results[0].items():
        expected = results[1][name]
        assert np.abs(array - expected).max() <= 1e-9 * np.abs(expected).max(), name


def test_the_command_trains_by_layers_and_says_so(train):
    ended = train("--engine", "layers", "--epochs", 1, "--train-limit", 64, "--batch-size", 32, "--classic")
    assert ended.code == 0, ended.err
    assert "layer by layer" in ended.out
    assert ended.out.splitlines()[-1].startswith("test accuracy 0.")


def test_resuming_keeps_the_engine(train, tmp_path):
    words = ("--epochs", 1, "--train-limit", 64, "--batch-size", 32, "--classic")
    assert train("--engine", "layers", *words).code == 0
    history = json.loads((tmp_path / "mnist.history.json").read_text())
    assert history[0]["loss"] > 0
    assert train("--engine", "quick", *words).code == 2
