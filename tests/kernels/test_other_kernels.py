"""Pooling, transposes and element-wise kernels against NumPy or plain loops, over random shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import dtypes, few

from nn.kernels import dense, elementwise, pool, transposition
from nn.kernels.memory import ALIGNMENT, SLACK, aligned, aligned_copy, flat


@few
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.sampled_from([1, 3, 8, 17]),
    dtypes,
    st.integers(0, 99),
)
def test_pooling_is_the_greatest_of_each_window(window, strides, size, channels, dtype, seed):
    # Small whole numbers: many ties, and every sum is exact.
    rng = np.random.default_rng(seed)
    height, width = ((size[axis] - 1) * strides[axis] + window[axis] + axis for axis in (0, 1))
    x = aligned_copy(rng.integers(-2, 3, (2, height, width, channels)), dtype)
    out, winner = np.empty((2, *size, channels), dtype), np.empty((2, *size, channels), np.int32)
    pool.maxpool2d_forward(x, window, strides, out, winner)
    vectors, places = np.full_like(out, np.nan), np.full(out.shape, 255, np.uint8)
    pool.maxpool2d_forward_vectors(x, window, strides, vectors, places)
    np.testing.assert_array_equal(vectors, out)
    np.testing.assert_array_equal(places, winner)
    dout = rng.integers(-9, 10, out.shape).astype(dtype)
    dx = np.zeros_like(x)
    pool.maxpool2d_backward(dout, winner, window, strides, dx)
    expected = np.zeros_like(x)
    for n, i, j, c in np.ndindex(out.shape):
        top, left = i * strides[0], j * strides[1]
        patch = x[n, top : top + window[0], left : left + window[1], c]
        first = np.unravel_index(patch.argmax(), window)
        assert out[n, i, j, c] == patch.max()
        assert winner[n, i, j, c] == first[0] * window[1] + first[1]
        expected[n, top + first[0], left + first[1], c] += dout[n, i, j, c]
    np.testing.assert_array_equal(dx, expected)


@pytest.mark.parametrize("index", range(4))
def test_pooling_passes_nan_on_wherever_it_is(index):
    x = np.array([1.0, 5.0, 3.0, 2.0])
    x[index] = np.nan
    out, winner = np.empty((1, 1, 1, 1)), np.empty((1, 1, 1, 1), np.int32)
    pool.maxpool2d_forward(x.reshape(1, 2, 2, 1), (2, 2), (2, 2), out, winner)
    assert np.isnan(out.item())
    out, places = np.empty((1, 1, 1, 1)), np.empty((1, 1, 1, 1), np.uint8)
    pool.maxpool2d_forward_vectors(aligned_copy(x.reshape(1, 2, 2, 1)), (2, 2), (2, 2), out, places)
    assert np.isnan(out.item())
    assert places.item() == winner.item()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (33, 17), (5, 40)])
def test_transpose_of_some_rows(shape, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    out = np.full(shape[::-1], 7, dtype)
    transposition.transpose_rows(x, 0, shape[0] // 2, out)
    assert (out[:, shape[0] // 2 :] == 7).all()
    transposition.transpose_rows(x, shape[0] // 2, shape[0], out)
    np.testing.assert_array_equal(out, x.T)


def test_column_sums_and_sums_of_chunks_keep_their_order():
    # In float32, (1 + 2⁻²⁴) + 2⁻²⁴ = 1 but 1 + (2⁻²⁴ + 2⁻²⁴) is not: the order shows.
    tiny = 2.0**-24
    x = np.array([[1, tiny, 3, 5], [tiny, tiny, 0, 0], [tiny, 1, 0, 0]], np.float32)
    for add in (elementwise.column_sums, elementwise.sum_chunks):
        out = np.full(4, np.nan, np.float32)
        add(x, out)
        assert out.tolist() == [1, np.float32(1) + np.float32(2 * tiny), 3, 5]


def dropped(x, first=0):
    """Dropout at rate 0.5 of x, whose first element has the index `first` in its batch."""
    out = np.empty(x.size)
    elementwise.dropout(x.reshape(-1), np.uint64(3), 0.5, out, first)
    return out.reshape(x.shape)


def test_dropout_keeps_or_drops_by_key_and_index_alone():
    x = np.arange(1.0, 601).reshape(100, 6)
    whole = dropped(x)
    assert 200 < (whole > 0).sum() < 400
    for rows in (slice(0, 32), slice(32, 64), slice(64, 100), slice(7, 8)):
        np.testing.assert_array_equal(dropped(x[rows], first=rows.start * 6), whole[rows])
    in_place = x.copy()
    elementwise.dropout(in_place.reshape(-1), np.uint64(3), 0.5, in_place.reshape(-1), first=0)
    np.testing.assert_array_equal(in_place, whole)


@pytest.mark.parametrize("chunk", [1, 5, 32])
def test_dense_forward_draws_the_same_mask_however_the_batch_is_cut(chunk):
    rng = np.random.default_rng(2)
    x, kernel = (aligned_copy(rng.random(shape)) for shape in ((40, 3), (3, 7)))
    product, out = aligned((40, 7), np.float64), aligned((40, 7), np.float64)
    dense.forward(x, kernel, np.ones(7), True, np.uint64(3), 0.0, product, 0, 40)
    for start in range(0, 40, chunk):
        dense.forward(x, kernel, np.ones(7), True, np.uint64(3), 0.5, out, start, min(start + chunk, 40))
    np.testing.assert_array_equal(out, dropped(product))


def test_relu_backward_may_write_over_its_input():
    dout, out = np.array([1.0, 2, 3, np.nan]), np.array([1.0, 0, 2, 0])
    elementwise.relu_backward(dout.reshape(-1), out.reshape(-1), dout.reshape(-1))
    assert dout[:3].tolist() == [1, 0, 3]
    assert np.isnan(dout[3])


def test_softmax_cross_entropy_counts_right_answers_and_the_first_of_equals():
    logits = np.array([[1.0, 3, 2], [5, 5, 0], [0, 1, 2]])
    targets = np.eye(3)[[1, 1, 2]]
    loss, right = elementwise.softmax_cross_entropy(logits, targets, 1.0, np.empty_like(logits))
    assert right == 2
    assert loss == pytest.approx(-np.log(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))[range(3), [1, 1, 2]].sum())


def test_an_answer_is_right_if_the_greatest_logit_stands_where_the_greatest_target_does():
    for answer, label in np.ndindex(3, 3):
        right = elementwise.softmax_cross_entropy(np.eye(3)[[answer]], np.eye(3)[[label]], 1.0, np.empty((1, 3)))[1]
        assert right == (answer == label)
    # Of equal targets the first counts.
    for answer, expected in ((0, 1), (1, 0)):
        targets = np.array([[0.5, 0.5, 0.0]])
        assert elementwise.softmax_cross_entropy(np.eye(3)[[answer]], targets, 1.0, np.empty((1, 3)))[1] == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("shape", [(1,), (3, 5), (0, 4), (2, 3, 4, 5)])
def test_aligned_arrays_start_on_a_cache_line_and_own_some_bytes_after_their_end(shape, dtype):
    for _ in range(3):
        array = aligned(shape, dtype)
        assert (array.shape, array.dtype, array.flags.c_contiguous) == (shape, np.dtype(dtype), True)
        assert not array.any()
        if array.size == 0:
            continue
        assert array.ctypes.data % ALIGNMENT == 0
        memory = array
        while memory.base is not None:
            memory = memory.base
        assert memory.ctypes.data + memory.nbytes >= array.ctypes.data + array.nbytes + SLACK


def test_aligned_copy_is_a_copy_in_the_asked_dtype():
    original = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    copy = aligned_copy(original, np.float32)
    original[...] = 0
    assert copy.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (copy.dtype, copy.flags.c_contiguous) == (np.float32, True)
    assert aligned_copy(original).dtype == np.float64


def test_flat_is_the_same_memory_or_refused():
    array = aligned((2, 3, 4))
    assert flat(array).shape == (24,)
    assert np.shares_memory(flat(array), array)
    with pytest.raises(ValueError, match="copy"):
        flat(array.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("height", "width", "window"), [(4, 6, (2, 2)), (5, 7, (2, 2)), (7, 5, (3, 2)), (3, 3, (3, 3)), (6, 7, (1, 4))]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_backward_of_windows_that_do_not_overlap_writes_every_pixel(height, width, window, dtype):
    rng = np.random.default_rng(0)
    x = aligned_copy(rng.integers(0, 4, (2, height, width, 19)), dtype)
    shape = (2, height // window[0], width // window[1], 19)
    out, winner = np.empty(shape, dtype), np.empty(shape, np.uint8)
    pool.maxpool2d_forward(x, window, window, out, winner)
    dout = aligned_copy(rng.standard_normal(shape), dtype)
    expected, dx = np.zeros_like(x), np.full_like(x, np.nan)
    pool.maxpool2d_backward(dout, winner, window, window, expected)
    pool.maxpool2d_backward_vectors(dout, winner, window, window, dx)
    np.testing.assert_array_equal(dx, expected)
