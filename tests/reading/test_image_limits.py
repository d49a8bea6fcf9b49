"""Small image files that ask for much, and files that are no files."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from nn.errors import InputError
from nn.reading import read_image
from nn.reading.images import MAX_PIXELS, MAX_PIXELS_OTHERS, MAX_SIDE

SIDE = int(MAX_PIXELS_OTHERS**0.5)
LARGEST_JPEG = (int(MAX_PIXELS["JPEG"] ** 0.5),) * 2
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
        save(tmp_path / "transparent.png", "RGBA", square),
        save(tmp_path / "deep.png", "I;16", square),
        save(tmp_path / "float.tiff", "F", square, compression="tiff_lzw"),
        save(tmp_path / "web.webp", "RGBA", square),
        save(tmp_path / "ink.jpg", "CMYK", square, progressive=True, subsampling=0),
        save(tmp_path / "phone.jpg", "RGB", LARGEST_JPEG, progressive=True, subsampling=0),
        save(tmp_path / "thin.png", "RGBA", (MAX_PIXELS_OTHERS // MAX_SIDE, MAX_SIDE)),
    ]
    assert all(path.stat().st_size < 700_000 for path in files)
    done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, files)], capture_output=True, text=True, check=True)
    growth = dict(zip([path.name for path in files], map(int, done.stdout.split()), strict=True))
    assert max(growth.values()) < MOST_MB, growth


@pytest.mark.parametrize(("size", "mode"), [((1, MAX_SIDE + 1), "L"), ((SIDE + 1, SIDE + 1), "L"), ((MAX_SIDE + 1, 1), "RGBA")])
def test_larger_ones_are_refused(tmp_path, size, mode):
    with pytest.raises(InputError, match=f"got {size[0]} x {size[1]}"):
        read_image(save(tmp_path / "large.png", mode, size))


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
