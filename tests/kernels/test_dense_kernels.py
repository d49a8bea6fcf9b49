"""Products with zero are left out of the dense layer's forward product, and no bit of a sum changes."""

import numpy as np
import pytest

from nn.kernels import dense
from nn.kernels.memory import aligned_copy
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
