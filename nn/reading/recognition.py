"""A drawing and a model to a number: which ink is which digit, what it says, and whether to believe it.

Pure functions; the commands and the window share them. `model` is anything with `predict(x (N, 28, 28, 1)) -> (N, 10)` and a
`card` dictionary, of which these entries are used when they are there:

    temperature     T > 0: probabilities become softmax(log p / T), calibrated (Guo, Pleiss, Sun, Weinberger 2017)
    sure_from       the calibrated probability from which a digit is called sure
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from nn.reading import Box, Digit, Pieces, take_apart
from nn.reading.calibration import calibrated

SURE_FROM = 0.8
SURE_IF_CUT = 0.9  # and of what was cut out of connected ink: pieces of a drawing resemble digits easily
MOST_PIECES_IN_A_DIGIT = 16
WIDEST_DIGIT = 1.5  # in heights of the tallest piece
WIDEST_UNCUT = 2.5  # the same where no other ink hangs together with it
WIDEST_GAP = 0.4  # inside a digit, in heights
# What follows is in log probability.
JOIN_COST, JOIN_COST_PER_GAP = 0.1, 1.5  # joining pieces that are apart
CUT_COST, CUT_COST_PER_STROKE = 0.5, 1.0  # parting pieces that touch; for every stroke more that the cut goes through
SMALL, SMALL_COST = 0.7, 4.0  # a digit lower than this part of the tallest piece is rather a stroke of its neighbour
LEVEL, UNEVEN_COST = 0.15, 1.0  # neighbours whose tops or feet differ by more than this, in heights of the tallest piece

Verdict = Literal["sure", "unsure", "blank"]


class Model(Protocol):
    """What this module needs of a model."""

    @property
    def card(self) -> Mapping[str, Any]:
        """The training card."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities (N, 10) of images (N, 28, 28, 1)."""


@dataclass(frozen=True)
class ReadDigit:
    """One digit: where, its ink (box.height, box.width), what the network saw (28, 28), its best guess, all ten calibrated
    probabilities, and the verdict."""

    box: Box
    ink: np.ndarray
    image: np.ndarray
    digit: int
    probability: float
    probabilities: np.ndarray
    verdict: Verdict


@dataclass(frozen=True)
class Reading:
    """What a drawing says, left to right; "blank" without digits, "unsure" as soon as one digit is."""

    digits: tuple[ReadDigit, ...]

    @property
    def number(self) -> str:
        """The digits side by side; empty where there is none."""
        return "".join(str(d.digit) for d in self.digits)

    @property
    def verdict(self) -> Verdict:
        """What to make of the whole."""
        if not self.digits:
            return "blank"
        return "sure" if all(d.verdict == "sure" for d in self.digits) else "unsure"


def read_number(model: Model, ink: np.ndarray, temperature: float | None = None) -> Reading:
    """Read the digits of a drawing (H, W), white ink on black, left to right.

    Where the pieces of ink may be grouped in several ways, the model reads every way, and the one whose digits it
    believes most, less what unusual gaps and cuts cost, is taken (dynamic programming over the pieces).

    What a picture of the network's own size says is sure only if the network is sure of the picture as it stands, too.

    `temperature` replaces the card's.
    """
    pieces = take_apart(ink)
    if not len(pieces):
        return Reading(())
    spans = _spans(pieces)
    digits = {span: pieces.digit(*span) for span in spans}
    as_it_stands = [pieces.ink] if pieces.ink.shape == (28, 28) else []
    images = np.stack([digits[span].image for span in spans] + as_it_stands)
    probabilities = read_images(model, images, temperature)
    doubtful = not is_sure(model, probabilities[len(spans) :]).all()
    believed = dict(zip(spans, np.log(probabilities[: len(spans)].max(axis=1)).tolist(), strict=True))
    rows = dict(zip(spans, probabilities, strict=False))
    read = []
    for span in _best_grouping(pieces, believed):
        cut = any(seam.cut for seam in pieces.seams_around(*span))
        sure = not doubtful and bool(is_sure(model, rows[span][None], SURE_IF_CUT if cut else 0.0)[0])
        read.append(_judged(digits[span], rows[span], sure))
    return Reading(tuple(read))


def read_images(model: Model, images: np.ndarray, temperature: float | None = None) -> np.ndarray:
    """Calibrated probabilities (N, 10) of MNIST-like images (N, 28, 28)."""
    if temperature is None:
        temperature = float(model.card.get("temperature", 1.0))
    return calibrated(model.predict(images.reshape(-1, 28, 28, 1)), temperature)


def is_sure(model: Model, probabilities: np.ndarray, at_least: float = 0.0) -> np.ndarray:
    """Which rows of calibrated probabilities (N, 10) are to be believed: boolean (N,)."""
    return probabilities.max(axis=1) >= max(float(model.card.get("sure_from", SURE_FROM)), at_least)


def _judged(digit: Digit, probabilities: np.ndarray, sure: bool) -> ReadDigit:
    best = int(probabilities.argmax())
    verdict: Verdict = "sure" if sure else "unsure"
    return ReadDigit(digit.box, digit.ink, digit.image, best, float(probabilities[best]), probabilities, verdict)


def _spans(pieces: Pieces) -> list[tuple[int, int]]:
    """The runs of pieces (first, one past the last) that may be one digit; a single piece always may."""
    spans = []
    for first in range(len(pieces)):
        for last in range(first + 1, min(len(pieces), first + MOST_PIECES_IN_A_DIGIT) + 1):
            inner = pieces.seams[first : last - 1]
            width = pieces.hull(first, last).width / pieces.height
            if inner and (width > WIDEST_UNCUT or any(seam.gap > WIDEST_GAP for seam in inner)):
                break
            if not inner or width <= WIDEST_DIGIT or _is_one_component(pieces, first, last):
                spans.append((first, last))
    return spans


def _is_one_component(pieces: Pieces, first: int, last: int) -> bool:
    """Whether pieces first .. last − 1 are all that hangs together there."""
    inside = pieces.seams[first : last - 1]
    return all(seam.cut for seam in inside) and not any(seam.cut for seam in pieces.seams_around(first, last))


def _best_grouping(pieces: Pieces, believed: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The spans that cover all pieces with the highest sum of log probabilities less costs (Bellman's recursion).

    What two neighbours cost together depends on both, so the recursion runs over (last span, sum so far).
    """
    best: dict[tuple[int, int], tuple[float, tuple[int, int] | None]] = {}
    for span in sorted(believed, key=lambda span: span[1]):
        score = believed[span] - _cost(pieces, *span)
        before = [(best[each][0] - _unevenness(pieces, each, span), each) for each in best if each[1] == span[0]]
        if before:
            sum_before, each = max(before)
            best[span] = score + sum_before, each
        elif span[0] == 0:
            best[span] = score, None
    here: tuple[int, int] | None = max((span for span in best if span[1] == len(pieces)), key=lambda span: best[span][0])
    spans = []
    while here is not None:
        spans.append(here)
        here = best[here][1]
    return spans[::-1]


def _cost(pieces: Pieces, first: int, last: int) -> float:
    """What speaks against pieces first .. last − 1 being one digit, before any network looks at it."""
    joins = (s for s in pieces.seams[first : last - 1] if not s.cut)
    cost = sum(JOIN_COST + JOIN_COST_PER_GAP * max(s.gap, 0.0) for s in joins)
    if first > 0 and pieces.seams[first - 1].cut:
        cost += CUT_COST + CUT_COST_PER_STROKE * (pieces.seams[first - 1].cut - 1)
    return cost + SMALL_COST * max(0.0, SMALL - pieces.hull(first, last).height / pieces.height)


def _unevenness(pieces: Pieces, one: tuple[int, int], other: tuple[int, int]) -> float:
    """What speaks against two neighbours being digits of one row: strokes of one digit begin and end at different heights."""
    a, b = pieces.hull(*one), pieces.hull(*other)
    steps = abs(a.top - b.top) / pieces.height, abs(a.bottom - b.bottom) / pieces.height
    return UNEVEN_COST * sum(max(0.0, step - LEVEL) for step in steps)
