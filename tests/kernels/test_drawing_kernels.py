"""The kernels that draw training images, in small numbers, so that they run as plain Python as
well.
"""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import nn
from nn.datasets.augment import AugmentedImages, Limits
from nn.datasets.sources import Concatenation, ScaledImages
from nn.strokes import Doodles, SyntheticDigits

COUNT = 48


def images(count=4):
    """Soft blobs, each somewhere else: (count, 28, 28) uint8."""
    n, i, j = np.mgrid[0:count, 0:28, 0:28]
    return (255 * np.exp(-(((i - 10 - n) / 4.0) ** 2) - ((j - 17 + n) / 6.0) ** 2)).astype(np.uint8)


def sources():
    """One source of each kind that draws: name and source."""
    labels = np.arange(4, dtype=np.uint8)
    return {
        "digits": SyntheticDigits(3, COUNT),
        "doodles": Doodles(3, COUNT),
        "views": AugmentedImages(images(), labels, 3),
        "elastic views": AugmentedImages(images(), labels, 3, Limits(thickness=0, elastic=1.5)),
        "images, then digits": Concatenation([ScaledImages(images()[..., None], labels), SyntheticDigits(3, 4)]),
    }


def drawn(source):
    """An epoch of a source."""
    out = np.empty((len(source), 28, 28, 1), np.float32)
    source.fill(out, np.arange(len(source)), 1)
    return out


@pytest.fixture(scope="module")
def drawings():
    return {name: drawn(source) for name, source in sources().items()}


def test_plain_python_draws_what_the_compiler_draws(drawings, tmp_path):
    file = str(tmp_path / "others.npz")
    code = f"import numpy, test_drawing_kernels as t; numpy.savez({file!r}, **{{k: t.drawn(s) for k, s in t.sources().items()}})"
    paths = os.pathsep.join([str(Path(nn.__file__).parents[1]), str(Path(__file__).parent)])
    other_way = "0" if numba.config.DISABLE_JIT else "1"
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore", "NUMBA_DISABLE_JIT": other_way}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)
    others = np.load(file)
    assert sorted(others.files) == sorted(drawings)
    for name, mine in drawings.items():
        np.testing.assert_allclose(others[name], mine, rtol=0, atol=1e-4, err_msg=name)


def test_ink_lies_between_nothing_and_full(drawings):
    for name, each in drawings.items():
        assert each.min() >= 0, name
        assert each.max() <= 1, name
        assert len(np.unique(each, axis=0)) == len(each), name


def test_digits_fill_the_box_and_lie_in_the_middle(drawings):
    for image in drawings["digits"][..., 0]:
        rows, columns = np.flatnonzero(image.max(axis=1) > 0.02), np.flatnonzero(image.max(axis=0) > 0.02)
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 24
        assert abs(image.sum(axis=1) @ np.arange(28) / image.sum() - 14) < 0.6
        assert abs(image.sum(axis=0) @ np.arange(28) / image.sum() - 14) < 0.6


def test_doodles_are_some_dark_some_light_and_none_empty(drawings):
    ink = drawings["doodles"].mean(axis=(1, 2, 3))
    assert ink.min() > 0
    assert (ink > 0.4).any()
    assert (ink < 0.2).any()


def test_views_keep_about_the_ink_of_their_image(drawings):
    ink = images().sum(axis=(1, 2)) / 255
    for name in ("views", "elastic views"):
        np.testing.assert_allclose(drawings[name].sum(axis=(1, 2, 3)), ink, rtol=0.5)


def test_a_sample_depends_on_its_index_alone(drawings):
    # Drawn alone and in another order, as several threads may do.
    for name, source in sources().items():
        out = np.empty((2, 28, 28, 1), np.float32)
        source.fill(out, np.array([3, 1]), 1)
        np.testing.assert_array_equal(out, drawings[name][[3, 1]], err_msg=name)
