"""Why a picture is read as it is: which ink speaks for a class, which against it, and what would
make it another.

All three answers are about the evidence for a class k, the logarithm of its odds against all the
others together, in nats:

    e_k(x) = log(p_k / (1 - p_k)) = z_k - log Σ_{l≠k} exp z_l

for the logits z (K,) of a picture x (H, W). A probability near 1 hardly moves any more, whatever
happens to the ink; its odds do. The derivative by the logits is ∂e_k/∂z_l = [l = k] - [l ≠ k] exp
z_l / Σ_{m≠k} exp z_m, and the layers' own backward passes carry it on to the pixels.

References:
    K. Simonyan, A. Vedaldi, A. Zisserman: Deep inside convolutional networks, 2013 (the gradient
        by the pixels).
    M. Sundararajan, A. Taly, Q. Yan: Axiomatic attribution for deep networks, 2017 (integrated
        gradients).
    M. D. Zeiler, R. Fergus: Visualizing and understanding convolutional networks, 2013
        (occlusion).
    S. Wachter, B. Mittelstadt, C. Russell: Counterfactual explanations without opening the black
        box, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import InputError
from nn.layers.stack import Stack, split_softmax
from nn.models import Sequential

PATH_STEPS = 16  # of the sum that stands for the integral
PATCH = 5  # pixels, the side of the square that occlusion blanks: a stroke and its rims
ENOUGH = 0.9  # the probability at which `what_if` is content
SHIFTS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))  # by which `what_if` moves a picture, in pixels
UNMOVED = SHIFTS.index((0, 0))
PEN = 1.2  # pixels, the standard deviation of the blur that makes changes as wide as strokes are
WORTH = 0.6  # of the largest gradient: pixels below it stay as they are in this step
STEP = 0.15  # by which a pixel changes at most in a step
MOST_STEPS = 60


def evidence(logits: NDArray, k: int) -> NDArray:
    """e_k (N,) of logits (N, K)."""
    return logits[:, k] - _log_sum_of_others(logits, k)


def evidence_gradient(model: Sequential, images: NDArray, k: int) -> tuple[NDArray, NDArray]:
    """e_k (N,) of images (N, H, W), and its gradient by their pixels (N, H, W): one forward and
    one backward pass.
    """
    scores_of = Stack(split_softmax(model.layers)[0], dtype=model.dtype)
    logits, caches = scores_of.forward(np.asarray(images, model.dtype).reshape(len(images), *model.input_shape))
    dlogits = -np.exp(logits - _log_sum_of_others(logits, k)[:, None])
    dlogits[:, k] = 1
    dx, _ = scores_of.backward(dlogits, caches)
    return evidence(logits, k), dx.reshape(images.shape)


def saliency(model: Sequential, image: NDArray, k: int, steps: int = PATH_STEPS) -> NDArray:
    """How much each pixel's ink adds to e_k or takes from it: (H, W) in nats, for an image (H, W).
    Where there is no ink it is 0.

    The ink times the gradient, averaged over `steps` pictures between an empty sheet and this one
    (integrated gradients):

        s = x · (1 / steps) Σ_{j=1..steps} ∇e_k(α_j x),   α_j = (j - ½) / steps,

    the midpoint rule for ∫₀¹ x · ∇e_k(αx) dα. So Σ s tends to e_k(x) - e_k(0): the shares of all
    pixels add up to it.
    """
    check_picture(model, image)
    if steps < 1:
        raise InputError(f"steps: expected at least 1, got {steps}")
    faded = (np.arange(steps, dtype=model.dtype) + 0.5) / steps
    _, gradients = evidence_gradient(model, faded[:, None, None] * image, k)
    return image * gradients.mean(axis=0)


def occlusion(model: Sequential, image: NDArray, k: int, side: int = PATCH) -> NDArray:
    """How much e_k falls when the ink around a pixel is taken away: (H, W) in nats, for an image
    (H, W).

    out[i, j] = e_k(x) - e_k(x without the square of `side` pixels around i, j). Pixels without ink
    are 0.
    """
    check_picture(model, image)
    if side < 1 or side % 2 == 0:
        raise InputError(f"side: expected an odd number of pixels, got {side}")
    out = np.zeros(image.shape, model.dtype)
    pixels = np.argwhere(image > 0)
    without = np.repeat(image[None], len(pixels) + 1, axis=0)
    for picture, (i, j) in zip(without, pixels.tolist(), strict=False):
        picture[max(i - side // 2, 0) : i + side // 2 + 1, max(j - side // 2, 0) : j + side // 2 + 1] = 0
    found = evidence(model.logits(without), k)
    out[tuple(pixels.T)] = found[-1] - found[:-1]
    return out


@dataclass(frozen=True)
class WhatIf:
    """What would make a picture another digit: the changed image (H, W), and the probability of
    class `k` before and after.
    """

    k: int
    image: NDArray
    before: float
    after: float


def what_if(model: Sequential, image: NDArray, k: int, enough: float = ENOUGH) -> WhatIf:
    """Change an image (H, W), little by little, until the network takes it for class k with the
    probability `enough`.

    Projected gradient ascent on e_k: each step changes the pixels with the largest gradients and
    stays within [0, 1]. Almost any noise would do, so the gradient is restricted to what a pen or
    an eraser could do: it is the mean over nine positions of the picture, one pixel apart (what
    helps in one position only is an accident of the pooling's grid), and blurred as wide as a pen.

    It ends at the latest after `MOST_STEPS`, or where the network has no gradient left; `after`
    says how far it came.
    """
    check_picture(model, image)
    goal = float(np.log(enough / (1 - enough)))
    changed = np.asarray(image, model.dtype)
    reached, way = _way_towards(model, changed, k)
    before = reached
    for _ in range(MOST_STEPS):
        largest = float(np.abs(way).max())
        if reached >= goal or largest == 0:
            break
        changed = np.clip(changed + STEP / largest * np.where(np.abs(way) >= WORTH * largest, way, 0), 0, 1)
        reached, way = _way_towards(model, changed, k)
    return WhatIf(k, changed, _probability(before), _probability(reached))


def _way_towards(model: Sequential, image: NDArray, k: int) -> tuple[float, NDArray]:
    """e_k of an image (H, W), and where its pixels should go; 0 for those that are as dark or as
    bright as can be.
    """
    found, gradients = evidence_gradient(model, np.stack([_moved(image, *shift) for shift in SHIFTS]), k)
    back = [_moved(gradient, -down, -right) for gradient, (down, right) in zip(gradients, SHIFTS, strict=True)]
    way = blurred(np.stack(back).mean(axis=0), PEN)
    return float(found[UNMOVED]), np.where(np.where(way > 0, image < 1, image > 0), way, 0)


def _moved(image: NDArray, down: int, right: int) -> NDArray:
    """An image (H, W) moved by whole pixels; what leaves on one side comes in on the other, where
    digits have no ink.
    """
    return np.roll(image, (down, right), axis=(0, 1))


def blurred(picture: NDArray, deviation: float) -> NDArray:
    """A picture (H, W) convolved with a Gaussian of this standard deviation in pixels; beyond its
    edges it is 0.
    """
    down, across = (_bells(side, deviation).astype(picture.dtype) for side in picture.shape)
    return down @ picture @ across


def _bells(side: int, deviation: float) -> NDArray:
    """(side, side): in row i the Gaussian around i, which sums to 1 over all whole numbers."""
    distance = np.subtract.outer(np.arange(side), np.arange(side))
    everywhere = np.exp(-0.5 * (np.arange(-10 * side, 10 * side + 1) / deviation) ** 2).sum()
    return np.exp(-0.5 * (distance / deviation) ** 2) / everywhere


def check_picture(model: Sequential, image: NDArray) -> None:
    """Raise `InputError` unless the model reads single pictures like this one."""
    if (*image.shape, 1) != model.input_shape:
        raise InputError(f"image: expected shape {model.input_shape[:-1]}, got {image.shape}")


def _log_sum_of_others(logits: NDArray, k: int) -> NDArray:
    """log Σ_{l≠k} exp z_l (N,), the largest taken out first so that nothing overflows."""
    others = np.delete(logits, k, axis=1)
    largest = others.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(others - largest).sum(axis=1))


def _probability(evidence: float) -> float:
    """P of e = log(p / (1 - p))."""
    return float(0.5 * (1 + np.tanh(0.5 * evidence)))
