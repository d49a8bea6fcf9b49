"""`tf.data.Dataset`: its elements, its length, and what a model learns from it."""

import numpy as np
import pytest

import nn as tf
from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])
slices = tf.data.Dataset.from_tensor_slices


def values(dataset):
    """The elements, as lists."""
    return [np.asarray(each).tolist() for each in dataset]


def test_data_sets_are_made_of_one_another():
    rows = slices(X[:, 0])
    assert values(rows.batch(4)) == [[0, 2, 4, 6], [8, 10]]
    assert values(rows.batch(4, drop_remainder=True)) == [[0, 2, 4, 6]]
    assert values(rows.map(lambda x: x + 1).skip(1).take(2)) == [3, 5]
    assert values(rows.take(2).repeat(2)) == [0, 2, 0, 2]
    lengths = [rows, rows.batch(4), rows.batch(4, drop_remainder=True), rows.repeat(3), rows.skip(4), rows.skip(9)]
    assert [len(each) for each in lengths] == [6, 2, 1, 18, 2, 0]
    assert [len(list(each)) for each in lengths] == [6, 2, 1, 18, 2, 0]
    assert rows.repeat().batch(2).cardinality() == -1
    images, labels = next(iter(slices((X, Y)).map(lambda x, y: (x / 2, y)).batch(3).prefetch(tf.data.AUTOTUNE)))
    assert images.numpy().tolist() == (X[:3] / 2).tolist()
    assert labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("tensors", [3, np.array(None), (X, 3), (X, Y[:5]), (Y[:5], X), np.array([[1], [1, 2]], object)], ids=str)
def test_what_has_no_rows_in_common_is_no_data_set(tensors):
    with pytest.raises(InputError, match="expected one array or a tuple of arrays of one length"):
        slices(tensors)


def test_lengths_of_data_sets():
    rows = slices(X[:, 0])
    assert [int(each.cardinality()) for each in (rows, rows.take(4), rows.take(9), rows.repeat(1), rows.skip(6))] == [
        6,
        4,
        6,
        6,
        0,
    ]
    assert [int(rows.repeat(each).cardinality()) for each in (None, -1)] == [-1, -1]
    assert len(rows.batch(1)) == 6
    assert int(rows.repeat().batch(4, drop_remainder=True).cardinality()) == -1
    assert values(rows.repeat().batch(4, drop_remainder=True).take(2)) == [[0, 2, 4, 6], [8, 10, 0, 2]]
    assert values(rows.repeat(-1).take(8)) == [0, 2, 4, 6, 8, 10, 0, 2]
    for refused in (lambda: rows.batch(2.0), lambda: rows.repeat(0), lambda: rows.skip(-1)):
        with pytest.raises(InputError, match="whole number of at least 1"):
            refused()


def test_elements_with_parts_stay_tuples():
    (x, y), *_ = slices((X, Y))
    assert (x.tolist(), int(y)) == ([0, 1], 0)
    only = next(iter(slices((X,)).batch(2)))
    assert [part.shape for part in only] == [(2, 2)]
    assert [np.asarray(each).shape for each in slices(X).batch(1)] == [(1, 2)] * 6
    assert next(slices(X).as_numpy_iterator()).tolist() == [0, 1]


def test_the_order_of_a_shuffled_data_set_may_be_kept():
    rows = slices(np.arange(50))
    kept, seeded = rows.shuffle(50, reshuffle_each_iteration=False), rows.shuffle(50, seed=3)
    assert values(kept) == values(kept) != values(rows)
    assert values(seeded) != values(seeded)
    assert values(rows.shuffle(50, seed=3)) == values(rows.shuffle(50, 3)) != values(rows.shuffle(50, seed=4))
    assert values(rows.shuffle(1)) == list(range(50))


def test_a_shuffled_data_set_holds_all_once_in_another_order_each_time():
    shuffled = slices(np.arange(50)).shuffle(1000)
    first, second = values(shuffled), values(shuffled)
    assert sorted(first) == sorted(second) == list(range(50))
    assert list(range(50)) != first != second
    again = slices(np.arange(50)).shuffle(50, seed=3, reshuffle_each_iteration=False)
    assert values(again) == values(again)


def test_a_small_buffer_moves_no_element_far_to_the_front():
    order = values(slices(np.arange(200)).shuffle(5))
    assert order != list(range(200))
    assert all(element <= place + 4 for place, element in enumerate(order))


def test_batches_of_a_data_set_train_as_the_arrays_do():
    def new():
        model = Sequential([Dense(3, activation="softmax", input_shape=(2,))], seed=1)
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    by_batches, by_arrays = new(), new()
    data = slices((X, Y)).batch(4)
    history = by_batches.fit(data, epochs=2, validation_data=data, verbose=0).history
    by_arrays.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(by_batches.get_weights()[0], by_arrays.get_weights()[0])
    assert by_batches.evaluate(data) == by_arrays.evaluate(X, Y) == [history["val_loss"][-1], history["val_accuracy"][-1]]
    assert by_batches.predict(data).tolist() == by_arrays.predict(X).tolist()
    by_batches.fit(data.repeat(), steps_per_epoch=5, verbose=0)
    assert by_batches.iterations == 9
