"""What `fit` and `evaluate` are given becomes a source of samples, or is refused by its name."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dense, Flatten, Reshape
from nn.models import Sequential
from nn.utils.model_inputs import source_of

RNG = np.random.default_rng(4)
X = RNG.random((6, 4), np.float32)
Y = np.array([0, 2, 1, 1, 0, 2])


def model_of(*layers, loss="categorical_crossentropy"):
    model = Sequential(list(layers), seed=1)
    model.compile("sgd", loss)
    return model


def classifier():
    return model_of(Dense(3, activation="softmax", input_shape=(4,)))


def pictures(loss="mse"):
    return model_of(Dense(6, input_shape=(4,)), Reshape((2, 3, 1)), loss=loss)


class Source:
    """Vectors of another source."""

    def __init__(self, size=4):
        self.image_shape = [size]

    def __len__(self):
        return 6

    def fill(self, out, indices, epoch):
        """Not called here."""

    def targets(self, indices, epoch):
        """Not called here."""


def contents(source):
    out = np.empty((len(source), *source.image_shape), np.float32)
    source.fill(out, np.arange(len(source)), 0)
    return out, source.targets(np.arange(len(source)), 0)


def test_arrays_become_a_source_of_the_same_numbers():
    out, targets = contents(source_of(classifier(), "x", X, Y))
    np.testing.assert_array_equal(out, X)
    np.testing.assert_array_equal(targets, np.eye(3)[Y])
    assert len(source_of(classifier(), "x", X[:1], Y[:1])) == 1


def test_a_source_is_taken_as_it_is():
    source = Source()
    assert source_of(classifier(), "x", source, None) is source
    with pytest.raises(InputError, match=r"x: expected samples of shape \(4,\), got \(5,\)"):
        source_of(classifier(), "x", Source(5), None)


@pytest.mark.parametrize("x", [X.reshape(6, 2, 2), Source()], ids=["array", "source"])
def test_a_model_without_a_shape_is_built_for_the_samples(x):
    model = model_of(Flatten(), Dense(3, activation="softmax"))
    source_of(model, "x", x, Y)
    assert model.input_shape == ((2, 2) if isinstance(x, np.ndarray) else (4,))


def test_a_built_model_keeps_its_weights():
    model = classifier()
    model.set_weights([np.full((4, 3), 0.5), np.zeros(3)])
    source_of(model, "x", X, Y)
    assert (model.get_weights()[0] == 0.5).all()


@pytest.mark.parametrize(
    ("make", "x", "y", "says"),
    [
        (lambda: Sequential(), X, Y, "the model has no layers"),
        (classifier, X[:0], Y[:0], "at least one sample, got none"),
        (classifier, X[:, :3], Y, "expected shape .samples, 4., got"),
        (classifier, X * np.nan, Y, "expected finite numbers"),
        (classifier, X[:, 0] > 9, Y, "expected shape"),
    ],
)
def test_what_a_model_cannot_take_is_refused(make, x, y, says):
    with pytest.raises(InputError, match=says):
        source_of(make(), "x", x, y)


@pytest.mark.parametrize(("argument", "named"), [("x", "y"), ("validation_data", "validation_data")])
def test_wrong_labels_are_refused_by_the_name_under_which_they_came(argument, named):
    with pytest.raises(InputError, match=rf"^{named}: expected targets of shape \(samples, 3\)"):
        source_of(model_of(Dense(3, input_shape=(4,)), loss="mse"), argument, X, np.zeros((6, 2)))
    with pytest.raises(InputError, match=rf"^{named}: expected targets of shape \(samples, 2, 3, 1\), got \(6, 3, 2\)"):
        source_of(pictures(), argument, X, np.zeros((6, 3, 2)))


def test_targets_of_a_distance_are_any_numbers_and_those_of_classes_are_not():
    targets = RNG.standard_normal((6, 3))
    plain = model_of(Dense(3, input_shape=(4,)), loss="mse")
    np.testing.assert_allclose(contents(source_of(plain, "x", X, targets))[1], targets, rtol=1e-6)
    with pytest.raises(InputError, match="labels"):
        source_of(classifier(), "x", X, targets)


@pytest.mark.parametrize("shape", [(6, 2, 3, 1), (6, 2, 3)])
def test_images_as_targets_are_read_row_by_row(shape):
    targets = RNG.random(shape)
    np.testing.assert_allclose(contents(source_of(pictures(), "x", X, targets))[1], targets.reshape(6, 6), rtol=1e-6)


def test_tables_as_targets_are_read_row_by_row_too():
    model, targets = model_of(Dense(6, input_shape=(4,)), Reshape((2, 3)), loss="mse"), RNG.random((6, 2, 3))
    np.testing.assert_allclose(contents(source_of(model, "x", X, targets))[1], targets.reshape(6, 6), rtol=1e-6)


def test_classes_of_pixels_are_refused():
    with pytest.raises(InputError, match=r"expected a network that puts out vectors, got outputs of shape \(2, 3, 1\)"):
        source_of(pictures("categorical_crossentropy"), "x", X, Y)
