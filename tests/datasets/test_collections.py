"""Loading: the real data sets, files that do not belong together, and where files are looked for."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import fashion_mnist, locate, mnist
from nn.datasets.collection import Collection
from nn.datasets.content import open_content, sha256
from nn.datasets.loading import load
from nn.errors import InputError

DATA = Path(__file__).parents[2] / "data"
SYSTEM_FASHION = Path("/usr/share/datasets/fashion-mnist")
Fill = Callable[..., Path]


def test_mnist_of_the_checkout_loads():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert [array.shape for array in (x_train, y_train, x_test, y_test)] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]


def test_mnist_of_the_checkout_has_the_published_content():
    for file in mnist.MNIST.files:
        with open_content(DATA / "mnist" / f"{file.name}.gz") as content:
            assert sha256(content, file.size) == file.sha256


@pytest.mark.skipif(not SYSTEM_FASHION.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_fashion_mnist_of_the_system_has_the_published_content():
    for file, path in zip(fashion_mnist.FASHION_MNIST.files, locate.locate(fashion_mnist.FASHION_MNIST), strict=True):
        with open_content(path) as content:
            assert sha256(content, file.size) == file.sha256
    (_, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    assert x_test.shape == (10000, 28, 28)


def test_digest_of_content_that_is_too_long_differs(tmp_path: Path):
    (tmp_path / "long").write_bytes(b"abcd")
    with open_content(tmp_path / "long") as content:
        assert sha256(content, 3) != hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("subfolder", [".", "tiny"])
def test_data_may_name_the_folder_or_the_one_above(
    suffix: str, subfolder: str, tiny: Collection, arrays: dict[str, np.ndarray], fill: Fill, tmp_path: Path
):
    fill(tmp_path / "given" / subfolder, suffix)
    (x_train, y_train), (x_test, y_test) = load(tiny, tmp_path / "given")
    for came, expected in zip((x_train, y_train, x_test, y_test), arrays.values(), strict=True):
        np.testing.assert_array_equal(came, expected)


def test_data_accepts_a_string_too(tiny: Collection, fill: Fill, tmp_path: Path):
    (x_train, _), _ = load(tiny, str(fill(tmp_path / "given")))
    assert len(x_train) == 5


def test_given_folder_must_hold_the_files(tiny: Collection, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NN_DATA", str(fill(tmp_path / "elsewhere" / "tiny").parent))
    given = fill(tmp_path / "given", t10k_labels=None)
    with pytest.raises(InputError, match=r"given: expected the Tiny files.* got a folder without t10k-labels-idx1-ubyte$"):
        load(tiny, given)
    with pytest.raises(InputError, match="missing: expected a folder that holds the Tiny files, got no folder"):
        load(tiny, tmp_path / "missing")


def test_places_are_searched_in_order(tiny: Collection, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locate, "CHECKOUT", tmp_path / "checkout")
    described = Collection(tiny.title, tiny.folder, tiny.files, (), system_folder=tmp_path / "system")
    monkeypatch.setenv("NN_DATA", str(tmp_path))
    places = [tmp_path / "tiny", tmp_path / "checkout/tiny", tmp_path / "system", tmp_path / "cache/numba-cnn/tiny"]
    for place in reversed(places):
        fill(place)
        assert {path.parent for path in locate.locate(described)} == {place}


def test_incomplete_place_is_passed_over(tiny: Collection, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fill(tmp_path / "tiny", train_labels=None)
    cached = fill(tmp_path / "cache/numba-cnn/tiny")
    monkeypatch.setenv("NN_DATA", str(tmp_path))
    assert locate.locate(tiny)[0].parent == cached


def test_data_variable_that_names_no_folder_is_an_error(tiny: Collection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NN_DATA", "/no/such/folder")
    with pytest.raises(InputError, match=r"NN_DATA: expected a folder .* got '/no/such/folder'"):
        load(tiny)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_names_with_a_dot_are_taken(suffix: str, tiny: Collection, fill: Fill, tmp_path: Path):
    """`t10k-images.idx3-ubyte`, as many keep them."""
    folder = fill(tmp_path / "given", suffix)
    for path in tuple(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(load(tiny, folder)[0][0]) == 5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"train_images": np.zeros((5, 24), np.uint8)},
            r"train-images.* expected one or more images .* got shape \(5, 24\) of uint8",
        ),
        ({"train_images": np.zeros((5, 4, 6), np.int8)}, "train-images.* of int8"),
        (
            {"t10k_images": np.zeros((0, 4, 6), np.uint8), "t10k_labels": np.zeros(0, np.uint8)},
            "t10k-images.* expected one or more",
        ),
        ({"t10k_images": np.zeros((3, 0, 6), np.uint8)}, "t10k-images.* expected one or more"),
        ({"t10k_images": np.zeros((3, 6, 4), np.uint8)}, "t10k-images.* expected images of 4 x 6 pixels.* got 6 x 4"),
        ({"train_labels": np.zeros((5, 1), np.uint8)}, r"train-labels.* expected labels .* got shape \(5, 1\)"),
        ({"train_labels": np.zeros(5, np.float32)}, "train-labels.* of float32"),
        ({"train_labels": np.zeros(4, np.uint8)}, "train-labels.* expected 5 labels.* got 4$"),
        ({"t10k_labels": np.array([1, 10, 2], np.uint8)}, "t10k-labels.* expected labels from 0 to 9, got 10 at position 1$"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    change: dict[str, np.ndarray], sentence: str, tiny: Collection, fill: Fill, tmp_path: Path
):
    given = fill(tmp_path / "given", **change)
    with pytest.raises(InputError, match=sentence) as caught:
        load(tiny, given)
    assert "\n" not in str(caught.value)


def test_one_image_of_one_pixel_is_a_data_set(tiny: Collection, fill: Fill, tmp_path: Path):
    pixel, label = np.array([[[200]]], np.uint8), np.array([9], np.uint8)
    given = fill(tmp_path / "given", train_images=pixel, train_labels=label, t10k_images=pixel + 1, t10k_labels=label - 9)
    (x_train, y_train), (x_test, y_test) = load(tiny, given)
    assert [int(array.item()) for array in (x_train, y_train, x_test, y_test)] == [200, 9, 201, 0]


def test_damaged_file_is_named(tiny: Collection, fill: Fill, tmp_path: Path):
    path = fill(tmp_path / "given") / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte.gz: expected complete gzip data"):
        load(tiny, path.parent)


def test_loading_needs_no_network_library():
    code = "import sys; from nn.datasets import mnist; mnist.load_data(); sys.exit(bool({'pooch', 'tqdm'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=DATA.parent)
