"""What `python -m nn.gradcheck` checks: every layer in its awkward shapes, the loss, and the
student's whole network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nn.gradcheck import network
from nn.gradcheck.check import check_gradients, check_layer
from nn.gradcheck.directional import check_directions
from nn.gradcheck.directional_report import DirectionalReport
from nn.gradcheck.report import TOLERANCE, Report
from nn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    ZeroPadding2D,
)
from nn.layers.arguments import Shape
from nn.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanAbsoluteError, MeanSquaredError

NETWORK = "Network"


AnyReport = TypeVar("AnyReport", Report, DirectionalReport)


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        layer: which layer it belongs to, for `--layer`.
        what: what is special.
        check: compares entry by entry, given the seed.
        check_all: compares along random directions; None where the inputs lie at kinks on
            purpose, and for losses.
    """

    layer: str
    what: str
    check: Callable[[int], Report]
    check_all: Callable[[int], DirectionalReport] | None = None

    def run(self, seed: int) -> Report:
        """The report entry by entry, under the case's full name."""
        return self._named(self.check(seed))

    def run_directional(self, seed: int) -> DirectionalReport:
        """The report along random directions, under the case's full name."""
        assert self.check_all is not None
        return self._named(self.check_all(seed))

    def _named(self, report: AnyReport) -> AnyReport:
        report.name = f"{self.layer}, {self.what}" if self.what else self.layer
        return report


def _case(make: Callable[[], Layer], what: str, input_shape: Shape, batch: int = 3, **options: Any) -> Case:
    def check(seed: int) -> Report:
        return check_layer(make(), input_shape, batch=batch, seed=seed, **options)

    def check_all(seed: int) -> DirectionalReport:
        return check_directions(make(), input_shape, seed=seed, training=options.get("training", True))

    return Case(type(make()).__name__, what, check, None if "x" in options else check_all)


def _loss_case(loss: Loss, what: str = "", *, scores: bool = False) -> Case:
    """A loss of outputs from 0.1 to 1, or of scores."""
    return Case(type(loss).__name__, what, lambda seed: check_loss(loss, seed, scores=scores))


def check_loss(loss: Loss, seed: int, *, scores: bool = False, outputs: int = 5) -> Report:
    """The report on a loss of that many outputs, from 0.1 to 0.9, or of as many scores."""
    rng = np.random.default_rng(seed)
    shape = (4, outputs)
    y = 3 * rng.standard_normal(shape) if scores else rng.uniform(0.1, 0.9, shape)
    targets = loss.smoothed(rng.uniform(0.0, 1.0, shape))
    of = loss.of_scores if scores else loss.of_outputs
    report = check_gradients(
        "",
        lambda: np.array([of(y, targets)[0]]),
        lambda u: {"scores" if scores else "outputs": u[0] * of(y, targets)[1]},
        {"scores" if scores else "outputs": y},
        seed=seed,
    )
    each = (loss.each_of_scores if scores else loss.each_of_outputs)(y, targets)
    if np.shape(each) != (4,):
        report.complaints.append(f"each gives the shape {np.shape(each)}, expected (4,), a loss for each sample")
    return report


def _check_probabilities(seed: int) -> Report:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 1.0, (3, 5))
    targets = rng.uniform(0.0, 1.0, (3, 5))
    loss = CategoricalCrossentropy()
    return check_gradients(
        "",
        lambda: np.array([loss.forward(p, targets)[0]]),
        lambda u: {"probabilities": u[0] * loss.backward(loss.forward(p, targets)[1])},
        {"probabilities": p},
        seed=seed,
    )


def _check_joined_loss(seed: int) -> Report:
    rng = np.random.default_rng(seed)
    logits = 3 * rng.standard_normal((4, 5))
    targets = rng.uniform(0.0, 1.0, (4, 5))
    loss = CategoricalCrossentropy()
    return check_gradients(
        "",
        lambda: np.array([loss.with_softmax(logits, targets)[0]]),
        lambda u: {"logits": u[0] * loss.with_softmax(logits, targets)[1]},
        {"logits": logits},
        seed=seed,
    )


def _whole_numbers(shape: Shape) -> NDArray:
    """-1, 0 and 1 in turns of no period that a window has: ReLU finds many zeros, a pooling window
    many ties.
    """
    return np.random.default_rng(0).integers(-1, 2, shape).astype(np.float64)


def _from_below(shape: Shape) -> NDArray:
    return np.full(shape, -0.01)


def _first_wins(shape: Shape) -> NDArray:
    """Less for each later place of an image: among equals the first is the greatest on the way to
    the tie.
    """
    pixels = np.arange(np.prod(shape[1:3])).reshape(1, *shape[1:3], 1)
    return np.broadcast_to(-0.01 * pixels / pixels.size, shape).copy()


_GRID = (3, 6, 7, 2)
_TIES: dict[str, Any] = {"x": _whole_numbers(_GRID), "approach": _first_wins(_GRID)}

CASES = (
    _case(lambda: Dense(4), "5 to 4", (5,)),
    _case(lambda: Dense(3, activation="relu"), "ReLU, batch of one", (6,), 1),
    _case(lambda: Dense(19, activation="softmax"), "softmax, 70 to 19", (70,), 5, entries=60),
    _case(lambda: Conv2D(3, 3), "3x3", (6, 5, 2)),
    _case(lambda: Conv2D(2, 3, 2, "same", activation="relu"), "3x3, stride 2, same, ReLU, 6x7", (6, 7, 2)),
    _case(lambda: Conv2D(2, (3, 2), (2, 3)), "3x2, strides 2 and 3, remainder", (8, 7, 1)),
    _case(lambda: Conv2D(3, 4, padding="same"), "4x4, same, wider than the image", (3, 2, 1)),
    _case(lambda: Conv2D(17, 1), "1x1, 17 filters", (3, 3, 3), entries=60),
    _case(lambda: Conv2D(21, 3), "3x3 by Winograd, there and back", (11, 7, 17), entries=60),
    _case(lambda: Conv2D(2, (4, 3)), "one-pixel output, batch of one", (4, 3, 2), 1),
    _case(lambda: MaxPooling2D(), "2x2, 5x7 leaves a remainder", (5, 7, 2)),
    _case(lambda: MaxPooling2D(3, 2), "3x3, stride 2: overlapping", (7, 7, 2)),
    _case(lambda: MaxPooling2D(3, 2, "same"), "3x3, stride 2, same", (4, 6, 1)),
    _case(lambda: MaxPooling2D((3, 2)), "one-pixel output, batch of one", (3, 2, 2), 1),
    _case(lambda: MaxPooling2D(), "ties: the first wins", _GRID[1:], **_TIES),
    _case(lambda: MaxPooling2D(3, 1), "ties, overlapping: the first", _GRID[1:], **_TIES),
    _case(lambda: ReLU(), "", (4, 5)),
    _case(lambda: ReLU(), "at 0: the slope of the left", (4, 5), x=_whole_numbers((3, 4, 5)), approach=_from_below((3, 4, 5))),
    _case(lambda: Softmax(), "", (6,)),
    _case(lambda: Softmax(), "batch of one, scores near 1000", (4,), 1, x=np.array([[1000.0, 999.0, 998.5, 1001.0]])),
    _case(lambda: Dropout(0.4), "frozen mask", (5, 4)),
    _case(lambda: Dropout(0.4), "not training", (5,), training=False),
    _case(lambda: Flatten(), "", (2, 3, 2)),
    _case(lambda: BatchNormalization(), "vectors", (4,), 5),
    _case(lambda: BatchNormalization(), "images, batch of one", (3, 2, 3), 1),
    _case(lambda: BatchNormalization(center=False, epsilon=0.1), "without a shift", (3, 2)),
    _case(lambda: BatchNormalization(), "not training", (4,), training=False),
    _case(lambda: BatchNormalization(trainable=False), "frozen", (4,)),
    _case(lambda: AveragePooling2D(), "2x2, 5x7 has a remainder", (5, 7, 2)),
    _case(lambda: AveragePooling2D(3, 2, "same"), "3x3, stride 2, same", (4, 6, 1)),
    _case(lambda: GlobalAveragePooling2D(), "", (3, 4, 2)),
    _case(lambda: GlobalMaxPooling2D(), "", (3, 4, 2)),
    _case(lambda: GlobalMaxPooling2D(), "ties: the first wins", _GRID[1:], **_TIES),
    _case(lambda: ZeroPadding2D(((1, 2), (0, 3))), "", (2, 3, 2)),
    _case(lambda: Reshape((4, -1)), "", (2, 6)),
    _case(lambda: Activation("tanh"), "tanh", (4, 5)),
    _case(lambda: Sigmoid(), "", (4, 5)),
    _case(lambda: Tanh(), "", (4, 5)),
    _case(lambda: Softplus(), "", (4, 5)),
    _case(lambda: SiLU(), "", (4, 5)),
    _case(lambda: GELU(), "", (4, 5)),
    _case(lambda: LeakyReLU(), "", (4, 5)),
    _case(
        lambda: LeakyReLU(), "at 0: the slope of the left", (4, 5), x=_whole_numbers((3, 4, 5)), approach=_from_below((3, 4, 5))
    ),
    _case(lambda: ELU(0.5), "", (4, 5)),
    _case(lambda: SELU(), "", (4, 5)),
    _case(lambda: Rescaling(1 / 3, offset=-2), "", (4, 5)),
    _case(
        lambda: ELU(0.5),
        "at 0: the slope of the left",
        (4, 5),
        x=_whole_numbers((3, 4, 5)),
        approach=1e-6 * _from_below((3, 4, 5)),
    ),
    Case("CategoricalCrossentropy", "", _check_probabilities),
    Case("CategoricalCrossentropy", "joined with softmax", _check_joined_loss),
    _loss_case(CategoricalCrossentropy(), "outputs of any sum"),
    _loss_case(BinaryCrossentropy(label_smoothing=0.1)),
    _loss_case(BinaryCrossentropy(), "joined with sigmoid", scores=True),
    _loss_case(MeanSquaredError()),
    _loss_case(MeanAbsoluteError()),
    Case(NETWORK, "the student's", network.check_entries, network.check_all),
)


def cases_named(layer: str | None) -> list[Case]:
    """The cases of one layer, whatever its capitals; all without a name."""
    return [case for case in CASES if layer is None or case.layer.lower() == layer.lower()]


def layer_names() -> list[str]:
    """What `--layer` takes."""
    return list(dict.fromkeys(case.layer for case in CASES))


TOLERANCES = f"{TOLERANCE:g} for layers and losses, {network.TOLERANCE:g} for the network"
