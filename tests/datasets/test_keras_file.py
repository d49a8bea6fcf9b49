"""Keras' own mnist.npz is a data set wherever one is expected, and is never taken for a model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import keras_file, mnist
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


@pytest.mark.parametrize("inside", ["tiny.npz", "tiny/tiny.npz"])
def test_folder_that_holds_it_is_taken(
    inside: str, tiny: Collection, keras: dict[str, np.ndarray], fill: Callable[..., Path], tmp_path: Path
):
    path = tmp_path / "given" / inside
    path.parent.mkdir(parents=True)
    np.savez_compressed(path, **keras)
    fill(tmp_path / "given", train_images=None)  # the others alone are no data set
    np.testing.assert_array_equal(load(tiny, tmp_path / "given")[0][0], keras["x_train"])
    fill(tmp_path / "given", train_labels=np.array([4, 3, 2, 1, 0], np.uint8))
    np.testing.assert_array_equal(load(tiny, tmp_path / "given")[0][1], [4, 3, 2, 1, 0])


def test_archive_of_another_collection_in_the_folder_is_not_taken(
    tiny: Collection, keras: dict[str, np.ndarray], tmp_path: Path, model: Path
):
    np.savez_compressed(tmp_path / "other.npz", **keras)
    (tmp_path / "tiny.npz").write_bytes(model.read_bytes())
    with pytest.raises(InputError, match=r"expected the Tiny files, plain or .gz, .* got a folder without train-images"):
        load(tiny, tmp_path)
    (tmp_path / "tiny.npz").write_text("half of a download")
    with pytest.raises(InputError, match=r"tiny.npz: expected .* an archive as Keras keeps it .* got another file"):
        load(tiny, tmp_path)


def test_keras_default_name_means_the_data_set_unless_its_archive_is_here(
    tiny: Collection,
    keras: dict[str, np.ndarray],
    fill: Callable[..., Path],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """A script that loads "mnist.npz", and at its end saves its model there, can be run twice."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    fill(tmp_path / "tiny", train_labels=np.array([4, 3, 2, 1, 0], np.uint8))
    monkeypatch.setenv("NN_DATA", str(tmp_path))
    monkeypatch.setattr(mnist, "MNIST", tiny)

    def labels(**given: str) -> list[int]:
        return mnist.load_data(**given)[0][1].tolist()

    assert labels(data="mnist.npz") == labels(path="mnist.npz") == [4, 3, 2, 1, 0]
    (folder / "mnist.npz").write_bytes(model.read_bytes())
    assert labels(data="mnist.npz") == labels(path="mnist.npz") == [4, 3, 2, 1, 0]
    np.savez(folder / "mnist.npz", **keras)  # type: ignore[arg-type]
    assert labels(data="mnist.npz") == labels(path="mnist.npz") == [0, 1, 9, 3, 4]
    (folder / "mnist.npz").write_text("neither")
    with pytest.raises(InputError, match=r"mnist.npz: expected a folder .* got another file"):
        labels(path="mnist.npz")
    with pytest.raises(InputError, match=r"other.npz: expected a folder"):
        labels(path="other.npz")


def test_a_command_takes_no_other_data_than_it_was_given(
    tmp_path: Path, model: Path, command: Callable, monkeypatch: pytest.MonkeyPatch
):
    """There the name is the user's own, not Keras' default."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    ended = command("nn.train", "--epochs", 1, "--data", "mnist.npz", "--out", tmp_path / "out.npz")
    assert (ended.code, "mnist.npz: expected a folder" in ended.err) == (2, True)
    ended = command("nn.train", "--epochs", 1, "--data", model, "--out", tmp_path / "out.npz")
    assert (ended.code, ended.err.count("\n"), "got a model or checkpoint" in ended.err) == (2, 1, True)


@pytest.mark.parametrize(("least", "fits"), [(0, True), (1, False)])
def test_arrays_beyond_the_limit_are_not_read(
    least: int, fits: bool, tiny: Collection, keras: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The limit counts the bytes of all arrays, with their headers of 128 bytes."""
    np.savez_compressed(tmp_path / "mnist.npz", **keras)  # type: ignore[arg-type]
    monkeypatch.setattr(keras_file, "MAX_INFLATED", sum(128 + array.size for array in keras.values()) - least)
    with nullcontext() if fits else pytest.raises(InputError, match=r"expected at most .* bytes of arrays, got more"):
        load(tiny, tmp_path / "mnist.npz")


def test_other_archives_are_refused(tiny: Collection, model: Path):
    with pytest.raises(InputError, match=r"or an archive as Keras keeps it \(x_train.*\), got a model or checkpoint"):
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
