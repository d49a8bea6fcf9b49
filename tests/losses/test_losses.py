import numpy as np
import pytest

from nn import losses
from nn.errors import InputError
from nn.layers import Sigmoid, Softmax
from nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    categorical_crossentropy,
    loss_named,
    targets_of,
)

LOSS = CategoricalCrossentropy()


def test_hand_worked():
    # p = (1/4, 3/4), (1/2, 1/2); t = (0, 1), (1, 0): L = -(ln 3/4 + ln 1/2) / 2
    p, t = np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    value, cache = LOSS.forward(p, t)
    assert value == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2, rel=1e-15)
    # -t / p / N: 1 / (3/4) / 2 = 2/3 and 1 / (1/2) / 2 = 1.
    np.testing.assert_allclose(LOSS.backward(cache), [[0, -2 / 3], [-1, 0]], rtol=1e-15)


def test_hand_worked_joined_with_softmax():
    # exp(0, ln 3) = (1, 3): p = (1/4, 3/4); exp(0, 0): p = (1/2, 1/2). The gradient is (p - t) /
    # 2.
    value, dlogits = LOSS.with_softmax(np.array([[0.0, np.log(3)], [0.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert value == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2, rel=1e-15)
    np.testing.assert_allclose(dlogits, [[0.125, -0.125], [-0.25, 0.25]], rtol=1e-15)


def test_joined_and_apart_agree():
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((5, 4)), rng.random((5, 4))
    p, softmax_cache = Softmax().forward(logits)
    value, cache = LOSS.forward(p, targets)
    joined, dlogits = LOSS.with_softmax(logits, targets)
    assert joined == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(dlogits, Softmax().backward(LOSS.backward(cache), softmax_cache)[0], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("copies", [2, 7])
def test_division_by_the_number_of_samples_happens_exactly_once(copies):
    rng = np.random.default_rng(0)
    logits, targets = rng.standard_normal((1, 3)), np.eye(3)[[1]]
    value, dlogits = LOSS.with_softmax(logits, targets)
    many, dmany = LOSS.with_softmax(np.repeat(logits, copies, 0), np.repeat(targets, copies, 0))
    assert many == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(dmany, np.repeat(dlogits / copies, copies, 0), rtol=1e-14)
    p = np.repeat(Softmax().forward(logits)[0], copies, 0)
    single, cache = LOSS.forward(p, np.repeat(targets, copies, 0))
    assert single == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(LOSS.backward(cache).sum(), -1 / p[0, 1], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits_keep_loss_and_gradient_exact(dtype):
    # Right by 2000: loss 0. Wrong by 2000: loss 2000, where log(softmax) would be log 0.
    logits = np.array([[2000.0, 0.0], [2000.0, 0.0], [-2000.0, -2000.0]], dtype)
    targets = np.eye(2, dtype=dtype)[[0, 1, 1]]
    value, dlogits = LOSS.with_softmax(logits, targets)
    assert value == pytest.approx((0 + 2000 + np.log(2)) / 3, rel=1e-12)
    assert dlogits.dtype == dtype
    np.testing.assert_allclose(dlogits * 3, [[0, 0], [1, -1], [0.5, -0.5]], rtol=1e-6, atol=1e-12)


def test_small_probabilities_are_not_rounded_away():
    # A loss of 1e-13 is below what 1 - p can show in float32; log-sum-exp in float64 keeps it.
    value, _ = LOSS.with_softmax(np.array([[30.0, 0.0]], np.float32), np.array([[1.0, 0.0]], np.float32))
    assert value == pytest.approx(np.log1p(np.exp(-30.0)), rel=1e-2)


def test_a_certain_wrong_answer_costs_sixteen_and_has_no_slope():
    p, t = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    value, cache = LOSS.forward(p, t)
    assert value == pytest.approx(-np.log(1e-7))
    assert LOSS.backward(cache).tolist() == [[0, 0]]
    # At the border itself, 1e-7, the clipped slope of the left counts.
    assert LOSS.backward((np.array([[1e-7, 1.0]]), t)).tolist() == [[0, 0]]
    assert LOSS.backward((np.array([[2e-7, 1.0]]), t))[0, 0] == pytest.approx(-5e6)


def test_not_a_number_shows():
    assert np.isnan(LOSS.with_softmax(np.array([[np.nan, 0.0]]), np.array([[1.0, 0.0]]))[0])
    assert np.isnan(LOSS.forward(np.array([[np.nan, 0.5]]), np.array([[1.0, 0.0]]))[0])


def test_inputs_are_left_alone_and_float32_comes_back_as_float32():
    logits, targets = np.ones((2, 3), np.float32), np.eye(3, dtype=np.float32)[:2]
    logits_before, targets_before = logits.copy(), targets.copy()
    assert LOSS.with_softmax(np.asfortranarray(logits), targets)[1].dtype == np.float32
    p, cache = LOSS.forward(logits / 3, targets)
    assert isinstance(p, float)
    assert LOSS.backward(cache).dtype == np.float32
    np.testing.assert_array_equal(logits, logits_before)
    np.testing.assert_array_equal(targets, targets_before)


def test_keras_function_gives_the_loss_of_each_sample():
    p = np.array([[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(categorical_crossentropy([1, 0], p), -np.log([0.75, 0.5]), rtol=1e-15)
    np.testing.assert_allclose(categorical_crossentropy([[0.0, 1.0]], [[0.0, 0.0]]), [-np.log(1e-7)])


@pytest.mark.parametrize("labels", [[2, 0], [[2], [0]], np.array([2, 0], np.uint8), [2.0, 0.0], [[0, 0, 1], [1, 0, 0]]])
def test_labels_become_targets_of_rows(labels):
    targets = targets_of(labels, 3)
    assert targets.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert targets.dtype == np.float32


def test_a_column_of_labels_of_a_single_class_is_labels_not_targets():
    assert targets_of([[0], [0]], 1).tolist() == [[1], [1]]


def test_no_labels_are_no_rows():
    assert targets_of([], 3).shape == (0, 3)
    assert targets_of(np.empty((0, 3)), 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 3], "values from 0 to 2, got 0 to 3"),
        ([-1, 2], "values from 0 to 2, got -1 to 2"),
        ([0.5], "whole numbers"),
        ([[0, 1]], r"shape \(samples,\) or \(samples, 3\), got \(1, 2\)"),
        ([[[0]]], "shape"),
        ([[0, -1, 0]], "negative"),
        ([[0, np.nan, 0]], "non-finite"),
    ],
)
def test_labels_that_are_none_are_refused_in_words(labels, said):
    with pytest.raises(InputError, match="y: .*" + said):
        targets_of(labels, 3, "y")


def focal(y_true, y_pred):
    return y_pred


def test_a_function_of_ones_own_is_refused_with_what_works_instead():
    with pytest.raises(
        InputError, match=r"or a class of your own that derives from nn.losses.Loss \(nn/losses/base.py says how\)"
    ):
        loss_named(focal)


class Steep(MeanSquaredError):
    def backward(self, cache):
        return 10 * super().backward(cache)


class SteepEntropy(CategoricalCrossentropy):
    def backward(self, cache):
        return 10 * super().backward(cache)


class SteepScores(CategoricalCrossentropy):
    def of_scores(self, scores, targets):
        value, gradient = super().of_scores(scores, targets)
        return value, 10 * gradient


def test_a_class_of_ones_own_trains_and_passes_that_would_not_be_run_are_refused():
    assert type(loss_named(Steep)) is Steep
    for loss in (SteepEntropy, SteepEntropy(), SteepScores):
        with pytest.raises(InputError, match=r"compile: Steep\w+ is joined with softmax, .* derive it from nn.losses.Loss"):
            loss_named(loss)


@pytest.mark.parametrize("loss", [LOSS, categorical_crossentropy, "categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_loss_by_name_or_object(loss):
    assert isinstance(loss_named(loss), CategoricalCrossentropy)


@pytest.mark.parametrize("loss", ["hinge", None, 3, np.sum])
def test_other_losses_are_refused(loss):
    with pytest.raises(InputError, match="categorical_crossentropy"):
        loss_named(loss)


# -- The other losses ------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(1)
P, T = RNG.uniform(0.1, 0.9, (4, 3)), RNG.uniform(0, 1, (4, 3))


@pytest.mark.parametrize("loss", [BinaryCrossentropy(), MeanSquaredError(), MeanAbsoluteError(), CategoricalCrossentropy()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_outputs_has_the_measured_slope(loss, dtype):
    value, gradient = loss.of_outputs(P.astype(dtype), T.astype(dtype))
    assert gradient.dtype == dtype
    for index in np.ndindex(P.shape):
        h = np.zeros_like(P)
        h[index] = 1e-6
        slope = (loss.of_outputs(P + h, T)[0] - loss.of_outputs(P - h, T)[0]) / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-4 if dtype == np.float32 else 1e-7, abs=1e-8)
    assert value == pytest.approx(loss.of_outputs(P, T)[0], rel=1e-6)


def test_binary_crossentropy_joined_and_apart_agree():
    loss, scores = BinaryCrossentropy(), RNG.standard_normal((4, 3))
    p, cache = Sigmoid().forward(scores)
    value, joined_gradient = loss.of_scores(scores, T)
    apart, gradient = loss.of_outputs(p, T)
    assert value == pytest.approx(apart, rel=1e-13)
    np.testing.assert_allclose(joined_gradient, Sigmoid().backward(gradient, cache)[0], rtol=1e-11)


def test_binary_crossentropy_of_extreme_scores_stays_exact():
    value, gradient = BinaryCrossentropy().of_scores(np.array([[2000.0], [-2000.0]]), np.array([[0.0], [0.0]]))
    assert value == 1000
    assert gradient.tolist() == [[0.5], [0.0]]


def test_outputs_that_are_no_distribution_are_divided_by_their_sum():
    value, _ = LOSS.of_outputs(np.array([[1.0, 3.0]]), np.array([[0.0, 1.0]]))
    assert value == pytest.approx(-np.log(0.75), rel=1e-15)


@pytest.mark.parametrize(
    ("loss", "outputs"), [(LOSS, [[-0.1, 1.1]]), (BinaryCrossentropy(), [[-0.1, 0.5]]), (BinaryCrossentropy(), [[1.5, 0.5]])]
)
def test_scores_where_probabilities_belong_are_refused_with_what_to_do(loss, outputs):
    with pytest.raises(
        InputError, match=r"takes probabilities, but the last layer gives .*let the network end.*from_logits=True"
    ):
        loss.of_outputs(np.array(outputs), np.array([[0.0, 1.0]]))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(CategoricalCrossentropy(label_smoothing=0.3), [0.1, 0.8, 0.1]), (BinaryCrossentropy(label_smoothing=0.2), [0.1, 0.9, 0.1])],
)
def test_label_smoothing_mixes_targets_with_even_ones(loss, expected):
    targets = np.array([[0.0, 1.0, 0.0]])
    np.testing.assert_allclose(loss.smoothed(targets), [expected], rtol=1e-15)
    assert targets.tolist() == [[0, 1, 0]]
    assert LOSS.smoothed(targets) is targets


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_loss_has_a_name_a_class_and_perhaps_a_function(name):
    kind = losses.LOSSES[name]
    assert type(loss_named(name)) is type(loss_named(kind)) is type(loss_named(kind())) is kind
    function = getattr(losses, name)
    assert type(loss_named(function)) is kind
    y_true = [2, 0, 1, 1] if "categorical" in name else T
    p = P / P.sum(axis=1, keepdims=True)
    each = function(y_true, p)
    assert each.shape == (4,)
    if "categorical" not in name:
        assert kind()(y_true, p) == pytest.approx(each.mean(), rel=1e-14)


def test_called_with_targets_first_as_in_keras():
    assert LOSS(np.array([[0.0, 1.0]]), np.array([[0.25, 0.75]])) == pytest.approx(-np.log(0.75))
    scores = np.log([[1.0, 3.0]])
    assert CategoricalCrossentropy(from_logits=True)(np.array([[0.0, 1.0]]), scores) == pytest.approx(-np.log(0.75))
    assert SparseCategoricalCrossentropy(from_logits=True)([1], scores) == pytest.approx(-np.log(0.75))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: CategoricalCrossentropy(label_smoothing=1), "label_smoothing must be at least 0 and below 1, got 1"),
        (lambda: CategoricalCrossentropy(label_smoothing="much"), "label_smoothing"),
        (lambda: CategoricalCrossentropy(axis=1), "axis=-1"),
        (lambda: CategoricalCrossentropy(reduction="sum"), "reduction='sum'"),
        (lambda: SparseCategoricalCrossentropy(ignore_class=0), "ignore_class"),
        (lambda: SparseCategoricalCrossentropy(label_smoothing=0.1), "label_smoothing"),
        (lambda: MeanSquaredError(from_logits=True), "from_logits has no meaning"),
        (lambda: BinaryCrossentropy().labels_of(np.array([0.0, 2.0]), 1, "y"), "y: expected targets from 0 to 1, got 0.0 to 2.0"),
        (lambda: BinaryCrossentropy().labels_of(np.array([-1.0]), 1, "y"), "from 0 to 1"),
        (lambda: MeanSquaredError().labels_of(np.zeros(4), 3, "y"), r"expected targets of shape \(samples, 3\).*got \(4,\)"),
        (lambda: MeanSquaredError().labels_of(np.array([np.nan]), 1, "y"), "finite"),
        (lambda: MeanSquaredError().labels_of(np.array(["a"]), 1, "y"), "finite"),
    ],
)
def test_what_a_loss_does_not_take_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_labels_of_one_output_may_be_a_row():
    assert MeanSquaredError().labels_of(np.array([1.5, -2.0]), 1, "y").shape == (2, 1)
    assert LOSS.labels_of(np.array([[2], [0]]), 3, "y").tolist() == [2, 0]
