import copy
import inspect

import numpy as np
import pytest

from nn.errors import InputError
from nn.kernels.memory import ALIGNMENT
from nn.layers import Dense, Flatten, Layer
from nn.layers.arguments import pair
from nn.layers.windows import padded_shape, window_geometry


def test_flatten_reads_row_by_row():
    # out[(i·W + j)·C + c] = x[i, j, c]
    x = np.arange(12.0).reshape(1, 2, 3, 2)
    out, cache = Flatten().forward(x)
    assert out[0, (1 * 3 + 2) * 2 + 0] == x[0, 1, 2, 0]
    np.testing.assert_array_equal(Flatten().backward(out, cache)[0], x)
    assert Flatten().compute_output_shape((2, 3, 2)) == (12,)


def test_flatten_of_an_empty_batch():
    assert Flatten().forward(np.zeros((0, 2, 3, 2)))[0].shape == (0, 12)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [1, 4, 5, 7])
def test_windows_lie_inside_the_frame_and_cover_what_they_should(size, window, stride, padding):
    positions, before, after = window_geometry(size, window, stride, padding)
    framed = before + size + after
    starts = [number * stride for number in range(positions)]
    if padding == "valid":
        # All windows that fit and no other.
        assert (before, after) == (0, 0)
        assert starts == [start for start in range(0, size, stride) if start + window <= size]
    else:
        # One window for each stride begun, no more padding than it takes, the odd element behind.
        assert positions == len(range(0, size, stride))
        assert starts[-1] + window <= framed
        assert 0 <= after - before <= 1
        if before + after:
            assert starts[-1] + window == framed


def test_one_size_stands_for_both_axes():
    assert pair(3, "L", "a") == (3, 3)
    assert pair([2, 5], "L", "a") == (2, 5)
    assert pair(np.int64(4), "L", "a") == (4, 4)


@pytest.mark.parametrize("value", [0, (1, 0), (0, 1), (1,), 1.0, "3", None])
def test_sizes_that_are_none_are_refused(value):
    with pytest.raises(InputError, match="L: a must be one or two whole numbers"):
        pair(value, "L", "a")


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (2.0,), 3])
def test_input_shapes_that_are_none_are_refused(shape):
    with pytest.raises(InputError, match="Flatten: input_shape must be"):
        Flatten(input_shape=shape)
    assert Flatten(input_shape=(1, 2)).given_input_shape == (1, 2)


def test_a_copied_layer_is_whole_and_its_arrays_are_its_own():
    layer = Dense(3, name="n")
    layer.build((2,), np.random.default_rng(0), np.float64)
    other = copy.deepcopy(layer)
    assert (other.name, other.units, other.input_shape) == ("n", 3, (2,))
    np.testing.assert_array_equal(other.parameters["kernel"], layer.parameters["kernel"])
    assert not np.shares_memory(other.parameters["kernel"], layer.parameters["kernel"])
    assert other.parameters["kernel"].ctypes.data % ALIGNMENT == 0


def test_a_layer_without_passes_says_so():
    class Empty(Layer):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty().forward(np.zeros(1))
    assert inspect.signature(Empty().forward).parameters["training"].default is False
    with pytest.raises(NotImplementedError, match="Empty has no backward"):
        Empty().backward(np.zeros(1), None)


def test_build_starts_afresh_and_parameters_are_copies():
    layer = Layer(name="n", input_shape=[2, np.int64(3)])
    assert (layer.given_input_shape, layer.name, layer.built) == ((2, 3), "n", False)
    layer.build((2, 3), np.random.default_rng(0), np.float32)
    value = np.ones((2, 2))
    layer.add_parameter("w", value, np.float32)
    value[...] = 5
    assert layer.parameters["w"].tolist() == [[1, 1], [1, 1]]
    assert layer.parameters["w"].dtype == np.float32
    assert (layer.built, layer.output_shape, layer.count_parameters()) == (True, (2, 3), 4)
    layer.build((4,), np.random.default_rng(0), np.float32)
    assert layer.parameters == {}
    assert layer.config() == {"name": "n"}


def test_a_parameter_has_a_name_of_its_own():
    layer = Layer()
    layer.add_parameter("w", np.ones(2), np.float32)
    layer.add_state("s", np.ones(3), np.float64)
    assert (layer.parameters["w"].dtype, layer.state["s"].dtype) == (np.float32, np.float64)
    for add in (layer.add_parameter, layer.add_state):
        for name in ("w", "s"):
            with pytest.raises(InputError, match=f"Layer: there is a parameter or state '{name}' already"):
                add(name, np.zeros(1), np.float32)
    assert layer.count_parameters() == 5


class Scale(Layer):
    """A layer of one's own, with a factor for each value."""

    def __init__(self, start=1.0, **options):
        super().__init__(**options)
        self.start = start
        self.regularize(factor="l2")

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.full(input_shape, self.start), dtype)

    def config(self):
        return {**super().config(), "start": self.start}


def test_a_layer_of_ones_own_is_built_to_find_out_the_shapes_of_its_arrays():
    assert Flatten().array_shapes((2, 3)) == Layer().array_shapes((2, 3)) == {}

    class Plain(Scale):
        def config(self):
            return {"start": self.start}

    layer = Plain(2.0)
    assert layer.array_shapes((2, 3)) == {"factor": (2, 3)}
    assert not layer.built


def test_a_penalty_is_that_of_the_parameters_that_have_a_regularizer():
    layer = Scale(2.0)
    layer.regularize(other=None)
    layer.build((3,), np.random.default_rng(0), np.float64)
    assert layer.penalty() == pytest.approx(0.01 * 3 * 4)
    assert layer.config()["factor_regularizer"] == {"l1": 0.0, "l2": 0.01}
    assert list(layer.regularizers) == ["factor"]


def test_only_initializers_other_than_the_defaults_are_written_down():
    layer = Dense(3, kernel_initializer="zeros", name="n")
    config = layer.config()
    assert config["kernel_initializer"]["class"] == "Zeros"
    assert "bias_initializer" not in config
    assert "kernel_initializer" not in Dense(3).config()


def test_a_padded_image_has_the_rows_and_columns_of_its_sides():
    assert padded_shape((4, 5, 3), ((1, 2), (3, 4))) == (7, 12, 3)
