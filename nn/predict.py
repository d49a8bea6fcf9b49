"""`python -m nn.predict`: read digits from image files, one or several in each, dark on light or light on dark."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nn.errors import InputError
from nn.io.cli import BAD_INPUT, ArgumentParser, run
from nn.recipes import load_reader

if TYPE_CHECKING:
    from nn.reading.recognition import ReadDigit, Reading

RUNNER_UP_FROM = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the images in order; 2 if one of them could not be read, after all others have been."""
    options = _options(arguments)
    model, _ = load_reader(options.model)
    # A few images do not repay waiting for a compiler.
    model.use_kernels = False
    from nn.reading import read_image, to_ink
    from nn.reading.recognition import read_number

    code = 0
    for name in options.images:
        try:
            reading = read_number(model, to_ink(read_image(name)))
        except InputError as error:
            print(f"nn.predict: {error}", file=sys.stderr)
            code = BAD_INPUT
            if options.json:
                print(json.dumps({"file": name, "error": str(error)}), flush=True)
            continue
        print(json.dumps({"file": name, **as_json(reading)}) if options.json else f"{name}: {in_words(reading)}", flush=True)
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m nn.predict", description="Read the digits in image files.")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG, ...: dark ink on light or light on dark")
    parser.add_argument("--model", metavar="FILE", help="a model file (mnist.npz if it is here, else the bundled one)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, in the order given")
    return parser.parse_args(arguments)


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as JSON can hold it: of one digit, of none (blank), or of several (`digits`, and no single `digit`)."""
    one = reading.digits[0] if len(reading.digits) == 1 else None
    found: dict[str, Any] = _digit(one) if one else {"digit": None, "probability": None, "probabilities": None}
    found |= {"verdict": reading.verdict, "number": reading.number}
    if len(reading.digits) > 1:
        found["digits"] = [{**_digit(each), "verdict": each.verdict} for each in reading.digits]
    return found


def _digit(read: ReadDigit) -> dict[str, Any]:
    return {
        "digit": read.digit,
        "probability": round(read.probability, 6),
        "probabilities": [round(float(each), 6) for each in read.probabilities],
    }


def in_words(reading: Reading) -> str:
    """A reading for people: `7 (98.2%)`; `unsure, perhaps 7 (61.0%), or 1 (35.2%)`; `2026  (...)`; `blank, ...`."""
    if not reading.digits:
        return "blank, no digit found"
    if len(reading.digits) == 1:
        return _one_in_words(reading.digits[0])
    each = ", ".join(_one_in_words(read) for read in reading.digits)
    return f"{reading.number}  ({each})"


def _one_in_words(read: ReadDigit) -> str:
    if read.verdict == "sure":
        return f"{read.digit} ({read.probability:.1%})"
    order = read.probabilities.argsort()[::-1]
    second = int(order[1])
    other = f", or {second} ({read.probabilities[second]:.1%})" if read.probabilities[second] >= RUNNER_UP_FROM else ""
    return f"unsure, perhaps {read.digit} ({read.probability:.1%}){other}"


if __name__ == "__main__":
    run(main)
