"""Pictures without axes: confusion matrix, mistakes, filters, and one image in all layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.layers import Layer
from nn.report.measures import Findings
from nn.report.style import BLUE, FAINT, GRID, INK, VERMILION, WIDTH, bare, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

MOST_WRONG = 40
COLUMNS, COLUMNS_OF_WORDS = 8, 6
MAPS_IN_ROW, VALUES_IN_ROW = 16, 64
TITLE, GAP = 0.24, 0.10  # inches

Panel = tuple[str, NDArray | None, float]  # title, picture, width in inches


def confusion_matrix(found: Findings, names: Sequence[str]) -> Figure:
    """Counts by label (row) and answer (column); the more frequent a mistake, the darker."""
    counts = found.confusion()
    mistakes = np.sqrt(np.where(np.eye(len(names), dtype=bool), 0, counts))
    figure = new_figure(6.0 if max(map(len, names)) == 1 else 6.6)
    axes = figure.subplots()
    axes.imshow(np.ma.masked_equal(mistakes, 0), cmap="Oranges", vmin=0, vmax=1.6 * max(mistakes.max(), 1))
    for (row, column), count in np.ndenumerate(counts):
        if row == column:
            axes.add_patch(_cell((column - 0.5, row - 0.5), 1, 1, "#dbeafe"))
        if count:
            axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=9, color=FAINT if row == column else INK)
    for row in range(len(names)):
        total = counts[row].sum()
        share = f"{100 * counts[row, row] / total:.1f} %" if total else "none"
        axes.text(len(names) - 0.4, row, share, va="center", fontsize=9)
    axes.text(len(names) - 0.4, -0.75, "read right", fontsize=9, weight="bold")
    turn = {} if max(map(len, names)) == 1 else {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(names)), names, **turn)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="read as", ylabel="label")
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(which="minor", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _cell(corner: tuple[float, float], width: float, height: float, colour: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, color=colour, linewidth=0, zorder=-1)


def mistakes_sheet(found: Findings, names: Sequence[str]) -> Figure:
    """The most confident mistakes: image, answer, label, and the probabilities of both."""
    indices = found.wrong[:MOST_WRONG]
    columns = COLUMNS if max(map(len, names)) == 1 else COLUMNS_OF_WORDS
    rows = -(-len(indices) // columns)
    cell = WIDTH / columns
    height = rows * (cell + 0.42)
    figure = new_figure(height, layout=None)
    for position, index in enumerate(indices):
        row, column = divmod(position, columns)
        bottom = height - row * (cell + 0.42) - 0.94 * cell
        axes = figure.add_axes(((column + 0.06) / columns, bottom / height, 0.88 / columns, 0.88 * cell / height))
        axes.imshow(found.images[index], cmap="gray_r", vmin=0, vmax=255)
        bare(axes)
        guess, label = int(found.guesses[index]), int(found.labels[index])
        for line, (what, colour) in enumerate(((guess, VERMILION), (label, BLUE))):
            says = f"{names[what]}  {_percent(float(found.believed[index, what]))}"
            x, y = cell * (column + 0.5) / WIDTH, (bottom - 0.05 - 0.15 * line) / height
            figure.text(x, y, says, ha="center", va="top", fontsize=8.5, color=colour)
    return figure


def _percent(share: float) -> str:
    return "< 1 %" if 0 < share < 0.005 else "> 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def filters_sheet(filters: NDArray) -> Figure:
    """The filters (F, height, width), all on one scale: purple positive, orange negative."""
    shown = filters[:64]
    rows = -(-len(shown) // COLUMNS)
    figure = new_figure(0.86 * WIDTH / COLUMNS * rows, layout=None, width=0.86 * WIDTH)
    axes = figure.add_axes((0, 0, 1, 1))
    limit = float(np.abs(shown).max()) or 1.0
    axes.imshow(mosaic(shown, COLUMNS, gap=shown.shape[1] / 10), cmap="PuOr", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.axis("off")
    return figure


def mosaic(maps: NDArray, columns: int, gap: float = 1) -> NDArray:
    """Pictures (F, H, W) side by side, `columns` in a row, with NaN in the gaps.

    For a gap below one pixel, all pixels are enlarged until the gap is at least one.
    """
    zoom = 1 if gap >= 1 else int(np.ceil(1 / gap))
    maps = maps.repeat(zoom, axis=1).repeat(zoom, axis=2)
    space, (count, height, width) = round(gap * zoom), maps.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + space) - space, columns * (width + space) - space), np.nan)
    for index, picture in enumerate(maps):
        top, left = index // columns * (height + space), index % columns * (width + space)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def layers_sheet(image: NDArray[np.uint8], passed: Sequence[tuple[Layer, NDArray]], names: Sequence[str]) -> Figure:
    """One image in all layers: every feature map and every activation, from top to bottom."""
    panels: list[Panel] = [("input: 28 x 28 pixels", mosaic(image[np.newaxis] / 255.0, MAPS_IN_ROW), 1.05)]
    before = image.astype(np.float32).ravel() / 255
    for layer, out in passed[:-1]:
        title = f"{layer.name} ({type(layer).__name__}): "
        if out.size == before.size and np.array_equal(out.ravel(), before):
            panels.append((title + f"the same {out.size:,} values", None, 0.0))
        elif out.ndim == 3:
            title += f"{out.shape[2]} maps of {out.shape[0]} x {out.shape[1]}"
            tiles = mosaic(out.transpose(2, 0, 1), MAPS_IN_ROW, gap=out.shape[0] / 14)
            panels.append((title, tiles, WIDTH * min(1.0, out.shape[2] / MAPS_IN_ROW)))
        else:
            cells = out.reshape(-1, 1, 1)
            panels.append((title + f"{out.size} values", mosaic(cells, VALUES_IN_ROW, gap=0.25), WIDTH))
        before = out.ravel()
    return _stack(panels, *passed[-1], names)


def _stack(panels: Sequence[Panel], last: Layer, scores: NDArray, names: Sequence[str]) -> Figure:
    """The panels one below the other, and the last layer's values as bars."""
    heights = [0.0 if picture is None else width * picture.shape[0] / picture.shape[1] for _, picture, width in panels]
    bars = 1.2
    total = sum(heights) + bars + 0.35 + (TITLE + GAP) * (len(panels) + 1)
    figure = new_figure(total, layout=None)
    top = total
    for (title, picture, width), height in zip(panels, heights, strict=True):
        top -= TITLE
        figure.text(0, (top + 0.07) / total, title, fontsize=9.5, weight="bold")
        if picture is not None:
            axes = figure.add_axes((0, (top - height) / total, width / WIDTH, height / total))
            _show(axes, picture)
        top -= height + GAP
    top -= TITLE
    title = f"{last.name} ({type(last).__name__}): {scores.size} values"
    figure.text(0, (top + 0.07) / total, title, fontsize=9.5, weight="bold")
    axes = figure.add_axes((0.05, (top - bars) / total, 0.93, bars / total))
    best = int(scores.argmax())
    shown = axes.bar(range(scores.size), scores, color=[BLUE if k == best else "#b6c2cf" for k in range(scores.size)])
    axes.bar_label(shown, [f"{value:.3f}" for value in scores], fontsize=8.5)
    axes.set_xticks(range(scores.size), names, fontsize=9 if max(map(len, names)) == 1 else 7)
    axes.margins(y=0.18)
    axes.tick_params(length=0)
    return figure


def _show(axes: Axes, picture: NDArray) -> None:
    """White is 0, the largest value darkest, by square roots; negative values are orange."""
    shade = np.sign(picture) * np.sqrt(np.abs(picture))
    limit = float(np.nanmax(np.abs(shade))) or 1.0
    tint = {"cmap": "PuOr", "vmin": -limit} if np.nanmin(shade) < 0 else {"cmap": "Blues", "vmin": 0}
    axes.add_patch(_cell((-0.5, -0.5), picture.shape[1], picture.shape[0], GRID))
    axes.imshow(np.ma.masked_invalid(shade), vmax=limit, interpolation="nearest", aspect="auto", **tint)
    axes.axis("off")
