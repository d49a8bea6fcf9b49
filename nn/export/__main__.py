"""`python -m nn.export MODEL`: a trained network as a page for any browser, or for other programs
as an ONNX or a Keras file.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from nn.errors import InputError
from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable
from nn.pretrained import BUNDLED, load_reader

FORMATS = ("html", "onnx", "keras")
KERAS_ENDINGS = (".keras", ".h5", ".hdf5")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is asked for; all of it is made before any of it is written."""
    options = _options(arguments)
    wanted = {option: path for option in FORMATS if (path := getattr(options, option)) is not None}
    model = _chosen(options.model)
    _check_paths(model, wanted)
    try:
        contents = {path: _content(option, path, model) for option, path in wanted.items()}
    except UnicodeEncodeError as error:
        raise InputError(f"{model}: expected names of layers that are text, got {error.object!r:.80}") from error
    with ExitStack() as opened:
        for path, content in contents.items():
            file = opened.enter_context(atomic_write(path))
            file.write(content)
            file.flush()
    for path, content in contents.items():
        print(f"written: {path}, {len(content) / 1e6:.2f} MB")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    description = "Take a trained network elsewhere: a page for any browser, or a file for other programs."
    parser = ArgumentParser(prog="python -m nn.export", description=description)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a model file (mnist.npz if it is here, else the bundled one)")
    parser.add_argument("--html", metavar="FILE", help="a page to draw on, which needs no server and no network")
    parser.add_argument("--onnx", metavar="FILE", help="an ONNX file, of a model for inputs of any shape; needs the package onnx")
    parser.add_argument("--keras", metavar="FILE", help="a Keras file, .keras or .h5, of any model; needs the package h5py")
    options = parser.parse_args(arguments)
    if all(getattr(options, option) is None for option in FORMATS):
        parser.error("expected --html FILE, --onnx FILE or --keras FILE, got none of them")
    return options


def _chosen(model: str | None) -> Path:
    """The path of the model that is to be exported."""
    return load_reader(None)[1] if model is None else Path(model)


def _check_paths(model: Path, wanted: dict[str, str]) -> None:
    """Raise `InputError` now if a file cannot be written later, or would take the place of another
    one of these.
    """
    taken = {os.path.realpath(model): "the model"}
    for option, path in wanted.items():
        place = os.path.realpath(path)
        if place in taken:
            raise InputError(f"--{option}: expected a file of its own, got {path}, which is {taken[place]}")
        taken[place] = f"also the --{option} file"
        if option == "keras" and (not path.lower().endswith(KERAS_ENDINGS) or path.lower().endswith(".weights.h5")):
            raise InputError(f"--keras: expected a name that ends in .keras or .h5, as whole models have, got {path}")
        check_writable(path, f"--{option}")


def _content(option: str, path: str, model: Path) -> bytes:
    """What belongs into the file at `path`."""
    from nn.models import load_model

    match option:
        case "html":
            from nn.export.html import page

            reader, _ = load_reader(model)
            # A few images do not repay waiting for a compiler.
            reader.use_kernels = False
            return page(reader, "the bundled model" if model == BUNDLED else model.name)
        case "onnx":
            from nn.export.onnx import onnx_file

            return onnx_file(load_model(model), str(model))
        case _:
            from nn.utils.keras_files import whole_model

            return whole_model(load_model(model), is_archive=path.lower().endswith(".keras"))


if __name__ == "__main__":
    run(main)
