"""A stack that can be trained: which arrays its optimizer keeps, for how long, and what a file
gives back.
"""

import copy

import pytest

from nn.engine.trainable import TrainableStack
from nn.errors import InputError
from nn.io.compiled import Compiled
from nn.kernels.memory import ALIGNMENT
from nn.layers import Dense, Dropout
from nn.losses import CategoricalCrossentropy, MeanSquaredError
from nn.optimizers import SGD, Adadelta, Adam


def stack(optimizer=None, **options):
    """Two layers with parameters and one without."""
    made = TrainableStack([Dense(3, input_shape=(4,)), Dropout(0.5), Dense(2)], **options)
    made.optimizer = optimizer or Adadelta()
    return made


def after_some_steps(optimizer=None):
    """A stack whose optimizer has kept something: 1, 2, 3, ... for the parameters in their order."""
    made = stack(optimizer)
    for value, arrays in enumerate(made.slots().values(), start=1):
        for array in arrays:
            array[...] = value
    made.iterations = 5
    return made


def kept(made):
    return {name: [float(array.max()) for array in arrays] for name, arrays in made.slots().items()}


def test_a_new_stack_has_done_no_steps_and_has_the_usual_choices():
    made = TrainableStack()
    assert (made.iterations, made.stop_training, made.metrics, made._compiled, made.knows_loss) == (0, False, [], True, True)
    assert isinstance(made.loss, CategoricalCrossentropy)
    assert isinstance(made.optimizer, Adadelta)


def test_the_seed_is_0_unless_given():
    first, same, other = (stack(**options).get_weights()[0] for options in ({}, {"seed": 0}, {"seed": 1}))
    assert (first == same).all()
    assert (first != other).any()


@pytest.mark.parametrize(("optimizer", "count"), [(SGD(), 0), (SGD(momentum=0.9), 1), (Adam(), 2)], ids=["none", "one", "two"])
def test_the_optimizer_keeps_its_arrays_for_each_parameter(optimizer, count):
    made = stack(optimizer)
    assert kept(made) == {name: [0.0] * count for name in made.parameters()}
    for name, arrays in made.slots().items():
        assert all(array.shape == made.parameters()[name].shape for array in arrays)
    assert made.slots() is made.slots()


@pytest.mark.parametrize("optimizer", [SGD(), SGD(momentum=0.9), Adam()], ids=["none", "one", "two"])
def test_layers_that_are_renamed_keep_what_they_had(optimizer):
    made = after_some_steps(optimizer)
    values = list(kept(made).values())
    made.layers[0].name, made.layers[2].name = "dense_5", "dense_6"
    assert list(kept(made)) == ["dense_5/kernel", "dense_5/bias", "dense_6/kernel", "dense_6/bias"]
    assert list(kept(made).values()) == values


def test_layers_of_another_shape_begin_anew():
    made = after_some_steps()
    made.layers.pop()
    made.add(Dense(7, name="other"))
    assert kept(made) == {name: [0.0, 0.0] for name in ("dense/kernel", "dense/bias", "other/kernel", "other/bias")}
    assert made.slots()["other/kernel"][0].shape == (3, 7)


def test_forgetting_the_steps_begins_at_zero():
    made = after_some_steps()
    made.forget_steps()
    assert made.iterations == 0
    assert set(map(tuple, kept(made).values())) == {(0.0, 0.0)}


def test_building_begins_at_zero():
    made = after_some_steps()
    made.build((4,))
    assert made.iterations == 0
    assert set(map(tuple, kept(made).values())) == {(0.0, 0.0)}


def test_building_gives_the_layers_their_shapes():
    made = TrainableStack([Dense(3), Dense(2)])
    made.build((4,))
    assert [array.shape for array in made.get_weights()] == [(4, 3), (3,), (3, 2), (2,)]


def test_a_copy_goes_on_with_arrays_of_its_own():
    made = after_some_steps()
    other = copy.deepcopy(made)
    assert kept(other) == kept(made)
    assert other.iterations == 5
    assert all(array.ctypes.data % ALIGNMENT == 0 for arrays in other.slots().values() for array in arrays)
    other.slots()["dense/bias"][0][...] = 9
    assert kept(made)["dense/bias"] == [2.0, 2.0]


def test_what_is_chosen_comes_back_from_a_file():
    made, other = after_some_steps(Adam()), stack()
    made.loss, made.metrics = MeanSquaredError(), ["acc"]
    other.restore(made.choices(), "m.npz")
    assert (other.optimizer, other.loss, other.metrics, other.iterations) == (made.optimizer, made.loss, ["acc"], 5)
    assert kept(other) == kept(made)
    assert (other._compiled, other.knows_loss) == (True, True)


def test_a_file_without_choices_leaves_the_model_as_it_was_and_uncompiled():
    made = after_some_steps()
    before, optimizer = kept(made), made.optimizer
    made.restore(None, "m.npz")
    assert (made._compiled, made.knows_loss, made.iterations, made.optimizer) == (False, False, 5, optimizer)
    assert kept(made) == before


def test_choices_without_arrays_begin_at_zero():
    made = stack()
    made.restore(Compiled(Adam(), MeanSquaredError(), [], iterations=5), "m.npz")
    assert made.iterations == 5
    assert set(map(tuple, kept(made).values())) == {(0.0, 0.0)}


def test_arrays_of_other_parameters_are_refused_and_not_written():
    made, other = after_some_steps(), stack()
    other.add(Dense(2))
    with pytest.raises(InputError, match=r"m\.npz: the optimizer's arrays are not those of the trained parameters"):
        other.restore(made.choices(), "m.npz")
    made.add(Dense(2))
    assert made.choices().slots == {}
