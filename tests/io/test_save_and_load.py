"""A model that is saved and loaded: what it keeps, and what it needs before it trains again."""

import pytest
from tiny_models import X, Y, bits, small_model

from nn.errors import InputError
from nn.layers import Dense, Flatten, Layer
from nn.models import Sequential, load_model
from nn.optimizers import SGD, Adam


def test_save_replaces_a_file_unless_told_not_to(tmp_path):
    path = tmp_path / "m.npz"
    small_model(seed=1).save(path)
    small_model(seed=2).save(path)
    assert bits(load_model(path)) == bits(small_model(seed=2))
    with pytest.raises(InputError, match="the file exists"):
        small_model(seed=3).save(path, overwrite=False)
    assert bits(load_model(path)) == bits(small_model(seed=2))


@pytest.mark.parametrize("include_optimizer", [True, False])
@pytest.mark.parametrize("name", ["m.npz", "m.keras", "new/m.bin"])
def test_a_model_that_is_not_built_leaves_no_file_and_no_folder(tmp_path, name, include_optimizer):
    with pytest.raises(InputError, match="the model has no input shape yet"):
        Sequential([Flatten(), Dense(4)]).save(tmp_path / name, include_optimizer=include_optimizer)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_was_built_by_fit_is_loaded_built(tmp_path):
    model = Sequential([Flatten(), Dense(4, activation="softmax")])
    model.fit(X, Y, verbose=0)
    model.card = {"made by": "a test"}
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.input_shape == (6, 6, 1)
    assert bits(loaded) == bits(model)
    assert loaded.card == {"made by": "a test"}


def test_another_ending_than_npz_is_warned_about(tmp_path):
    with pytest.warns(UserWarning, match=r"this package's own format"):
        small_model().save(tmp_path / "model.bin")
    assert bits(load_model(tmp_path / "model.bin")) == bits(small_model())


class Twice(Layer):
    def forward(self, x, training=False, rng=None):
        return 2 * x, None


def test_layers_of_ones_own_are_found_by_class_or_by_name(tmp_path):
    Sequential([Twice(input_shape=(3,)), Dense(2)]).save(tmp_path / "m.npz")
    for found in (load_model(tmp_path / "m.npz", [Twice]), load_model(tmp_path / "m.npz", custom_objects={"Twice": Twice})):
        assert isinstance(found.layers[0], Twice)
    with pytest.raises(InputError, match="Twice"):
        load_model(tmp_path / "m.npz")


def saved(tmp_path, name="m.npz", **options):
    """A model that was trained with Adam, in a file."""
    model = small_model()
    model.compile(optimizer=Adam(), metrics=["acc"])
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / name, **options)
    return tmp_path / name


def test_a_loaded_model_goes_on_where_the_saved_one_stopped(tmp_path):
    model = load_model(saved(tmp_path))
    assert isinstance(model.optimizer, Adam)
    assert (model.iterations, model.metrics) == (3, ["acc"])
    model.fit(X, Y, verbose=0)
    whole = small_model()
    whole.compile(optimizer=Adam())
    whole.fit(X, Y, epochs=2, verbose=0)
    assert bits(model) == bits(whole)


@pytest.mark.parametrize(
    ("name", "kept", "loaded", "trains", "evaluates"),
    [
        ("m.npz", {}, {}, True, True),
        ("m.npz", {"include_optimizer": False}, {}, False, True),  # the loss of files without one is known
        ("m.npz", {}, {"compile": False}, False, False),
        ("m.npz", {"include_optimizer": False}, {"compile": False}, False, False),
        ("m.h5", {}, {}, True, True),
        ("m.h5", {"include_optimizer": False}, {}, False, False),
        ("m.h5", {}, {"compile": False}, False, False),
    ],
)
def test_a_model_without_its_optimizer_or_loss_has_to_be_compiled_first(tmp_path, name, kept, loaded, trains, evaluates):
    if name.endswith("h5"):
        pytest.importorskip("h5py")
    model = load_model(saved(tmp_path, name, **kept), **loaded)
    for works, does, says in (
        (trains, lambda: model.fit(X, Y, verbose=0), "holds no optimizer"),
        (evaluates, lambda: model.evaluate(X, Y), "holds no loss"),
    ):
        if works:
            does()
        else:
            with pytest.raises(InputError, match=says):
                does()
    model.compile(optimizer=SGD())
    model.fit(X, Y, verbose=0)
    assert len(model.evaluate(X, Y)) == 2


def test_a_model_that_is_not_compiled_is_saved_without_an_optimizer(tmp_path):
    model = load_model(saved(tmp_path), compile=False)
    model.save(tmp_path / "again.npz")
    with pytest.raises(InputError, match="holds no optimizer"):
        load_model(tmp_path / "again.npz").fit(X, Y, verbose=0)
