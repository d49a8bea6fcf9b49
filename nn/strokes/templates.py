"""The shapes as arrays, for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from nn.strokes.families import FAMILIES, MEMBERS, members
from nn.strokes.shapes import DIGITS
from nn.strokes.signs import SIGNS


@dataclass(frozen=True)
class Templates:
    """Templates laid end to end, for the kernels.

    points (P, 2) float32; corners (P,) uint8, 1 where the pen turns sharply; the strokes of
    template t are stroke_offsets[t] .. stroke_offsets[t + 1] − 1, the points of stroke s are
    point_offsets[s] .. point_offsets[s + 1] − 1; cumulative (T,) float32 is the running share of
    the weights; labels (T,) uint8; names (T,).
    """

    points: np.ndarray
    corners: np.ndarray
    point_offsets: np.ndarray
    stroke_offsets: np.ndarray
    cumulative: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]


@cache
def digit_templates() -> Templates:
    """All ways of writing the ten digits, families included; the digits are equally likely."""
    lines: list[tuple[float, str, str, int]] = []
    for digit, text in DIGITS.items():
        parsed = _parsed(text) + _members_of(FAMILIES[digit])
        total = sum(weight for weight, _, _ in parsed)
        lines += [(weight / total, name, strokes, digit) for weight, name, strokes in parsed]
    return _packed(lines)


@cache
def other_templates() -> Templates:
    """Signs that are not digits; their label is 255."""
    return templates_of(SIGNS)


def templates_of(text: str) -> Templates:
    """Shapes written down as in `nn.strokes.shapes`, as templates of label 255."""
    return _packed([(weight, name, strokes, 255) for weight, name, strokes in _parsed(text)])


def _parsed(text: str) -> list[tuple[float, str, str]]:
    """Lines to (weight, name, strokes)."""
    out = []
    for line in text.strip().splitlines():
        head, strokes = line.rsplit(":", 1)
        weight, name = head.strip().split(" ", 1)
        out.append((float(weight), name, strokes))
    return out


def _members_of(text: str) -> list[tuple[float, str, str]]:
    """Families to (weight, name, strokes) of all their members."""
    return [
        (weight / MEMBERS, f"{name} ({k + 1})", each)
        for weight, name, strokes in _parsed(text)
        for k, each in enumerate(members(strokes))
    ]


def _packed(lines: list[tuple[float, str, str, int]]) -> Templates:
    points: list[tuple[float, float]] = []
    corners: list[int] = []
    point_offsets, stroke_offsets = [0], [0]
    for _, _, strokes, _ in lines:
        for stroke in strokes.split("|"):
            for word in stroke.split():
                x, y = word.rstrip("*").split(",")
                points.append((float(x) / 100, float(y) / 100))
                corners.append(int(word.endswith("*")))
            point_offsets.append(len(points))
        stroke_offsets.append(len(point_offsets) - 1)
    weights = np.cumsum([weight for weight, *_ in lines])
    return Templates(
        np.array(points, np.float32),
        np.array(corners, np.uint8),
        point_offsets=np.array(point_offsets, np.int64),
        stroke_offsets=np.array(stroke_offsets, np.int64),
        cumulative=(weights / weights[-1]).astype(np.float32),
        labels=np.array([label for *_, label in lines], np.uint8),
        names=tuple(name for _, name, _, _ in lines),
    )
