"""The data sets of 28 x 28 images that the commands know by name."""

from __future__ import annotations

from nn.datasets.fashion_mnist import FASHION_MNIST
from nn.datasets.loading import Split, load
from nn.datasets.mnist import MNIST
from nn.errors import InputError

DATASETS = ("mnist", "fashion-mnist")
IMAGE_SHAPE = (28, 28, 1)


def load_splits(dataset: str, folder: str | None) -> tuple[Split, Split]:
    """The training and the test split of a collection, which must have 28 x 28 pixels."""
    splits = load(MNIST if dataset == "mnist" else FASHION_MNIST, folder)
    if splits[0][0].shape[1:] != IMAGE_SHAPE[:2]:
        raise InputError(f"{folder}: expected images of 28 x 28 pixels, got {splits[0][0].shape[1]} x {splits[0][0].shape[2]}")
    return splits
