"""`ImageDataGenerator`: batches of images, each turned, moved and zoomed at random, with Keras'
arguments.

`python -m nn.train` has its own augmentation (`nn/datasets/augment.py`), which also bends the
strokes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import InputError
from nn.utils.channels import is_first
from nn.utils.preprocessing.warp import FILL_MODES, random_transforms, warp

# What Keras' generator can also do and this one cannot, with the values that ask for nothing.
NOT_HERE: dict[str, tuple[Any, ...]] = {
    "zca_whitening": (False,),
    "zca_epsilon": (1e-6,),
    "brightness_range": (None,),
    "channel_shift_range": (0, 0.0),
    "interpolation_order": (1,),
    "data_format": (None, "channels_last"),
    "dtype": (None, "float32"),
}


class ImageDataGenerator:
    """Random views of images (N, H, W, C).

    Args:
        rotation_range: degrees, to each side.
        width_shift_range, height_shift_range: up to this share of the size; pixels from 1 on.
        shear_range: degrees.
        zoom_range: z for factors from 1 - z to 1 + z, or (lowest, highest).
        horizontal_flip, vertical_flip: mirror half of the images.
        fill_mode, cval: what comes in from outside the image: "nearest" its edge, "constant" the
            value cval.
        rescale: a factor for all values, the last step.
        preprocessing_function: called with each image (H, W, C) before `rescale`.
        validation_split: the share that `flow(subset="validation")` takes, from the beginning, as
            in Keras.
        samplewise_center, samplewise_std_normalization: subtract an image's mean; divide by its
            standard deviation.
        featurewise_center, featurewise_std_normalization: the same with those of `fit`'s images.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        *,
        rotation_range: float = 0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        shear_range: float = 0.0,
        zoom_range: float | tuple[float, float] = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[NDArray], ArrayLike] | None = None,
        validation_split: float = 0.0,
        **others: Any,
    ) -> None:
        if is_first(others.get("data_format"), "ImageDataGenerator"):
            raise InputError(
                "ImageDataGenerator: expected data_format channels_last, the only order there is, got channels_first"
            )
        for name, value in others.items():
            if name not in NOT_HERE:
                raise InputError(f"ImageDataGenerator: there is no argument {name!r}")
            if value not in NOT_HERE[name]:
                raise InputError(f"ImageDataGenerator: {name} is not supported; expected {NOT_HERE[name][0]!r}, got {value!r}")
        if fill_mode not in FILL_MODES:
            raise InputError(f"ImageDataGenerator: expected fill_mode to be one of {', '.join(FILL_MODES)}, got {fill_mode!r}")
        if not 0 <= validation_split < 1:
            raise InputError(f"ImageDataGenerator: expected validation_split from 0 to below 1, got {validation_split!r}")
        low, high = zoom_range if isinstance(zoom_range, tuple | list) else (1 - zoom_range, 1 + zoom_range)
        limits = {"rotation_range": rotation_range, "width_shift_range": width_shift_range}
        limits |= {"height_shift_range": height_shift_range, "shear_range": shear_range, "the lowest zoom": low}
        for name, value in limits.items():
            if not isinstance(value, int | float) or not 0 <= value < np.inf:
                raise InputError(f"ImageDataGenerator: expected {name} to be a number of at least 0, got {value!r}")
        self.ranges = (rotation_range, height_shift_range, width_shift_range, shear_range, low, high)
        self.flips = (vertical_flip, horizontal_flip)
        self.fill_mode, self.cval, self.rescale = fill_mode, cval, rescale
        self.preprocessing_function, self.validation_split = preprocessing_function, validation_split
        self.samplewise = (samplewise_center, samplewise_std_normalization)
        self.featurewise = (featurewise_center or featurewise_std_normalization, featurewise_std_normalization)
        self.mean: NDArray | None = None
        self.std: NDArray | None = None

    def fit(self, x: ArrayLike, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Take mean and standard deviation of each channel, for the featurewise options."""
        images = _images(x, "fit")
        if augment:
            raise InputError("ImageDataGenerator.fit: augment=True is not supported; expected False")
        self.mean = images.mean(axis=(0, 1, 2))
        self.std = images.std(axis=(0, 1, 2))

    def flow(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: ArrayLike | None = None,
        seed: int | None = None,
        *,
        subset: str | None = None,
    ) -> ArrayIterator:
        """Endless batches (x, y), or x alone, in a new order each time around."""
        arrays = [_images(x, "flow")]
        arrays += [np.asarray(more) for more in (y, sample_weight) if more is not None]
        if any(len(array) != len(arrays[0]) for array in arrays):
            raise InputError(f"flow: expected as many labels as images, got {[len(array) for array in arrays]}")
        if subset not in (None, "training", "validation"):
            raise InputError(f"flow: expected subset 'training' or 'validation', got {subset!r}")
        edge = int(len(arrays[0]) * self.validation_split)
        if subset is not None:
            arrays = [array[:edge] if subset == "validation" else array[edge:] for array in arrays]
        return ArrayIterator(self, arrays, batch_size, shuffle, 0 if seed is None else seed)

    def random_transform(self, x: ArrayLike, seed: int | None = None) -> NDArray:
        """One image (H, W, C), turned, moved and zoomed at random."""
        return self._transformed(_images(np.asarray(x)[None], "random_transform"), np.random.default_rng(seed))[0]

    def standardize(self, x: ArrayLike) -> NDArray:
        """One image (H, W, C) after the function, the scale and the normalizations."""
        return self._standardized(_images(np.asarray(x)[None], "standardize"))[0]

    def views(self, images: NDArray, rng: np.random.Generator) -> NDArray[np.float32]:
        """Random views of some images (n, H, W, C)."""
        return self._standardized(self._transformed(images.astype(np.float32), rng))

    def _transformed(self, images: NDArray, rng: np.random.Generator) -> NDArray:
        if any(self.ranges[:4]) or self.ranges[4:] != (1, 1):
            transforms = random_transforms(len(images), images.shape[1:3], self.ranges, rng)
            images = warp(images, transforms, self.fill_mode, self.cval)
        for axis, flip in zip((1, 2), self.flips, strict=True):
            if flip:
                images = np.where(rng.random((len(images), 1, 1, 1)) < 0.5, np.flip(images, axis), images)
        return images

    def _standardized(self, images: NDArray) -> NDArray[np.float32]:
        if self.preprocessing_function is not None:
            images = np.stack([np.asarray(self.preprocessing_function(image)) for image in images])
        if self.rescale is not None:
            images = images * self.rescale
        if self.samplewise[0]:
            images = images - images.mean(axis=(1, 2, 3), keepdims=True)
        if self.samplewise[1]:
            images = images / (images.std(axis=(1, 2, 3), keepdims=True) + 1e-6)
        if self.featurewise[0]:
            if self.mean is None or self.std is None:
                raise InputError("ImageDataGenerator: the featurewise options need fit(x) first")
            images = images - self.mean
            images = images / (self.std + 1e-6) if self.featurewise[1] else images
        return np.asarray(images, np.float32)


class ArrayIterator:
    """The batches of `flow`: endless when iterated over; `len(...)` of them see each image once.

    Batch `index` is a function of the seed and of `index` alone.
    """

    def __init__(
        self, generator: ImageDataGenerator, arrays: list[NDArray], batch_size: int, shuffle: bool = True, seed: int = 0
    ) -> None:
        if not isinstance(batch_size, int) or batch_size < 1 or not len(arrays[0]):
            raise InputError(f"flow: expected images and a batch_size of at least 1, got {len(arrays[0])} and {batch_size!r}")
        self.generator, self.arrays = generator, arrays
        self.n, self.batch_size, self.shuffle, self.seed = len(arrays[0]), batch_size, shuffle, seed
        self.batch_index = 0

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        around, batch = divmod(index, len(self))
        order = np.random.default_rng([self.seed, around]).permutation(self.n) if self.shuffle else np.arange(self.n)
        rows = order[batch * self.batch_size : (batch + 1) * self.batch_size]
        views = self.generator.views(self.arrays[0][rows], np.random.default_rng([self.seed, around, batch]))
        parts = (views, *(array[rows] for array in self.arrays[1:]))
        return parts if len(parts) > 1 else views

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self.batch_index += 1
        return self[self.batch_index - 1]

    next = __next__

    def reset(self) -> None:
        """Begin again."""
        self.batch_index = 0

    def begin_round(self) -> None:
        """Skip what is left of the images this time around, as a new training does."""
        self.batch_index = -(-self.batch_index // len(self)) * len(self)


def _images(x: ArrayLike, function: str) -> NDArray:
    images = np.asarray(x)
    if images.ndim != 4 or images.dtype.kind not in "buif":
        raise InputError(f"{function}: expected images of shape (N, height, width, channels), got {images.shape}")
    return images
