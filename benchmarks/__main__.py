"""python -m benchmarks NAME ...: runs one of the measurements; without a name it lists them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from nn.errors import InputError
from nn.io.cli import run

COMMANDS = {
    "epoch": "seconds for a training epoch, against PyTorch and Keras",
    "recipe": "the default recipe against the classic one",
    "accuracy-time": "seconds from process start to 99 % test accuracy, against PyTorch and Keras",
    "inference": "10,000 images, and one image at a time, against PyTorch and Keras",
    "start": "import, compilation, first batch, first prediction, memory",
    "scaling": "threads, number of images, batch size, width, image size",
    "shapes": "20 shapes of convolution, forward and backward, against PyTorch",
    "kernels": "every kernel checked against its naive one, then timed: the ladder and the roofline",
    "drawn": "how well real pen strokes are read",
    "invariance": "what place, size, pen, paper, light and noise change",
    "numbers": "how well whole numbers are read, in ten conditions",
    "pictures": "how well a folder of pictures is read",
    "doubt": "how often digits are doubted, and other things are not",
    "teaching": "whether a lesson helps, and what it costs elsewhere",
    "window": "what the drawing window costs and how fast it answers",
    "mutants": "whether the tests notice broken code",
    "reliability": "long runs: interruption, resumption, memory",
    "fuzz": "damaged files and hostile input",
}

AUDIT = ("mutants", "reliability", "fuzz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Import the module of that name, and only that one, and call its `main`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words[0] if words else "--help"
    if name in ("-h", "--help"):
        print("usage: python -m benchmarks NAME [options]    (NAME --help shows the options)\n")
        print("\n".join(f"  {command:<14} {purpose}" for command, purpose in COMMANDS.items()))
        return 0
    if name not in COMMANDS:
        raise InputError(f"expected one of {', '.join(COMMANDS)}, got {name!r}")
    folder = "benchmarks.audit" if name in AUDIT else "benchmarks"
    module = importlib.import_module(f"{folder}.{name.replace('-', '_')}")
    code: int = module.main(words[1:])
    return code


if __name__ == "__main__":
    run(main)
