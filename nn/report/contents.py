"""What is on the page, in which order, and the text around the pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nn import __version__
from nn.datasets.fashion_mnist import NAMES as FASHION_NAMES
from nn.errors import InputError
from nn.models import Sequential
from nn.report import curves, pictures
from nn.report.histories import History, LayerNorms, beside
from nn.report.measures import Findings, activations, first_filters
from nn.report.page import Section, page
from nn.report.style import png, styled
from nn.train.recipe import Recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCREEN = 96  # pixels of a screen in an inch
DIGITS = tuple("0123456789")


def compose(
    model: Sequential,
    found: Findings,
    *,
    path: Path,
    dataset: str,
    histories: Sequence[History],
    norms: Sequence[LayerNorms],
    index: int,
) -> tuple[str, dict[str, bytes]]:
    """The HTML, and the PNGs by name.

    Args:
        model: the model.
        found: how it reads the test images.
        path: of the model file.
        dataset: whose test images they are.
        histories: of trainings, the model's own first.
        norms: of the model's layers.
        index: of the test image that is followed through the layers.
    """
    names = FASHION_NAMES if dataset == "fashion-mnist" else DIGITS
    with styled():
        sections = [
            _network(model),
            *_training(path, histories, norms),
            *_reading(found, names),
            *_inside(model, found, index, names),
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
    text = "An image goes through these layers from top to bottom. The files in `nn/layers` derive the mathematics of each."
    # A card may hold anything. If it has no recipe, this sentence is left out.
    with contextlib.suppress(KeyError, TypeError, InputError):
        recipe = Recipe(**model.card["recipe"])
        text += f" It was trained for {recipe.epochs} epochs: {recipe.describe()}."
    return Section("The network", text, table=rows)


def _training(path: Path, histories: Sequence[History], norms: Sequence[LayerNorms]) -> list[Section]:
    title = "How it learned"
    if histories:
        text = (
            "Dashed: the training images of each epoch, as the network saw them, with dropout. Solid: the test images after "
            "each epoch. Both axes are logarithmic: from 98 to 99 % is as far as from 99 to 99.5 %, as both halve the mistakes."
        )
        first = _drawn(title, "curves", curves.training_curves(histories), text)
    else:
        text = f"There is no history: the file `{beside(path).name}`, which `nn.train` writes, is not beside the model."
        first = Section(title, text)
    title = "How weights and gradients moved"
    if not norms:
        return [
            first,
            Section(title, "The model's card holds no norms: `nn.train` did not make this model, or an older version of it did."),
        ]
    text = (
        "Three lengths for each layer after each epoch: of its weights; of its gradient (root mean square over about the last "
        "20 batches); and of the step that the optimizer proposes, before the learning rate, divided by the length of the "
        "weights. A layer whose gradient vanishes does not learn. `nn/optimizers/norms.py` explains how they are computed."
    )
    return [first, _drawn(title, "norms", curves.norm_curves(norms), text)]


def _reading(found: Findings, names: Sequence[str]) -> list[Section]:
    sections = [
        _drawn(
            "What it confuses",
            "confusion",
            pictures.confusion_matrix(found, names),
            "Each cell counts the test images with the label of its row that were read as the class of its column. Counts "
            "off the diagonal are mistakes.",
        )
    ]
    title = "What it reads wrong"
    shown = min(len(found.wrong), pictures.MOST_WRONG)
    if shown:
        many = "All mistakes" if shown == len(found.wrong) else f"The {shown} most confident of {len(found.wrong):,} mistakes"
        text = f"{many}. Orange: the answer and its probability. Blue: the label and the probability that the network gave it."
        sections.append(_drawn(title, "mistakes", pictures.mistakes_sheet(found, names), text))
    else:
        sections.append(Section(title, "Nothing: all test images are read right."))
    text = (
        "Of the images that it reads with a confidence of 80 %, are 80 % right? Below the dotted line it is overconfident, "
        "above the line it is underconfident. The thin bars are one standard deviation, given how few images there are; the "
        "lower panel counts them. The mean gap is the expected calibration error (`nn/reading/calibration.py`)."
    )
    return [*sections, _drawn("Is its confidence justified?", "reliability", curves.reliability_diagram(found), text)]


def _inside(model: Sequential, found: Findings, index: int, names: Sequence[str]) -> list[Section]:
    sections = []
    filters = first_filters(model)
    if filters is not None:
        layer, kernels = filters
        text = (
            f"The weights of `{layer}`, all on one scale: purple is positive, orange negative, white 0. A filter responds most "
            "to an image that has ink where the filter is purple and none where it is orange."
        )
        sections.append(_drawn("What the first layer looks for", "filters", pictures.filters_sheet(kernels), text))
    text = (
        f"The outputs of every layer for test image {index} (label: {names[int(found.labels[index])]}). White is 0, darker "
        "blue is larger. Each layer has its own scale, which shows square roots, so that small values are visible too."
    )
    sheet = pictures.layers_sheet(found.images[index], activations(model, found.images[index]), names)
    sections.append(_drawn("One image, layer by layer", "layers", sheet, text))
    text = (
        f"Each point is a test image: the {found.hidden.shape[1]:,} inputs of the last layer, projected onto the two "
        "directions in which they vary most (the first two principal components). Groups that overlap here may be apart in "
        "other directions. An image between two groups is easily confused."
    )
    sections.append(_drawn("The map of the last hidden layer", "map", curves.hidden_map(found, names), text))
    return sections
