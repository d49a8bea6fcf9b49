"""How the gradient at one cell, or of one weight, is added up."""

from __future__ import annotations

import numpy as np
import pygame

from apps.draw.inside.card import place_of
from apps.draw.inside.marks import Focus
from apps.draw.inside.page import LINE, RULE, Page
from apps.draw.inside.way_back import (
    Back,
    FromConv,
    FromDense,
    FromLoss,
    FromPool,
    FromReLU,
    FromWeight,
    WayBack,
    terms_of,
    weight_terms,
)
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.numbers import MINUS, SUM, TIMES, scientific
from apps.draw.wording import a_digit
from nn.layers import Conv2D, Softmax

WINDOW_CELL = (56, 30)
BARS, ROOMY = 30, 190
INVITATION = (
    "Each cell shows how the loss changes with its value: orange, it grows; blue, it falls.",
    "Click a cell: the card shows the sum that produced its gradient. K goes on to the weights of its kernel.",
)
FOOT = 34  # kept free for the buttons
DZ, WEIGHT = 0.21, 0.45  # where a table's columns begin, in parts of the width: powers of ten fit in each


class BackCard:
    """Explains one gradient."""

    def draw(
        self, surface: pygame.Surface, look: Look, rect: pygame.Rect, way: WayBack | None, focus: Focus | None, weight: int | None
    ) -> None:
        """Paint the card; `weight` is the number of the weight that is shown instead of the cell,
        in the kernel's order.
        """
        room = rect.copy()
        room.height -= look.px(FOOT)
        page = Page(surface, look, room)
        if way is None:
            page.title("The way back")
            page.paragraph("Getting ready… The first time on a machine it compiles.")
            return
        if focus is None or focus.stage >= len(way.stages):
            page.title(f"The way back, for {a_digit(way.target)}")
            page.line((f"loss = {MINUS}log p({way.target})", 0.0), value=scientific(way.loss), strong=True)
            page.skip(4)
            if not isinstance(way.stages[-1].layer, Softmax):
                page.paragraph("The network does not end in a softmax; p is the softmax of its outputs.")
                page.skip(4)
            for text in INVITATION:
                page.paragraph(text)
                page.skip(4)
            return
        back = way.stages[focus.stage]
        if weight is not None and isinstance(back.layer, Conv2D):
            _weight(page, way, focus, weight)
        else:
            _cell(page, way, back, focus)


def weight_at(back: Back, focus: Focus, weight: int) -> tuple[int, int, int, int]:
    """The weight's place in the kernel (ki, kj, c, f), of the filter that made the cell and the
    map that is looked through.
    """
    kernel = back.layer.parameters["kernel"]
    ki, kj = divmod(weight % (kernel.shape[0] * kernel.shape[1]), kernel.shape[1])
    channel = 0 if focus.lens is None else min(focus.lens, kernel.shape[2] - 1)
    return ki, kj, channel, focus.cell[2]


def _cell(page: Page, way: WayBack, back: Back, focus: Focus) -> None:
    cell = focus.cell
    maps = back.values.ndim == 3
    short = f"Gradient at {back.kind} · map {cell[2]} ({cell[0]}, {cell[1]})" if maps else f"Gradient at {back.kind}"
    page.title(f"Gradient at {back.kind} · {place_of(cell, maps)}", short)
    terms = terms_of(way, focus.stage, cell)
    if isinstance(terms, FromConv):
        _from_conv(page, terms, focus.lens)
    elif isinstance(terms, FromDense):
        _from_dense(page, terms)
    elif isinstance(terms, FromPool):
        _from_pool(page, terms)
    elif isinstance(terms, FromReLU):
        page.line((f"ReLU {_passes(terms.passes)}", 0.0), value=scientific(terms.gradient))
        page.rule()
        page.line(("dloss/dvalue", 0.0), value=scientific(terms.value), strong=True)
    elif isinstance(terms, FromLoss):
        page.line((f"p({cell[0]})", 0.0), value=scientific(terms.probability))
        page.line((f"{MINUS} {int(terms.wanted)}: it should {'be' if terms.wanted else 'not be'} {a_digit(cell[0])}", 0.0))
        page.rule()
        page.line(("dloss/dscore", 0.0), value=scientific(terms.value), strong=True)
    else:
        page.line(("dloss/dvalue", 0.0), value=scientific(float(back.values[cell])), strong=True)
    activation = getattr(back.layer, "activation_name", "linear")
    if activation == "relu":
        words = f"ReLU {_passes(bool(back.forward.values[cell] > 0))}"
        page.line((words, 0.0), value=scientific(float(back.scores[cell])))
    elif activation != "linear":
        page.line((f"dz, before {activation}", 0.0), value=scientific(float(back.scores[cell])))


def _passes(passes: bool) -> str:
    return "lets it through" if passes else "stops it: the value is not above 0"


def _from_conv(page: Page, terms: FromConv, lens: int | None) -> None:
    """A sum over filters and offsets; one filter's in numbers."""
    strongest = int(np.abs(terms.by_filter).argmax())
    shown = strongest if lens is None else min(lens, terms.gradients.shape[2] - 1)
    gradients, weights, products = (array[..., shown] for array in (terms.gradients, terms.weights, terms.products))
    grids = [
        (f"dz, filter {shown}", gradients, float(np.abs(terms.gradients).max())),
        ("kernel", weights, float(np.abs(terms.weights).max())),
    ]
    if weights.shape[1] <= 3:
        grids.append(("products", products, float(np.abs(products).max())))
    strip = BARS + 4 if page.room_left > ROOMY else 0
    page.grids(grids, f"{TIMES}="[: len(grids) - 1], below=3 * LINE + RULE + LINE + strip)
    comment = "counts most" if shown == strongest else "here"
    page.line((f"{SUM} filter by filter; filter {shown} {comment}", 0.0), value=scientific(float(products.sum())))
    if strip:
        page.columns(terms.by_filter, shown, BARS)
    page.rule()
    total = float(terms.products.sum(dtype=np.float64))
    page.line((f"{SUM} dz {TIMES} kernel, {terms.gradients.size:,} products", 0.0), value=scientific(total), strong=True)


def _from_dense(page: Page, terms: FromDense) -> None:
    """A sum over units."""
    page.line(("to", 0.0), ("dz", DZ), (f"{TIMES} weight", WEIGHT), value="product")
    order = np.argsort(-np.abs(terms.products), kind="stable")[: max(1, page.lines_left - 4)]
    for unit in order.tolist():
        words = (
            (f"unit {unit}", 0.0),
            (scientific(float(terms.gradients[unit])), DZ),
            (f"{TIMES} {scientific(float(terms.weights[unit]))}", WEIGHT),
        )
        page.line(*words, value=scientific(float(terms.products[unit])), colour=page.look.palette.text)
    total = float(terms.products.sum(dtype=np.float64))
    rest = total - float(terms.products[order].sum(dtype=np.float64))
    page.line((f"the other {terms.products.size - len(order):,}", 0.0), value=scientific(rest))
    page.rule()
    page.line((f"{SUM} dz {TIMES} weight", 0.0), value=scientific(total), strong=True)


def _from_pool(page: Page, terms: FromPool) -> None:
    """Whoever was the greatest gets it all."""
    page.grids(
        [
            (
                "the values that max-pooling chose from",
                terms.window,
                float(np.nanmax(np.abs(np.where(np.isfinite(terms.window), terms.window, 0)))),
            )
        ],
        "",
        terms.winner,
        WINDOW_CELL,
        below=3 * LINE + RULE + 2,
    )
    page.skip(2)
    page.line((f"the winner, row {terms.winner[0]}, column {terms.winner[1]}, gets", 0.0), value=scientific(terms.gradient))
    won = terms.here == terms.winner
    page.rule()
    where = f"this one, row {terms.here[0]}, column {terms.here[1]}, {'won' if won else 'lost'}"
    page.line((where, 0.0), value=scientific(terms.value), strong=True)


def _weight(page: Page, way: WayBack, focus: Focus, weight: int) -> None:
    """A sum over output pixels."""
    back = way.stages[focus.stage]
    place = weight_at(back, focus, weight)
    terms: FromWeight = weight_terms(way, focus.stage, place)
    page.title(f"Weight ({place[0]}, {place[1]}) of map {place[2]}, filter {place[3]}")
    page.line(("the weight", 0.0), value=scientific(float(back.layer.parameters["kernel"][place])))
    grids = [
        ("inputs under it", terms.inputs, float(np.abs(terms.inputs).max())),
        ("dz of the filter", terms.gradients, float(np.abs(terms.gradients).max())),
    ]
    page.grids(grids, TIMES, cell=(12, 12), below=(4 if page.room_left > ROOMY else 2) * LINE + RULE)
    order = np.argsort(-np.abs(terms.products), axis=None, kind="stable")
    for at in order[: max(0, min(3, page.lines_left - 2))].tolist():
        i, j = np.unravel_index(at, terms.products.shape)
        text = f"row {i}, column {j}: {scientific(float(terms.inputs[i, j]))} {TIMES} {scientific(float(terms.gradients[i, j]))}"
        page.line((text, 0.0), value=scientific(float(terms.products[i, j])), colour=page.look.palette.text)
    page.rule()
    total = float(terms.products.sum(dtype=np.float64))
    page.line((f"{SUM} over {terms.products.size:,} output pixels", 0.0), value=scientific(total), strong=True)
