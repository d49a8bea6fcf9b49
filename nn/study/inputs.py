"""Images made for the network: those that it likes best, and those that fool it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.loading import Split
from nn.inspection.attribution import evidence, evidence_gradient, what_if
from nn.models import Sequential, load_model
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.report.style import bare, heading, new_figure
from nn.study.answers import turned
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENOUGH = 0.9  # the probability at which an image is changed no further
MOST_STEPS = 200
PACE = 0.1  # the length of a step towards another answer
CLIMB, CLIMB_PACE = 200, 0.2  # steps towards an image that the network likes, and the length of one
SURE = 1 - 1e-12  # what the pen is asked for
CANDIDATES = 2_000  # test images, of which the best is shown
PAIRS = ((7, 9), (3, 8), (4, 9), (1, 7), (9, 3), (0, 6))  # (what the image is, what it is to be)
TURNS = (-10.0, -5.0, 5.0, 10.0)  # degrees; by which a changed image is turned, to see whether it is read the same


def climb(model: Sequential, image: NDArray, k: int) -> NDArray:
    """The image that gradient ascent reaches after `CLIMB` steps on the evidence for class k, any
    pixel as it likes.
    """
    image = np.asarray(image, model.dtype)
    for _ in range(CLIMB):
        gradient = evidence_gradient(model, image[None], k)[1][0]
        image = np.clip(image + CLIMB_PACE * gradient / (np.linalg.norm(gradient) or 1), 0, 1)
    return image


def favourites(train: Split, test: Split) -> tuple[Figure, str]:
    """The images that the bundled network takes for each digit with the most evidence: of the
    test images, and of all images there could be, by pixels and by strokes of a pen.
    """
    model = load_model(BUNDLED)
    images, labels = pixels(test[0][:CANDIDATES])[..., 0], test[1][:CANDIDATES]
    logits = model.logits(images[..., None])
    blot = pixels(train[0]).mean(axis=0)[..., 0]
    figure = new_figure(3.1)
    heading(figure, "What the network likes best; below each image its evidence, log(p / (1 - p))")
    panels = figure.subplots(3, 10)
    rows = []
    for digit, column in enumerate(panels.T):
        of_digit = np.flatnonzero(labels == digit)
        best = images[of_digit[int(evidence(logits[of_digit], digit).argmax())]]
        found = best, climb(model, blot, digit), what_if(model, blot, digit, SURE).image
        values = [f"{evidence_of(model, image, digit):.1f}" for image in found]
        for axes, image, value in zip(column, found, values, strict=True):
            axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axes.set_xlabel(value, fontsize=8.5, labelpad=2)
            bare(axes)
        column[0].set_title(str(digit), loc="center")
        rows.append((digit, *values))
    for axes, name in zip(panels[:, 0], ("best of the\ntest images", "any pixel", "as a pen\ncould"), strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure, table(("evidence for, nats", "best test image", "any pixel", "as a pen could"), rows)


def evidence_of(model: Sequential, image: NDArray, k: int) -> float:
    """e_k of an image (H, W): the logarithm of the odds of class k."""
    return float(evidence(model.logits(image[None, ..., None]), k)[0])


def fool(model: Sequential, image: NDArray, k: int, enough: float = ENOUGH) -> NDArray:
    """An image (H, W) changed in short steps along the gradient of e_k, until the network takes it
    for class k with the probability `enough`, or for `MOST_STEPS`.
    """
    goal = np.log(enough / (1 - enough))
    changed = np.asarray(image, model.dtype)
    for _ in range(MOST_STEPS):
        found, gradients = evidence_gradient(model, changed[None], k)
        if found[0] >= goal:
            break
        # Pixels that are as bright or as dark as can be stay out of the direction.
        way = np.where(np.where(gradients[0] > 0, changed < 1, changed > 0), gradients[0], 0)
        changed = np.clip(changed + PACE * way / (np.linalg.norm(way) or 1), 0, 1)
    return changed


def fooling(train: Split, test: Split) -> tuple[Figure, str]:
    """The smallest change that makes a digit another for the network, beside the change that a pen
    could make.
    """
    model = load_model(BUNDLED)
    images, labels = pixels(test[0])[..., 0], test[1]
    pairs = [
        (source, target, images[int(np.flatnonzero(labels == source)[0])]) for source, target in PAIRS if (labels == source).any()
    ]
    figure = new_figure(6.3)
    heading(figure, "In the changes, purple is ink added and orange is ink taken away")
    panels = figure.subplots(5, len(pairs), squeeze=False)
    rows = []
    for column, (source, target, image) in zip(panels.T, pairs, strict=True):
        any_pixel, pen = fool(model, image, target), what_if(model, image, target, ENOUGH).image
        changes = any_pixel - image, pen - image
        for axes, picture in zip(column, (image, any_pixel, pen, *changes), strict=True):
            look = {"cmap": "PuOr", "vmin": -1} if axes in column[3:] else {"cmap": "gray_r", "vmin": 0}
            axes.imshow(picture, vmax=1, **look)
            bare(axes)
        column[0].set_title(f"{source} → {target}", loc="center")
        for axes, picture in ((column[1], any_pixel), (column[2], pen)):
            axes.set_xlabel(f"p({target}) = {_percent(model, picture, target)}", fontsize=8.5, labelpad=2)
        rows.append((f"{source} as {target}", "any pixel", *_measures(model, changes[0], any_pixel, target)))
        rows.append(("", "as a pen could", *_measures(model, changes[1], pen, target)))
    names = ("test image", "any pixel\nchanged", "changed as\na pen could", "change,\nany pixel", "change,\nas a pen could")
    for axes, name in zip(panels[:, 0], names, strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    header = ("a digit", "changed", "probability", "length of the change", "largest pixel", "turned, the same")
    turns = ", ".join(f"{angle:+.0f}" for angle in TURNS)
    return figure, f"{table(header, rows)}\nturned, the same: read the same after a turn by {turns} degrees"


def _percent(model: Sequential, image: NDArray, k: int) -> str:
    return f"{100 * model.predict(image[None, ..., None])[0, k]:.0f} %"


def _measures(model: Sequential, change: NDArray, image: NDArray, k: int) -> tuple[str, ...]:
    """The probability of class k; the length of the change and its largest pixel; how many of the
    turned images are read as k.
    """
    bytes_ = np.round(255 * image[None]).astype(np.uint8)
    same = sum(int(model.predict(pixels(turned(bytes_, angle))).argmax() == k) for angle in TURNS)
    length, largest = np.linalg.norm(change), np.abs(change).max()
    return _percent(model, image, k), f"{length:.1f}", f"{largest:.2f}", f"{same} of {len(TURNS)}"
