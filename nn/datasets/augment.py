"""Random views of the training images, made on the fly: no two epochs show the same picture.

    python -m nn.datasets.augment --out sheet.png

draws a contact sheet: the originals in the first row, their views below.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nn.datasets.sources import CLASSES
from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable
from nn.utils import class_indices, one_hot


@dataclass(frozen=True)
class Limits:
    """How far a view may differ from its image: each value is drawn uniformly up to ± its limit.

    rotation    degrees
    scale       natural logarithm of the magnification: 0.12 is about 12 %
    aspect      logarithm of height divided by width
    shear       pixels sideways for each pixel down
    shift       pixels, in each direction
    thickness   0 to 1; at 1 a stroke may become one pixel wider or narrower at each edge
    elastic     pixels, the largest standard deviation of the elastic displacement
    smoothness  pixels between the knots of the elastic displacement (1.7 times the σ of Simard's
                Gaussian)
    """

    rotation: float = 12.0
    scale: float = 0.12
    aspect: float = 0.1
    shear: float = 0.2
    shift: float = 2.0
    thickness: float = 0.3
    elastic: float = 1.0
    smoothness: float = 7.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value < math.inf:
                raise InputError(f"{name}: expected a finite number of at least 0, got {value}")
        if self.thickness > 1:
            raise InputError(f"thickness: expected at most 1, got {self.thickness}")
        if self.smoothness < 1:
            raise InputError(f"smoothness: expected at least 1 pixel, got {self.smoothness}")

    def as_array(self) -> np.ndarray:
        """All but the smoothness: (7,) float64, the rotation in radians."""
        angle = math.radians(self.rotation)
        return np.array([angle, self.scale, self.aspect, self.shear, self.shift, self.thickness, self.elastic])


class AugmentedImages:
    """An `ImageSource` of random views of uint8 images (N, H, W) with labels (N,)."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, seed: int, limits: Limits | None = None) -> None:
        self._images, self._labels = _checked(images, labels)
        self._seed = seed
        limits = limits or Limits()
        self._limits, self._smoothness = limits.as_array(), float(limits.smoothness)

    def __len__(self) -> int:
        return len(self._images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, 1)."""
        return (self._images.shape[1], self._images.shape[2], 1)

    def fill(self, out: np.ndarray, indices: np.ndarray, epoch: int) -> None:
        """Write views of samples `indices` into `out` (n, H, W, 1)."""
        from nn.kernels.augment import augment

        augment(
            self._images,
            self._limits,
            spacing=self._smoothness,
            seed=self._seed,
            epoch=epoch,
            indices=np.asarray(indices, np.int64),
            out=out,
        )

    def targets(self, indices: np.ndarray, epoch: int) -> np.ndarray:
        """(n, 10), one 1 in each row."""
        return one_hot(self._labels[indices], CLASSES)


def _checked(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bytes (N, H, W) or (N, H, W, 1) as (N, H, W), contiguous, and labels (N,) from 0 to 9."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim != 3 or images.dtype != np.uint8:
        raise InputError(f"images: expected uint8 of shape (N, H, W), got {images.dtype} of shape {images.shape}")
    if labels.shape != (len(images),):
        raise InputError(f"labels: expected {len(images)} of them, got shape {labels.shape}")
    return np.ascontiguousarray(images), class_indices(labels, CLASSES, "labels")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a contact sheet of augmented training images."""
    # Imported here because training needs no Pillow.
    from nn.io.sheet import save_sheet

    parser = ArgumentParser(prog="python -m nn.datasets.augment", description="Contact sheet of augmented training images.")
    parser.add_argument("--out", default="augmented.png", help="the image to write (default: %(default)s)")
    parser.add_argument("--data", default=None, metavar="DIR", help="folder of the MNIST files, if not in a usual place")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    for name, default in vars(Limits()).items():
        parser.add_argument(f"--{name}", type=float, default=default, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    limits = Limits(**{name: getattr(options, name) for name in vars(Limits())})
    save_sheet(options.out, _views(options.data, options.seed, limits))
    print(f"written: {options.out}, 20 training images in the first row and 11 views of each below")
    return 0


def _views(data: str | None, seed: int, limits: Limits) -> np.ndarray:
    """(12, 20, 28, 28): a row of originals, then a row for each of eleven epochs."""
    from nn.datasets import mnist

    (images, labels), _ = mnist.load_data(data)
    source = AugmentedImages(images, labels, seed, limits)
    rows = np.empty((12, 20, 28, 28), np.float32)
    rows[0] = images[:20] / np.float32(255)
    for epoch in range(11):
        source.fill(rows[epoch + 1, ..., None], np.arange(20), epoch)
    return rows


if __name__ == "__main__":
    run(main)
