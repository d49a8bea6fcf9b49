"""What all commands share: one clear sentence for bad input, and the exit codes.

0 done, 1 a check failed, 2 bad input or usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from nn.errors import InputError

BAD_INPUT = 2
INTERRUPTED = 130


class ArgumentParser(argparse.ArgumentParser):
    """argparse, but an error is one sentence (no usage dump in front of it) and exits with 2."""

    def error(self, message: str) -> NoReturn:
        """Leave with one sentence."""
        self.exit(BAD_INPUT, f"{self.prog}: {message} (--help shows the options)\n")


def whole_number(minimum: int) -> Callable[[str], int]:
    """An argparse type: an integer of at least `minimum`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if value < minimum:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {minimum}, got {text!r}")
        return value

    return parse


def positive_number(text: str) -> float:
    """An argparse type: a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def run(main: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> NoReturn:
    """Call `main` and leave the process with its exit code; bad input becomes one sentence and 2, Ctrl-C 130."""
    program = getattr(sys.modules["__main__"].__spec__, "name", None) or sys.argv[0]
    program = program.removesuffix(".__main__")
    try:
        code = main(arguments)
        sys.stdout.flush()
    except InputError as error:
        print(f"{program}: {error}", file=sys.stderr)
        code = BAD_INPUT
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep Python from complaining again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{program}: {where}{error.strerror or error}", file=sys.stderr)
        code = BAD_INPUT
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
