"""Exercises `dropout` and `glorot`: functions that draw random numbers, judged by what these have
in common.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import Exercise, Task, Wrong, normal
from nn.exercise.diagnosis import apart, same

RATE = 0.25
Functions = Mapping[str, Callable[..., tuple[Any, ...]]]


def dropout_forward(x: NDArray, rate: float, training: bool, rng: np.random.Generator) -> tuple[NDArray, object]:
    """Dropout: while training, each value is set to 0 with probability `rate`, and the others are
    scaled so that the expected value stays the same.

    Shapes: x of any shape; returns out of the same, and a cache: whatever dropout_backward needs.

        training:   out = x · mask / (1 - rate),   each mask 1 with probability 1 - rate, else 0
        otherwise:  out = x

    Draw from rng alone, so that the same rng gives the same mask.

    Example: at rate 1/2, x = (1, 1, 1, 1) may give out = (2, 0, 0, 2).
    """
    # Step 1: outside of training.
    # Step 2: the mask, and the scale that belongs to it.
    raise NotImplementedError


def dropout_backward(dout: NDArray, cache: object) -> NDArray:
    """The gradient, for the mask that dropout_forward has drawn (or for none, outside of training).

    Shapes: dout like x; returns dx of the same.
    """
    # Step 3: with the mask drawn, dropout is a product with constants.
    raise NotImplementedError


def glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray:
    """Glorot's first weights: uniform from -a to a, with a variance that keeps signals and gradients
    at their size from layer to layer.

    Shapes: a dense kernel's (I, O) or a convolution's (KH, KW, C, F); returns an array of that
    shape.

        variance = 2 / (fan_in + fan_out);    uniform numbers from -a to a have the variance a² / 3

    fan_in is the number of inputs that an output sums over, fan_out the number of outputs that an
    input reaches. Draw from rng alone.

    Example: for (100, 50) a is 0.2.
    """
    # Step 1: fan_in and fan_out. In a convolution, how many products are in one output?
    # Step 2: a, from the two equations above.
    # Step 3: the numbers.
    raise NotImplementedError


def _check_forward(functions: Functions) -> str:
    forward = functions["dropout_forward"]
    x = normal(1, (40, 50))[0]
    out, again, other = (_out(forward, x, seed) for seed in (1, 1, 2))
    quiet = forward(x=x, rate=RATE, training=False, rng=np.random.default_rng(1))[0]
    for array in (out, again, other, quiet):
        _check_array("out", array, x.shape)
    _check_quiet(quiet, x)
    dropped = out == 0
    counts = {np.count_nonzero(_out(forward, x, seed) == 0) for seed in range(1, 6)}
    if not same(out, again):
        raise Wrong("the same rng gives two different masks; draw from rng, not from np.random")
    if same(out, other):
        raise Wrong("different generators give the same out; draw the mask from rng")
    _check_share(dropped)
    if len(counts) == 1:
        raise Wrong(f"always exactly {counts.pop()} of {x.size} values are set to 0; draw each element on its own (rng.random)")
    _check_scale(out[~dropped] / x[~dropped])
    return f"a mask of {x.size} values, its scale, and no mask outside of training"


def _check_array(name: str, value: Any, shape: tuple[int, ...]) -> None:
    """It must be an array of float64 and of that shape."""
    if not isinstance(value, np.ndarray):
        raise Wrong(f"{name} must be a NumPy array, got a {type(value).__name__}")
    if value.dtype != np.float64 or value.shape != shape:
        raise Wrong(f"{name} must be an array of float64 and of shape {shape}, got {value.dtype} and {value.shape}")


def _out(forward: Callable[..., tuple[Any, ...]], x: NDArray, seed: int) -> Any:
    return forward(x=x, rate=RATE, training=True, rng=np.random.default_rng(seed))[0]


def _check_quiet(quiet: NDArray, x: NDArray) -> None:
    if same(quiet, x):
        return
    if same(quiet, x * (1 - RATE)) or same(quiet, x / (1 - RATE)):
        raise Wrong("outside of training out is scaled, and it should be x: the scaling is done while training")
    if (quiet == 0).any():
        raise Wrong("dropout is active outside of training, where out should be x")
    raise Wrong("outside of training out should be x, and it is not")


def _check_share(dropped: NDArray) -> None:
    share = float(dropped.mean())
    if share == 0:
        raise Wrong("while training nothing is set to 0")
    lines = [bool(np.all(dropped.all(axis) | ~dropped.any(axis))) for axis in (1, 0)]
    if any(lines):
        what = "whole samples are" if lines[0] else "the same columns of all samples are"
        raise Wrong(f"{what} set to 0; draw a number for each element (rng.random(x.shape))")
    if abs(share - RATE) > 0.05:
        kept = ": rate is the share to drop, not the share to keep" if abs(share - (1 - RATE)) < 0.05 else ""
        raise Wrong(f"at rate {RATE}, {share:.0%} of the values are set to 0{kept}")


def _check_scale(ratios: NDArray) -> None:
    scale = float(ratios.mean())
    if not same(ratios, np.full_like(ratios, scale)):
        raise Wrong("the values that are kept are not all scaled by the same factor")
    if not same(scale, 1 / (1 - RATE)):
        known = {1.0: "not scaled", 1 / RATE: "divided by rate", 1 - RATE: "multiplied by 1 - rate", RATE: "multiplied by rate"}
        said = next((words for value, words in known.items() if same(scale, value)), f"multiplied by {scale:.6g}")
        raise Wrong(f"the values that are kept are {said}; divide them by 1 - rate, so that the expected value stays the same")


def _check_backward(functions: Functions) -> str:
    x, dout = normal(2, (6, 50), (6, 50))
    for training in (True, False):
        out, cache = functions["dropout_forward"](x=x, rate=RATE, training=training, rng=np.random.default_rng(3))
        _out(functions["dropout_forward"], x, seed=4)  # as a second layer would, before the way back
        (dx,) = functions["dropout_backward"](dout=dout, cache=cache)
        _check_array("dx", dx, x.shape)
        if not same(dx, dout * out / x):
            raise Wrong(_gradient_mistake(dx, dout, out, x) if training else "outside of training dx should be dout")
    return "the same mask and scale"


def _gradient_mistake(dx: NDArray, dout: NDArray, out: NDArray, x: NDArray) -> str:
    kept = out != 0
    scale = 1 / (1 - RATE)
    if same(dx, dout):
        return "dx is dout; where out was set to 0, dx is 0, and the rest is scaled as out was"
    if same(dx, dout * kept):
        return "the scale is missing in dx: it is dout · mask / (1 - rate), as out is x · mask / (1 - rate)"
    if same(dx, dout * kept * scale**2):
        return "dx is scaled twice"
    if same(dx, dout * scale):
        return "the mask is missing in dx: where out was set to 0, dx is 0"
    if same(dx, dout * out):
        return "dout is multiplied by out; the factor is mask / (1 - rate)"
    if ((dx == 0) != ~kept).any():
        return "dx is 0 in other places than out: the mask must be the one of dropout_forward (keep it in the cache)"
    index = tuple(int(i) for i in np.argwhere(~np.isclose(dx, dout * out / x))[0])
    found, expected = apart(dx[index], (dout * out / x)[index])
    return f"dx[{index[0]}, {index[1]}] is {found}, expected {expected}"


# Other limits that people take, for (fan_in, fan_out, shape).
LIMITS: dict[str, Callable[[int, int, tuple[int, ...]], float]] = {
    "the limit is taken from fan_in alone; it is √(6 / (fan_in + fan_out))": lambda i, o, shape: math.sqrt(3 / i),
    "the limit is He's √(6 / fan_in); Glorot's takes both fans": lambda i, o, shape: math.sqrt(6 / i),
    "the limit is taken from fan_out alone; both fans count": lambda i, o, shape: math.sqrt(3 / o),
    "the limit √(6 / fan_out) is taken from fan_out alone; both fans count": lambda i, o, shape: math.sqrt(6 / o),
    "a is the standard deviation √(2 / (fan_in + fan_out)); the limit is √3 times that": lambda i, o, shape: math.sqrt(
        2 / (i + o)
    ),
    "a is the variance 2 / (fan_in + fan_out); the limit is √(3 · variance)": lambda i, o, shape: 2 / (i + o),
    "the root is missing": lambda i, o, shape: 6 / (i + o),
    "the mean of the fans is counted twice: a is √(6 / (fan_in + fan_out))": lambda i, o, shape: math.sqrt(12 / (i + o)),
    "a is √(3 / (fan_in + fan_out)): the 2 of the variance is missing": lambda i, o, shape: math.sqrt(3 / (i + o)),
    "a is √(1 / fan_in); Glorot's takes both fans": lambda i, o, shape: math.sqrt(1 / i),
    "the fans are C and F without the kernel's size: an output sums over KH·KW·C products": lambda i, o, shape: math.sqrt(
        6 / (shape[-2] + shape[-1])
    ),
    "the fans are the first two sizes of the shape; a convolution's are KH·KW·C and KH·KW·F": lambda i, o, shape: math.sqrt(
        6 / (shape[0] + shape[1])
    ),
    "fan_out is F alone; an input reaches KH·KW·F outputs": lambda i, o, shape: math.sqrt(6 / (i + shape[-1])),
    "fan_in is C alone; an output sums over KH·KW·C products": lambda i, o, shape: math.sqrt(6 / (shape[-2] + o)),
}


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a kernel of this shape."""
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def _check_glorot(functions: Functions) -> str:
    glorot = functions["glorot_uniform"]
    shapes = ((300, 100), (5, 5, 8, 32), (3, 3, 64, 16))
    limits = []
    for shape in shapes:
        values, again = (glorot(shape=shape, rng=np.random.default_rng(1))[0] for _ in range(2))
        _check_array("the result", values, shape)
        if not same(values, again):
            raise Wrong("the same rng gives two different arrays; draw from rng, not from np.random")
        if np.ptp(values) == 0:
            raise Wrong(f"all weights are {values.flat[0]:g}; draw each from rng (rng.uniform)")
        if same(values, glorot(shape=shape, rng=np.random.default_rng(2))[0]):
            raise Wrong("different generators give the same weights; draw from the rng that is given, not from one of your own")
        limits.append(float(np.abs(values).max()))
        _check_distribution(values, limits[-1])
    right = [math.sqrt(6 / sum(fans(shape))) for shape in shapes]
    if not np.allclose(limits, right, rtol=0.01):
        for words, limit in LIMITS.items():
            if np.allclose(limits, [limit(*fans(shape), shape) for shape in shapes], rtol=0.01):
                raise Wrong(words)
        where = int(np.argmax(~np.isclose(limits, right, rtol=0.01)))
        raise Wrong(f"for the shape {shapes[where]} the greatest weight is {limits[where]:.4g}, expected {right[where]:.4g}")
    return f"the range of {len(shapes)} shapes, and the distribution within it"


def _check_distribution(values: NDArray, limit: float) -> None:
    if not np.isfinite(values).all():
        raise Wrong("some weights are infinite or not a number")
    if values.min() >= 0:
        raise Wrong("no weight is negative; they go from -a to a")
    if abs(values.mean()) > 0.05 * limit:
        raise Wrong(f"the mean of the weights is {values.mean():.3g}; from -a to a it is 0")
    if limit > 2.5 * values.std():
        raise Wrong("the weights are normally distributed; draw uniform ones (rng.uniform)")
    if abs(values.std() * math.sqrt(3) / limit - 1) > 0.03:
        raise Wrong("the weights are not spread evenly from -a to a (rng.uniform)")


DROPOUT = Exercise(
    name="dropout",
    title="dropout, and its scale",
    solution="nn/layers/dropout.py",
    hints=(
        "Outside of training return x itself and a cache that says so, such as None.",
        "rng.random(x.shape) is below `rate` with probability `rate`: so >= rate keeps. Dividing the mask by 1 - rate makes up"
        " for what is set to 0.",
        "If out = x · m with m = mask / (1 - rate), then dx = dout · m. So m is a good cache.",
    ),
    tasks=(
        Task(dropout_forward, outputs=("out", "cache"), check=_check_forward),
        Task(dropout_backward, outputs=("dx",), check=_check_backward),
    ),
)

GLOROT = Exercise(
    name="glorot",
    title="Glorot's range for the first weights",
    solution="nn/layers/variance_scaling.py",
    hints=(
        "A dense kernel (I, O) has the fans I and O. An output of a convolution sums KH·KW·C products, and an input is in KH·KW·F"
        " of them: shape[:-2] holds KH and KW, and math.prod multiplies what there is, 1 for nothing.",
        "a² / 3 = 2 / (fan_in + fan_out). Solve for a.",
        "rng.uniform(low, high, shape).",
    ),
    tasks=(Task(glorot_uniform, outputs=("kernel",), check=_check_glorot),),
    imports="import math\n\nimport numpy as np\nfrom numpy.typing import NDArray",
)
