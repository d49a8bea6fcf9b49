"""The user's folder of corrected drawings."""

import numpy as np
import pytest
from drawings import SEVEN, TWO, draw
from PIL import Image

from apps.draw.teaching.kept_drawings import keep, kept_drawings, lessons_folder
from nn.errors import InputError
from nn.reading import to_mnist


def ink_of(strokes):
    return np.round(draw(strokes) * 255).astype(np.uint8) * np.float32(1 / 255)


def test_a_kept_drawing_comes_back_as_the_network_saw_it(tmp_path):
    seven, two = ink_of(SEVEN), ink_of([TWO])
    keep(tmp_path / "new" / "folder", seven, 7)
    keep(tmp_path / "new" / "folder", two, 2)
    found = kept_drawings(tmp_path / "new" / "folder")
    assert [(each.path.name, each.label) for each in found] == [("0001-is-7.png", 7), ("0002-is-2.png", 2)]
    for each, ink in zip(found, (seven, two), strict=True):
        np.testing.assert_array_equal(each.image, to_mnist(ink))


def test_a_drawing_is_black_on_white(tmp_path):
    picture = np.asarray(Image.open(keep(tmp_path, ink_of(SEVEN), 7)))
    assert (picture[0, 0], picture.min()) == (255, 0)


def test_names_are_never_used_twice_and_say_the_label(tmp_path):
    first, second = (keep(tmp_path, ink_of(SEVEN), 7) for _ in range(2))
    first.unlink()
    assert keep(tmp_path, ink_of(SEVEN), 7).name == "0003-is-7.png"
    second.rename(tmp_path / "0002-is-1.png")
    assert [each.label for each in kept_drawings(tmp_path)] == [1, 7]
    (tmp_path / "0009-is-4.png").touch()
    assert keep(tmp_path, ink_of(SEVEN), 0).name == "0010-is-0.png"


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    Image.new("L", (5, 5)).save(tmp_path / "drawing-1.png")
    assert kept_drawings(tmp_path) == []
    assert kept_drawings(tmp_path / "nowhere") == []


def test_a_damaged_drawing_is_in_the_list_with_its_problem(tmp_path):
    (tmp_path / "0001-is-7.png").write_bytes(b"noise")
    keep(tmp_path, ink_of(SEVEN), 3)
    damaged, good = kept_drawings(tmp_path)
    assert (damaged.label, good.label, good.problem) == (7, 3, "")
    assert "image" in damaged.problem
    np.testing.assert_array_equal(damaged.image, np.zeros((28, 28)))


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(OSError, match="disk full"):
        keep(tmp_path, ink_of(SEVEN), 7)
    assert list(tmp_path.iterdir()) == []


def test_a_label_is_a_digit(tmp_path):
    with pytest.raises(InputError, match="label: expected 0 to 9, got 10"):
        keep(tmp_path, ink_of(SEVEN), 10)


def test_the_folder_is_the_environments_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("NN_LESSONS", str(tmp_path / "mine"))
    assert lessons_folder() == tmp_path / "mine"
    monkeypatch.setenv("NN_LESSONS", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert lessons_folder() == tmp_path / "numba-cnn" / "lessons"
    monkeypatch.setenv("XDG_DATA_HOME", "relative/folders/are/ignored")
    assert lessons_folder().is_absolute()
    assert lessons_folder().parts[-2:] == ("numba-cnn", "lessons")
