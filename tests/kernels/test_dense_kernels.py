"""The products of a dense layer against NumPy and plain loops; those with zero are left out, and no
bit of a sum changes.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import dtypes, few

from nn.kernels import dense, elementwise
from nn.kernels.memory import aligned, aligned_copy
from nn.kernels.simd import lanes


def product(a, b, bias, *, relu=False, rows=(0, None)):
    out = aligned_copy(np.full((len(a), b.shape[1]), np.nan, b.dtype))
    terms = len(b)
    stop = len(a) if rows[1] is None else rows[1]
    dense.matmul(a, terms, 1, terms, b, bias, relu, out, rows[0], stop)
    return out[rows[0] : stop]


def sparse(rng, rows, terms, dtype):
    """A matrix of which two elements in three are 0, half of these -0."""
    values = np.where(rng.random((rows, terms)) < 1 / 3, rng.standard_normal((rows, terms)), 0)
    return aligned_copy(np.where(rng.random((rows, terms)) < 0.5, values, -values), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("terms", [1, 63, 64, 65, 200])
def test_a_matrix_of_many_zeros_gives_the_bits_of_the_whole_product(terms, relu, dtype):
    rng = np.random.default_rng(terms)
    a, b = sparse(rng, 18, terms, dtype), aligned_copy(rng.standard_normal((terms, 300)), dtype)
    bias = aligned_copy(rng.standard_normal(300), dtype)
    # Rows 0 and 16 are looked at. With both full the four-row product runs; from row 1 on, which has zeros, the
    # other one does.
    a[[0, 16]] = 1
    a[17] = a[1]
    whole = product(a, b, bias, relu=relu)
    np.testing.assert_array_equal(product(a, b, bias, relu=relu, rows=(1, 16)), whole[1:16])
    np.testing.assert_array_equal(whole[17], whole[1])
    exact = a.astype(np.float64) @ b + bias
    np.testing.assert_allclose(
        whole, np.maximum(exact, 0) if relu else exact, rtol=0, atol=1e-4 if dtype is np.float32 else 1e-12
    )


@pytest.mark.parametrize("rows", [1, 5])
def test_a_matrix_of_zeros_gives_the_bias(rows):
    bias = aligned_copy(np.arange(-150, 150.0))
    out = product(aligned_copy(np.zeros((rows, 70))), aligned_copy(np.ones((70, 300))), bias, relu=True)
    np.testing.assert_array_equal(out, np.broadcast_to(np.maximum(bias, 0), (rows, 300)))


@pytest.mark.parametrize("rows", [1, 5])
def test_values_that_are_not_finite_are_not_taken_for_zeros(rows):
    a = aligned_copy(np.zeros((rows, 70)))
    a[0, 3], a[-1, 69] = np.nan, np.inf
    out = product(a, aligned_copy(np.ones((70, 300))), np.zeros(300))
    assert np.isnan(out[0]).all()
    assert (out[-1] == np.inf).all() or rows == 1


@pytest.mark.parametrize(("vectors", "more"), [(4, 0), (9, 1)])
@pytest.mark.parametrize(
    ("rows", "nonzero", "left_out"), [(1, 10, True), (5, 5, True), (5, 6, False), (2, 5, True), (2, 6, False)]
)
def test_zeros_are_left_out_if_half_are_or_if_one_row_is_all(rows, nonzero, left_out, vectors, more):
    # An infinite weight shows it, since 0 · inf is no number. Four vectors of columns are done at a time; what
    # remains is multiplied whole.
    columns = vectors * lanes(np.empty(0)) + more
    b = aligned_copy(np.ones((11, columns)))
    b[10] = np.inf
    a = aligned_copy(np.zeros((rows + 1, 11)))
    a[:, : nonzero - 1] = 1
    a[:, 9] = 1
    with np.errstate(invalid="ignore"):
        out = product(a, b, np.zeros(columns), rows=(1, rows + 1))
    done = columns // (4 * lanes(b)) * (4 * lanes(b))
    assert (out[:, :done] == nonzero).all() == left_out
    assert np.isnan(out[:, done if left_out else 0 :]).all()


@pytest.mark.parametrize(("nonzero", "mostly_zero"), [(0, True), (5, True), (6, False), (10, False)])
def test_every_sixteenth_row_is_looked_at(nonzero, mostly_zero):
    a = np.ones((60, 10))
    a[[20, 36, 52]] = np.arange(10) < nonzero
    a[36, :] = a[36, ::-1]
    assert bool(dense._mostly_zero(a, 10, 1, 10, start=20, stop=58)) is mostly_zero
    # the same matrix, stored by columns
    assert bool(dense._mostly_zero(np.ascontiguousarray(a.T), 1, 60, 10, start=20, stop=58)) is mostly_zero


def test_nonzeros_are_the_bits_of_their_places():
    a = aligned_copy(np.zeros((3, 64)))
    a[1, [0, 5, 63]] = 1, np.nan, -1e-300
    assert int(dense._nonzeros(a, 64, 1, 64)) == 1 | 1 << 5 | 1 << 63
    assert int(dense._nonzeros(a, 64, 1, 63)) == 1 | 1 << 5
    assert int(dense._nonzeros(a, 128, 1, 64)) == 0
    assert int(dense._nonzeros(a, 5, 64, 3)) == 1 << 1
    # in steps of two: the second of two columns
    column = aligned_copy(np.zeros((64, 2)))
    column[[2, 40], 1] = 1
    assert int(dense._nonzeros(column, 1, 2, 64)) == 1 << 2 | 1 << 40


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
