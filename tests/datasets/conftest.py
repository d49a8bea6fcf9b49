"""A data set of a few images, and a home, cache and network of the test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.collection import Collection, DataFile
from nn.datasets.idx import write_idx

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NN_DATA", "NN_MIRRORS", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    """Five training and three test images of 4 x 6 pixels."""
    rng = np.random.default_rng(7)
    values = [rng.integers(0, 256, (5, 4, 6)), [0, 1, 9, 3, 4], rng.integers(0, 256, (3, 4, 6)), [9, 8, 7]]
    return {name: np.array(value, np.uint8) for name, value in zip(NAMES, values, strict=True)}


@pytest.fixture
def fill(arrays: dict[str, np.ndarray]) -> Callable[..., Path]:
    """Write the small data set into a folder, with some arrays exchanged or (None) left out."""

    def write(folder: Path, suffix: str = ".gz", **changes: np.ndarray | None) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in arrays.items():
            array = changes.get(name.split("-idx")[0].replace("-", "_"), array)
            if array is not None:
                write_idx(folder / f"{name}{suffix}", array)
        return folder

    return write


@pytest.fixture
def tiny(tmp_path: Path, fill: Callable[..., Path]) -> Collection:
    """The small data set's description, with the digests of its content and no mirror."""
    plain = fill(tmp_path / "published", suffix="")
    contents = [(plain / name).read_bytes() for name in NAMES]
    first, second, third, fourth = (
        DataFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in zip(NAMES, contents, strict=True)
    )
    return Collection("Tiny", "tiny", (first, second, third, fourth), mirrors=())
