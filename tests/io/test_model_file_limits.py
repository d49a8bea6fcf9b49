"""How many layers a model file may have, of what size; and what exactly is wrong with one that is
refused.
"""

from pathlib import Path

import numpy as np
import pytest

from nn.errors import InputError
from nn.io import model_file
from nn.io.archive import read_archive
from nn.layers import Conv2D, Dense, Flatten, Layer, MaxPooling2D, ReLU
from nn.models import Sequential, load_model
from nn.optimizers import SGD

PATH = Path("m.npz")


def header(shape=(4,), count=1, **layer):
    entries = [{"type": "ReLU", "config": {"name": f"layer{number}"}, **layer} for number in range(count)]
    return {"input_shape": list(shape), "layers": entries}


def test_a_model_has_one_to_a_thousand_layers():
    for count in (1, 1000):
        assert len(model_file.layers_from(header(count=count), PATH)[0]) == count
    for count in (0, 1001):
        with pytest.raises(InputError, match=r"m.npz: expected a list of layers"):
            model_file.layers_from(header(count=count), PATH)


@pytest.mark.parametrize("shape", [(1,), (7, 1), (1, 2, 3)])
def test_an_input_has_one_to_three_sizes_of_at_least_one(shape):
    assert model_file.layers_from(header(shape), PATH)[1] == shape


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4), (0,), (3, 0), (-4,), (2.0,), (True,), ("4",)])
def test_other_input_shapes_are_refused(shape):
    with pytest.raises(InputError, match=r"m.npz: expected an input shape of one to three positive sizes, got"):
        model_file.layers_from(header(shape), PATH)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"config": [1]}, "expected a layer to be an object with type and config"),
        ({"config": {"input_shape": [4]}}, "expected one input shape, the model's own, got another for a ReLU layer"),
        ({"config": {"units": 3}}, "the configuration of a ReLU layer is wrong: "),
        ({"type": None}, "there is no layer type None"),
        ({"type": {"a": 1}}, "there is no layer type"),
        ({"type": "Double"}, "there is no layer type 'Double'; if it is a layer of your own, name its class in"),
        ({"custom": True}, "there is no layer type 'ReLU'; if it is a layer of your own, name its class in"),
    ],
)
def test_a_layer_is_refused_with_what_is_wrong(entry, says):
    with pytest.raises(InputError, match=says):
        model_file.layers_from(header(**entry), PATH)


class Double(Layer):
    """Twice its input."""

    def forward(self, x, training=False, rng=None):
        return 2 * x, None


def test_layers_of_ones_own_are_found_by_their_mark_and_class(tmp_path):
    Sequential([Double(input_shape=(3,))]).save(tmp_path / "m.npz")
    saved = read_archive(tmp_path / "m.npz", model_file.FORMAT, model_file.VERSION)[0]
    assert saved["layers"] == [{"type": "Double", "config": {"name": "double"}, "custom": True}]
    model = load_model(tmp_path / "m.npz", [Double])
    assert model.predict(np.ones((1, 3))).tolist() == [[2, 2, 2]]
    for wrong in (3, int, Double()):
        with pytest.raises(InputError, match=r"custom_layers: expected subclasses of nn.layers.Layer"):
            model_file.layers_from(header(), PATH, [wrong])


class Forgetful(Layer):
    """Its config lacks its width."""

    def __init__(self, width=2, **options):
        super().__init__(**options)
        self.width = width

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.ones(self.width), dtype)

    def forward(self, x, training=False, rng=None):
        return x, None


class Demanding(Forgetful):
    """Its config lacks what its constructor needs."""

    def __init__(self, width, **options):
        super().__init__(width, **options)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (Forgetful(3, input_shape=(4,)), r"its config\(\) makes \{'factor': \(2,\)\}, expected \{'factor': \(3,\)\}"),
        (Demanding(3, input_shape=(4,)), r"Demanding\(\*\*config\(\)\) fails"),
    ],
    ids=["another width", "no width"],
)
def test_a_layer_that_could_not_be_loaded_again_is_not_saved(tmp_path, layer, says):
    with pytest.raises(InputError, match=f"could not be loaded again: .*{says}"):
        Sequential([layer]).save(tmp_path / "m.npz")
    assert not list(tmp_path.iterdir())


SIZES = {
    # 12 go in unchanged, 3 come out.
    "dense": ([Dense(3)], (12,), 3),
    # 8 * 6 * 2 in, as many out of the ReLU, and 4 * 3 * 2 pooled.
    "pooling": ([ReLU(), MaxPooling2D(2)], (8, 6, 2), 96 + 24),
    # "same" windows of 3 x 3 read a padded copy of 7 * 6 * 2, and give 5 * 4 * 3.
    "padded": ([Conv2D(3, 3, padding="same")], (5, 4, 2), 84 + 60),
    # Windows of 3 x 2 from row to row: 5 + 2 rows of 4 + 1.
    "pooled with padding": ([MaxPooling2D((3, 2), strides=1, padding="same"), Flatten()], (5, 4, 2), 70 + 40 + 40),
}


@pytest.mark.parametrize(("layers", "shape", "size"), SIZES.values(), ids=SIZES)
def test_a_sample_and_its_padded_copies_have_a_largest_size(tmp_path, monkeypatch, layers, shape, size):
    model = Sequential([type(layer)(**layer.config()) for layer in layers])
    model.build(shape)
    model.save(tmp_path / "m.npz")
    monkeypatch.setattr(model_file, "MAX_ACTIVATIONS", size)
    assert load_model(tmp_path / "m.npz").output_shape == model.output_shape
    monkeypatch.setattr(model_file, "MAX_ACTIVATIONS", size - 1)
    with pytest.raises(InputError, match=f"up to layer {model.layers[-1].name} a sample takes more than {size - 1:,} values"):
        load_model(tmp_path / "m.npz")


def check(arrays, *layers):
    shapes = {"d/kernel": (4, 3), "d/bias": (3,), "e/bias": (3,)}
    given = {name: np.zeros(shapes[name], np.float32) for name in arrays}
    model_file.check_arrays(layers or [Dense(3, name="d")], (4,), given, PATH)


def test_arrays_that_are_missing_or_foreign_are_named():
    check(["d/kernel", "d/bias"])
    with pytest.raises(InputError, match="'d/bias' is missing"):
        check(["d/kernel"])
    with pytest.raises(InputError, match="'d/kernel' is missing"):
        check(["d/bias"])
    with pytest.raises(InputError, match="'e/bias' is foreign"):
        check(["d/kernel", "d/bias", "e/bias"])
    # The first in the alphabet, if there are several.
    with pytest.raises(InputError, match="'d/bias' is missing"):
        check([])


@pytest.mark.parametrize("names", [["d", "d"], ["d", ""], ["d", 3], [["d"], "e"]])
def test_every_layer_has_a_name_of_its_own(names):
    layers = [ReLU(), ReLU()]
    for layer, name in zip(layers, names, strict=True):
        layer.name = name
    with pytest.raises(InputError, match="expected every layer to have a name of its own"):
        check([], *layers)


def test_a_layer_named_like_an_array_of_the_optimizer_is_saved_without_what_the_optimizer_keeps(tmp_path):
    # Their arrays could not be told apart.
    model = Sequential([Dense(2, name="optimizer/velocity", activation="softmax", input_shape=(3,))], seed=2)
    model.compile(SGD(momentum=0.9))
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    for array, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)
    with pytest.raises(InputError, match="holds no optimizer"):
        loaded.fit(np.zeros((4, 3)), np.zeros(4), verbose=0)


def test_a_loaded_model_keeps_the_order_of_its_axes(tmp_path):
    # Images of one row look like images whose channels come first, and a new layer would turn them.
    model = Sequential([Conv2D(2, (1, 3), data_format="channels_last", input_shape=(1, 8, 8)), Flatten(), Dense(2)], seed=1)
    model.save(tmp_path / "m.npz")
    loaded = load_model(tmp_path / "m.npz")
    assert [layer.output_shape for layer in loaded.layers] == [layer.output_shape for layer in model.layers]
    x = np.random.default_rng(0).random((2, 1, 8, 8))
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
    assert not any(layer.channels_first for layer in loaded.layers)
