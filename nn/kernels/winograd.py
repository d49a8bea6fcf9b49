"""Convolution in fewer multiplications: Winograd's minimal filtering in one dimension.

`winograd3.py` and `winograd5.py` apply it to rows and columns. Their naive twin is
`conv.conv2d_forward_naive`.

The product of a polynomial a of degree 4 and a polynomial g of degree 2 has seven coefficients.
Written out they take 5·3 = 15 multiplications. But a polynomial of degree 6 is determined by seven
of its values, and each value of the product is a product of two values: evaluate a and g at seven
points, multiply seven times, and interpolate (Toom, Cook). In matrices,

    a·g = B ((G g) ⊙ (A a)),

where A a are the values of a, G g those of g, B interpolates, and ⊙ multiplies element by element.

A convolution is the transpose of this. For a fixed g the product is linear in a, a·g = T a, and T
has g_k at row i + k of column i. The five outputs of a filter g over seven inputs d are

    y_i = Σ_k d_{i+k} g_k = (Tᵀ d)_i,   and since T = B diag(G g) A,   y = Aᵀ ((G g) ⊙ (Bᵀ d)).

Any seven different points will do, but ±1, ±2, ±1/2, and "∞", at which the value of a polynomial
is its leading coefficient, keep the values small, and with them the rounding errors. Points in
pairs ±p also save additions: the sums over the even and over the odd powers serve both. A filter
of five taps takes the point 0 as well: eight inputs, eight multiplications, four outputs.

In Bᵀ, the row of a point p holds the coefficients of Π (x - q) over all other points q, and the
row of ∞ those of Π (x - q) over all points. The division by Π (p - q) is left to the filter's
side, which is prepared once.

Applied to rows and then to columns, the matrices give 5·5 outputs of a 3x3 filter in 7·7 = 49
multiplications instead of 225, and 4·4 outputs of a 5x5 filter in 64 instead of 400. The additions
on the input's side are shared by all filters, those on the output's side by all channels. The
results differ from the plain sums by rounding: in float32 by about a millionth of their size, six
times (3x3) and fourteen times (5x5) the rounding error of plain sums.

References:
    S. Winograd: Arithmetic complexity of computations, 1980.
    A. Lavin, S. Gray: Fast algorithms for convolutional neural networks, 2016, section 4.
    B. Barabasz, A. Anderson, K. M. Soodhalter, D. Gregg: Error analysis and improving the accuracy
        of Winograd convolution for deep neural networks, 2020 (the choice of points).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nn.kernels import dense
from nn.kernels.jit import jit
from nn.kernels.memory import aligned, aligned_copy

PAIRS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)


def filter_matrix(points: Sequence[float], taps: int) -> NDArray[np.float64]:
    """G (points + ∞, taps): the row of p is (1, p, p², ...) / Π (p - q), the last row is that of
    ∞.

    Example: at the points 1, -1 and ∞ a filter g0 + g1 x has the values (g0 + g1) / 2, (g0 - g1) /
    -2 and g1.

        >>> filter_matrix((1.0, -1.0), 2).tolist()
        [[0.5, 0.5], [-0.5, 0.5], [0.0, 1.0]]
    """
    rows = [[p**k / math.prod(p - q for q in points if q != p) for k in range(taps)] for p in points]
    return np.array([*rows, [0.0] * (taps - 1) + [1.0]])


# By the size of the kernel.
FILTER_MATRICES = {3: filter_matrix(PAIRS, 3), 5: filter_matrix((0.0, *PAIRS), 5)}


def transformed_shape(kernel_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The shape of u in `transform_kernel`, for a kernel of shape (3, 3, C, F) or (5, 5, C, F)."""
    return len(FILTER_MATRICES[kernel_shape[0]]) ** 2, kernel_shape[2], kernel_shape[3]


def transform_kernel(kernel: NDArray, u: NDArray) -> None:
    """U = G g Gᵀ for every channel and filter: kernel (K, K, C, F), K = 3 or 5, to u (P·P, C, F),
    P = 7 or 8.

    Element by element U[r, s] = Σ G[r, i] G[s, j] g[i, j], one matrix product for all channels and
    filters.
    """
    taps = kernel.shape[0] * kernel.shape[1]
    dense.product_into(u.reshape(len(u), -1), _both_sides(len(kernel), kernel.dtype), kernel.reshape(taps, -1))


def transformed(kernel: NDArray) -> NDArray:
    """U in memory of its own."""
    u = aligned(transformed_shape(kernel.shape), kernel.dtype)
    transform_kernel(kernel, u)
    return u


@functools.cache
def _both_sides(size: int, dtype: np.dtype) -> NDArray:
    """G[r, i] G[s, j] as a matrix (P·P, size·size)."""
    return np.kron(FILTER_MATRICES[size], FILTER_MATRICES[size]).astype(dtype)


def values_at_points(kernel: NDArray) -> NDArray:
    """The values of a 3x3 kernel's filters at the points, (49, F, C): U without the division by Π (p
    - q), channels and filters swapped.
    """
    values = np.array([*([1, p, p * p] for p in PAIRS), [0, 0, 1]])
    both = np.kron(values, values).astype(kernel.dtype)
    u = aligned((len(both), *kernel.shape[:1:-1]), kernel.dtype)
    dense.product_into(u.reshape(len(u), -1), both, aligned_copy(kernel.swapaxes(2, 3)).reshape(9, -1))
    return u


@jit(inline=True)
def seven_inputs(d):
    """Bᵀ d for seven vectors and the points ±1, ±2, ±1/2, ∞."""
    d0, d1, d2, d3, d4, d5, d6 = d
    return (*_at_pairs(d0, d1, d2=d2, d3=d3, d4=d4, d5=d5), _at_infinity(d0, d2, d4, d6))


@jit(inline=True)
def eight_inputs(d):
    """Bᵀ d for eight vectors and the points 0, ±1, ±2, ±1/2, ∞: the factor x of the point 0 shifts
    all coefficients by one.
    """
    d0, d1, d2, d3, d4, d5, d6, d7 = d
    pairs = _at_pairs(d1, d2, d2=d3, d3=d4, d4=d5, d5=d6)
    return (_at_infinity(d0, d2, d4, d6), *pairs, _at_infinity(d1, d3, d5, d7))


@jit(inline=True)
def _at_pairs(d0, d1, d2, d3, d4, d5):
    """The rows of ±1, ±2, ±1/2: Π (x - q) = (x ± p) (x² - r²) (x² - s²), where p is one of 1, 2,
    1/2, and r and s the others.
    """
    even1 = d4 - 4.25 * d2 + d0
    odd1 = d5 - 4.25 * d3 + d1
    even2 = d4 - 1.25 * d2 + 0.25 * d0
    odd2 = d5 - 1.25 * d3 + 0.25 * d1
    even3 = d4 - 5.0 * d2 + 4.0 * d0
    odd3 = d5 - 5.0 * d3 + 4.0 * d1
    twice = 2.0 * even2
    half = 0.5 * even3
    return odd1 + even1, odd1 - even1, odd2 + twice, odd2 - twice, odd3 + half, odd3 - half


@jit(inline=True)
def _at_infinity(d0, d2, d4, d6):
    """The row of ∞: (x² - 1) (x² - 4) (x² - 1/4)."""
    return d6 - d0 - 5.25 * (d4 - d2)


@jit(inline=True)
def five_taps(g):
    """G g for five vectors of taps and the points ±1, ±2, ±1/2, ∞: even and odd powers once for both
    of a pair, divided by Π (p - q) = ∓4.5, ±45, ±2.8125.
    """
    g0, g1, g2, g3, g4 = g
    even1 = -1 / 4.5 * (g0 + g2 + g4)
    odd1 = -1 / 4.5 * (g1 + g3)
    even2 = 1 / 45 * g0 + 4 / 45 * g2 + 16 / 45 * g4
    odd2 = 2 / 45 * g1 + 8 / 45 * g3
    even3 = 1 / 2.8125 * g0 + 0.25 / 2.8125 * g2 + 0.0625 / 2.8125 * g4
    odd3 = 0.5 / 2.8125 * g1 + 0.125 / 2.8125 * g3
    return odd1 + even1, odd1 - even1, odd2 + even2, odd2 - even2, odd3 + even3, odd3 - even3, g4


@jit(inline=True)
def seven_gradients(m):
    """B m for seven vectors, the transpose of `seven_inputs`: what the gradients of the values at
    ±1, ±2, ±1/2 and ∞ give those of the seven inputs.
    """
    plus, minus, plus2, minus2, plus_half, minus_half, infinity = m
    even1, odd1 = plus - minus, plus + minus
    even2, odd2 = 2.0 * (plus2 - minus2), plus2 + minus2
    even3, odd3 = 0.5 * (plus_half - minus_half), plus_half + minus_half
    return (
        even1 + 0.25 * even2 + 4.0 * even3 - infinity,
        odd1 + 0.25 * odd2 + 4.0 * odd3,
        5.25 * infinity - 4.25 * even1 - 1.25 * even2 - 5.0 * even3,
        -4.25 * odd1 - 1.25 * odd2 - 5.0 * odd3,
        even1 + even2 + even3 - 5.25 * infinity,
        odd1 + odd2 + odd3,
        infinity,
    )


@jit(inline=True)
def three_outputs(m):
    """Aᵀ m for seven vectors: y_i = Σ p^i m_p; ∞ adds to the last output."""
    plus, minus, plus2, minus2, plus_half, minus_half, infinity = m
    y1 = plus - minus + 2.0 * (plus2 - minus2) + 1 / 2 * (plus_half - minus_half)
    y2 = plus + minus + 4.0 * (plus2 + minus2) + 1 / 4 * (plus_half + minus_half)
    return plus + minus + plus2 + minus2 + plus_half + minus_half, y1, y2 + infinity


@jit(inline=True)
def five_outputs(m):
    """Aᵀ m for seven vectors: y_i = Σ p^i m_p; ∞ adds to the last output."""
    plus, minus, plus2, minus2, plus_half, minus_half, infinity = m
    y0, y1, y2, y3 = _four_sums(plus, minus, plus2=plus2, minus2=minus2, plus_half=plus_half, minus_half=minus_half)
    y4 = plus + minus + 16.0 * (plus2 + minus2) + 1 / 16 * (plus_half + minus_half)
    return y0, y1, y2, y3, y4 + infinity


@jit(inline=True)
def four_outputs(m):
    """Aᵀ m for eight vectors: the point 0 adds to the first output, ∞ to the last."""
    zero, plus, minus, plus2, minus2, plus_half, minus_half, infinity = m
    y0, y1, y2, y3 = _four_sums(plus, minus, plus2=plus2, minus2=minus2, plus_half=plus_half, minus_half=minus_half)
    return y0 + zero, y1, y2, y3 + infinity


@jit(inline=True)
def _four_sums(plus, minus, plus2, minus2, plus_half, minus_half):
    """Σ p^i m_p over ±1, ±2, ±1/2 for i = 0 ... 3."""
    sum1 = plus + minus
    sum2 = plus2 + minus2
    sum3 = plus_half + minus_half
    difference1 = plus - minus
    difference2 = plus2 - minus2
    difference3 = plus_half - minus_half
    return (
        sum1 + sum2 + sum3,
        difference1 + 2.0 * difference2 + 1 / 2 * difference3,
        sum1 + 4.0 * sum2 + 1 / 4 * sum3,
        difference1 + 8.0 * difference2 + 1 / 8 * difference3,
    )
