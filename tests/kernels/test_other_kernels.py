"""Dense, pooling and element-wise kernels against NumPy or plain loops, over random shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import dtypes, few

from nn.kernels import dense, elementwise, pool, transposition
from nn.kernels.memory import ALIGNMENT, SLACK, aligned, aligned_copy, flat


def tolerance(dtype):
    return 2e-4 if dtype is np.float32 else 1e-12


@few
@given(
    st.integers(1, 9),
    st.sampled_from([0, 1, 5, 63, 64, 65, 130]),
    st.sampled_from([1, 10, 32, 33, 70, 300]),
    dtypes,
    st.booleans(),
)
def test_matmul_is_the_naive_product(rows, terms, columns, dtype, relu):
    rng = np.random.default_rng(rows + terms + columns)
    a, b = (aligned_copy(rng.standard_normal(shape), dtype) for shape in ((rows, terms), (terms, columns)))
    bias = aligned_copy(rng.standard_normal(columns), dtype)
    expected, out = np.full((rows, columns), np.nan, dtype), aligned_copy(np.full((rows, columns), np.nan, dtype))
    dense.matmul_naive(a, terms, 1, terms, b, bias, relu, expected, 0, rows)
    dense.matmul(a, terms, 1, terms, b, bias, relu, out, 0, rows)
    np.testing.assert_allclose(out, expected, rtol=0, atol=tolerance(dtype))
    product = a.astype(np.float64) @ b + bias
    np.testing.assert_allclose(expected, np.maximum(product, 0) if relu else product, rtol=0, atol=tolerance(dtype))


@few
@given(st.integers(1, 70), st.integers(1, 9), st.sampled_from([1, 10, 33, 150]), dtypes, st.data())
def test_matmul_of_a_transposed_matrix_and_of_some_rows(rows, terms, columns, dtype, data):
    first = data.draw(st.integers(0, rows))
    last = data.draw(st.integers(first, rows))
    rng = np.random.default_rng(rows)
    a, b = (aligned_copy(rng.standard_normal(shape), dtype) for shape in ((terms, rows), (terms, columns)))
    out = aligned_copy(np.full((rows, columns), 7.0, dtype))
    dense.matmul(a, 1, rows, terms, b, np.zeros(columns, dtype), False, out, first, last)
    np.testing.assert_allclose(out[first:last], (a.T @ b)[first:last], rtol=0, atol=tolerance(dtype))
    assert (out[:first] == 7).all()
    assert (out[last:] == 7).all()


@pytest.mark.parametrize("columns", [40, 256, 300])
@pytest.mark.parametrize("relu", [False, True])
def test_matmul_rows_do_not_depend_on_the_cut(columns, relu):
    rng = np.random.default_rng(0)
    a, b = (aligned_copy(rng.standard_normal(shape), np.float32) for shape in ((13, 150), (150, columns)))
    bias = aligned_copy(rng.standard_normal(columns), np.float32)
    whole, cut = aligned((13, columns)), aligned((13, columns))
    dense.matmul(a, 150, 1, 150, b, bias, relu, whole, 0, 13)
    for first, last in ((6, 12), (12, 13), (0, 5), (5, 6)):  # a single row last, so that the next one shows where it ends
        dense.matmul(a, 150, 1, 150, b, bias, relu, cut, first, last)
    np.testing.assert_array_equal(whole, cut)


def mostly_zeros(rng, rows, columns, dtype):
    return (rng.standard_normal((rows, columns)) * (rng.random((rows, columns)) < 0.3)).astype(dtype)


def lists_of(array, first=0):
    """By row and by column, as `list_nonzeros` leaves them."""
    lists = []
    for rows, most in (array.shape, array.shape[::-1]):
        # What was there before must not matter.
        lists.append((np.full(rows, 9, np.int32), np.full((rows, most), 9, np.int32), np.full((rows, most), 9, array.dtype)))
    # Where the output was positive, nothing was dropped: dz is dout.
    dz = np.full_like(array, 9)
    dense.list_nonzeros(array, np.ones_like(array), 0.0, first, dz, lists[0], lists[1])
    np.testing.assert_array_equal(dz, array)
    return lists


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nonzeros_are_listed_by_row_and_by_column(dtype):
    array = np.array([[0, 2, 0], [-1, 4, 5], [0, 0, 0], [np.nan, -0.0, 6]], dtype)
    by_row, by_column = lists_of(array, first=10)
    found = [
        [(int(p), v) for p, v in zip(indices[:n], values[:n], strict=True)] for n, indices, values in zip(*by_row, strict=True)
    ]
    assert found[:3] == [[(1, 2)], [(0, -1), (1, 4), (2, 5)], []]
    assert [index for index, _ in found[3]] == [0, 2]
    assert np.isnan(found[3][0][1])
    found = [
        [(int(p), v) for p, v in zip(indices[:n], values[:n], strict=True)] for n, indices, values in zip(*by_column, strict=True)
    ]
    assert found[1:] == [[(10, 2), (11, 4)], [(11, 5), (13, 6)]]
    assert [index for index, _ in found[0]] == [11, 13]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "terms", "columns"), [(1, 1, 1), (3, 5, 130), (7, 4, 33), (2, 3, 97), (5, 6, 16), (4, 9, 300)])
def test_sparse_product_is_the_dense_one_bit_for_bit(rows, terms, columns, dtype):
    rng = np.random.default_rng(rows)
    a, b = mostly_zeros(rng, rows, terms, dtype), aligned_copy(rng.standard_normal((terms, columns)).astype(dtype))
    expected, out = aligned((rows, columns), dtype), aligned((rows, columns), dtype)
    dense.matmul(aligned_copy(a), terms, 1, terms, b, np.zeros(columns, dtype), False, expected, 0, rows)
    out[...] = np.nan
    by_row, _ = lists_of(a)
    dense.sparse_matmul(tuple(each[None] for each in by_row), b, 0, out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_product_of_a_transposed_matrix_in_chunks_and_of_some_columns(dtype):
    # aᵀ·b with the rows of a in two chunks, the second one shorter than its lists; columns 3 to 43
    # of b. The last unit is left out.
    rng = np.random.default_rng(1)
    a, b = mostly_zeros(rng, 7, 6, dtype), aligned_copy(rng.standard_normal((7, 50)).astype(dtype))
    a[0] = 1
    lists = np.zeros((2, 6), np.int32), np.zeros((2, 6, 4), np.int32), np.zeros((2, 6, 4), dtype)
    by_row = np.zeros(4, np.int32), np.zeros((4, 6), np.int32), np.zeros((4, 6), dtype)
    for index, rows in enumerate((slice(0, 4), slice(4, 7))):
        chunk = aligned_copy(a[rows])
        by_column = tuple(each[index] for each in lists)
        dense.list_nonzeros(chunk, np.ones_like(chunk), 0.0, rows.start, np.empty_like(chunk), by_row, by_column)
    out = aligned((5, 40), dtype)
    dense.sparse_matmul(lists, b, 3, out)
    np.testing.assert_allclose(out, (a.T @ b)[:5, 3:43], rtol=1e-5, atol=1e-5)
    assert (out != 0).all()


def test_dense_forward_applies_dropout_after_relu_and_backward_needs_only_the_output():
    # One row of two: x·W + b = (1 + 5 - 1 + 2, -4 + 0 - 1 + 2) = (7, -3), ReLU (7, 0), and with
    # rate 0.5 each doubled or dropped.
    x, kernel = aligned_copy(np.array([[9.0, 9, 9], [1, 2, -2]])), aligned_copy(np.array([[1.0, -4], [2.5, 0], [0.5, 0.5]]))
    bias = np.full(2, 2.0)
    kept, dropped = (
        next(key for key in range(99) if (elementwise_mask(key, 2) == wanted).all()) for wanted in ([True, True], [False, True])
    )
    for key, rate, expected in ((0, 0.0, [7, 0]), (kept, 0.5, [14, 0]), (dropped, 0.5, [0, 0])):
        out = aligned_copy(np.full((2, 2), np.nan))
        dense.forward(x, kernel, bias, True, np.uint64(key), rate, out, 1, 2)
        assert np.isnan(out[0]).all()
        assert out[1].tolist() == expected
        # dz = dout / (1 - rate) where out > 0, and the one list of the row names it
        dz, dout = np.full((1, 2), 9.0), np.full((1, 2), 10.0)
        by_row, by_unit = ((np.full(n, 9, np.int32), np.full((n, 2), 9, np.int32), np.full((n, 2), 9.0)) for n in (1, 2))
        dense.list_nonzeros(dout, out[1:], rate, 5, dz, by_row, by_unit)
        kept_one = expected[0] > 0
        assert dz.tolist() == [[10 / (1 - rate) if kept_one else 0, 0]]
        assert (by_row[0].tolist(), by_unit[0].tolist()) == ([int(kept_one)], [int(kept_one), 0])
        dz[...] = 9
        elementwise.relu_dropout_backward(dout[0], out[1], rate, dz[0])
        assert dz.tolist() == [[10 / (1 - rate) if kept_one else 0, 0]]


def elementwise_mask(key, first):
    """Which of two elements from index `first` on dropout keeps at rate 0.5."""
    out = np.empty(2)
    elementwise.dropout(np.ones(2), np.uint64(key), 0.5, out, first)
    return out > 0


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
