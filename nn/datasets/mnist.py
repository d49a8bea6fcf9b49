"""MNIST: 60,000 training and 10,000 test images of handwritten digits.

Reference:
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proc. IEEE 86 (1998).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from nn.datasets.collection import Collection, DataFile
from nn.datasets.loading import Split, load
from nn.io.archive import is_own

KERAS_NAME = "mnist.npz"

MNIST = Collection(
    title="MNIST",
    folder="mnist",
    files=(
        DataFile("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        DataFile("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        DataFile("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        DataFile("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
)


def load_data(
    data: str | os.PathLike[str] | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    mirrors: Sequence[str] | None = None,
) -> tuple[Split, Split]:
    """Load MNIST from the folder `data` or from the archive in which Keras keeps it, from one of the
    usual places, or from a mirror (`nn.datasets.locate`).

    `path` is Keras' name for `data`. Its default there, "mnist.npz", stands for MNIST itself, unless
    such an archive is here.

    Returns:
        (x_train, y_train), (x_test, y_test): uint8 images (N, 28, 28), white ink (255) on black
        (0), and uint8 labels (N,), 0-9.

    Raises:
        InputError: the files are missing, damaged or do not belong together, and no mirror helped.
    """
    given = path if data is None else data
    if given is not None and os.fspath(given) == KERAS_NAME and (not os.path.exists(given) or is_own(given)):
        # The file of this name may also be the model that the script itself has saved.
        given = None
    return load(MNIST, given, mirrors)
