"""Image files, function by function: what is refused before decoding, and brightness in [0, 1]."""

import io
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from nn.errors import InputError
from nn.reading import images
from nn.reading.images import (
    _block_means,
    _brightness,
    _check_size,
    _colours_in_first_scan,
    _into_unit_range,
    _keeps_coefficients,
    _on_paper,
    read_image,
)

NOWHERE = Path("no/such/file.png")


def header(size, form="PNG", mode="L", **more):
    """What is known of an image before it is decoded."""
    return SimpleNamespace(size=size, format=form, mode=mode, info={}, **more)


def is_refused(image, path=NOWHERE):
    try:
        _check_size(path, image)
    except InputError:
        return True
    return False


@pytest.mark.parametrize(
    ("size", "form", "mode", "refused"),
    [
        ((13_000, 1_000), "PNG", "L", False),
        ((13_000, 1_001), "PNG", "L", True),
        ((3_000, 3_000), "BMP", "L", False),
        ((3_000, 3_001), "BMP", "L", True),
        ((3_000, 3_001), None, "L", True),
        ((3_000, 3_000), "PNG", "CMYK", False),
        ((3_000, 3_001), "PNG", "CMYK", True),
        ((30_000, 10), "PNG", "L", False),
        ((30_001, 10), "PNG", "L", True),
        ((10, 30_001), "PNG", "L", True),
        ((3, 10), "PNG", "L", False),
        ((10, 3), "PNG", "L", False),
        ((2, 10), "PNG", "L", True),
        ((10, 2), "PNG", "L", True),
        ((9, 9), "PNG", "L", True),
    ],
)
def test_smallest_and_largest_pictures(size, form, mode, refused):
    assert is_refused(header(size, form, mode)) == refused


# The sampling factors of a JPEG's colours, as Pillow lists them: (number, across, down, table).
GREY = [(1, 1, 1, 0)]
FULL = [(1, 1, 1, 0), (2, 1, 1, 1), (3, 1, 1, 1)]
HALF = [(1, 2, 1, 0), (2, 1, 1, 1), (3, 1, 1, 1)]
QUARTER = [(1, 2, 2, 0), (2, 1, 1, 1), (3, 1, 1, 1)]


@pytest.mark.parametrize(
    ("layer", "height", "most"),
    [(GREY, 7_500, 75_000_000), (FULL, 2_500, 25_000_000), (HALF, 3_750, 37_500_000), (QUARTER, 5_000, 50_000_000)],
    ids=["grey", "full", "half", "quarter"],
)
def test_progressive_jpeg_has_at_most_75_million_coefficients(layer, height, most):
    largest, larger = (header((10_000, height + more), "JPEG", layer=layer) for more in (0, 1))
    largest.info = larger.info = {"progressive": 1}
    assert not is_refused(largest)
    with pytest.raises(InputError, match=f"at most {most:,} pixels in a progressive JPEG"):
        _check_size(NOWHERE, larger)


def jpeg(*segments, scan=b"\xff\xda\x00\x0c\x03\x01"):
    """The beginning of a JPEG: segments (marker, content), and the head of a scan of three colours."""
    heads = (b"\xff" + bytes([mark]) + (len(content) + 2).to_bytes(2, "big") + content for mark, content in segments)
    return b"\xff\xd8" + b"".join(heads) + scan


@pytest.mark.parametrize(
    ("content", "colours"),
    [
        (jpeg(), 3),
        (jpeg((0xE0, bytes(14)), (0xDB, bytes(300))), 3),
        (jpeg((0xFE, b"")), 3),
        (jpeg(scan=b"\xff\xda\x00\x08\x01\x01"), 1),
        (jpeg((0xE0, bytes(14)), scan=b""), 0),
        (jpeg(scan=b"\xff\xda\x00"), 0),
        (jpeg(scan=b"\x00\xda\x00\x0c\x03\x01"), 0),
        (b"\xff\xd8\xff\xe0\x00\x00" + jpeg()[2:], 3),
        (b"", 0),
    ],
    ids=["scan", "long segments", "empty segment", "grey", "no scan", "cut off", "foreign", "damaged length", "empty"],
)
def test_colours_of_the_first_scan(content, colours):
    assert _colours_in_first_scan(io.BytesIO(content)) == colours


def test_jpeg_whose_first_scan_lacks_colours_keeps_its_coefficients(tmp_path):
    path = tmp_path / "scan.jpg"
    path.write_bytes(jpeg())
    assert not _keeps_coefficients(path, SimpleNamespace(info={}, layers=3))
    assert _keeps_coefficients(path, SimpleNamespace(info={}, layers=4))
    assert not is_refused(header((10_000, 7_000), "JPEG", layer=FULL, layers=3), path)
    assert is_refused(header((10_000, 7_000), "MPO", layer=FULL, layers=4), path)
    path.write_bytes(jpeg(scan=b"\xff\xda\x00\x08\x01\x01"))
    assert not _keeps_coefficients(path, SimpleNamespace(info={}))


def test_large_jpeg_is_decoded_at_the_size_that_is_needed(tmp_path, monkeypatch):
    Image.new("RGB", (2_048, 2_048)).save(tmp_path / "photo.jpg")
    monkeypatch.setattr(images, "_brightness", lambda image: (image.mode, image.size))
    assert read_image(tmp_path / "photo.jpg") == ("RGB", (1_024, 1_024))


def test_pillow_does_not_warn_of_a_large_picture(tmp_path, monkeypatch):
    Image.new("L", (12, 12)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(tmp_path / "large.png").shape == (12, 12)


def test_file_of_one_byte_is_not_empty(tmp_path):
    (tmp_path / "short.png").write_bytes(b"x")
    with pytest.raises(InputError, match="got something else"):
        read_image(tmp_path / "short.png")


LEVELS = np.array([[0, 51, 102, 204, 255]] * 4, np.uint8)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGB", "RGBA", "CMYK"])
def test_eight_bits_are_255_steps(mode):
    np.testing.assert_allclose(_brightness(Image.fromarray(LEVELS).convert(mode)), LEVELS / 255, rtol=1e-6)


@pytest.mark.parametrize(
    "values", [LEVELS.astype(np.int32), LEVELS * np.uint16(257), LEVELS / np.float32(255)], ids=["I", "I;16", "F"]
)
def test_deep_pictures_are_read(values):
    np.testing.assert_allclose(_brightness(Image.fromarray(values)), LEVELS / 255, rtol=1e-6)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I"])
@pytest.mark.parametrize(("size", "shape"), [((1_024, 12), (12, 1_024)), ((2_048, 24), (12, 1_024))])
def test_longest_side_is_1024(mode, size, shape):
    assert _brightness(Image.new(mode, size)).shape == shape


def test_means_of_blocks_are_over_what_there_is(monkeypatch):
    monkeypatch.setattr(images, "LONGEST_SIDE", 4)
    values = np.arange(21.0).reshape(3, 7) ** 2
    expected = [[values[i : i + 2, j : j + 2].mean() for j in range(0, 7, 2)] for i in range(0, 3, 2)]
    means = _block_means(values)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, expected, rtol=1e-6)
    np.testing.assert_array_equal(_block_means(values[:, :4]), values[:, :4])


def test_values_that_are_not_finite_count_as_black():
    means = _block_means(np.array([[np.nan, 0.5], [np.inf, -np.inf]]))
    np.testing.assert_array_equal(means, [[0, 0.5], [0, 0]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 0.5], [0, 0.5]),
        ([0.25, 1], [0.25, 1]),
        ([0, 2], [0, 2 / 255]),
        *(([0, 2**bits - 1], [0, 1]) for bits in (8, 10, 12, 14, 16)),
        ([0, 256], [0, 256 / 1_023]),
        ([0, 1_024], [0, 1_024 / 4_095]),
        ([0, 4_096], [0, 4_096 / 16_383]),
        ([0, 16_384], [0, 16_384 / 65_535]),
        ([0, 65_536], [0, 1]),
        ([-1, 0, 1], [0, 0.5, 1]),
        ([-0.25, 0.25], [0, 1]),
        ([-3, -3], [0, 0]),
    ],
)
def test_range_is_that_of_the_depth_that_the_largest_value_needs(values, expected):
    np.testing.assert_allclose(_into_unit_range(np.array(values, np.float32)), np.array(expected), rtol=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "ceiling", "stretched"),
    [
        (100, 150, 255, False),
        (30_000, 31_000, 65_535, True),
        (30_000, 30_255, 65_535, False),
        (500, 755, 1_023, True),
        (500, 756, 1_023, False),
        (500, 504 - 1 / 256, 1_023, True),
        (500, 504 - 3 / 256, 1_023, False),
    ],
    ids=["8 bits", "contrast", "noise", "a quarter", "more", "a step of 256", "less"],
)
def test_range_that_a_deep_picture_uses_counts_if_it_is_below_a_quarter_and_no_noise(low, high, ceiling, stretched):
    expected = [0, 1] if stretched else [low / ceiling, high / ceiling]
    np.testing.assert_allclose(_into_unit_range(np.array([low, high], np.float32)), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("grey", "alpha", "expected"),
    [
        ([0.2, 0.4], [0, 0], [1, 1]),
        ([0.2, 0.4], [1, 1], [0.2, 0.4]),
        ([0.8, 0.8, 0.7, 0.2], [1, 1, 1, 0], [0.8, 0.8, 0.7, 0.8]),
        ([0.2, 0.2, 0.9, 0.9, 0.9], [1, 1, 0.5, 0.5, 0.5], [0.2, 0.2, 0.55, 0.55, 0.55]),
        ([0.8, 0.8, 0, 0], [1, 1, 0, 0], [0.8, 0.8, 0, 0]),
        ([0.1, 0, 0, 0], [1, 0, 0, 0], [0.1, 1, 1, 1]),
        ([0.1, 0, 0, 0], [0.5, 0, 0, 0], [0.55, 1, 1, 1]),
        ([0.9, 0, 0, 0], [1, 0, 0, 0], [0.9, 0, 0, 0]),
        ([0.5, 0, 0, 0], [1, 0, 0, 0], [0.5, 0, 0, 0]),
    ],
    ids=["empty", "opaque", "mostly", "half clear", "half", "dark ink", "thin ink", "light ink", "grey ink"],
)
def test_transparent_pixels_show_the_paper(grey, alpha, expected):
    out = _on_paper(np.array([grey], np.float32), np.array([alpha], np.float32))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, [expected], rtol=1e-6)
