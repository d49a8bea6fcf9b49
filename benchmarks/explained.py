"""Mutants that survive and may: each was looked at, and this is why no test can or should kill it."""

from __future__ import annotations

from benchmarks.mutation import Mutant

# (path, a part of "before -> after", why). The first that fits counts.
EXPLAINED: tuple[tuple[str, str, str], ...] = ()


def reason(mutant: Mutant) -> str:
    """Why the mutant may survive, or nothing."""
    change = f"{mutant.before}  ->  {mutant.after}"
    return next((why for path, part, why in EXPLAINED if path == mutant.path and part in change), "")
