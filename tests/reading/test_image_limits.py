"""Small image files that ask for much, and files that are no files."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from nn.errors import InputError
from nn.reading import read_image
from nn.reading.images import MAX_COEFFICIENTS, MAX_PIXELS, MAX_PIXELS_OTHERS, MAX_SIDE

SIDE = int(MAX_PIXELS_OTHERS**0.5)
LARGEST_PNG = (int(MAX_PIXELS["PNG"] ** 0.5),) * 2
LARGEST_JPEG = (int(MAX_PIXELS["JPEG"] ** 0.5),) * 2
# A progressive JPEG keeps its coefficients: one colour of full size, and two of a quarter.
PHONE = (int((MAX_COEFFICIENTS / 1.5) ** 0.5),) * 2
MOST_MB = 200

# Reads each file in turn and prints by how many MB it raised what the process needs; Linux only.
MEASURE = """
import sys
from nn.reading import read_image
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
read_image(sys.argv[1])
for path in sys.argv[1:]:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    read_image(path)
    print(round(peak() - before))
"""


def save(path, mode, size, **options):
    Image.new(mode, size).save(path, **options)
    return path


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system does not say what a process needs")
def test_largest_pictures_stay_below_200_mb(tmp_path):
    square = (SIDE, SIDE)
    files = [
        save(tmp_path / "small.png", "L", (20, 20)),
        save(tmp_path / "colour.png", "RGB", LARGEST_PNG),
        save(tmp_path / "transparent.png", "RGBA", LARGEST_PNG),
        save(tmp_path / "deep.png", "I;16", LARGEST_PNG),
        save(tmp_path / "float.tiff", "F", square, compression="tiff_lzw"),
        save(tmp_path / "web.webp", "RGBA", square),
        save(tmp_path / "ink.jpg", "CMYK", square, progressive=True, subsampling=0),
        save(tmp_path / "phone.jpg", "RGB", PHONE, progressive=True, subsampling=2),
        save(tmp_path / "huge.jpg", "L", LARGEST_JPEG),
        save(tmp_path / "thin.png", "RGBA", (MAX_PIXELS_OTHERS // MAX_SIDE, MAX_SIDE)),
    ]
    assert all(path.stat().st_size < 2_000_000 for path in files)
    done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, files)], capture_output=True, text=True, check=True)
    growth = dict(zip([path.name for path in files], map(int, done.stdout.split()), strict=True))
    assert max(growth.values()) < MOST_MB, growth


@pytest.mark.parametrize(("size", "mode"), [((1, MAX_SIDE + 1), "L"), ((4000, 4000), "L"), ((MAX_SIDE + 1, 1), "RGBA")])
def test_larger_ones_are_refused(tmp_path, size, mode):
    with pytest.raises(InputError, match=f"got {size[0]} x {size[1]}"):
        read_image(save(tmp_path / "large.png", mode, size))


def test_photo_of_fifty_million_pixels_is_read(tmp_path):
    assert read_image(save(tmp_path / "phone.jpg", "RGB", (8_160, 6_120))).shape == (768, 1024)


def test_progressive_photo_with_too_many_coefficients_is_refused(tmp_path):
    with pytest.raises(InputError, match="in a progressive JPEG, got 6000 x 5000"):
        read_image(save(tmp_path / "large.jpg", "RGB", (6_000, 5_000), progressive=True, subsampling=0))


@pytest.mark.parametrize("size", [(4, 4), (9, 9), (2, 40), (40, 1)])
def test_tiny_picture_says_that_it_is_too_small(tmp_path, size):
    with pytest.raises(InputError, match=f"got {size[0]} x {size[1]}, too small"):
        read_image(save(tmp_path / "tiny.png", "L", size))


def test_photo_that_holds_a_second_picture_is_a_photo(tmp_path):
    """Phones write MPO: a JPEG with another one behind it."""
    photo = Image.fromarray(np.full((3_000, 4_000, 3), 200, np.uint8))
    photo.save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=[photo])
    assert read_image(tmp_path / "phone.jpg").shape == (768, 1024)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_and_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero"):
        with pytest.raises(InputError, match="got a device or pipe"):
            read_image(path)


def test_folder_that_may_not_be_searched(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(InputError, match="may not be read"):
        read_image(tmp_path / "secret.png")
