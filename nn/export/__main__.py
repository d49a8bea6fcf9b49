"""`python -m nn.export MODEL`: a trained network as a page for any browser, or for other programs
as an ONNX file.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from nn.errors import InputError
from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is asked for; all of it is made before any of it is written."""
    options = _options(arguments)
    wanted = {option: path for option in ("html", "onnx") if (path := getattr(options, option)) is not None}
    _check_paths(options.model, wanted)
    contents = {path: _content(option, options.model) for option, path in wanted.items()}
    for path, content in contents.items():
        with atomic_write(path) as file:
            file.write(content)
        print(f"written: {path}, {len(content) / 1e6:.2f} MB")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    description = "Take a trained network elsewhere: a page for any browser, or a file for other programs."
    parser = ArgumentParser(prog="python -m nn.export", description=description)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a model file (mnist.npz if it is here, else the bundled one)")
    parser.add_argument("--html", metavar="FILE", help="a page to draw on, which needs no server and no network")
    parser.add_argument("--onnx", metavar="FILE", help="an ONNX file, of a model for inputs of any shape; needs the package onnx")
    options = parser.parse_args(arguments)
    if options.html is None and options.onnx is None:
        parser.error("expected --html FILE or --onnx FILE, got neither")
    return options


def _check_paths(model: str | None, wanted: dict[str, str]) -> None:
    """Raise `InputError` now if a file cannot be written later, or would take the place of another
    one of these.
    """
    taken = {os.path.realpath(model): "the model"} if model else {}
    for option, path in wanted.items():
        place = os.path.realpath(path)
        if place in taken:
            raise InputError(f"--{option}: expected a file of its own, got {path}, which is {taken[place]}")
        taken[place] = f"also the --{option} file"
        check_writable(path, f"--{option}")


def _content(option: str, path: str | None) -> bytes:
    from nn.pretrained import BUNDLED, load_reader

    if option == "html":
        from nn.export.html import page

        model, chosen = load_reader(path)
        # A few images do not repay waiting for a compiler.
        model.use_kernels = False
        return page(model, "the bundled model" if chosen == BUNDLED else chosen.name)
    from nn.export.onnx import onnx_file
    from nn.models import load_model

    model = load_model(path) if path else load_reader(None)[0]
    return onnx_file(model, str(path or Path(BUNDLED).name))


if __name__ == "__main__":
    run(main)
