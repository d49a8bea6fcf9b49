"""Initializers that look at a kernel's shape: the base of all, the variance that keeps signals at
their size, and orthogonal matrices. `nn/layers/initializers.py` has the others, and the names.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError

# The standard deviation of a normal distribution cut off at two of its own.
_CUT = 0.87962566103423978


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sums over, and how many outputs an input reaches.

    A dense kernel is (in, out); a convolution's (KH, KW, C, F) sums KH·KW·C inputs and reaches
    KH·KW·F outputs.

        >>> fans((100, 10)), fans((5, 5, 1, 32)), fans((7,))
        ((100, 10), (25, 800), (7, 7))
    """
    if len(shape) < 2:
        return shape[0], shape[0]
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


class Initializer:
    """The base: `seed` makes an initializer give the same values at every call, instead of drawing
    from the model's seed.

    Example: the same seed, the same values.

        >>> one, two = (HeNormal(seed=3)((2, 2), np.random.default_rng(seed)) for seed in (1, 2))
        >>> bool((one == two).all())
        True
    """

    def __init__(self, *, seed: int | None = None) -> None:
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise InputError(f"{type(self).__name__}: seed must be None or a whole number of at least 0, got {seed!r}")
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator | None = None) -> NDArray[np.float64]:
        """An array of that shape; without a seed or a generator it is new every time."""
        return self.values(shape, np.random.default_rng(self.seed) if self.seed is not None or rng is None else rng)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """The values, drawn from `rng`."""
        raise NotImplementedError(f"{type(self).__name__} has no values")

    def config(self) -> dict[str, Any]:
        """The class and its arguments, as JSON can hold them."""
        return {"class": type(self).__name__, **vars(self)}


class VarianceScaling(Initializer):
    """Random values of mean 0 and variance scale / fan, so that signals keep their size from layer
    to layer.

    A sum of fan_in products of independent x and w with mean 0 has the variance fan_in · Var w ·
    Var x, so the forward pass keeps the variance if Var w = 1 / fan_in. In the backward pass a
    gradient is a sum of fan_out products, which needs Var w = 1 / fan_out. Three choices have
    names:

    | name   | Var w                    | for                                                             |
    |--------|--------------------------|-----------------------------------------------------------------|
    | Glorot | 2 / (fan_in + fan_out)   | both passes, a compromise; Keras' default                       |
    | LeCun  | 1 / fan_in               | the forward pass                                                |
    | He     | 2 / fan_in               | the forward pass through ReLU, which halves the mean of squares |

    Uniform values in ±a have the variance a² / 3, so a = √(3 Var w). Normal values are cut off at
    two standard deviations, and scaled so that the variance after the cut is Var w.

    Args:
        scale: over the fan.
        mode: fan_in, fan_out or fan_avg, their mean.
        distribution: uniform, truncated_normal or untruncated_normal.
        seed: see `Initializer`.

    Example: Glorot for 100 inputs and 50 outputs: a = √(6 / 150) = 0.2, and a standard deviation
    of 0.2 / √3 = 0.115.

        >>> kernel = GlorotUniform()((100, 50), np.random.default_rng(0))
        >>> bool(abs(kernel).max() <= 0.2), round(float(kernel.std()), 2)
        (True, 0.12)

    References:
        X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural
            networks, 2010, equation 16.
        K. He, X. Zhang, S. Ren, J. Sun: Delving deep into rectifiers, 2015, equation 10.
        Y. LeCun, L. Bottou, G. Orr, K.-R. Müller: Efficient BackProp, 1998, section 4.6.
    """

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: int | None = None
    ) -> None:
        super().__init__(seed=seed)
        kinds = ("uniform", "truncated_normal", "untruncated_normal")
        if not 0 < scale < math.inf:
            raise InputError(f"VarianceScaling: scale must be a number above 0, got {scale!r}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise InputError(f"VarianceScaling: mode must be fan_in, fan_out or fan_avg, got {mode!r}")
        if distribution not in kinds:
            raise InputError(f"VarianceScaling: distribution must be one of {', '.join(kinds)}, got {distribution!r}")
        self.scale, self.mode, self.distribution = float(scale), mode, distribution

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """Values of the variance scale / fan."""
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * self.scale / fan)
            return rng.uniform(-limit, limit, shape)
        deviation = math.sqrt(self.scale / fan)
        if self.distribution == "truncated_normal":
            return deviation / _CUT * truncated(shape, rng)
        return deviation * rng.standard_normal(shape)


def truncated(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal values; those beyond ±2 are drawn again."""
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return values


def _named(name: str, scale: float, mode: str, distribution: str) -> type[Initializer]:
    """`VarianceScaling` with its arguments chosen, under a name of its own."""

    class Named(VarianceScaling):
        def __init__(self, seed: int | None = None) -> None:
            super().__init__(scale, mode, distribution, seed)

        def config(self) -> dict[str, Any]:
            return {"class": name, "seed": self.seed}

    Named.__name__ = Named.__qualname__ = name
    Named.__doc__ = f"`VarianceScaling({scale}, {mode!r}, {distribution!r})`."
    return Named


GlorotUniform = glorot_uniform = _named("GlorotUniform", 1.0, "fan_avg", "uniform")
GlorotNormal = glorot_normal = _named("GlorotNormal", 1.0, "fan_avg", "truncated_normal")
HeUniform = he_uniform = _named("HeUniform", 2.0, "fan_in", "uniform")
HeNormal = he_normal = _named("HeNormal", 2.0, "fan_in", "truncated_normal")
LecunUniform = lecun_uniform = _named("LecunUniform", 1.0, "fan_in", "uniform")
LecunNormal = lecun_normal = _named("LecunNormal", 1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """`gain` times a random matrix whose columns, or rows if these are fewer, are at right angles and of length 1.

    A kernel is read as a matrix (all its other axes, outputs): a signal neither grows nor shrinks.

    >>> matrix = Orthogonal(seed=1)((3, 2))
    >>> np.abs(matrix.T @ matrix).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Reference: A. M. Saxe, J. L. McClelland, S. Ganguli: Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks, 2014.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        if not math.isfinite(gain):
            raise InputError(f"Orthogonal: gain must be a finite number, got {gain!r}")
        self.gain = float(gain)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """The Q of a random matrix, with the signs that make it uniform."""
        if len(shape) < 2:
            raise InputError(f"Orthogonal: expected a kernel with two axes or more, got the shape {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
