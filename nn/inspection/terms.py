"""How a single value of a layer was computed. NumPy only, so that showing it needs no compiler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, ...]  # (i, j, c) of maps, (k,) of a vector
Region = tuple[slice, ...]  # a box of cells


def region_of(cell: Cell) -> Region:
    """The region that is this one cell."""
    return tuple(slice(index, index + 1) for index in cell)


@dataclass(frozen=True)
class WeightedSum:
    """A value of a convolution or a dense layer: activation(Σ inputs · weights + bias).

    Shapes: inputs and weights (KH, KW, C), or (I,); zeros where a patch reaches into the padding.
    """

    inputs: NDArray
    weights: NDArray
    bias: float
    activation: str
    value: float

    @property
    def products(self) -> NDArray:
        """Inputs · weights, one by one."""
        return self.inputs * self.weights

    @property
    def by_channel(self) -> NDArray:
        """Of a convolution: Σ inputs · weights of each channel (C,)."""
        return self.products.sum(axis=(0, 1))

    @property
    def total(self) -> float:
        """Σ inputs · weights + bias, before the activation; added up in float64."""
        return float(self.products.sum(dtype=np.float64)) + self.bias

    def strongest(self, count: int) -> list[Cell]:
        """The indices of the `count` products of largest absolute value, the largest first."""
        products = self.products
        order = np.argsort(-np.abs(products), axis=None, kind="stable")[:count]
        return [tuple(int(index) for index in np.unravel_index(at, products.shape)) for at in order]


@dataclass(frozen=True)
class Greatest:
    """A value of a max-pooling layer: its window (PH, PW), -∞ outside the map, and the winner.

    The winner is the index of the largest entry, the first one among equals.
    """

    window: NDArray
    winner: tuple[int, int]
    value: float


@dataclass(frozen=True)
class Share:
    """A value of softmax: exp(score - largest score) divided by the sum over all scores (K,)."""

    scores: NDArray
    exponentials: NDArray
    value: float

    @property
    def total(self) -> float:
        """Σ exponentials."""
        return float(self.exponentials.sum(dtype=np.float64))


@dataclass(frozen=True)
class Rectified:
    """A value of a ReLU layer: max(0, score)."""

    score: float
    value: float


Terms = WeightedSum | Greatest | Share | Rectified
