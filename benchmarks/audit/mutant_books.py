"""Records the outcome of each mutant, a letter each in the order of the file, so that an
interrupted run can go on later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.audit import explained
from benchmarks.audit.mutation import Mutant

WAITING, KILLED, SURVIVED = "-", "k", "s"


@dataclass
class Group:
    """The mutants of one file, or the real faults; `make(index)` makes one of them."""

    digest: str
    outcomes: list[str]
    make: Callable[[int], Mutant]

    def chosen(self, indices: set[int]) -> Iterator[int]:
        """Those of `indices` that are not killed yet. Mutants that have not run come first;
        survivors may meet new tests.
        """
        for wanted in (WAITING, SURVIVED):
            yield from (index for index in sorted(indices) if self.outcomes[index] == wanted)

    def survivors(self) -> list[Mutant]:
        """The mutants that no test has noticed so far."""
        return [self.make(index) for index, outcome in enumerate(self.outcomes) if outcome == SURVIVED]

    def as_json(self) -> dict[str, Any]:
        """The counts, and what `group` needs to go on."""
        survivors = self.survivors()
        explained_ones = sum(bool(explained.reason(mutant)) for mutant in survivors)
        return {
            "mutants": len(self.outcomes),
            "killed": self.outcomes.count(KILLED),
            "explained": explained_ones,
            "survived": len(survivors) - explained_ones,
            "waiting": self.outcomes.count(WAITING),
            "digest": self.digest,
            "outcomes": "".join(self.outcomes),
        }


def group(sources: str, count: int, make: Callable[[int], Mutant], former: dict[str, Any]) -> Group:
    """`count` mutants of the sources, with the outcomes of an earlier run if the sources are still
    the same.
    """
    digest = hashlib.sha256(sources.encode()).hexdigest()[:16]
    known = former["outcomes"] if former.get("digest") == digest else WAITING * count
    return Group(digest, list(known), make)


def summary(groups: dict[str, Group]) -> dict[str, Any]:
    """The counts of each group and in all, and the survivors with their explanations."""
    files = {name: group.as_json() for name, group in groups.items()}
    sums = {key: sum(row[key] for row in files.values()) for key in ("mutants", "killed", "explained", "survived", "waiting")}
    survivors = {str(mutant): explained.reason(mutant) for group in groups.values() for mutant in group.survivors()}
    return {**sums, "files": files, "survivors": survivors}
