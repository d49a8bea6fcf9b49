"""With what scripts prepare their arrays in TensorFlow: the functions, data sets, schedules."""

import math
import os

import numpy as np
import pytest

import nn as tf
from nn import keras
from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])
slices = tf.data.Dataset.from_tensor_slices


def test_arrays_are_prepared_as_in_tensorflow():
    assert tf.cast(Y, tf.float32).dtype == np.float32
    assert tf.cast([0.9, -0.9], "int32").tolist() == [0, 0]
    assert tf.one_hot([2, 0], depth=3).numpy().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert tf.reshape(X, [-1, 3]).shape == tf.reshape(X, (4, 3)).shape == (4, 3)
    assert tf.expand_dims(X, axis=-1).shape == X[..., tf.newaxis].shape == (6, 2, 1)
    assert tf.pad(X, [[0, 0], [2, 1]])[1].tolist() == [0, 0, 2, 3, 0]
    assert tf.argmax([[1, 5], [7, 6]]).tolist() == [1, 1]
    assert tf.argmax([[1, 5], [7, 6]], axis=1).tolist() == [1, 0]
    assert float(tf.reduce_mean(tf.cast(tf.equal([1, 2], [1, 3]), tf.float32))) == 0.5
    assert tf.reduce_sum(X, axis=[0, 1]).item() == X.sum()
    assert tf.squeeze(X[:, :1]).shape == (6,)
    assert tf.transpose(X).shape == (2, 6)
    assert tf.concat([X, X], axis=0).shape == (12, 2)
    assert tf.stack([Y, Y], axis=1).tolist()[1] == [1, 1]
    assert tf.math.confusion_matrix(np.array([1, 1, 0], np.uint8), [1, 0, 0]).tolist() == [[1, 0], [1, 1]]
    assert tf.config.list_physical_devices("GPU") == []


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: tf.cast(keras.Input((3,)), tf.float32), r"only chains of layers .* \(here a function of arrays\)"),
        (lambda: tf.one_hot([3], 3), "0 to 2"),
        (lambda: tf.math.confusion_matrix([1, 1], [1]), "1 and 2"),
        (lambda: slices((X, Y[:2])), "one length"),
        (lambda: slices(X).batch(0), "batch_size"),
        (lambda: slices(X).take("all"), "count"),
        (lambda: slices(X).cache("file"), "filename"),
        (lambda: len(slices(X).repeat()), "steps_per_epoch"),
        (lambda: keras.optimizers.schedules.PiecewiseConstantDecay([5, 2], [1, 2, 3]), "ascending"),
        (lambda: keras.optimizers.schedules.ExponentialDecay(0.1, 0, 0.5), "decay_steps"),
    ],
)
def test_what_is_not_supported_is_refused(act, says):
    with pytest.raises(InputError, match=says) as error:
        act()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
        ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
        ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
        ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "end_learning_rate": 0.01, "power": 2.0}),
        ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 30, "alpha": 0.1}),
        ("PiecewiseConstantDecay", {"boundaries": [3, 20], "values": [0.1, 0.05, 0.01]}),
    ],
)
def test_schedules_are_those_of_keras(name, arguments):
    theirs = pytest.importorskip("keras").optimizers.schedules
    if not hasattr(theirs, name):
        pytest.skip("keras is not installed")
    own, other = getattr(keras.optimizers.schedules, name)(**arguments), getattr(theirs, name)(**arguments)
    steps = range(0, 41)
    np.testing.assert_allclose([own(step) for step in steps], [float(other(step)) for step in steps], rtol=1e-5)
    np.testing.assert_allclose(own(np.arange(41)), [own(step) for step in steps], rtol=1e-12)


def test_rates_of_schedules_by_hand():
    schedules = keras.optimizers.schedules
    assert schedules.ExponentialDecay(0.1, 10, 0.5)(15) == pytest.approx(0.1 * 0.5**1.5)
    assert schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True)(19) == pytest.approx(0.05)
    assert schedules.InverseTimeDecay(0.1, 10, 0.5, staircase=True)(29) == pytest.approx(0.05)
    assert schedules.PolynomialDecay(0.1, 10, 0.02, power=2.0)(5) == pytest.approx(0.02 + 0.08 / 4)
    assert schedules.PolynomialDecay(0.1, 10, 0.02)(99) == pytest.approx(0.02)
    assert schedules.CosineDecay(0.1, 8, alpha=0.5)(2) == pytest.approx(0.1 * (0.25 * (1 + math.sqrt(0.5)) + 0.5))


def test_schedules_have_kerases_defaults():
    schedules = keras.optimizers.schedules
    assert schedules.ExponentialDecay(0.1, 10, 0.5)(5) == pytest.approx(0.1 * math.sqrt(0.5))  # no staircase
    assert schedules.InverseTimeDecay(0.1, 10, 0.5)(15) == pytest.approx(0.1 / 1.75)
    assert schedules.PolynomialDecay(0.1, 10)(4) == pytest.approx(0.0001 + 0.0999 * 0.6)  # a straight line down to 0.0001
    assert schedules.CosineDecay(0.1, 10)(10) == schedules.CosineDecay(0.1, 10)(99) == 0


def test_schedules_give_a_number_for_a_step_and_an_array_for_steps():
    for schedule in (
        keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5),
        keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.05]),
    ):
        assert type(schedule(np.int64(1))) is float
        assert schedule(np.arange(3)).shape == (3,)
        assert schedule(np.array([2])).tolist() == [schedule(2)]


@pytest.mark.parametrize("steps", [0, -1, "ten", None])
def test_schedules_are_refused_without_steps(steps):
    with pytest.raises(InputError, match="CosineDecay: expected decay_steps to be a number above 0"):
        keras.optimizers.schedules.CosineDecay(0.1, steps)


@pytest.mark.parametrize(("boundaries", "values"), [([1], [1]), ([1], [1, 2, 3]), ([2, 1], [1, 2, 3])])
def test_schedules_with_a_value_too_few_or_too_many_are_refused(boundaries, values):
    with pytest.raises(InputError, match="one value more than boundaries"):
        keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)


def test_a_rate_is_read_and_set_in_the_words_of_keras():
    model = Sequential([Dense(2, input_shape=(3,))])
    model.compile(keras.optimizers.adam(lr=0.5), "mse")
    backend = keras.backend
    assert backend.get_value(model.optimizer.lr) == model.optimizer.learning_rate.numpy() == 0.5
    backend.set_value(model.optimizer.lr, 0.25)
    assert model.optimizer.learning_rate == 0.25
    model.optimizer.lr.assign(np.float32(0.125))
    assert model.optimizer.get_config()["learning_rate"] == 0.125
    with pytest.raises(InputError, match="learning_rate"):
        model.optimizer.lr.assign(-1)
    with pytest.raises(InputError, match="set_value"):
        backend.set_value(0.1, 0.2)


def test_optimizers_of_tensorflow_1_are_kerases_with_its_defaults():
    import nn as tf

    adam, plain, momentum = (
        tf.train.AdamOptimizer(),
        tf.train.GradientDescentOptimizer(0.3),
        tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    )
    assert (adam.name, adam.learning_rate, adam.epsilon) == ("adam", 0.001, 1e-8)
    assert (plain.name, plain.learning_rate, plain.momentum) == ("sgd", 0.3, 0)
    assert (momentum.momentum, momentum.nesterov) == (0.9, True)
    assert (adam.beta_1, adam.beta_2, tf.train.MomentumOptimizer(0.1, 0.9).nesterov) == (0.9, 0.999, False)
    with pytest.raises(AttributeError, match=r"nn.train has no 'RMSPropOptimizer'; it has .*AdamOptimizer"):
        _ = tf.train.RMSPropOptimizer


@pytest.mark.filterwarnings("ignore:.*written in this package")
def test_latest_checkpoint_is_the_file_written_last(tmp_path):
    assert tf.train.latest_checkpoint(tmp_path / "none") is None
    (tmp_path / "checkpoint").write_text("something else")
    assert tf.train.latest_checkpoint(tmp_path) is None
    model = Sequential([Dense(3, input_shape=(2,))])
    for name in ("cp-0002.ckpt", "cp-0010.ckpt", "cp-0011.ckpt"):
        model.save_weights(tmp_path / name)
    times = {"cp-0002.ckpt": 5, "cp-0010.ckpt": 5, "cp-0011.ckpt": 4}
    for name, seconds in times.items():
        os.utime(tmp_path / name, (seconds, seconds))
    (tmp_path / "folder.ckpt").mkdir()
    (tmp_path / "notes.txt").write_text("newer than all")
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "cp-0010.ckpt")


def test_what_scripts_ask_of_the_machine_and_draw():
    assert not tf.test.is_gpu_available()
    assert tf.test.gpu_device_name() == ""
    with tf.device("/gpu:0"):
        assert tf.executing_eagerly()
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    tf.logging.set_verbosity(tf.logging.ERROR)
    assert tf.get_logger().level == tf.logging.ERROR
    tf.get_logger().setLevel("INFO")
    assert tf.compat.v1.train is tf.train
    first = tf.random.normal((200, 50), 1.0, 2.0, seed=1)
    assert (first.mean(), first.std()) == (pytest.approx(1, abs=0.05), pytest.approx(2, abs=0.05))
    assert (tf.random.normal((2, 2)) != tf.random.normal((2, 2))).all()
    whole = tf.random.uniform((500,), maxval=3, dtype=tf.int32)
    assert (whole.dtype, set(whole.tolist())) == (np.int32, {0, 1, 2})
    assert tf.shape(X).numpy().tolist() == [6, 2]
    assert int(tf.size(X)) == 12
    assert tf.square([2.0]).tolist() == [4.0]
    assert tf.sqrt([4.0]).tolist() == tf.abs([-2.0]).tolist() == [2.0]
    assert tf.exp([0.0]).tolist() == tf.ones([1]).tolist() == [1.0]
    assert tf.zeros([2, 1]).shape == (2, 1)


def test_random_arrays_repeat_with_a_seed_or_after_numpys():
    for draw in (tf.random.normal, tf.random.uniform):
        assert draw((3,), seed=2).tolist() == draw((3,), seed=2).tolist() != draw((3,), seed=3).tolist()
        drawn = []
        for seed in (5, 5, 6):
            np.random.seed(seed)  # noqa: NPY002
            drawn.append(draw((3,)).tolist())
        assert drawn[0] == drawn[1] != drawn[2]
    np.random.seed(0)  # noqa: NPY002
    assert len({float(tf.random.uniform(())) for _ in range(200)}) > 190


def test_random_arrays_have_tensorflows_defaults():
    drawn = tf.random.normal((40000,), seed=1)
    assert (drawn.mean(), drawn.std()) == (pytest.approx(0, abs=0.03), pytest.approx(1, abs=0.03))
    drawn = tf.random.uniform((40000,), seed=1)
    assert (drawn.min(), drawn.max()) == (pytest.approx(0, abs=0.001), pytest.approx(1, abs=0.001))
    assert drawn.dtype == np.float32


def test_initial_weights_of_keras_1_are_small():
    from nn.utils.tensorflow import names

    assert names.scaled_normal((40000,)).std() == pytest.approx(0.05, rel=0.03)
    drawn = names.scaled_uniform((40000,))
    assert (drawn.min(), drawn.max()) == (pytest.approx(-0.05, abs=1e-4), pytest.approx(0.05, abs=1e-4))
    assert names.scaled_uniform((40000,), 2).min() == pytest.approx(-2, abs=0.01)


@pytest.mark.parametrize(("name", "expected"), [("mean", 2.5), ("sum", 15), ("prod", 0), ("max", 5), ("min", 0)])
def test_reductions_drop_their_axes_unless_told_otherwise(name, expected):
    reduce = getattr(tf, f"reduce_{name}") if name != "prod" else tf.math.reduce_prod
    numbers = np.arange(6).reshape(2, 3)
    assert (reduce(numbers).shape, reduce(numbers).item()) == ((), expected)
    assert reduce(numbers, axis=1).shape == (2,)
    assert (reduce(numbers, keepdims=True).shape, reduce(numbers, [0, 1], keepdims=True).item()) == ((1, 1), expected)


def test_arrays_are_stacked_along_a_new_first_axis():
    assert tf.stack([Y, Y + 1]).tolist() == [[0, 1, 2, 0, 1, 2], [1, 2, 3, 1, 2, 3]]
    assert tf.squeeze(X[:, :1][None], axis=[0]).shape == (6, 1)


@pytest.mark.parametrize(
    ("labels", "predictions", "classes", "expected"),
    [
        ([0, 1, 1], [0, 1, 0], None, [[1, 0], [1, 1]]),
        ([0, 0], [2, 2], None, [[0, 0, 2], [0, 0, 0], [0, 0, 0]]),
        ([2], [0], None, [[0, 0, 0], [0, 0, 0], [1, 0, 0]]),
        ([0], [1], 3, [[0, 1, 0], [0, 0, 0], [0, 0, 0]]),
        ([0], [0], None, [[1]]),
        ([], [], None, []),
    ],
)
def test_confusion_matrices_by_hand(labels, predictions, classes, expected):
    assert tf.math.confusion_matrix(labels, predictions, classes).tolist() == expected


def test_comparisons_of_equals():
    assert tf.math.less([1, 2, 3], 2).tolist() == [True, False, False]
    assert tf.math.greater([1, 2, 3], 2).tolist() == [False, False, True]
    assert tf.equal([1, 2, 3], 2).tolist() == [False, True, False]


def test_functions_of_tf_math():
    assert tf.math.reduce_prod([2, 3]).numpy() == 6
    assert tf.math.log([1.0]).tolist() == [0.0]
    assert tf.round([1.5, -0.4]).tolist() == [2.0, 0.0]
    assert tf.maximum([1, 5], 3).tolist() == [3, 5]
    assert tf.math.minimum([1, 5], 3).tolist() == [1, 3]
    assert tf.clip_by_value([-1.0, 0.5, 2.0], 0, 1).tolist() == [0.0, 0.5, 1.0]
    assert tf.math.less([1, 5], 3).tolist() == tf.math.greater([5, 1], 3).tolist() == [True, False]
