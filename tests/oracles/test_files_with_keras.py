"""Files that Keras wrote are read here, and files written here are read by Keras: the outputs, the
optimizer's settings and the loss are the same.
"""

import os

import numpy as np
import pytest

from nn import layers, losses, optimizers
from nn.models import Sequential, load_model

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
pytest.importorskip("h5py")
keras = pytest.importorskip("keras", reason="Keras is not installed (the extra 'keras')")
if not hasattr(keras, "Sequential"):
    pytest.skip("Keras is not installed (the extra 'keras')", allow_module_level=True)

RNG = np.random.default_rng(6)
X, Y = RNG.random((8, 6, 6, 1)).astype(np.float32), np.arange(8) % 3
OPTIMIZERS = {
    "Adam": {"learning_rate": 0.01, "beta_1": 0.8},
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "RMSprop": {"rho": 0.8},
    "AdamW": {"weight_decay": 0.01},
    "Adadelta": {"learning_rate": 0.5},
}


def built(package, kinds, optimizer, loss):
    """The same model in either package."""
    model = package(
        [
            kinds.Input((6, 6, 1)),
            kinds.Rescaling(0.5),
            kinds.Conv2D(3, 3, activation="selu"),
            kinds.BatchNormalization(),
            kinds.Flatten(),
            kinds.Dense(3),
        ]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.fit(X, Y, verbose=0)
    return model


def agree(own, theirs, name):
    np.testing.assert_allclose(own.predict(X), theirs.predict(X, verbose=0), atol=1e-5)
    config = theirs.optimizer.get_config()
    for argument, value in OPTIMIZERS[name].items():
        assert float(own.optimizer.config()[argument]) == pytest.approx(float(config[argument])) == pytest.approx(float(value))
    assert own.optimizer.name == type(theirs.optimizer).__name__.lower() == name.lower()
    assert own.evaluate(X, Y)[0] == pytest.approx(theirs.evaluate(X, Y, verbose=0)[0], rel=1e-4)


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keras_files_are_read(tmp_path, name, ending):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    theirs = built(keras.Sequential, keras.layers, getattr(keras.optimizers, name)(**OPTIMIZERS[name]), loss)
    theirs.save(tmp_path / f"m.{ending}")
    agree(load_model(tmp_path / f"m.{ending}"), theirs, name)


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keras_reads_our_files(tmp_path, name, ending):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    own = built(Sequential, layers, getattr(optimizers, name)(**OPTIMIZERS[name]), loss)
    own.save(tmp_path / f"m.{ending}")
    agree(own, keras.models.load_model(tmp_path / f"m.{ending}"), name)
