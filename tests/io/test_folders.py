"""Downloads and lessons lie in the folders that the operating system has for them, and in the same
one on Windows.
"""

import sys
from pathlib import Path

import pytest

from nn.errors import InputError
from nn.io import folders


@pytest.mark.parametrize(
    ("platform", "cache", "data"),
    [
        ("linux", ".cache/numba-cnn", ".local/share/numba-cnn"),
        ("darwin", "Library/Caches/numba-cnn", "Library/Application Support/numba-cnn"),
        ("win32", "AppData/Local/numba-cnn", "AppData/Local/numba-cnn"),
    ],
)
def test_customs_of_each_system(monkeypatch, tmp_path, platform, cache, data):
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert folders.cache_folder() == tmp_path / cache
    assert folders.data_folder() == tmp_path / data


def test_windows_says_where_its_folder_is(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "moved"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    moved = tmp_path / "moved" / "numba-cnn"
    assert folders.cache_folder() == folders.data_folder() == folders.config_folder() == moved


def test_variables_count_where_they_are_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert folders.cache_folder() == tmp_path / "numba-cnn"
    assert folders.data_folder().is_absolute()


def test_user_without_a_home(monkeypatch):
    def none():
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", none)
    with pytest.raises(InputError, match="XDG_CACHE_HOME: expected a folder"):
        folders.cache_folder()
