"""`python -m nn.gradcheck`: is every backward pass the derivative of its forward pass?"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable

FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 if all gradients are right, 1 if any is wrong."""
    options = _options(arguments)
    if options.plot:
        check_writable(options.plot, "--plot")
    from nn.gradcheck import cases
    from nn.gradcheck.report import HEADER

    chosen = cases.cases_named(options.layer)
    if not chosen:
        raise InputError(f"--layer: expected one of {', '.join(cases.layer_names())}, got {options.layer!r}")
    if options.plot:
        from nn.gradcheck import plot

        plot.save(options.plot, options.seed)
        print(f"written: {options.plot}, the error over the step size h for three functions")
    started = time.perf_counter()
    print(f"Slopes are measured in float64 with a random dout, seed {options.seed}.")
    print(f"The relative error must stay below {cases.TOLERANCES}.")
    print("`24 of 800` entries means a random sample. At a kink a gradient is compared with the slope on one side.\n")
    print(HEADER)
    reports = []
    for case in chosen:
        reports.append(case.run(options.seed))
        print("\n".join(reports[-1].lines(options.verbose)), flush=True)
    wrong = [report.name for report in reports if not report.passed]
    seconds = time.perf_counter() - started
    print(f"\n{len(reports) - len(wrong)} of {len(reports)} right in {seconds:.1f} s")
    print("".join(f"wrong: {name}\n" for name in wrong), end="")
    return FAILED if wrong else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m nn.gradcheck", description="Compare every gradient with the measured slope of the forward pass."
    )
    parser.add_argument("--layer", metavar="NAME", help="only this layer: Dense, Conv2D, ..., CategoricalCrossentropy, Network")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of weights, inputs and the sample of entries (0)")
    parser.add_argument("--verbose", action="store_true", help="also show the worst entry of each tensor")
    parser.add_argument("--plot", metavar="FILE", help="also draw the error over the step size h (needs matplotlib)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main)
