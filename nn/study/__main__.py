"""`python -m nn.study NAME`: one small experiment, its result as a line and as a picture; without
a name it lists them all.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from nn.datasets.collections import load_splits
from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable
from nn.report.style import check_matplotlib, png, styled

# The module of each experiment, in the order of docs/study.md. An experiment is a function with
# this name: (training split, test split) -> (picture, the lines to print).
EXPERIMENTS = {
    "dense": "layers",
    "convolution": "layers",
    "im2col": "windows",
    "pooling": "layers",
    "receptive": "fields",
    "loss": "learning",
    "valley": "descent",
    "optimizers": "learning",
    "finder": "finder",
    "schedules": "learning",
    "initializers": "depth",
    "normalization": "depth",
    "dropout": "layers",
    "overfitting": "overfitting",
    "checkpoint": "machinery",
    "plan": "machinery",
    "attribution": "answers",
    "favourites": "inputs",
    "fooling": "inputs",
    "rotation": "answers",
    "photo": "machinery",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one experiment; 0 when its picture is written."""
    parser = ArgumentParser(prog="python -m nn.study", description="The small experiments of docs/study.md.")
    parser.add_argument("name", nargs="?", choices=EXPERIMENTS, metavar="NAME", help="(default: lists them all)")
    parser.add_argument("--out", metavar="FILE", help="the picture to write, a PNG (default: NAME.png)")
    parser.add_argument("--data", metavar="DIR", help="folder of the MNIST files, if not in a usual place")
    options = parser.parse_args(arguments)
    if options.name is None:
        if options.out or options.data:
            parser.error("expected the NAME of an experiment with --out or --data")
        return _list()
    path = options.out or f"{options.name}.png"
    check_matplotlib("this experiment")
    check_writable(path, "--out")
    train, test = load_splits("mnist", options.data)
    from nn.engine.compiling import report_compilation

    with report_compilation(), styled():
        experiment: Callable[..., tuple[Any, str]] = getattr(import_module(f"nn.study.{EXPERIMENTS[options.name]}"), options.name)
        picture, lines = experiment(train, test)
        content = _png(picture)
    with atomic_write(path) as file:
        file.write(content)
    print(lines)
    print(f"written: {path}")
    return 0


def _list() -> int:
    """The experiments in the order of docs/study.md, each with the beginning of its docstring."""
    print("python -m nn.study NAME    writes NAME.png and prints its numbers\n")
    for name, module in EXPERIMENTS.items():
        says = re.split("[;:]", getattr(import_module(f"nn.study.{module}"), name).__doc__)[0]
        print(f"  {name:<14} {' '.join(says.split()).removesuffix('.')}")
    return 0


def _png(picture: Any) -> bytes:
    if not hasattr(picture, "savefig"):
        packed = io.BytesIO()
        picture.save(packed, "PNG", optimize=True)
        return packed.getvalue()
    return png(picture)


if __name__ == "__main__":
    run(main)
