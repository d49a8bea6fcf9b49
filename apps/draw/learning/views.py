"""A network that learns, in pictures: its curves, its first filters, and what it says about the
drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygame

from apps.draw.learning.watch import FINISHED, IDLE, LOADING, PAUSED, Watch
from apps.draw.toolkit import shapes, theme
from apps.draw.toolkit.look import Look
from apps.draw.toolkit.text import wrapped
from apps.draw.why import heat
from apps.draw.wording import counted, percent

COLUMNS = (4, 6, 8, 11)  # of filters
MOST_POINTS = 240  # of a curve
SCALE, BELOW, TICK = 42, 18, 12  # design pixels: room beside and below a curve for its scale, and its size of type


def paint_curves(surface: pygame.Surface, look: Look, rect: pygame.Rect, watch: Watch) -> None:
    """Loss and accuracy, batch by batch, and a dot for each epoch's test accuracy."""
    palette = look.palette
    total = max(1, watch.steps * watch.wanted_epochs, len(watch.losses))
    labels, scale, below = look.px(20), look.px(SCALE), look.px(BELOW)
    half = (rect.height - below - look.px(14)) // 2
    accuracy = f"accuracy {percent(float(np.mean(watch.accuracies[-20:])))}" if watch.accuracies else "accuracy"
    loss = f"loss {np.mean(watch.losses[-20:]):.3f}" if watch.losses else "loss"
    highest = max(2.5, max(watch.losses[:20], default=2.5))
    charts = (
        (accuracy, watch.accuracies, 1.0, palette.accent, "100 %"),
        (loss, watch.losses, highest, palette.speaks_against, f"{highest:.1f}"),
    )
    for number, (name, values, top, colour, greatest) in enumerate(charts):
        above = rect.top + number * (half + look.px(14)) + labels
        place = pygame.Rect(rect.left + scale, above, rect.width - scale, half - labels)
        look.text(surface, name, (place.left, place.top - labels // 2), theme.SMALL, palette.text, bold=True)
        shapes.frame(surface, place, look.px(4), palette.line, look.px(1))
        for mark, middle in ((greatest, place.top + look.px(6)), ("0", place.bottom - look.px(6))):
            look.text(surface, mark, (place.left - look.px(6), middle), TICK, palette.quiet, align="right")
        surface.fill(palette.line, (place.left, place.centery, place.width, look.px(1)))
        points = _points(values, place, total, top)
        if len(points) > 1:
            for lower in range(look.px(1.6)):
                pygame.draw.aalines(surface, colour, False, [(x, y + lower) for x, y in points])
        if number == 0:
            for at, share in watch.tests:
                x, y = place.left + at / total * place.width, place.bottom - share * place.height
                dot = shapes.disc(look.px(8), palette.text)
                surface.blit(dot, dot.get_rect(center=(min(x, place.right - look.px(4)), max(y, place.top + look.px(4)))))
            if watch.tests:
                read = f"{100 * watch.tests[-1][1]:.2f} %"
                room = place.width - look.text_width(name, theme.SMALL, bold=True) - look.px(8)
                fits = (text for text in (f"test images {read}", f"test {read}") if look.text_width(text, theme.SMALL) <= room)
                words = next(fits, read)
                look.text(surface, words, (place.right, place.top - labels // 2), theme.SMALL, palette.text, align="right")
    if watch.steps:
        words = look.fitted(counted(total, "batch"), rect.width - scale, TICK)
        look.text(surface, words, (rect.right, rect.bottom - below // 2), TICK, palette.quiet, align="right")


def _points(values: Sequence[float], place: pygame.Rect, total: int, top: float) -> list[tuple[float, float]]:
    """The curve's corners; several batches are averaged where there are very many."""
    count = len(values)
    if count == 0:
        return []
    bins = min(count, MOST_POINTS)
    edges = np.linspace(0, count, bins + 1).astype(int)
    means = np.add.reduceat(np.asarray(values, float), edges[:-1]) / np.diff(edges)
    across = place.left + (edges[1:] - 0.5) / total * place.width
    down = place.bottom - np.clip(means / top, 0, 1) * (place.height - 2) - 1
    return list(zip(across.tolist(), down.tolist(), strict=True))


def paint_filters(surface: pygame.Surface, look: Look, rect: pygame.Rect, kernel: np.ndarray | None) -> None:
    """The first layer's filters, each in a square of its own; all in one scale of colours."""
    look.text(surface, "the first filters", (rect.left, rect.top + look.px(10)), theme.SMALL, look.palette.text, bold=True)
    room = pygame.Rect(rect.left, rect.top + look.px(22), rect.width, rect.height - look.px(22))
    high, wide, _, count = (5, 5, 1, 32) if kernel is None else kernel.shape
    gap = look.px(5)
    cell, columns = max(_filters_in(room, columns, -(-count // columns), (high, wide), gap) for columns in COLUMNS)
    if cell < 1:
        return
    values = np.zeros((high, wide, count)) if kernel is None else kernel[:, :, 0, :]
    levels = heat.levels(values, float(np.abs(values).max())).transpose(2, 0, 1).repeat(cell, axis=1).repeat(cell, axis=2)
    palette = heat.colours(look.palette)
    for number, filter_ in enumerate(levels):
        row, column = divmod(number, columns)
        picture = pygame.image.frombuffer(filter_.tobytes(), (wide * cell, high * cell), "P")
        picture.set_palette(palette)
        surface.blit(picture, (room.left + column * (wide * cell + gap), room.top + row * (high * cell + gap)))


def _filters_in(room: pygame.Rect, columns: int, rows: int, size: tuple[int, int], gap: int) -> tuple[int, int]:
    """How many pixels a weight can be wide with so many columns, and that number of columns."""
    across = (room.width - gap * (columns - 1)) // (columns * size[1])
    return min(across, (room.height - gap * (rows - 1)) // (rows * size[0])), columns


def invitation(epochs: int) -> tuple[str, str]:
    """What the card says before a training begins."""
    return (
        f"Start trains a new network from random weights. It ends with the same weights as python -m nn.train --epochs {epochs}.",
        "Draw meanwhile: after every batch it says what it takes your drawing for.",
    )


def paint_reading(surface: pygame.Surface, look: Look, rect: pygame.Rect, watch: Watch) -> None:
    """What the new network says about the drawing; before it begins, what this is."""
    left, top = rect.left + look.px(18), rect.top + look.px(20)
    width = rect.width - 2 * look.px(18)
    title = {IDLE: "Watch it learn", LOADING: "Getting ready…", FINISHED: "It has learned", PAUSED: "Paused"}.get(
        watch.phase, "It says"
    )
    look.text(surface, title, (left, top), theme.SMALL, look.palette.quiet)
    if watch.problem or watch.probabilities is None:
        texts = (watch.problem,) if watch.problem else invitation(watch.epochs)
        if watch.phase == LOADING:
            texts = ("The first time on a machine it compiles, for up to half a minute.",)
        lines = [line for text in texts for line in (*wrapped(look, text, width), "")]
        for number, line in enumerate(lines):
            middle = top + look.px(24 + 19 * number)
            if middle < rect.bottom - look.px(8):
                look.text(surface, line, (left, middle), theme.SMALL, look.palette.text)
        return
    best = int(watch.probabilities.argmax())
    size = min(90.0, 0.6 * rect.height / look.scale)
    look.text(surface, str(best), (left, rect.centery + look.px(8)), size, bold=True)
    start = left + look.px(0.62 * size) + look.px(16)
    bars = pygame.Rect(start, rect.top + look.px(32), rect.right - look.px(18) - start, rect.height - look.px(44))
    step = bars.height / 10
    for digit, share in enumerate(watch.probabilities.tolist()):
        middle = bars.top + round((digit + 0.5) * step)
        kind = min(12.0, 0.95 * step / look.scale)
        ink = look.palette.text if digit == best else look.palette.quiet
        look.text(surface, str(digit), (bars.left, middle), kind, ink, bold=digit == best)
        track = pygame.Rect(bars.left + look.px(16), 0, bars.width - look.px(60), max(2, min(look.px(7), round(step * 0.6))))
        track.centery = middle
        shapes.box(surface, track, look.px(3), look.palette.line)
        filled = pygame.Rect(track.left, track.top, round(track.width * share), track.height)
        if filled.width > 1:
            shapes.box(surface, filled, look.px(3), look.palette.accent if digit == best else look.palette.quiet)
        look.text(surface, percent(share), (bars.right, middle), kind, ink, align="right")


def progress_of(watch: Watch) -> str:
    """Where the training is, in words."""
    if watch.phase == IDLE:
        return counted(watch.epochs, "epoch")
    if watch.phase == LOADING:
        return "getting ready…"
    if watch.phase == FINISHED:
        return f"finished after {counted(watch.wanted_epochs, 'epoch')}"
    return f"epoch {watch.epoch + 1} of {watch.wanted_epochs}, batch {watch.batch} of {watch.steps}"
