"""The style of all pictures: one typeface, and colours that colour-blind people can tell apart.

The colours are those of Okabe and Ito.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from nn.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

INK, FAINT, GRID = "#222831", "#6b7280", "#e5e7eb"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BROWN = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BROWN, "#222831", "#999999", "#b8a800")
MARKERS = "osD^vPX*<>"
WIDTH = 7.2  # inches; on the page an inch is 96 pixels of the screen
DPI = 168
COLOURS = 255  # of a picture's palette

TYPE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def check_matplotlib(what: str) -> None:
    """Raise `InputError` if matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise InputError(f"{what} needs matplotlib, which is not installed (pip install matplotlib)") from error
    except ValueError as error:  # such as an unknown backend in MPLBACKEND
        raise InputError(f"{what} needs matplotlib, which cannot be imported: {error}") from error


def styled() -> Any:
    """A context in which all figures have this style, whatever the user's own settings are."""
    from matplotlib import style

    return style.context(["default", TYPE])


def new_figure(height: float, layout: str | None = "constrained", width: float = WIDTH) -> Figure:
    """An empty figure, `height` and `width` in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout)


def bare(axes: Axes, frame: bool = True) -> None:
    """No ticks and no grid; a thin frame or none."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=frame, color=GRID, linewidth=0.8)


def heading(figure: FigureBase, text: str) -> None:
    """One title above all panels, in the style of theirs."""
    figure.suptitle(text, x=0, ha="left", fontsize=TYPE["axes.titlesize"], weight=TYPE["axes.titleweight"])


def png(figure: Figure) -> bytes:
    """The figure as a PNG with a palette; equal figures give equal bytes."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()
