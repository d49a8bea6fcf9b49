"""What stands on the page, in which order, and the words around the pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nn import __version__
from nn.datasets.fashion_mnist import NAMES as FASHION_NAMES
from nn.errors import InputError
from nn.models import Sequential
from nn.recipes import Recipe
from nn.report import curves, pictures
from nn.report.histories import History, LayerNorms, beside
from nn.report.measures import Findings, activations, first_filters
from nn.report.page import Section, page
from nn.report.style import png, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCREEN = 96  # pixels of the screen to an inch
DIGITS = tuple("0123456789")


def compose(
    model: Sequential,
    path: Path,
    dataset: str,
    found: Findings,
    histories: Sequence[History],
    norms: Sequence[LayerNorms],
    number: int,
) -> tuple[str, dict[str, bytes]]:
    """The HTML, and the PNGs by name; `number` is the test image that is followed through the layers."""
    names = FASHION_NAMES if dataset == "fashion-mnist" else DIGITS
    with styled():
        sections = [
            _network(model),
            *_training(path, histories, norms),
            *_reading(found, names),
            *_inside(model, found, number, names),
        ]
    images = f"{len(found.labels):,}"
    facts = [
        (_percent(found.accuracy, 2), f"of {images} test images read right"),
        (f"{len(found.wrong):,}", "read wrong"),
        (f"{found.loss:.4f}", "mean loss"),
        (f"{model.count_params():,}", "parameters"),
    ]
    footer = f"Made by `python -m nn.report` {__version__} from `{path}` and the test images of {dataset}."
    html = page(f"What {path.name} has learned", facts, sections, footer)
    return html, {section.picture: section.png for section in sections if section.png}


def _drawn(title: str, name: str, figure: Figure, text: str) -> Section:
    return Section(title, text, name, png(figure), round(figure.get_figwidth() * SCREEN))


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _network(model: Sequential) -> Section:
    rows: list[Sequence[str | int]] = [("layer", "output of one image", "parameters")]
    for layer in model.layers:
        kind = type(layer).__name__ + (f", {layer.activation_name}" if hasattr(layer, "activation_name") else "")
        rows.append((f"{layer.name} ({kind})", " x ".join(map(str, layer.output_shape)), layer.count_parameters()))
    text = "An image goes through these layers from above to below; `nn/layers` has the mathematics of each."
    with contextlib.suppress(KeyError, TypeError, InputError):  # a card may hold anything; then there is nothing to say
        recipe = Recipe(**model.card["recipe"])
        text += f" It was trained for {recipe.epochs} epochs: {recipe.describe()}."
    return Section("The network", text, table=rows)


def _training(path: Path, histories: Sequence[History], norms: Sequence[LayerNorms]) -> list[Section]:
    title = "How it learned"
    if histories:
        text = (
            "After every epoch, on the training images as they were shown (dashed, with dropout at work) and on the test images "
            "(solid). Both axes are logarithmic: from 98 to 99 % is as far as from 99 to 99.5 %, each halves the mistakes."
        )
        first = _drawn(title, "curves", curves.training_curves(histories), text)
    else:
        text = f"There is no history: `{beside(path).name}`, which `nn.train` writes, is not beside the model."
        first = Section(title, f"{text} The other pictures need none.")
    title = "How weights and gradients moved"
    if not norms:
        return [first, Section(title, "The model's card holds no norms: it was not made by `nn.train`, or by an older version.")]
    text = (
        "After every epoch: the length of each layer's weights, of its gradient (root mean square over about the last 20 "
        "batches), and of a step of Adadelta, before the learning rate, as a share of the weights. A layer whose gradient "
        "vanishes does not learn. `nn/optimizers/norms.py` says where the numbers come from."
    )
    return [first, _drawn(title, "norms", curves.norm_curves(norms), text)]


def _reading(found: Findings, names: Sequence[str]) -> list[Section]:
    sections = [
        _drawn(
            "What it takes for what",
            "confusion",
            pictures.confusion_matrix(found, names),
            "How many of the test images with this label were read as that. What is off the diagonal is wrong.",
        )
    ]
    title = "What it reads wrong, and what it thought"
    shown = min(len(found.wrong), pictures.MOST_WRONG)
    if shown:
        many = "All mistakes" if shown == len(found.wrong) else f"The {shown} surest of {len(found.wrong):,} mistakes"
        text = f"{many}: above, in orange, what it read and how surely; below, in blue, the label and how probable it found that."
        sections.append(_drawn(title, "mistakes", pictures.mistakes_sheet(found, names), text))
    else:
        sections.append(Section(title, "Nothing: all test images are read right."))
    text = (
        "Of the images that it reads with a confidence of 80 %, are 80 % right? Below the dotted line it boasts, above it is too "
        "modest. The thin bars are one standard deviation of a share of so few images; the lower panel counts them. "
        "The mean gap is the expected calibration error (`nn/reading/calibration.py`)."
    )
    return [*sections, _drawn("Does it know what it knows?", "reliability", curves.reliability_diagram(found), text)]


def _inside(model: Sequential, found: Findings, number: int, names: Sequence[str]) -> list[Section]:
    sections = []
    filters = first_filters(model)
    if filters is not None:
        layer, kernels = filters
        text = (
            f"The weights of `{layer}`, all on one scale: purple adds, orange takes away, white is nothing. A patch of ink "
            "that is bright where a filter is purple, and blank where it is orange, makes it answer."
        )
        sections.append(_drawn("What the first layer looks for", "filters", pictures.filters_sheet(kernels), text))
    text = (
        f"Test image {number} (label: {names[int(found.labels[number])]}) on its way through every layer: white is 0, the "
        "bluer, the stronger (by the square root, so that weak answers show too), each layer on a scale of its own. These are "
        "the arrays of a plain forward pass, layer by layer."
    )
    sheet = pictures.layers_sheet(found.images[number], activations(model, found.images[number]), names)
    sections.append(_drawn("One image, layer by layer", "layers", sheet, text))
    text = (
        f"All test images as the {found.hidden.shape[1]:,} numbers that the last layer is given, seen from the side on which "
        "they lie widest apart (principal components); groups in the middle part along other directions. What lies between two "
        "groups is easily taken for the other."
    )
    sections.append(_drawn("The map of the last hidden layer", "map", curves.hidden_map(found, names), text))
    return sections
