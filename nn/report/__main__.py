"""`python -m nn.report MODEL`: what a model has learned, in pictures, on one page.

All pictures are drawn before the first file is written. The page is written last.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.datasets.collections import DATASETS, load_splits
from nn.errors import InputError
from nn.evaluate import test_images_of
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import atomic_write, check_writable
from nn.pretrained import load_reader
from nn.report.style import check_matplotlib

if TYPE_CHECKING:
    from nn.datasets.loading import Split

PAGE = "index.html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page and its pictures; 0 when they are written."""
    options = _options(arguments)
    folder = Path(options.out)
    check_matplotlib("the report")
    _check_folder(folder)
    from nn.report.histories import layer_norms, read_histories

    model, path = load_reader(options.model, any_classes=True)
    histories, norms = read_histories(path, options.history), layer_norms(model.card, path)
    dataset = test_images_of(model, path, options.dataset)
    _, test = load_splits(dataset, options.data)
    index = _chosen(options, test)
    from nn.engine.compiling import report_compilation
    from nn.report.contents import compose
    from nn.report.measures import examine

    with report_compilation():
        found = examine(model, test, _temperature(model.card, path))
        html, pictures = compose(model, found, path=path, dataset=dataset, histories=histories, norms=norms, index=index)
    folder.mkdir(exist_ok=True)
    for name, content in {**{f"{name}.png": png for name, png in pictures.items()}, PAGE: html.encode()}.items():
        with atomic_write(folder / name) as file:
            file.write(content)
    print(f"written: {folder / PAGE}, which needs no other file, and its {len(pictures)} pictures in the same folder")
    wrong = f"{len(found.wrong):,} of {len(test[0]):,} wrong"
    print(f"{path} on the test images of {dataset}: accuracy {found.accuracy:.4f}, loss {found.loss:.4f}, {wrong}")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m nn.report", description="Show what a model has learned, in pictures, on one page.")
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="a model file (default: mnist.npz in this folder, else the bundled one)")
    add("--out", default="report", metavar="DIR", help=f"folder for {PAGE} and the pictures (default: %(default)s)")
    add("--history", nargs="+", default=[], metavar="FILE", help="histories of other trainings, drawn beside the model's own")
    add("--dataset", choices=DATASETS, help="whose test images to read (default: of the data set that the model was trained on)")
    add("--data", metavar="DIR", help="folder of the data set's files, if not in a usual place")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--digit", type=int, choices=range(10), help="follow the first test image of this digit or class through the layers"
    )
    chosen.add_argument(
        "--image", type=whole_number(0), default=0, metavar="N", help="or the test image with this index (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def _check_folder(folder: Path) -> None:
    """Raise `InputError` now if `folder` could not be made or written later."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out: expected a folder, got the file {folder}")
    check_writable(folder / PAGE if folder.exists() else folder, "--out")


def _temperature(card: dict[str, Any], path: Path) -> float:
    temperature = card.get("temperature", 1.0)
    if type(temperature) not in (int, float) or not 0 < temperature < float("inf"):
        raise InputError(f"{path}: expected a temperature above 0 in the card, got {temperature!r:.80}")
    return float(temperature)


def _chosen(options: argparse.Namespace, test: Split) -> int:
    """The index of the test image that is followed through the layers."""
    images, labels = test
    if options.digit is not None:
        indices = (labels == options.digit).nonzero()[0]
        if not len(indices):
            raise InputError(
                f"--digit: expected a digit among these {len(images):,} test images, but there is no {options.digit}"
            )
        return int(indices[0])
    if options.image >= len(images):
        raise InputError(f"--image: expected an index below {len(images):,}, the count of test images, got {options.image}")
    return int(options.image)


if __name__ == "__main__":
    run(main)
