"""Image files as preprocessing reads them: every mode, transparency, a camera's orientation, and
files that are refused.
"""

import io

import numpy as np
import pytest
from drawings import ONE, SEVEN, difference, draw
from PIL import Image, features

from nn.errors import InputError
from nn.reading import read_image, to_ink, to_mnist


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_is_read(tmp_path, mode):
    grey = ((1 - draw(SEVEN)) * 255).astype(np.uint8)
    image = Image.fromarray(grey)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(grey.astype(np.int32) * 257)
    elif mode == "F":
        image = Image.fromarray(grey.astype(np.float32) / 255)
    else:
        image = image.convert(mode)
    path = tmp_path / ("digit.tif" if mode in ("CMYK", "F", "I") else "digit.png")
    image.save(path)
    read = read_image(path)
    assert read.dtype == np.float32
    assert np.abs(read - grey / 255).mean() < 0.02


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_transparent_is_paper(tmp_path, colour):
    ink = draw(SEVEN)
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = (ink * 255).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "pen.png")
    assert difference(to_mnist(to_ink(read_image(tmp_path / "pen.png"))), to_mnist(ink)) < 0.2


def test_camera_orientation_is_obeyed(tmp_path):
    upright = Image.fromarray(((1 - draw(SEVEN, canvas=(300, 400))) * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    read = read_image(tmp_path / "phone.jpg")
    assert read.shape == (300, 400)
    assert np.abs(read - np.asarray(upright) / 255).mean() < 0.02


def test_large_picture_is_reduced(tmp_path):
    Image.new("L", (5000, 300), 255).save(tmp_path / "wide.png")
    assert max(read_image(tmp_path / "wide.png").shape) == 1024


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.png", b"", "an empty file"),
        ("text.png", b"hello, this is no picture", "something else"),
        ("missing.png", None, "no such file"),
    ],
)
def test_foreign_files_are_refused(tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: expected an image .*{reason}"):
        read_image(tmp_path / name)


def test_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="got a folder"):
        read_image(tmp_path)


def test_damaged_file_is_refused(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray((draw(SEVEN) * 255).astype(np.uint8)).save(buffer, "PNG")
    (tmp_path / "half.png").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(InputError, match=r"half\.png"):
        read_image(tmp_path / "half.png")


def test_bomb_is_refused_before_it_is_decoded(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(InputError, match="at most 9,000,000 pixels"):
        read_image(tmp_path / "bomb.png")


def test_steps_show_the_digits_that_are_read(tmp_path, capsys):
    from nn.pretrained import BUNDLED
    from nn.reading.__main__ import main

    path = tmp_path / "digit.png"
    ink = draw(ONE, 200, onto=draw(SEVEN))
    Image.fromarray(((1 - ink) * 255).astype(np.uint8)).save(path)
    assert main([str(path), "--out", str(tmp_path / "steps.png"), "--model", str(BUNDLED)]) == 0
    assert "2 digits found" in capsys.readouterr().out
    with Image.open(tmp_path / "steps.png") as steps:
        assert steps.width == 4 * 280 + 5 * 12


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_range_that_a_deep_picture_does_not_use_is_no_darkness(tmp_path, bits):
    grey = ((1 - draw(SEVEN)) * (2**bits - 1)).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert difference(to_mnist(to_ink(read_image(tmp_path / "deep.png"))), to_mnist(draw(SEVEN))) < 0.1


def test_low_contrast_of_a_deep_picture_is_contrast(tmp_path):
    grey = (40_000 - 2_000 * draw(SEVEN)).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "deep.png")
    assert difference(to_mnist(to_ink(read_image(tmp_path / "deep.png"))), to_mnist(draw(SEVEN))) < 0.1


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_read(tmp_path):
    grey = ((1 - draw(SEVEN)) * 255).astype(np.uint8)
    Image.fromarray(grey).convert("RGB").save(tmp_path / "digit.avif", quality=90)
    assert np.abs(read_image(tmp_path / "digit.avif") - grey / 255).mean() < 0.02


def test_heic_file_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr("nn.reading.images.PLUGINS", ())
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(InputError, match="needs `pip install pillow-heif`"):
        read_image(tmp_path / "phone.heic")


def test_small_file_that_claims_a_huge_picture_is_refused_before_it_is_decoded(tmp_path):
    # A coverage-guided fuzzer's find: 86 bytes of WEBP that claim 6757 x 9315 pixels.
    width, height = 6757 - 1, 9315 - 1
    header = b"VP8X" + (10).to_bytes(4, "little") + bytes(4) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
    frame = b"VP8L" + (8).to_bytes(4, "little") + b"\x2f" + (width | height << 14).to_bytes(4, "little") + bytes(3)
    path = tmp_path / "huge.webp"
    path.write_bytes(b"RIFF" + (4 + len(header) + len(frame)).to_bytes(4, "little") + b"WEBP" + header + frame)
    with pytest.raises(InputError, match=r"huge\.webp"):
        read_image(path)
