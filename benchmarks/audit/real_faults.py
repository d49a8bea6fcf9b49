"""Bugs that people have really made, put into our files by hand: the tests must notice each of
them.

A fault is a piece of a file and what replaces it; some faults have several pieces. A piece must
occur exactly once: when a file changes, its faults have to be looked at again.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.audit.gradient_faults import GRADIENT_FAULTS
from benchmarks.audit.mutation import Mutant
from benchmarks.audit.state_faults import STATE_FAULTS
from benchmarks.audit.training_faults import TRAINING_FAULTS
from nn.errors import InputError

# (what goes wrong, file, piece, what replaces it, ...)
FAULTS = GRADIENT_FAULTS + TRAINING_FAULTS + STATE_FAULTS


def mutants(root: Path) -> list[Mutant]:
    """The faults as mutants.

    Raises:
        InputError: a piece does not occur, or more than once.
    """
    found = []
    for title, path, *pieces in FAULTS:
        mutated = source = (root / path).read_text()
        for piece, instead in zip(pieces[::2], pieces[1::2], strict=True):
            if source.count(piece) != 1:
                count = source.count(piece)
                raise InputError(f"{path}: expected the piece {piece!r} of the fault {title!r} once, found it {count} times")
            mutated = mutated.replace(piece, instead)
        first, last = (edge(_lines(source, piece) for piece in pieces[::2]) for edge in (min, max))
        lines = range(first[0], last[1] + 1)
        found.append(Mutant(path, first[0], before=title, after=pieces[-1].strip(), source=mutated, lines=lines))
    return found


def _lines(source: str, piece: str) -> tuple[int, int]:
    """The first and the last line of a piece."""
    first = source[: source.index(piece)].count("\n") + 1
    return first, first + piece.rstrip("\n").count("\n")
