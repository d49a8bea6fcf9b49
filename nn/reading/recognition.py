"""A drawing and a model to a number: which ink is which digit, what it says, and whether to
believe it.

Pure functions; the commands and the window share them. `model` is anything with `predict(x (N,
28, 28, 1)) -> (N, 10)` and a `card` dictionary, of which these entries are used when they are
there:

    temperature     T > 0: probabilities become softmax(log p / T), calibrated (Guo, Pleiss, Sun, Weinberger 2017)
    sure_from       the calibrated probability from which a digit is called sure

A digit is unsure for one of three reasons (`_doubt`): its probability is below `sure_from`; another
grouping of the ink reads nearly as well, or by its shape and place it may be something else
(`nn.reading.doubts`); or the picture does not show one whole digit: a blotch, a corrected or cut-off
digit, or a thing of which the network is not sure as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any, Literal, Protocol

import numpy as np

from nn.reading.arrays import as_picture
from nn.reading.calibration import calibrated
from nn.reading.choice import MARGIN, Chosen, best_grouping, possible_spans
from nn.reading.corrections import is_corrected
from nn.reading.doubts import doubtful, is_cut_off
from nn.reading.geometry import BLOTCH, stroke_width, to_mnist
from nn.reading.pieces import Box, Digit, Pieces
from nn.reading.segmentation import Stroke, cut_up, take_apart

SURE_FROM = 0.8  # for a model whose card has no `sure_from`
LEAST_MARK = 0.05  # of the higher neighbour; a smaller speck is dirt
# A digit whose strokes are broader than this in the image that the network sees is unsure: it may be
# a blotch, or lines too close to be seen apart, as in a fingerprint. `to_mnist` pares strokes down: a
# brush of an eighth of the sheet draws digits up to 5.0 broad. Of MNIST's training digits 1 in 700 is
# broader than 5.5, 1 in 2,000 broader than 6.
BROADEST_SURE = 6.0
# `may_show_a_thing` takes a picture of 28 x 28 for a drawing if it is neither grey inside nor
# broad. Of 500 digits, as paint programs save them, none was taken for a thing: 99 % had less than
# 0.60 of their ink between FAINT and FULL, and their strokes were up to 3.9 pixels wide in the box
# of 20 x 20, or up to 3.0 if they reached from edge to edge of the picture. Of 1,000 images of
# clothes 8 % were taken for a drawing. The bundled network is not sure of most of these: it surely
# reads 0.7 % of the clothes as a number, and 4.7 % without this rule. All but 0.1 % of 3,000
# images of clothes are LARGE, at least so many pixels high or wide.
FAINT, FULL, MOST_GREY, LARGE = 0.15, 0.75, 0.7, 24
WIDEST_PEN, THIN_PEN = 4.2, 3.0

Verdict = Literal["sure", "unsure", "blank"]
Doubt = Literal["probability", "grouping", "picture"]
LIKELY = 0.5  # a less probable digit is only a guess
# On what a digit depends whose probability is not in doubt, in words.
CONDITIONS: dict[str | None, str] = {"grouping": "if its ink is one digit", "picture": "if this is one whole digit"}


class Model(Protocol):
    """What this module needs of a model."""

    @property
    def card(self) -> Mapping[str, Any]:
        """The training card."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Probabilities (N, 10) of images (N, 28, 28, 1)."""


@dataclass(frozen=True)
class ReadDigit:
    """One digit of a reading.

    box, ink       where it is, and its ink alone (box.height, box.width)
    image          what the network saw (28, 28)
    digit, probability, probabilities  the best guess, and all ten calibrated probabilities
    verdict        "sure" or "unsure"
    row            of writing, from 0
    doubt          why it is unsure: its probability, the grouping of its ink, or the picture, which may show no whole digit
    """

    box: Box
    ink: np.ndarray
    image: np.ndarray
    digit: int
    probability: float
    probabilities: np.ndarray
    verdict: Verdict
    row: int = 0
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Reading:
    """What a drawing says, row by row, from left to right; "blank" without digits, "unsure" as
    soon as one digit is.

    `marks` are the boxes of the points, commas, dashes and slashes between digits, which `number`
    leaves out.
    """

    digits: tuple[ReadDigit, ...]
    marks: tuple[Box, ...] = ()

    @property
    def number(self) -> str:
        """The digits side by side, with a space between rows of writing; empty where there is
        none.
        """
        rows = [list(row) for _, row in groupby(self.digits, key=lambda digit: digit.row)]
        return " ".join("".join(str(each.digit) for each in row) for row in rows)

    @property
    def verdict(self) -> Verdict:
        """What to make of the whole."""
        if not self.digits:
            return "blank"
        return "sure" if all(d.verdict == "sure" for d in self.digits) else "unsure"


def read_number(
    model: Model, ink: np.ndarray, temperature: float | None = None, *, strokes: Sequence[Stroke] | None = None
) -> Reading:
    """Read the digits of a drawing (H, W), white ink on black, row by row, from left to right.

    Where the pieces of ink may be grouped in several ways, the model reads every way, and the one
    whose digits it believes most, less what unusual gaps and cuts cost, is taken
    (`nn.reading.choice`).

    Args:
        model: what reads the images.
        ink: the drawing.
        temperature: replaces the card's.
        strokes: the movements of the pen that left the ink, in the order of drawing, if they are
            known. Each is its points (n, 2), x and y in pixels of `ink`, and the pen's width in
            pixels. What one of them drew stays together.
    """
    rows = take_apart(ink, strokes)
    if not rows:
        return Reading(())
    # A picture may show a thing, and cropping could make it a digit: then it is believed only if
    # the network is sure of the whole picture as well.
    is_thing = may_show_a_thing(ink) and not is_sure(model, read_images(model, as_picture(ink, "ink")[None], temperature))[0]
    read, marks = [], []
    for k, row in enumerate(rows):
        for digit, probabilities, chosen in _best_digits(model, row, temperature):
            if chosen.is_mark:
                marks.append(digit.box)
                continue
            # The dot of a fat brush looks like a bold 0.
            is_broad = stroke_width(digit.image) > BROADEST_SURE
            is_cut = strokes is None and is_cut_off(row, digit.box)
            is_other = is_thing or is_broad or is_cut or is_corrected(digit.image, int(probabilities.argmax()))
            doubt = _doubt(model, probabilities, chosen.margin, is_thing=is_other)
            read.append(_judged(digit, probabilities, doubt, row=k))
    marks += [speck for speck in rows[0].specks if _is_between(speck, read)]
    return Reading(tuple(read), tuple(marks))


def _best_digits(model: Model, row: Pieces, temperature: float | None) -> list[tuple[Digit, np.ndarray, Chosen]]:
    """The digits of a row that read best together, what the model believes of each, and how each
    was chosen. Ink that is connected is only cut up if that could change anything.
    """
    spans = possible_spans(row)
    digits = [row.digit(*span) for span in spans]
    found = read_images(model, np.stack([digit.image for digit in digits]), temperature)
    grouping = best_grouping(row, dict(zip(spans, found, strict=True)))
    if row.may_touch and not grouping.is_settled:
        parts = cut_up(row)
        if len(parts) > len(row):
            return _best_digits(model, parts, temperature)
    best = []
    doubted = doubtful(
        row, [(each.span, int(found[spans.index(each.span)].argmax())) for each in grouping.spans if not each.is_mark]
    )
    for chosen in grouping.spans:
        number = spans.index(chosen.span)
        best.append((digits[number], found[number], replace(chosen, margin=0.0) if chosen.span in doubted else chosen))
    return best


def may_show_a_thing(ink: np.ndarray) -> bool:
    """Whether a picture of the network's own size may show a thing rather than a drawing, so that
    cropping could make it a digit.

    It does if it is not drawn with a pen: a blotch or, if it is large, grey inside, broad, or as
    high or wide as the picture without being thin.
    """
    if ink.shape != (28, 28):
        return False
    ink = as_picture(ink, "ink")
    inked = ink[ink > FAINT]
    if not len(inked):
        return False
    pen = stroke_width(to_mnist(ink))
    if max(map(np.ptp, np.nonzero(ink > FAINT))) + 1 < LARGE:
        return pen > BLOTCH
    edges = [ink[0].max() > FAINT and ink[-1].max() > FAINT, ink[:, 0].max() > FAINT and ink[:, -1].max() > FAINT]
    return bool((inked < FULL).mean() > MOST_GREY or pen > WIDEST_PEN or (any(edges) and pen > THIN_PEN))


def read_images(model: Model, images: np.ndarray, temperature: float | None = None) -> np.ndarray:
    """Calibrated probabilities (N, 10) of MNIST-like images (N, 28, 28)."""
    if temperature is None:
        temperature = float(model.card.get("temperature", 1.0))
    return calibrated(model.predict(images.reshape(-1, 28, 28, 1)), temperature)


def is_sure(model: Model, probabilities: np.ndarray) -> np.ndarray:
    """Which rows of calibrated probabilities (N, 10) are to be believed: boolean (N,)."""
    return probabilities.max(axis=1) >= float(model.card.get("sure_from", SURE_FROM))


def _is_between(speck: Box, digits: Sequence[ReadDigit]) -> bool:
    """Whether a speck lies between two neighbours of a row and is large enough to be a point or a
    comma.
    """
    for one, other in pairwise(digits):
        height = max(one.box.height, other.box.height)
        inside = one.box.right <= speck.left and speck.right <= other.box.left and one.row == other.row
        low = speck.top >= min(one.box.top, other.box.top) and speck.top <= max(one.box.bottom, other.box.bottom)
        if inside and low and max(speck.width, speck.height) >= LEAST_MARK * height:
            return True
    return False


def _doubt(model: Model, probabilities: np.ndarray, margin: float, *, is_thing: bool) -> Doubt | None:
    """Why a digit is unsure, the weightiest reason first; None if it is sure."""
    if not is_sure(model, probabilities[None])[0]:
        return "probability"
    if margin < MARGIN:
        return "grouping"
    return "picture" if is_thing else None


def _judged(digit: Digit, probabilities: np.ndarray, doubt: Doubt | None, *, row: int) -> ReadDigit:
    best = int(probabilities.argmax())
    verdict: Verdict = "unsure" if doubt else "sure"
    return ReadDigit(
        digit.box,
        digit.ink,
        image=digit.image,
        digit=best,
        probability=float(probabilities[best]),
        probabilities=probabilities,
        verdict=verdict,
        row=row,
        doubt=doubt,
    )
