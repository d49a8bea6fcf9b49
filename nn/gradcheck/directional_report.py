"""What a check along random directions reports."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nn.gradcheck.report import NAME_WIDTH, name_column

TOLERANCE = 1e-8
# The relative error of a single gradient that must show.
FAULT = 1e-3

HEADER = f"{'layer':<{NAME_WIDTH}} {'round or tensor':<16} {'<u, J v>':>16} {'<g, v>':>16}  {'diff/scale':>9}  verdict"


@dataclass(frozen=True)
class Sides:
    """The two sides of the identity along one direction, and the scale of their terms."""

    forward: float
    backward: float
    scale: float

    @property
    def difference(self) -> float:
        """Forward minus backward."""
        return self.forward - self.backward

    @property
    def error(self) -> float:
        """The difference as a share of the scale."""
        return abs(self.difference) / (self.scale or np.finfo(np.float64).tiny)

    @property
    def passed(self) -> bool:
        """Whether the sides agree; NaN is no agreement."""
        return self.error < TOLERANCE


@dataclass(frozen=True)
class WrongEntry:
    """What the halving ended at: one entry, and whether it is the only wrong one of its tensor."""

    tensor: str
    index: tuple[int, ...]
    analytic: float
    numeric: float
    alone: bool

    def __str__(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.index))}]"


def _findings(entry: WrongEntry, tensors: list[str], wrong: list[str]) -> list[str]:
    """What the halving found, in words."""
    others = "All other entries of this tensor are right." if entry.alone else "It is not the only wrong entry of this tensor."
    rows = [f"{entry}: backward gives {entry.analytic:.10g}, the slope of the forward pass is {entry.numeric:.10g}. {others}"]
    if 1 < len(wrong) < len(tensors) and wrong == tensors[: len(wrong)]:
        layer = wrong[-1].rpartition("/")[0]
        rows.append(f"All tensors up to {wrong[-1]} are wrong, and none after it. The backward pass of {layer}, or the dx of a")
        rows.append("later layer, may be the cause.")
    return rows


@dataclass
class DirectionalReport:
    """The verdict on a network.

    Attributes:
        name: of the network or layer.
        weights: how many entries its parameters have.
        rounds: both sides for each round; the first that fails is the last.
        tensors: both sides for each tensor alone; empty if all rounds passed.
        entry: one wrong entry, None if all rounds passed.
        unseen: how many weights are so small in gradient that no round would show a relative
            error of 10⁻³ in one of them alone.
        complaints: one sentence for each broken rule.
    """

    name: str
    weights: int
    rounds: list[Sides] = field(default_factory=list)
    tensors: dict[str, Sides] = field(default_factory=dict)
    entry: WrongEntry | None = None
    unseen: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all rounds agree and no rule is broken."""
        return not self.complaints and bool(self.rounds) and all(sides.passed for sides in self.rounds)

    @property
    def wrong(self) -> list[str]:
        """The tensors whose gradients are wrong."""
        return [name for name, sides in self.tensors.items() if not sides.passed]

    def lines(self) -> list[str]:
        """The rows of the table: the rounds and, if one failed, each tensor and what was found."""
        rows, name = name_column(self.name)
        rows += [self._row("" if number else name, str(number + 1), sides) for number, sides in enumerate(self.rounds)]
        rows += [self._row("", name, sides) for name, sides in self.tensors.items()]
        if self.entry is not None:
            rows += ["", *_findings(self.entry, list(self.tensors), self.wrong)]
        elif self.rounds and not self.weights:
            rows.append(f"{'':<{NAME_WIDTH}} there are no weights; only the gradient for x was compared")
        elif self.rounds:
            seen = f"in any one of {self.weights - self.unseen:,} of {self.weights:,} weights"
            rows.append(f"{'':<{NAME_WIDTH}} a relative error of {FAULT:g} {seen} would show")
        return rows + [f"{self.name}: WRONG: {complaint}" for complaint in self.complaints]

    @staticmethod
    def _row(name: str, what: str, sides: Sides) -> str:
        verdict = "ok" if sides.passed else "WRONG"
        return f"{name:<{NAME_WIDTH}} {what:<16} {sides.forward:>16.10g} {sides.backward:>16.10g}  {sides.error:>9.1e}  {verdict}"
