"""Why the network answers as it does: three maps of the ink, and what happens when digits turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.datasets.augment import Limits
from nn.datasets.loading import Split
from nn.inspection.attribution import evidence, evidence_gradient, occlusion, saliency
from nn.models import Sequential, load_model
from nn.pretrained import BUNDLED
from nn.report.measures import pixels
from nn.report.style import FAINT, INK, MARKERS, SERIES, bare, heading, new_figure
from nn.study.tables import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Method = Callable[[Sequential, NDArray, int], NDArray]

SHOWN = (4, 7)  # the digits whose maps are shown
JUDGED = 40  # test images from which ink is taken away
SHARES = np.arange(0, 1.01, 0.05)  # of the ink
TURNED = 500  # test images that are turned
ANGLES = np.arange(-180, 181, 10)  # degrees


def slope(model: Sequential, image: NDArray, k: int) -> NDArray:
    """∇e_k at the ink of an image (H, W), and 0 elsewhere: how a pixel's change would tell."""
    return np.where(image > 0, evidence_gradient(model, image[None], k)[1][0], 0)


METHODS: dict[str, Method] = {"gradient": slope, "integrated gradients": saliency, "occlusion": occlusion}


def attribution(train: Split, test: Split) -> tuple[Figure, str]:
    """Three answers to the question which ink speaks for a digit, and a test of all three: take
    the ink away that they name first.
    """
    model = load_model(BUNDLED)
    images, labels = pixels(test[0])[..., 0], test[1]
    figure = new_figure(6.6)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    panels = upper.subplots(2, 4)
    for row, digit in zip(panels, SHOWN, strict=True):
        image = images[int(np.flatnonzero(labels == digit)[0])]
        row[0].imshow(image, cmap="gray_r", vmin=0, vmax=1)
        row[0].set_title(f"test image, a {digit}", fontsize=9.5, weight="normal")
        for axes, (name, method) in zip(row[1:], METHODS.items(), strict=True):
            found = method(model, image, digit)
            limit = float(np.abs(found).max()) or 1.0
            axes.imshow(found, cmap="PuOr", vmin=-limit, vmax=limit)
            axes.set_title(name, fontsize=9.5, weight="normal")
        for axes in row:
            bare(axes)
    heading(upper, "Purple ink speaks for the digit, orange ink against it")
    left, right = lower.subplots(1, 2, width_ratios=(1.6, 1))
    rows = []
    curves = {name: deletion_curves(model, images[:JUDGED], method) for name, method in METHODS.items()}
    curves["random order"] = deletion_curves(model, images[:JUDGED], _at_random)
    for place, (name, curve) in enumerate(curves.items()):
        mean = curve.mean(axis=0)
        left.plot(100 * SHARES, mean, label=name, color=SERIES[place], marker=MARKERS[place], markevery=2)
        lost = 100 * SHARES[np.argmax(curve < 0, axis=1)]
        rows.append((name, f"{mean[0]:.1f}", f"{mean[2]:.1f}", f"{mean[4]:.1f}", f"{np.median(lost):.0f} %"))
    left.axhline(0, color=FAINT, linewidth=1)
    left.set(
        title=f"Ink taken away, {min(JUDGED, len(images))} test images",
        xlabel="ink taken away, the strongest first, %",
        ylabel="mean evidence, nats",
    )
    left.set(xlim=(0, 100), ylim=(-4, None))
    right.axis("off")
    handles, names = left.get_legend_handles_labels()
    right.legend(handles, names, loc="upper left", title="whose order", alignment="left")
    right.text(
        0.03,
        0.3,
        "At 0 the digit is as likely\nas all others together.\nThe lower a curve, the better\nits map knew the ink that counts.",
        va="top",
        fontsize=8.5,
    )
    header = ("order", "evidence with all ink, nats", "10 % less", "20 % less", "below 0 at, median")
    return figure, table(header, rows)


def deletion_curves(model: Sequential, images: NDArray, method: Method) -> NDArray:
    """(images, shares): the evidence for each image's first answer, as its ink is taken away in
    the order of a map, the strongest support first.
    """
    curves = []
    for image in images:
        k = int(model.logits(image[None, ..., None])[0].argmax())
        ink = np.flatnonzero(image)
        order = ink[np.argsort(-method(model, image, k).ravel()[ink], kind="stable")]
        fading = np.repeat(image.reshape(1, -1), len(SHARES), axis=0)
        for picture, share in zip(fading, SHARES, strict=True):
            picture[order[: round(share * len(order))]] = 0
        curves.append(evidence(model.logits(fading.reshape(-1, *image.shape, 1)), k))
    return np.array(curves)


def _at_random(model: Sequential, image: NDArray, k: int) -> NDArray:
    return np.random.default_rng(0).random(image.shape)


def rotation(train: Split, test: Split) -> tuple[Figure, str]:
    """What the bundled network reads when digits are turned, by angle and by digit."""
    model = load_model(BUNDLED)
    images, labels = test[0][:TURNED], test[1][:TURNED]
    answers = np.array([model.predict(pixels(turned(images, float(angle)))).argmax(axis=1) for angle in ANGLES])
    right = answers == labels
    figure = new_figure(6.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.35))
    limit = Limits().rotation
    upper.axvspan(-limit, limit, color=SERIES[4], alpha=0.25, linewidth=0)
    upper.plot(ANGLES, 100 * right.mean(axis=1), color=SERIES[0], marker="o")
    upper.text(-175, 92, f"shaded: the angles of the\ntraining images, up to {limit:.0f}°", va="top", fontsize=9)
    upper.set(title="All digits: read right, %", ylim=(0, 100))
    shares = np.array(
        [
            right[:, labels == digit].mean(axis=1) if (labels == digit).any() else np.full(len(ANGLES), np.nan)
            for digit in range(10)
        ]
    )
    edges = np.append(ANGLES - 5, ANGLES[-1] + 5)
    drawn = lower.pcolormesh(edges, np.arange(11) - 0.5, 100 * shares, cmap="cividis", vmin=0, vmax=100)
    figure.colorbar(drawn, ax=lower, label="read right, %", pad=0.08)
    lower.grid(visible=False)
    lower.set(
        title="Each digit",
        xlabel="turned by, degrees (counter-clockwise)",
        ylabel="digit",
        yticks=range(10),
        xticks=range(-180, 181, 60),
    )
    lower.invert_yaxis()
    lower.text(189, -0.9, "at 180°,\nread as", va="center", fontsize=8.5)
    rows = []
    for digit in range(10):
        upside_down = answers[-1, labels == digit]
        if len(upside_down):
            most = int(np.bincount(upside_down, minlength=10).argmax())
            share = 100 * (upside_down == most).mean()
            lower.text(189, digit, f"→ {most}", va="center", fontsize=9, color=INK)
            at = {
                angle: f"{100 * shares[digit, int(np.flatnonzero(angle == ANGLES)[0])]:.0f} %" for angle in (0, 30, 60, 90, 180)
            }
            rows.append((digit, *at.values(), f"{most} ({share:.0f} %)"))
    header = ("digit", "read right at 0°", "30°", "60°", "90°", "180°", "upside down it is read as")
    return figure, table(header, rows)


def turned(images: NDArray[np.uint8], angle: float) -> NDArray[np.uint8]:
    """Images (N, H, W) turned counter-clockwise about their middle, by an angle in degrees."""
    return np.array([np.asarray(Image.fromarray(image).rotate(angle, Image.Resampling.BICUBIC)) for image in images])
