"""Keras' own mnist.npz is a data set wherever one is expected, and is never taken for a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.collection import Collection
from nn.datasets.loading import load
from nn.errors import InputError
from nn.models import load_model

NAMES = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture
def keras(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, arrays.values(), strict=True))


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_archive_is_read_as_the_files_are(
    write: Callable[..., None], tiny: Collection, keras: dict[str, np.ndarray], tmp_path: Path
):
    write(tmp_path / "mnist.npz", **keras)
    (x_train, y_train), (x_test, y_test) = load(tiny, tmp_path / "mnist.npz")
    for came, expected in zip((x_train, y_train, x_test, y_test), keras.values(), strict=True):
        np.testing.assert_array_equal(came, expected)


def test_keras_default_name_means_the_data_set_where_there_is_no_such_file(
    tiny: Collection, fill: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "tiny")
    monkeypatch.setenv("NN_DATA", str(tmp_path))
    assert len(load(tiny, "mnist.npz")[0][0]) == 5
    with pytest.raises(InputError, match=r"other.npz: expected a folder"):
        load(tiny, "other.npz")


def test_other_archives_are_refused(tiny: Collection, model: Path):
    with pytest.raises(InputError, match="expected a folder with the files of a data set, or an archive as Keras keeps it"):
        load(tiny, model)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_damaged_archive_is_refused(share: float, tiny: Collection, keras: dict[str, np.ndarray], tmp_path: Path):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **keras)
    content = bytearray(path.read_bytes())
    content[int(0.2 * len(content))] ^= 255
    path.write_bytes(content[: max(int(share * len(content)), 200)] if share < 0.9 else content)
    with pytest.raises(InputError, match=r"mnist.npz: expected") as caught:
        load(tiny, path)
    assert "\n" not in str(caught.value)


def test_arrays_that_are_no_images_are_named(tiny: Collection, keras: dict[str, np.ndarray], tmp_path: Path):
    path = tmp_path / "mnist.npz"
    np.savez(path, **{**keras, "y_test": keras["y_test"][:-1]})
    with pytest.raises(InputError, match=r"mnist.npz \(y_test\): expected 3 labels"):
        load(tiny, path)


def test_it_is_no_model(keras: dict[str, np.ndarray], tmp_path: Path, command: Callable):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **keras)
    with pytest.raises(InputError, match=r"mnist.npz: expected a numba-cnn model file, got a data set as Keras keeps it"):
        load_model(path)
    before = path.read_bytes()
    ended = command("nn.train", "--epochs", 1, "--out", path)
    assert ended.code == 2
    assert "is a data set as Keras keeps it" in ended.err
    assert path.read_bytes() == before
    ended = command("nn.predict", "--model", path, path)
    assert (ended.code, "data set as Keras keeps it" in ended.err) == (2, True)


def test_the_window_says_so_too(keras: dict[str, np.ndarray], tmp_path: Path):
    from apps.draw.files.model_file import choose_model

    np.savez_compressed(tmp_path / "mnist.npz", **keras)
    with pytest.raises(InputError, match="got a data set as Keras keeps it"):
        choose_model(None, tmp_path)
