"""What holds for every layer, in every awkward shape."""

import inspect

import numba
import numpy as np
import pytest
from layer_table import TABLE, WHOLE_BATCH, built, every_batch, every_layer, random_passes

from nn.gradcheck import check_layer
from nn.layers import ZeroPadding2D

# Without the compiler a forward pass takes a thousand times longer.
ENTRIES = 3 if numba.config.DISABLE_JIT else 40


@every_layer
@every_batch
def test_gradients_are_the_measured_slopes(make, shape, batch):
    report = check_layer(built(make, shape), shape, batch=batch, seed=3, entries=ENTRIES)
    assert report.passed, str(report)
    assert [tensor.name for tensor in report.tensors] == ["x", *built(make, shape).parameters]


@every_layer
def test_backward_is_the_adjoint_of_the_linearised_forward(make, shape):
    # <u, Jv> = <J'u, v> for directions v of the input and of every parameter at once; Jv measured
    # along v.
    layer, x, _, dout, dx, grads = random_passes(make, shape, 2)
    rng = np.random.default_rng(5)
    directions = {"x": rng.standard_normal(x.shape)} | {
        name: rng.standard_normal(array.shape) for name, array in layer.parameters.items()
    }
    arrays = {"x": x, **layer.parameters}
    step = 1e-6

    def moved(factor):
        for name, direction in directions.items():
            arrays[name] += factor * direction
        result = layer.forward(x, True, 7)[0].copy()
        for name, direction in directions.items():
            arrays[name] -= factor * direction
        return result

    along = float((dout * (moved(step) - moved(-step))).sum()) / (2 * step)
    claimed = sum(float((({"x": dx} | grads)[name] * direction).sum()) for name, direction in directions.items())
    assert claimed == pytest.approx(along, rel=1e-7, abs=1e-7)


@every_layer
def test_passes_leave_input_upstream_gradient_and_parameters_alone(make, shape):
    layer = built(make, shape)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, *shape))
    x_before, parameters_before = x.copy(), {name: array.copy() for name, array in layer.parameters.items()}
    out, cache = layer.forward(x, True, 7)
    dout = rng.standard_normal(out.shape)
    dout_before, out_before = dout.copy(), out.copy()
    layer.backward(dout, cache)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(dout, dout_before)
    np.testing.assert_array_equal(out, out_before)
    for name, array in layer.parameters.items():
        np.testing.assert_array_equal(array, parameters_before[name])


@every_layer
def test_backward_twice_gives_the_same_gradients_not_their_sum(make, shape):
    layer = built(make, shape)
    x = np.random.default_rng(1).standard_normal((2, *shape))
    out, cache = layer.forward(x, True, 7)
    first_dx, first = layer.backward(np.ones(out.shape), cache)
    first_dx, first = first_dx.copy(), {name: array.copy() for name, array in first.items()}
    second_dx, second = layer.backward(np.ones(out.shape), cache)
    np.testing.assert_array_equal(first_dx, second_dx)
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@every_layer
def test_two_batches_may_be_on_their_way_at_once(make, shape):
    layer = built(make, shape)
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 2, *shape))
    out, cache = layer.forward(x, True, 7)
    alone = layer.backward(np.ones(out.shape), cache)[0].copy()
    out, cache = layer.forward(x, True, 7)
    layer.forward(y, True, 8)
    np.testing.assert_array_equal(layer.backward(np.ones(out.shape), cache)[0], alone)


@every_layer
def test_float32_stays_float32_and_close_to_float64(make, shape):
    # A sum of k terms has a relative error of at most about k·2⁻²⁴ of its terms' sizes; the
    # longest sum here has 3·3·12 = 108.
    *_, out32, dout, dx32, grads32 = random_passes(make, shape, 2, np.float32)
    layer = built(make, shape, np.float32)
    wide = built(make, shape, np.float64)
    for name, array in layer.parameters.items():
        wide.parameters[name][...] = array
    x = np.random.default_rng(1).standard_normal((2, *shape)).astype(np.float32)
    out64, cache = wide.forward(x.astype(np.float64), True, 7)
    dx64, grads64 = wide.backward(dout.astype(np.float64), cache)
    for narrow, exact in [(out32, out64), (dx32, dx64), *((grads32[name], grads64[name]) for name in grads64)]:
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow, exact, rtol=0, atol=108 * 2**-24 * max(1.0, np.abs(exact).max()))


@every_layer
def test_inputs_of_any_memory_layout_give_the_same(make, shape):
    layer, x, out, dout, dx, grads = random_passes(make, shape, 4)
    strided = np.repeat(x, 2, axis=0)[::2]
    assert not strided.flags.c_contiguous
    fortran = np.asfortranarray(dout)
    again, cache = layer.forward(strided, True, 7)
    np.testing.assert_array_equal(again, out)
    dx_again, grads_again = layer.backward(fortran, cache)
    np.testing.assert_array_equal(dx_again, dx)
    for name, array in grads.items():
        np.testing.assert_array_equal(grads_again[name], array)


@every_layer
def test_output_shape_is_announced(make, shape):
    layer, _, out, _, dx, _ = random_passes(make, shape, 2)
    assert out.shape == (2, *layer.output_shape)
    assert layer.compute_output_shape(shape) == layer.output_shape
    assert dx.shape == (2, *shape)


@every_layer
def test_forward_does_not_train_unless_it_is_told_to(make, shape):
    assert inspect.signature(make().forward).parameters["training"].default is False


@every_layer
def test_config_makes_the_same_layer_again(make, shape):
    layer = make()
    again = type(layer)(**layer.config())
    assert again.config() == layer.config()
    assert again.compute_output_shape(shape) == layer.compute_output_shape(shape)


# A dropout mask depends on the place in the batch, a normalized value on the batch.
@pytest.mark.parametrize("name", [name for name in TABLE if name not in WHOLE_BATCH])
def test_samples_do_not_look_at_each_other(name):
    make, shape = TABLE[name]
    layer, x, out, dout, dx, _ = random_passes(make, shape, 3)
    for n in range(3):
        single, cache = layer.forward(x[n : n + 1], True, 7)
        np.testing.assert_allclose(single[0], out[n], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(layer.backward(dout[n : n + 1], cache)[0][0], dx[n], rtol=1e-12, atol=1e-12)


@every_layer
def test_not_a_number_is_not_hidden(make, shape):
    layer = built(make, shape)
    x = np.random.default_rng(0).standard_normal((2, *shape))
    x[0] = np.nan
    out, _ = layer.forward(x, False)
    # A border of zeros is no output of the NaN.
    seen = layer.backward(out, None)[0] if isinstance(layer, ZeroPadding2D) else out
    assert np.isnan(seen[0]).all()
    assert np.isfinite(out[1]).all()
