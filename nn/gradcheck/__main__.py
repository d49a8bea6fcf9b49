"""`python -m nn.gradcheck`: is every backward pass the derivative of its forward pass?"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable

if TYPE_CHECKING:
    from nn.gradcheck import DirectionalReport, Report
    from nn.gradcheck.cases import Case

FAILED = 1
EXAMPLES = """examples:
  python -m nn.gradcheck                                  every layer, the losses, the student's network
  python -m nn.gradcheck --directional                    all weights of the student's network at once
  python -m nn.gradcheck --layer Conv2D --verbose
  python -m nn.gradcheck mine.py:Scale --input-shape 5 4  a class of your own
  python -m nn.gradcheck 'mine.py:Scale(units=3)' --input-shape 4
  python -m nn.gradcheck mine.py:Huber                    a loss of your own
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 if all gradients are right, 1 if any is wrong."""
    options = _options(arguments)
    if options.plot:
        check_writable(options.plot, "--plot")
    chosen = _chosen(options)
    if options.plot:
        from nn.gradcheck import plot

        plot.save(options.plot, options.seed)
        print(f"written: {options.plot}, the error over the step size h for three functions")
    started = time.perf_counter()
    wrong = []
    heading = _heading(options)
    for case in chosen:
        report, lines = _checked(case, options)
        if options.own and report.complaints:
            raise InputError(f"{options.own}: {'; '.join(report.complaints)}")
        print("\n".join([*heading, *lines]), flush=True)
        heading = []
        if not report.passed:
            wrong.append(report.name)
    seconds = time.perf_counter() - started
    print(f"\n{len(chosen) - len(wrong)} of {len(chosen)} right in {seconds:.1f} s")
    print("".join(f"wrong: {name}\n" for name in wrong), end="")
    return FAILED if wrong else 0


def _checked(case: Case, options: argparse.Namespace) -> tuple[Report | DirectionalReport, list[str]]:
    """The report on a case, and its rows."""
    if options.directional:
        directional = case.run_directional(options.seed)
        return directional, directional.lines()
    report = case.run(options.seed)
    return report, report.lines(options.verbose)


def _chosen(options: argparse.Namespace) -> list[Case]:
    """What to check: the user's own layer or loss, or the cases of the package."""
    from nn.gradcheck import cases, own

    if options.directional and options.verbose:
        raise InputError("--verbose: it shows the worst entry of each tensor, which --directional does not look for")
    if options.own:
        if options.layer:
            raise InputError(f"--layer: expected either a layer of this package or {options.own}, got both")
        case = own.own_case(options.own, None if options.input_shape is None else tuple(options.input_shape))
        if options.directional and case.check_all is None:
            raise InputError(f"--directional: expected a layer, got the loss {options.own}")
        return [case]
    if options.input_shape is not None:
        raise InputError("--input-shape: it belongs to a layer of your own, such as mine.py:Scale, and none is given")
    chosen = cases.cases_named(options.layer or (cases.NETWORK if options.directional else None))
    if not chosen:
        raise InputError(f"--layer: expected one of {', '.join(cases.layer_names())}, got {options.layer!r}")
    if options.directional:
        chosen = [case for case in chosen if case.check_all is not None]
        if not chosen:
            raise InputError(f"--directional: expected a layer or the network, got the loss {options.layer!r}")
    return chosen


def _heading(options: argparse.Namespace) -> list[str]:
    """What the table shows, and its header."""
    from nn.gradcheck import cases, directional_report
    from nn.gradcheck.report import HEADER

    if options.directional:
        return [
            f"All weights at once, along random directions v, in float64, seed {options.seed}. For a random dout = u,",
            "<u, J v> is measured in the forward pass, and backward claims that it is <g, v>.",
            f"The difference must stay below {directional_report.TOLERANCE:g} of the scale of <g, v>.\n",
            directional_report.HEADER,
        ]
    return [
        f"Slopes are measured in float64 with a random dout, seed {options.seed}.",
        f"The relative error must stay below {cases.TOLERANCES}.",
        "`24 of 800` entries means a random sample. At a kink a gradient is compared with the slope on one side.\n",
        HEADER,
    ]


def _size(text: str) -> int:
    """A whole number; several are separated by spaces, not by commas."""
    if re.fullmatch(r"\(?\d+([,x]\d+)*,?\)?", text) and not text.isdigit():
        write = " ".join(re.findall(r"\d+", text))
        raise argparse.ArgumentTypeError(f"expected sizes with spaces between them, got {text!r}: write {write}")
    return whole_number(1)(text)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m nn.gradcheck",
        description="Compare every gradient with the measured slope of the forward pass.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "own", nargs="?", metavar="FILE.py:CLASS", help="a layer or a loss of your own: a class, a call or a name in a file"
    )
    parser.add_argument(
        "--input-shape",
        type=_size,
        nargs="+",
        metavar="SIZE",
        help="of one sample for that layer, such as 5 4; of a loss, the outputs",
    )
    parser.add_argument("--layer", metavar="NAME", help="only this layer: Dense, Conv2D, ..., CategoricalCrossentropy, Network")
    parser.add_argument("--directional", action="store_true", help="all weights at once, along random directions")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of weights, inputs and the sample of entries (0)")
    parser.add_argument("--verbose", action="store_true", help="also show the worst entry of each tensor")
    parser.add_argument("--plot", metavar="FILE", help="also draw the error over the step size h (needs matplotlib)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main)
