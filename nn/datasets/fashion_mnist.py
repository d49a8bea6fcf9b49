"""Fashion-MNIST: 60,000 training and 10,000 test images of clothes and shoes, in MNIST's format.

Labels: 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
9 ankle boot.

Reference:
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747 (2017). MIT licence.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nn.datasets.collection import Collection, DataFile
from nn.datasets.loading import Split, load

NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")

FASHION_MNIST = Collection(
    title="Fashion-MNIST",
    folder="fashion-mnist",
    files=(
        DataFile("train-images-idx3-ubyte", 47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        DataFile("train-labels-idx1-ubyte", 60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        DataFile("t10k-images-idx3-ubyte", 7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        DataFile("t10k-labels-idx1-ubyte", 10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    ),
    system_folder=Path("/usr/share/datasets/fashion-mnist"),  # Debian's dataset-fashion-mnist
)


def load_data(data: str | os.PathLike[str] | None = None, *, mirrors: Sequence[str] | None = None) -> tuple[Split, Split]:
    """Load Fashion-MNIST from the folder `data`, from one of the usual places, or from a mirror
    (`nn.datasets.locate`).

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images (N, 28, 28), cloth bright on black (0),
        and uint8 labels (N,), 0-9.

    Raises:
        InputError: the files are missing, damaged or do not belong together, and no mirror helped.
    """
    return load(FASHION_MNIST, data, mirrors)
