"""The sum that produced one cell, with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pygame

from apps.draw.inside.marks import Focus
from apps.draw.inside.page import LINE, RULE, Page
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS, SUM, TIMES, decimal
from nn.inspection.terms import Cell, Greatest, Rectified, Share, WeightedSum

if TYPE_CHECKING:
    from nn.inspection.stages import Stage

INVITATION = (
    "Point at any cell: what produced it lights up in the layer before, and its sum appears here.",
    "A click keeps the cell, and every map before it shows its part. Arrows: the next cell. Page Up: where most of it came from.",
    "Keep drawing meanwhile: every map follows the pen.",
)
WINDOW_CELL = (56, 34)
BARS = 34  # height of the channels' sums
ROOMY = 200  # design pixels, from which on they are shown
SUM_LINES = 4  # under a convolution's grids
SECOND, THIRD = 0.42, 0.62  # where a table's columns begin, in parts of the width


class CellCard:
    """Explains one cell of a trace."""

    def draw(
        self,
        surface: pygame.Surface,
        look: Look,
        rect: pygame.Rect,
        trace: Sequence[Stage],
        focus: Focus | None,
        believed: Sequence[float],
    ) -> None:
        """Paint the card; `believed` are the calibrated probabilities that the reading uses."""
        page = Page(surface, look, rect)
        if focus is None or focus.stage >= len(trace):
            page.title("Inside the network")
            for text in INVITATION:
                page.paragraph(text)
                page.skip(6)
            return
        stage, cell = trace[focus.stage], focus.cell
        page.title(f"{stage.kind} · {place_of(cell, stage.values.ndim == 3)}")
        terms = stage.terms(cell)
        if isinstance(terms, WeightedSum) and terms.inputs.ndim == 3:
            _patch(page, terms, float(np.abs(stage.before).max()), focus.lens)
        elif isinstance(terms, WeightedSum):
            _contributions(page, terms, stage.before.shape)
        elif isinstance(terms, Greatest):
            _window(page, terms, float(np.abs(stage.before).max()))
        elif isinstance(terms, Share):
            _shares(page, terms, cell[0], believed)
        else:
            if isinstance(terms, Rectified):
                page.line(("before", 0.0), value=decimal(terms.score, 4))
            page.line(
                ("its value" if terms is None else "ReLU: max(0, before)", 0.0),
                value=decimal(float(stage.values[cell]), 4),
                strong=True,
            )


def place_of(cell: Cell, maps: bool) -> str:
    """Where a cell is, in words; rows, columns, maps and units are counted from 0, as everywhere
    in `nn`.
    """
    return f"map {cell[2]} · row {cell[0]} · column {cell[1]}" if maps else f"unit {cell[0]}"


def _patch(page: Page, terms: WeightedSum, greatest: float, lens: int | None) -> None:
    """A convolution: patch × kernel in numbers (of one channel, that which counts most unless
    told), and the sum over all.
    """
    channels, strongest = terms.inputs.shape[2], int(np.abs(terms.by_channel).argmax())
    shown = strongest if lens is None else lens
    patch, kernel, products = (array[..., shown] for array in (terms.inputs, terms.weights, terms.products))
    caption = f"patch, map {shown}" if channels > 1 else "patch"
    grids = [(caption, patch, greatest), ("kernel", kernel, float(np.abs(terms.weights).max()))]
    if patch.shape[1] <= 3:
        grids.append(("products", products, float(np.abs(products).max())))
    strip = BARS + 4 if channels > 1 and page.room_left > ROOMY else 0
    below = SUM_LINES * LINE + RULE + (LINE + strip if channels > 1 else 0)
    page.grids(grids, f"{TIMES}="[: len(grids) - 1], below=below)
    if channels > 1:
        comment = f"map {shown} counts most" if shown == strongest else f"here map {shown}"
        page.line((f"{SUM} map by map; {comment}", 0.0), value=decimal(float(products.sum()), 4))
        if strip:
            page.columns(terms.by_channel, shown, BARS)
    _sum(page, f"{SUM} patch {TIMES} kernel, {terms.inputs.size} products", float(terms.products.sum(dtype=np.float64)), terms)


def _sum(page: Page, what: str, products: float, terms: WeightedSum) -> None:
    page.line((what, 0.0), value=decimal(products, 4))
    page.line(("+ bias", 0.0), value=decimal(terms.bias, 4))
    page.rule()
    if terms.activation == "linear":
        page.line(("= the sum", 0.0), value=decimal(terms.value, 4), strong=True)
        return
    page.line(("= the sum", 0.0), value=decimal(terms.total, 4))
    meaning = "ReLU keeps it" if terms.total > 0 else "ReLU makes it 0"
    page.line((meaning if terms.activation == "relu" else terms.activation, 0.0), value=decimal(terms.value, 4), strong=True)


def _contributions(page: Page, terms: WeightedSum, before: tuple[int, ...]) -> None:
    """A dense layer: the products that count most, the others together, bias and activation."""
    room = page.lines_left - 4
    page.line(("from", 0.0), ("value", SECOND), (f"{TIMES} weight", THIRD), value="product")
    listed = terms.strongest(max(1, room))
    for at in listed:
        cell = tuple(int(index) for index in np.unravel_index(at[0], before))
        where = f"map {cell[2]} ({cell[0]}, {cell[1]})" if len(cell) == 3 else f"unit {cell[0]}"
        value, weight = decimal(float(terms.inputs[at])), decimal(float(terms.weights[at]))
        words = (where, 0.0), (value, SECOND), (f"{TIMES} {weight}", THIRD)
        page.line(*words, value=decimal(float(terms.products[at]), 4), colour=page.look.palette.text)
    products = float(terms.products.sum(dtype=np.float64))
    rest = products - sum(float(terms.products[at]) for at in listed)
    page.line((f"the other {terms.inputs.size - len(listed):,}", 0.0), value=decimal(rest, 4))
    page.line(("+ bias", 0.0), value=decimal(terms.bias, 4))
    page.rule()
    if terms.activation == "linear":
        page.line(("= the sum", 0.0), value=decimal(terms.value, 4), strong=True)
    else:
        meaning = f"max(0, {decimal(terms.total, 4)})" if terms.activation == "relu" else terms.activation
        page.line((f"= {meaning}", 0.0), value=decimal(terms.value, 4), strong=True)


def _window(page: Page, terms: Greatest, greatest: float) -> None:
    """Max-pooling: the values it chose from and the one that won."""
    rows, columns = terms.window.shape
    page.grids(
        [(f"the {rows} {TIMES} {columns} values of the map before", terms.window, greatest)],
        "",
        terms.winner,
        WINDOW_CELL,
        below=3 * LINE + RULE + 4,
    )
    page.skip(4)
    page.paragraph(f"The greatest wins: row {terms.winner[0]}, column {terms.winner[1]} of the window. Of equals, the first.")
    values = terms.window[np.isfinite(terms.window)]
    listed = ", ".join(decimal(value) for value in values.tolist())
    page.rule()
    page.line((f"max({listed})", 0.0), value=decimal(terms.value, 4), strong=True)


def _shares(page: Page, terms: Share, chosen: int, believed: Sequence[float]) -> None:
    """Softmax: every score's exponential, their total, and the chosen one's part of it; and what
    calibration makes of that.
    """
    most = float(terms.scores.max())
    shift = f"{MINUS} {decimal(most)}" if most >= 0 else f"+ {decimal(-most)}"
    page.line(("", 0.0), ("logit z", 0.12), (f"exp(z {shift})", SECOND), value="share")
    order = sorted(range(len(terms.scores)), key=lambda k: (k != chosen, -float(terms.scores[k])))
    listed = sorted(order[: max(1, page.lines_left - 1 - (len(believed) > 0))])
    for number in listed:
        exponential = float(terms.exponentials[number])
        words = (str(number), 0.0), (decimal(float(terms.scores[number])), 0.12), (_small(exponential), SECOND)
        page.line(*words, value=f"{decimal(100 * exponential / terms.total)} %", strong=number == chosen)
    page.rule()
    page.line((f"total of all {len(terms.scores)}", 0.0), (_small(terms.total), SECOND), value="100 %")
    if chosen < len(believed):
        page.line((f"the reading of {chosen}, calibrated", 0.0), value=f"{decimal(100 * believed[chosen])} %")


def _small(value: float) -> str:
    """A positive number, however small."""
    return decimal(value, 4) if value >= 0.0001 or value == 0 else f"{value:.1e}".replace("-", MINUS)
