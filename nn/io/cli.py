"""What all commands share: one clear sentence for bad input, and the exit codes.

The exit codes are 0 (done), 1 (a check failed), 2 (bad input or usage) and 130 (interrupted, see
`nn.io.interrupts`).
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import errno
import io
import os
import re
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TextIO

from nn.errors import InputError
from nn.io.interrupts import INTERRUPTED, stay_to_the_end

BAD_INPUT = 2


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


def shell_command(words: Sequence[str]) -> str:
    """A command line that can be copied into this system's shell."""
    if sys.platform != "win32":
        return shlex.join(words)
    return " ".join(map(_quoted_for_windows, words))


def _quoted_for_windows(word: str) -> str:
    """`&`, `(`, ... mean something to cmd or PowerShell. No file name holds a quote."""
    if re.fullmatch(r"[\w.:/\\+=-]+", word):
        return word
    backslashes = len(word) - len(word.rstrip("\\"))
    return f'"{word}{backslashes * chr(92)}"'  # before a quote each is written twice


class _Unfailing:
    """A stream that drops what it cannot write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text if that is still possible."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if that is still possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def unfailing_output() -> Iterator[None]:
    """Inside, the work goes on if nobody reads the output any more (`| head`, a closed terminal)
    or a disk is full.
    """
    with contextlib.ExitStack() as stack:
        for redirect, stream in ((contextlib.redirect_stdout, sys.stdout), (contextlib.redirect_stderr, sys.stderr)):
            if stream is not None:
                stack.enter_context(redirect(_Unfailing(stream)))
        yield


def run(main: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> NoReturn:
    """Call `main` and end the process with its exit code. Bad input becomes one sentence and 2,
    Ctrl-C one and 130.
    """
    program = getattr(sys.modules["__main__"].__spec__, "name", None) or sys.argv[0]
    program = program.removesuffix(".__main__")
    codecs.register_error("verbatim", _verbatim)
    for stream in (sys.stdout, sys.stderr):
        # A file name need not be text in the terminal's encoding.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="verbatim")
    # A sentence, without the line of our code that says it.
    warnings.formatwarning = lambda message, *_, **__: f"{program}: {message}\n"
    try:
        code = main(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except InputError as error:
        _say(f"{program}: {error}")
        code = BAD_INPUT
    except (OSError, MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and not _lacks_memory(error):
            raise
        if _reader_is_gone(error):  # `| head` has seen enough
            code = 0
        else:
            _say(f"{program}: {_sentence(error)}")
            code = BAD_INPUT
    except KeyboardInterrupt:
        _say(f"{program}: interrupted")
        code = INTERRUPTED
    _drop_what_cannot_be_written()
    stay_to_the_end()
    sys.exit(code)


def _drop_what_cannot_be_written() -> None:
    """Where a stream cannot be flushed any more (a closed pipe or terminal, a full disk), Python
    would try again at its end, complain, and change the exit code to 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(sentence: str) -> None:
    """To stderr, if that can still be written."""
    with contextlib.suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


def _sentence(error: OSError | MemoryError | ImportError) -> str:
    if _lacks_memory(error):
        detail = f" ({error})" if isinstance(error, MemoryError) and str(error) else ""
        return f"there is not enough memory for this; try smaller batches or fewer threads{detail}"
    assert isinstance(error, OSError)
    return (f"{error.filename}: " if error.filename else "") + str(error.strerror or error)


def _lacks_memory(error: BaseException | None) -> bool:
    """Whether the error, or one that caused it, says that there is no memory. A library that finds
    none blames its file.
    """
    while error is not None:
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            return True
        if any(words in str(error) for words in ("failed to map segment", "annot allocate memory")):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reader_is_gone(error: BaseException) -> bool:
    """Whether the pipe that stdout writes to is closed, for which Windows has an error code of its
    own.
    """
    return isinstance(error, BrokenPipeError) or (
        sys.platform == "win32" and isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    )


def _verbatim(error: UnicodeError) -> tuple[bytes, int]:
    """How characters are written that the stream's encoding lacks: the bytes of a file name as they are, others as \\u1234."""
    assert isinstance(error, UnicodeEncodeError)
    written = b""
    for character in error.object[error.start : error.end]:
        try:
            written += character.encode("ascii", "surrogateescape")
        except UnicodeEncodeError:
            written += character.encode("ascii", "backslashreplace")
    return written, error.end
