"""Sources of training images that are drawn anew for every sample: digits, and doodles that are
not digits.
"""

from __future__ import annotations

import numpy as np

from nn.datasets.sources import CLASSES
from nn.errors import InputError
from nn.strokes.templates import Templates, digit_templates, other_templates
from nn.utils import one_hot

SHAPE = (28, 28, 1)


class SyntheticDigits:
    """An `ImageSource` of `length` digits an epoch, as pens write them, in MNIST's geometry."""

    def __init__(self, seed: int, length: int) -> None:
        self._seed, self._length = seed, _checked_length(length)
        self._templates = digit_templates()

    def __len__(self) -> int:
        return self._length

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(28, 28, 1)."""
        return SHAPE

    def chosen(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """Which template each sample is drawn from: numbers (n,) into `digit_templates()`."""
        from nn.kernels.strokes import pick_templates

        out = np.empty(len(indices), np.int64)
        pick_templates(self._templates.cumulative, self._seed, epoch, np.asarray(indices, np.int64), out)
        return out

    def labels(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """The digits (n,) uint8, known without drawing them."""
        return self._templates.labels[self.chosen(indices, epoch)]

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Draw samples `indices` into `out` (n, 28, 28, 1)."""
        draw_templates(self.chosen(indices, epoch), self._seed, epoch, indices, out)

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), one 1 in each row."""
        return one_hot(self.labels(indices, epoch), CLASSES)


class Doodles:
    """An `ImageSource` of scribbles, signs, shapes and noise. Their targets are uniform: no digit
    is likelier.
    """

    def __init__(self, seed: int, length: int) -> None:
        self._seed, self._length = seed, _checked_length(length)

    def __len__(self) -> int:
        return self._length

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(28, 28, 1)."""
        return SHAPE

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Draw samples `indices` into `out` (n, 28, 28, 1)."""
        from nn.kernels.doodles import draw_doodles

        arrays = _arrays(digit_templates()), _arrays(other_templates())
        draw_doodles(*arrays, self._seed, epoch, np.asarray(indices, np.int64), out)

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), every entry one tenth."""
        return np.full((len(indices), CLASSES), 1 / CLASSES, np.float32)


def draw_templates(chosen: np.ndarray, seed: int, epoch: int, indices: np.ndarray, out: np.ndarray) -> None:
    """Draw given templates: template chosen[k], in the hand of sample indices[k], into out[k], (n,
    28, 28, 1).
    """
    from nn.kernels.strokes import draw_digits

    t = digit_templates()
    arrays = t.points, t.corners, t.point_offsets, t.stroke_offsets
    indices = np.asarray(indices, np.int64)
    draw_digits(*arrays, chosen=np.asarray(chosen, np.int64), seed=seed, epoch=epoch, indices=indices, out=out)


def _arrays(t: Templates) -> tuple[np.ndarray, ...]:
    return t.points, t.corners, t.point_offsets, t.stroke_offsets, t.cumulative


def _checked_length(length: int) -> int:
    if length < 1:
        raise InputError(f"length: expected at least 1 sample an epoch, got {length}")
    return length
