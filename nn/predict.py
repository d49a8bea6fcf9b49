"""`python -m nn.predict`: read digits from image files, one or several in each, dark on light or
light on dark.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nn.errors import InputError
from nn.io.cli import BAD_INPUT, ArgumentParser, run
from nn.io.files import atomic_write, check_writable
from nn.pretrained import load_reader

if TYPE_CHECKING:
    from nn.reading.recognition import Model, ReadDigit, Reading

RUNNER_UP_FROM = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the images in order; 2 if one of them could not be read, after all others have been."""
    options = _options(arguments)
    if options.debug:
        check_writable(options.debug, "--debug")
    model, path = load_reader(options.model)
    # A few images do not repay waiting for a compiler.
    model.use_kernels = False
    if not options.json:
        print(f"nn.predict: reading with {path}", file=sys.stderr)
    code = 0
    for name in options.images:
        try:
            reading = _read(model, name, options.debug)
        except InputError as error:
            print(f"nn.predict: {error}", file=sys.stderr)
            code = BAD_INPUT
            if options.json:
                print(json.dumps({"file": name, "error": str(error)}), flush=True)
            continue
        found = {"file": name, **as_json(reading), "model": str(path)}
        print(json.dumps(found) if options.json else f"{name}: {in_words(reading)}", flush=True)
    return code


def _read(model: Model, name: str, debug: str | None) -> Reading:
    """Read one file; `debug` names the picture of the steps to write."""
    from nn.reading import read_image, to_ink
    from nn.reading.recognition import read_number

    grey = read_image(name)
    ink = to_ink(grey)
    reading = read_number(model, ink)
    if debug:
        from nn.reading.sheet import steps_sheet

        with atomic_write(debug) as file:
            steps_sheet(grey, ink, reading).save(file, "PNG")
    return reading


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(prog="python -m nn.predict", description="Read the digits in image files.")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG, ...: dark ink on light or light on dark")
    parser.add_argument("--model", metavar="FILE", help="a model file (mnist.npz if it is here, else the bundled one)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, in the order given")
    parser.add_argument("--debug", metavar="FILE", help="write a picture of how the image was read (of one image)")
    options = parser.parse_args(arguments)
    if options.debug and len(options.images) > 1:
        raise InputError(f"--debug: expected one image, got {len(options.images)}")
    return options


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as JSON can hold it: of one digit, of none (blank), or of several (`digits`, and
    no single `digit`).

    `number` holds several rows of writing with a space between them. `left_out` counts the marks
    between digits, if any.
    """
    one = reading.digits[0] if len(reading.digits) == 1 else None
    found: dict[str, Any] = _digit(one) if one else {"digit": None, "probability": None, "probabilities": None}
    found |= {"verdict": reading.verdict, "number": reading.number}
    if len(reading.digits) > 1:
        found["digits"] = [{**_digit(each), "verdict": each.verdict} for each in reading.digits]
    if reading.marks:
        found["left_out"] = len(reading.marks)
    return found


def _digit(read: ReadDigit) -> dict[str, Any]:
    return {
        "digit": read.digit,
        "probability": round(read.probability, 6),
        "probabilities": [round(float(each), 6) for each in read.probabilities],
    }


def in_words(reading: Reading) -> str:
    """A reading for people: `7 (98.2%)`; `unsure: probably 7 (61.0%), or 1 (35.2%)`; `2026
    (...)`; `blank, ...`.
    """
    if not reading.digits:
        return "blank, no digit found"
    if len(reading.digits) == 1:
        words = _one_in_words(reading.digits[0])
    else:
        doubtful = [str(k) for k, each in enumerate(reading.digits, 1) if each.verdict != "sure"]
        unsure = f", unsure of digit {', '.join(doubtful)}" if doubtful else ""
        words = f"{reading.number}{unsure}  ({', '.join(map(_one_in_words, reading.digits))})"
    count = len(reading.marks)
    return words + (f", {count} mark{'s' * (count > 1)} left out (point, comma, dash or slash)" if count else "")


def _one_in_words(read: ReadDigit) -> str:
    from nn.reading.recognition import CONDITIONS, LIKELY

    if read.verdict == "sure":
        return f"{read.digit} ({read.probability:.1%})"
    if read.doubt in CONDITIONS:
        return f"unsure: probably {read.digit}, {CONDITIONS[read.doubt]}"
    if read.probability < LIKELY:
        return f"unsure: perhaps {read.digit} ({read.probability:.1%}), only a guess"
    order = read.probabilities.argsort()[::-1]
    second = int(order[1])
    other = f", or {second} ({read.probabilities[second]:.1%})" if read.probabilities[second] >= RUNNER_UP_FROM else ""
    return f"unsure: probably {read.digit} ({read.probability:.1%}){other}"


if __name__ == "__main__":
    run(main)
