"""python -m benchmarks NAME ...: runs one measurement; without a name it lists them all."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from nn.errors import InputError
from nn.io.cli import run

COMMANDS = {
    "all": "every measurement of the results table, in one run on one state of the code",
    "epoch": "seconds for a training epoch, against PyTorch and Keras",
    "recipe": "the default recipe against the classic one",
    "engines": "the textbook engine against the fused one: weights, accuracy, time",
    "accuracy-time": "seconds from process start to 99 % test accuracy, against PyTorch and Keras",
    "inference": "10,000 images, and one image at a time, against PyTorch and Keras",
    "start": "import, compilation, first batch, first prediction, memory",
    "scaling": "threads, number of images, batch size, width, image size",
    "shapes": "20 shapes of convolution, forward and backward, against PyTorch",
    "limits": "every operation of the training against the bound of registers, loads and caches",
    "kernels": "every kernel checked against its naive version, then timed: the ladder and the roofline",
    "drawn": "accuracy on real pen strokes",
    "invariance": "answers that change with position, size, pen, paper, light and noise",
    "numbers": "accuracy on whole numbers in ten conditions",
    "pictures": "accuracy on a folder of pictures",
    "doubt": "how often digits are reported as unsure, and how often other drawings are not",
    "teaching": "how much a lesson helps, and what it costs on other digits",
    "window": "frame time and answer time of the drawing window",
    "soak": "the window with everything used at random, and the memory it gives back",
    "mutants": "whether the tests notice broken code",
    "reliability": "long trainings: interruption, resumption, memory",
    "interrupts": "Ctrl-C and other signals at any moment of a training",
    "fuzz": "damaged files and hostile input",
}

AUDIT = ("soak", "mutants", "reliability", "interrupts", "fuzz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Import only the module of the given name, and call its `main`."""
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
