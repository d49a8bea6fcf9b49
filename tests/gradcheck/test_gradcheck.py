"""A gradient check must accept right gradients and, above all, find wrong ones."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.gradcheck import cases, check_gradients, check_layer, differences
from nn.layers import Dense, Dropout, Layer, MaxPooling2D, ReLU


class Scale(Layer):
    """A layer of a user's own: out = x · factor."""

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.ones(input_shape[-1]), dtype)

    def forward(self, x, training=False, rng=None):
        return x * self.parameters["factor"], x

    def backward(self, dout, cache):
        return dout * self.parameters["factor"], {"factor": (dout * cache).sum(axis=tuple(range(dout.ndim - 1)))}


def variant(**passes):
    """Scale with other passes."""
    return type("Variant", (Scale,), passes)()


def test_a_users_own_layer_is_checked_in_three_lines():
    report = check_layer(Scale(), input_shape=(5, 4))
    assert report.passed
    assert [tensor.name for tensor in report.tensors] == ["x", "factor"]
    assert report.error < 1e-10
    assert "Scale" in str(report)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda self, dout, x: (dout, {"factor": (dout * x).sum(axis=0)}),
        lambda self, dout, x: (dout * self.parameters["factor"], {"factor": (dout * x).mean(axis=0)}),
        lambda self, dout, x: (dout * self.parameters["factor"], {"factor": (dout * x)[0]}),
        lambda self, dout, x: (-dout * self.parameters["factor"], {"factor": (dout * x).sum(axis=0)}),
        lambda self, dout, x: (dout * self.parameters["factor"] * (1 + 1e-6), {"factor": (dout * x).sum(axis=0)}),
        lambda self, dout, x: (np.full_like(dout, np.nan), {"factor": (dout * x).sum(axis=0)}),
        lambda self, dout, x: (np.zeros_like(dout), {"factor": (dout * x).sum(axis=0)}),
    ],
    ids=["factor forgotten", "mean for sum", "first sample only", "sign", "one in a million", "nan", "cut off"],
)
def test_wrong_gradients_fail(wrong):
    report = check_layer(variant(backward=wrong), (4,))
    assert not report.passed
    assert "WRONG" in str(report)


def test_wrong_shapes_and_missing_and_surplus_gradients_are_named():
    report = check_layer(variant(backward=lambda self, dout, x: (dout[:1], {"scale": dout})), (4,))
    assert not report.passed
    assert report.complaints == [
        "there is no gradient for factor",
        "there is a gradient for scale, which is not a parameter",
        "the gradient for x has shape (1, 4), expected (3, 4)",
    ]


def test_a_backward_that_writes_into_dout_is_caught():
    def backward(self, dout, x):
        factor_gradient = (dout * x).sum(axis=0)
        dout *= self.parameters["factor"]
        return dout, {"factor": factor_gradient}

    assert check_layer(variant(backward=backward), (4,)).complaints == ["backward writes into dout"]


def test_a_backward_that_writes_into_the_input_is_caught():
    def backward(self, dout, x):
        factor_gradient = (dout * x).sum(axis=0)
        x += 1
        return dout * self.parameters["factor"], {"factor": factor_gradient}

    assert "the passes write into their input" in check_layer(variant(backward=backward), (4,)).complaints


def test_a_layer_that_draws_at_random_each_time_is_caught():
    noisy = variant(forward=lambda self, x, training=False, rng=None: (x * np.random.default_rng().random(), x))
    assert "random" in check_layer(noisy, (4,)).complaints[0]


def test_an_output_shape_other_than_announced_is_caught():
    report = check_layer(variant(compute_output_shape=lambda self, shape: (7,)), (4,))
    assert report.complaints == ["forward gives the shape (3, 4), but compute_output_shape says (3, 7)"]


def test_float32_layers_are_refused():
    layer = Dense(2)
    layer.build((3,), np.random.default_rng(0), np.float32)
    with pytest.raises(InputError, match="expected float64 for gradient checks, but kernel is float32"):
        check_layer(layer, (3,))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"layer": Scale}, "layer: expected an instance of a subclass of nn.layers.Layer"),
        ({"input_shape": 4}, "input_shape: expected the shape of one sample"),
        ({"batch": 0}, "batch: expected at least 1 sample, got 0"),
        ({"entries": 0}, "entries: expected at least 1 or None, got 0"),
        ({"x": np.ones((2, 5))}, "x: expected samples of shape"),
        ({"x": np.ones((0, 4))}, "x: expected samples of shape"),
        ({"approach": np.ones(4)}, r"approach: expected an offset to x, of shape \(3, 4\), got \(4,\)"),
    ],
)
def test_arguments_that_do_not_fit_are_named(arguments, said):
    with pytest.raises(InputError, match=said):
        check_layer(**({"layer": Scale(), "input_shape": (4,)} | arguments))


def test_float32_outputs_are_reported():
    narrow = variant(forward=lambda self, x, training=False, rng=None: ((x * self.parameters["factor"]).astype(np.float32), x))
    report = check_layer(narrow, (4,))
    assert not report.passed
    assert "the outputs are float32" in report.complaints[0]


def test_built_layers_keep_their_parameters_and_inputs_are_restored():
    layer, x = Dense(2), np.random.default_rng(1).standard_normal((2, 3))
    layer.build((3,), np.random.default_rng(0), np.float64)
    before, x_before = layer.parameters["kernel"].copy(), x.copy()
    assert check_layer(layer, (3,), x=x).passed
    np.testing.assert_array_equal(layer.parameters["kernel"], before)
    np.testing.assert_array_equal(x, x_before)


def test_a_sample_of_entries_is_drawn_and_reported():
    tensor = check_layer(Scale(), (50,), entries=7).tensors[0]
    assert (tensor.checked, tensor.size) == (7, 150)
    assert "7 of 150" in str(check_layer(Scale(), (50,), entries=7))


def test_relu_at_zero_passes_with_either_slope_but_not_with_their_mean():
    class Other(ReLU):
        """x and the slope at 0."""

        slope = 1.0

        def forward(self, x, training=False, rng=None):
            return super().forward(x)[0], x

        def backward(self, dout, cache):
            return dout * np.where(cache == 0, self.slope, cache > 0), {}

    class Middle(Other):
        slope = 0.5

    x = np.array([[0.0, 1.0, -1.0, 0.0]])
    for layer, passes in ((ReLU(), True), (Other(), True), (Middle(), False)):
        report = check_layer(layer, (4,), x=x)
        assert report.passed == passes
        assert report.tensors[0].kinks == 2
        assert "2 at a kink" in str(report)
    below = np.full_like(x, -0.01)
    assert check_layer(ReLU(), (4,), x=x, approach=below).passed
    assert not check_layer(Other(), (4,), x=x, approach=below).passed


def test_gradient_to_all_tied_maxima_fails():
    class AllMaxima(MaxPooling2D):
        def forward(self, x, training=False, rng=None):
            out = super().forward(x)[0]
            return out, (x, out)

        def backward(self, dout, cache):
            x, out = cache
            return dout.repeat(2, 1).repeat(2, 2) * (x == out.repeat(2, 1).repeat(2, 2)), {}

    ties = next(case for case in cases.CASES if "first wins" in case.what)
    grid = (3, 6, 6, 2)
    x, approach = cases._whole_numbers(grid), cases._first_wins(grid)
    assert ties.run(0).passed
    assert check_layer(MaxPooling2D(), grid[1:], x=x, approach=approach).passed
    assert not check_layer(AllMaxima(), grid[1:], x=x, approach=approach).passed


@pytest.mark.parametrize("distance", [0.0, 1e-9, 3e-7, 3e-5, 5e-4, 1e-2])
def test_slopes_near_a_kink_are_measured_on_the_side_of_the_point(distance):
    x = np.array([distance])
    slope = differences.slopes(lambda: np.maximum(x, 0) * 3 + np.sin(x), np.ones(1), x, (0,))
    expected = 3 + np.cos(distance)
    if slope.kinks.size:
        assert distance < 1e-8
        assert slope.right[0] == pytest.approx(4, rel=1e-5)
        assert slope.left[0] == pytest.approx(1, rel=1e-5)
    else:
        assert slope.central[0] == pytest.approx(expected, rel=1e-8)
    assert x[0] == distance


@pytest.mark.parametrize(("function", "derivative"), [(np.exp, np.exp), (np.sin, np.cos), (lambda t: t**3, lambda t: 3 * t**2)])
def test_slopes_of_smooth_functions_have_eleven_digits(function, derivative):
    x = np.array([0.7])
    slope = differences.slopes(lambda: function(x), np.ones(1), x, (0,))
    assert slope.central[0] == pytest.approx(derivative(0.7), rel=1e-11)
    assert slope.kinks.size == 0
    assert differences.central_difference(lambda: function(x), x, (0,), 1e-5)[0] == pytest.approx(derivative(0.7), rel=1e-9)
    assert differences.forward_difference(lambda: function(x), x, (0,), 1e-7)[0] == pytest.approx(derivative(0.7), rel=1e-5)


def test_the_array_is_restored_when_the_outputs_raise():
    x = np.array([1.0])
    with pytest.raises(ZeroDivisionError):
        differences.moved(lambda: 1 / 0, x, (0,), 0.5)
    assert x[0] == 1.0


def test_errors_are_relative_to_the_largest_entries_of_the_tensor():
    # The second entry is a millionth of the first, and wrong by a tenth of itself. That is
    # compared with a hundredth of the first entry: 1e-7 / 1e-2 = 1e-5.
    x = np.ones(2)
    factors = np.array([1.0, 1e-6])
    claimed = np.array([1.0, 1.1e-6])
    report = check_gradients("", lambda: np.array([factors @ x]), lambda u: {"x": u[0] * claimed}, {"x": x})
    assert report.error == pytest.approx(1e-5, rel=0.01)
    assert report.tensors[0].index == (1,)
    assert report.tensors[0].worst == "x[1]"


def test_nothing_to_check_is_not_a_pass():
    assert not check_gradients("", lambda: np.zeros(1), lambda u: {}, {}).passed


def test_a_fixed_mask_makes_dropout_checkable():
    assert check_layer(Dropout(0.5), (20,), key=3).passed
