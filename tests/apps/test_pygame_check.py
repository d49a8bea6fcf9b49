"""A Pygame that is missing, hollow or there twice is explained in one sentence before the window
opens.
"""

import importlib.util
import sys

import pytest

from apps.draw import pygame_check
from nn.errors import InputError


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these packages are installed."""

    def pretend(*names):
        monkeypatch.setattr(pygame_check, "_is_installed", lambda name: name in names)

    return pretend


@pytest.fixture
def found(monkeypatch, tmp_path):
    """Pretend that Python finds a folder `pygame` with these files."""

    def pretend(*names):
        (tmp_path / "pygame").mkdir()
        for name in names:
            (tmp_path / "pygame" / name).touch()
        monkeypatch.setattr(sys, "path", [str(tmp_path)])
        monkeypatch.delitem(sys.modules, "pygame", raising=False)
        importlib.invalidate_caches()

    return pretend


def test_this_one_is_whole(capsys, installed):
    installed("pygame-ce")
    pygame_check.check_pygame()
    assert capsys.readouterr().err == ""


def test_missing(installed, monkeypatch):
    installed()
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pygame", raising=False)
    with pytest.raises(InputError, match="needs Pygame: run `pip install pygame-ce`"):
        pygame_check.check_pygame()


@pytest.mark.parametrize("files", [(), ("newer.py",), ("__init__.py",)])
def test_hollow(installed, found, files):
    """What is left of one package when the other one has been uninstalled."""
    installed("pygame-ce")
    found(*files)
    with pytest.raises(InputError, match="pygame-ce: expected a whole package, got one without its files; run `pip uninstall"):
        pygame_check.check_pygame()


def test_twice(installed, capsys):
    installed("pygame", "pygame-ce")
    pygame_check.check_pygame()
    assert capsys.readouterr().err.startswith("note: pygame and pygame-ce are installed into one folder")
