"""What `fuzz.py` works with: the readers, small good files to start from, and ways to damage them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

TARGETS = ("idx", "model", "checkpoint", "image")
ARCHIVES = ("model", "checkpoint")
MAX_INPUT = 1 << 14
# The limit on the size of images has tests of its own. Here it is low, so that the time goes into
# many inputs and not into many pixels.
MAX_PIXELS = 1 << 12
READ_COMPLETELY = 16  # one new picture in so many is read to its digits
STAMP = (1980, 1, 1, 0, 0, 0)

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2, 3, 7, 28, 255, 2**31, 2**63, 10**25, 10**299, 0.5, -0.0, 1e308, 5e-324),
    *("", "x", "relu", "softmax", "same", "valid", "dense", "\ud800", "\0", [], {}, [1], [4, 4, 1], [[[]]], {"": 0}),
)
ODD_NAMES = (
    "name",
    "units",
    "rate",
    "input_shape",
    "filters",
    "kernel_size",
    "strides",
    "padding",
    "pool_size",
    "activation",
    "",
)

Mutate = Callable[[bytes, int], bytes]


def reader(target: str) -> Callable[[str], object]:
    """The function that reads the target's files."""
    if target == "idx":
        from nn.datasets.idx import read_idx

        return read_idx
    if target == "image":
        return _image_reader()
    if target == "checkpoint":
        from nn.train import checkpoint

        return checkpoint.load
    from nn.models import load_model

    return load_model


def _image_reader() -> Callable[[str], object]:
    """Reads a picture to its pieces of ink, and some to their digits, which takes ten times as
    long.

    A picture that was seen before is read to its pixels only, as the rest would be the same.
    """
    from nn.reading import find_digits, images, take_apart, to_ink

    vars(images).update(MAX_PIXELS={}, MAX_PIXELS_OTHERS=MAX_PIXELS)
    seen: set[int] = set()

    def read(path: str) -> object:
        grey = images.read_image(path)
        content = hash((grey.shape, grey.tobytes()))
        if content in seen:
            return None
        seen.add(content)
        ink = to_ink(grey)
        return find_digits(ink) if content % READ_COMPLETELY == 0 else take_apart(ink)

    return read


# -- Good files ------------------------------------------------------------------------------------------------------------------


def seeds(target: str) -> list[bytes]:
    """Small good files to start from."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        {"idx": _write_idx, "image": _write_images, "model": _write_model, "checkpoint": _write_checkpoint}[target](folder)
        return [path.read_bytes() for path in sorted(folder.iterdir())]


def _write_idx(folder: Path) -> None:
    from nn.datasets.idx import TYPES, write_idx

    for dtype in TYPES.values():
        write_idx(folder / dtype.name, np.arange(12).reshape(3, 2, 2).astype(dtype))
        write_idx(folder / f"{dtype.name}.gz", np.arange(3).astype(dtype))


def _write_images(folder: Path) -> None:
    from PIL import Image

    grey = np.zeros((20, 24), np.uint8)
    grey[4:16, 10:13] = 255
    for kind in ("png", "jpg", "bmp", "gif", "tiff", "webp", "ppm"):
        Image.fromarray(grey).save(folder / f"grey.{kind}")
    colour = Image.fromarray(np.dstack([grey] * 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    colour.save(folder / "turned.jpg", exif=exif, progressive=True)
    colour.save(folder / "packed.tiff", compression="tiff_lzw")
    colour.quantize(4).save(folder / "palette.png", transparency=0)
    Image.fromarray(np.dstack([grey] * 4)).save(folder / "transparent.png")
    Image.fromarray(np.dstack([grey] * 4)).save(folder / "transparent.webp", lossless=True)
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")
    Image.fromarray(grey.astype(np.float32)).save(folder / "float.tiff")


def _small_trainer() -> object:
    from nn.datasets.sources import ScaledImages
    from nn.layers import Dense, Dropout
    from nn.models import Sequential
    from nn.training import Trainer

    model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dropout(0.25), Dense(2, activation="softmax")])
    model.compile()
    data = ScaledImages(np.zeros((4, 4), np.float32), np.array([0, 1, 0, 1]), 1.0, 2)
    return Trainer(model, data, batch_size=4, epochs=2)


def _write_model(folder: Path) -> None:
    from nn.layers import Conv2D, Dense, Flatten, MaxPooling2D
    from nn.models import Sequential

    _small_trainer().model.save(folder / "dense.npz")  # type: ignore[attr-defined]
    layers = [Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)), MaxPooling2D(padding="same"), Flatten(), Dense(2)]
    Sequential(layers).save(folder / "conv.npz")


def _write_checkpoint(folder: Path) -> None:
    from nn.train import checkpoint
    from nn.training import Progress, Trainer

    trainer = _small_trainer()
    assert isinstance(trainer, Trainer)
    entry = {"epoch": 1, "loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 0.5, "seconds": 1.0}
    trainer.progress = Progress(1, 1, loss_sum=0.25, right=3, seen=4, seconds=0.5, history=[entry])
    checkpoint.save(folder / "c.npz", trainer, {"recipe": {"epochs": 2}, "data": "0"})


# -- Damaged files ---------------------------------------------------------------------------------------------------------------


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bits, bytes or longer runs flipped, repeated, removed or replaced by odd
    values.
    """
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        offset = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 2, 4, 8, chance.randrange(64)))
        kind = chance.randrange(6)
        if kind == 0 and offset < len(changed):
            changed[offset] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[offset : offset + length] = chance.choice((b"\xff", b"\x00", b"\x7f", b"\x80")) * length
        elif kind == 2:
            del changed[offset : offset + length]
        elif kind == 3:
            changed[offset:offset] = changed[offset : offset + length]
        elif kind == 4:
            changed[offset : offset + length] = chance.randbytes(length)
        else:
            del changed[offset:]
    return bytes(changed[:MAX_INPUT])


def mutated_archive(data: bytes, chance: random.Random, mutate: Mutate, good: list[bytes]) -> bytes:
    """An archive with one damaged member; zip directory and CRC are correct again, and mostly the
    SHA-256 too.

    Otherwise nearly every input would fail at the first checksum, and the code after it would
    never be tried. Most inputs that atheris keeps are already refused for some reason, so every
    third input starts from a good file again.
    """
    if chance.random() < 1 / 3:
        data = chance.choice(good)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()[:64]}
    except Exception:  # the raw bytes were damaged before
        return mutate(data, MAX_INPUT)
    if not members or chance.random() < 0.2:
        return mutate(data, MAX_INPUT)
    name = chance.choice(["header.npy", *members])
    content = members.get(name, b"")
    start = chance.choice((0, 10, 128))
    if name == "header.npy" and chance.random() < 0.8:
        members[name] = _header_member(_mutated_header(_header_text(content), chance, mutate))
    else:
        members[name] = content[:start] + mutate(content[start:], MAX_INPUT)
    if chance.random() < 0.9:
        _correct_digests(members)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, body in members.items():
            archive.writestr(zipfile.ZipInfo(each, STAMP), body)
    return packed.getvalue()


def _mutated_header(text: str, chance: random.Random, mutate: Mutate) -> str:
    """Another text, or the same structure with one value replaced by an odd one or by another of
    its values.
    """
    with contextlib.suppress(ValueError, RecursionError):
        header = json.loads(text)
        entries = list(_entries(header))
        if entries and chance.random() < 0.7:
            container, key = chance.choice(entries)
            other, other_key = chance.choice(entries)
            container[key] = chance.choice([*ODD_VALUES, other[other_key]])
            if isinstance(container, dict) and chance.random() < 0.2:
                container[chance.choice(ODD_NAMES)] = container.pop(key)
            return json.dumps(header)
    return mutate(text.encode("utf-8", "replace"), MAX_INPUT).decode("utf-8", "replace")


def _entries(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a value of JSON types."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _entries(value[key])


def _header_text(member: bytes) -> str:
    return member[128:].decode("utf-32-le", "replace").rstrip("\0")


def _header_member(text: str) -> bytes:
    content = io.BytesIO()
    np.save(content, np.array(text))
    return content.getvalue()


def _correct_digests(members: dict[str, bytes]) -> None:
    """Write the SHA-256 of the members as they are now into the header, if it is still a header."""
    try:
        header = json.loads(_header_text(members["header.npy"]))
        header["sha256"] = {
            name.removesuffix(".npy"): hashlib.sha256(body[128:]).hexdigest()
            for name, body in members.items()
            if name != "header.npy"
        }
        members["header.npy"] = _header_member(json.dumps(header))
    except Exception:  # it is no longer a header
        return
