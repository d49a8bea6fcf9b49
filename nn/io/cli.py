"""What all commands share: one clear sentence for bad input, and the exit codes.

0 done, 1 a check failed, 2 bad input or usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TextIO

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
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return value


class _Unfailing:
    """A stream that drops what it cannot write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, if there is still somebody who takes it."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """The same."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def unfailing_output() -> Iterator[None]:
    """Inside, a reader that is gone (`| head`, a closed terminal) or a full disk (`> log`) does not end the work."""
    with contextlib.ExitStack() as stack:
        for redirect, stream in ((contextlib.redirect_stdout, sys.stdout), (contextlib.redirect_stderr, sys.stderr)):
            if stream is not None:
                stack.enter_context(redirect(_Unfailing(stream)))
        yield


def run(main: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> NoReturn:
    """Call `main` and leave the process with its exit code; bad input becomes one sentence and 2, Ctrl-C 130."""
    program = getattr(sys.modules["__main__"].__spec__, "name", None) or sys.argv[0]
    program = program.removesuffix(".__main__")
    for stream in (sys.stdout, sys.stderr):
        # A file name need not be text that the terminal can show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main(arguments)
        if sys.stdout is not None:
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
    except MemoryError as error:
        detail = f" ({error})" if str(error) else ""
        print(f"{program}: there is not enough memory for this; try smaller batches or fewer threads{detail}", file=sys.stderr)
        code = BAD_INPUT
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        code = INTERRUPTED
    sys.exit(code)
