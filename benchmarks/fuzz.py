"""Hostile input for the readers: IDX files, model files, checkpoints, images; millions of them, made from good ones by mutation.

    python -m benchmarks fuzz idx --count 1000000

With atheris installed (`pip install atheris`) the mutations are guided by coverage: an input that reaches new code is mutated
further. Without it they are blind. Found is: an exception other than `InputError`, an input that takes more than a second
of processor time, memory that grows by more than 200 MB. Whatever was found is written to --keep, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nn.cli import ArgumentParser, run, whole_number
from nn.errors import InputError

FAILED = 1
MAX_SECONDS, MAX_MB = 1.0, 200.0
MAX_INPUT = 1 << 14
TARGETS = ("idx", "model", "checkpoint", "image")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every input was read or refused as it should be, 1 if not."""
    parser = ArgumentParser(prog="python -m benchmarks fuzz", description="Hostile input for the readers.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--count", type=whole_number(1), default=100_000, help="inputs (%(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument("--keep", default="fuzz-found", metavar="DIR", help="where inputs that broke something go")
    parser.add_argument("--blind", action="store_true", help="without atheris, even if it is there")
    parser.add_argument("--guided-here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.guided_here:
        _guided(options)
    if options.blind or importlib.util.find_spec("atheris") is None:
        return _blind(options)
    # atheris ends the process itself, and wants to be there before the modules that it watches.
    words = [options.target, "--count", str(options.count), "--seed", str(options.seed), "--keep", options.keep, "--guided-here"]
    return FAILED if subprocess.run([sys.executable, "-m", "benchmarks.fuzz", *words], check=False).returncode else 0


class Probe:
    """Feeds inputs to a reader, one file after another, and judges what happens."""

    def __init__(self, target: str, keep: str) -> None:
        self.read = reader(target)
        self.keep = Path(keep)
        self.target = target
        # A file in memory, where the system has a place for such.
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
        descriptor, self.path = tempfile.mkstemp(prefix=f"fuzz-{target}-", dir=folder)
        os.close(descriptor)
        self.count = self.accepted = self.found = 0
        self.slowest = 0.0
        self.memory = _peak_mb()

    def __call__(self, data: bytes) -> None:
        """Read one input; InputError is the one way to refuse it."""
        with open(self.path, "wb") as file:
            file.write(data)
        self.count += 1
        began = time.process_time()
        problem = ""
        try:
            self.read(self.path)
            self.accepted += 1
        except InputError as error:
            problem = "a message of several lines" if "\n" in str(error) else ""
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        seconds = time.process_time() - began
        self.slowest = max(self.slowest, seconds)
        if seconds > MAX_SECONDS:
            problem = f"{seconds:.1f} s"
        if _peak_mb() - self.memory > MAX_MB:
            problem = f"{_peak_mb() - self.memory:.0f} MB"
            self.memory = _peak_mb()
        if problem:
            self.found += 1
            self.keep.mkdir(exist_ok=True)
            path = self.keep / f"{self.target}-{self.found}"
            path.write_bytes(data)
            print(f"\n{path}: {problem}", file=sys.stderr, flush=True)

    def close(self) -> int:
        """The verdict, printed, and the exit code."""
        os.unlink(self.path)
        print(
            f"{self.target}: {self.count:,} inputs, {self.accepted:,} accepted, {self.found} problems, slowest "
            f"{self.slowest * 1000:.0f} ms, peak memory {_peak_mb():.0f} MB",
            flush=True,
        )
        return FAILED if self.found else 0


def reader(target: str) -> Callable[[str], object]:
    """The function under fire."""
    if target == "idx":
        from nn.datasets.idx import read_idx

        return read_idx
    if target == "image":
        from nn.preprocessing import read_drawing, read_image, to_ink

        return lambda path: read_drawing(to_ink(read_image(path)))
    if target == "checkpoint":
        from nn import checkpoint

        return checkpoint.load
    from nn.models import load_model

    return load_model


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
    Image.fromarray(np.dstack([grey] * 4)).save(folder / "transparent.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")


def _small_trainer() -> object:
    from nn.layers import Dense, Dropout
    from nn.models import Sequential
    from nn.sources import ScaledImages
    from nn.training import Trainer

    model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dropout(0.25), Dense(2, activation="softmax")])
    model.compile()
    data = ScaledImages(np.zeros((4, 4), np.float32), np.array([0, 1, 0, 1]), 1.0, 2)
    return Trainer(model, data, batch_size=4, epochs=2)


def _write_model(folder: Path) -> None:
    from nn.layers import Conv2D, Dense, Flatten, MaxPooling2D
    from nn.models import Sequential

    _small_trainer().model.save(folder / "dense.npz")  # type: ignore[attr-defined]
    layers = [Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)), MaxPooling2D(), Flatten(), Dense(2)]
    Sequential(layers).save(folder / "conv.npz")


def _write_checkpoint(folder: Path) -> None:
    from nn import checkpoint
    from nn.training import Progress, Trainer

    trainer = _small_trainer()
    assert isinstance(trainer, Trainer)
    entry = {"epoch": 1, "loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 0.5, "seconds": 1.0}
    trainer.progress = Progress(1, 1, 0.25, 3, 4, 0.5, [entry])
    checkpoint.save(folder / "c.npz", trainer, {"recipe": {"epochs": 2}, "data": "0"})


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bits, bytes or pieces changed, repeated, removed or replaced by numbers that programs stumble over."""
    piece = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        place = chance.randrange(len(piece) + 1)
        length = chance.choice((1, 2, 4, 8, chance.randrange(64)))
        kind = chance.randrange(6)
        if kind == 0 and place < len(piece):
            piece[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            piece[place : place + length] = chance.choice((b"\xff", b"\x00", b"\x7f", b"\x80")) * length
        elif kind == 2:
            del piece[place : place + length]
        elif kind == 3:
            piece[place:place] = piece[place : place + length]
        elif kind == 4:
            piece[place : place + length] = chance.randbytes(length)
        else:
            del piece[place:]
    return bytes(piece[:MAX_INPUT])


def _blind(options: argparse.Namespace) -> int:
    chance = random.Random(options.seed)
    good = seeds(options.target)
    probe = Probe(options.target, options.keep)
    for _ in range(options.count):
        probe(mutated(chance.choice(good), chance))
    return probe.close()


def _guided(options: argparse.Namespace) -> None:
    """Hand over to atheris; it never returns."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["nn", "zipfile", "PIL"]):
        probe = Probe(options.target, options.keep)
        good = seeds(options.target)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(good):
            (Path(corpus) / str(number)).write_bytes(data)

        def one(data: bytes) -> None:
            probe(data)
            if probe.count == options.count:
                os._exit(probe.close())

        flags = [f"-seed={options.seed + 1}", f"-max_len={MAX_INPUT}", "-verbosity=0", "-rss_limit_mb=4096", "-runs=-1"]
        atheris.Setup([sys.argv[0], *flags, corpus], one)
        atheris.Fuzz()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run(main)
