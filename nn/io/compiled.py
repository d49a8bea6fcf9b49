"""What `compile` has chosen, in a file: the optimizer with its arrays, the loss, the metrics.

In the header of a model file it is `compiled`: {"optimizer": {"name": "adam", "learning_rate":
0.001, ...}, "loss": {"name": "mean_squared_error", ...}, "metrics": [...], "iterations": n}. The
optimizer's arrays are members such as `optimizer/means/conv2d/kernel`.

An optimizer, a loss or a schedule of one's own cannot be described like this. Then the file holds
nothing of it, and a loaded model has to be compiled before it is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from numpy.typing import NDArray

from nn.datasets.arguments import METRICS
from nn.errors import InputError
from nn.io.archive import check_numbers
from nn.losses import LOSSES, Loss
from nn.optimizers import OPTIMIZERS, Optimizer
from nn.optimizers.schedules import Cosine, OneCycle
from nn.utils import keras_schedules

KERAS_SCHEDULES = [getattr(keras_schedules, name) for name in keras_schedules.__all__]
SCHEDULES: dict[str, Callable[..., Any]] = {kind.__name__: kind for kind in (Cosine, OneCycle, *KERAS_SCHEDULES)}
MOST_STEPS = 2**62
Slots = dict[str, tuple[NDArray, ...]]


def is_of_optimizer(name: str) -> bool:
    """Whether a member of a file is one of the optimizer's arrays: three parts, a layer's has two."""
    return name.startswith("optimizer/") and name.count("/") > 1


@dataclass(frozen=True)
class Compiled:
    """The choices, and how far the optimizer has come."""

    optimizer: Optimizer
    loss: Loss
    metrics: list[str]
    iterations: int = 0
    slots: Slots = field(default_factory=dict)

    def arrays(self) -> dict[str, NDArray]:
        """The optimizer's arrays under their names in a file."""
        return {
            f"optimizer/{kind}/{parameter}": array
            for parameter, arrays in self.slots.items()
            for kind, array in zip(self.optimizer.slots, arrays, strict=True)
        }

    def describe(self) -> dict[str, Any] | None:
        """The header's entry; None where something is of the user's own making."""
        optimizer, loss = optimizer_config(self.optimizer), loss_config(self.loss)
        if optimizer is None or loss is None:
            return None
        return {"optimizer": optimizer, "loss": loss, "metrics": list(self.metrics), "iterations": self.iterations}


def optimizer_config(optimizer: Optimizer) -> dict[str, Any] | None:
    """The name and the arguments of an optimizer of this package; None for another one."""
    if OPTIMIZERS.get(optimizer.name) is not type(optimizer):
        return None
    config, rate = optimizer.config(), optimizer.learning_rate
    if callable(rate):
        if SCHEDULES.get(type(rate).__name__) is not type(rate):
            return None
        config["learning_rate"] = {"schedule": type(rate).__name__, **asdict(rate)}
    return config


def loss_config(loss: Loss) -> dict[str, Any] | None:
    """The name and the arguments of a loss of this package; None for another one."""
    if LOSSES.get(loss.name) is not type(loss):
        return None
    given = {"from_logits": loss.from_logits, "label_smoothing": loss.label_smoothing}
    return {"name": loss.name, **{name: value for name, value in given.items() if value}}


def read(entry: object, arrays: dict[str, NDArray], shapes: Mapping[str, tuple[int, ...]], path: Any) -> Compiled:
    """What a header and its arrays describe, all of it checked; `shapes` are those of the layers'
    arrays by name.
    """
    if not isinstance(entry, dict) or entry.keys() != {"optimizer", "loss", "metrics", "iterations"}:
        raise InputError(f"{path}: expected the optimizer, the loss, the metrics and the iterations, got {entry!r:.80}")
    iterations, metrics = entry["iterations"], entry["metrics"]
    if type(iterations) is not int or not 0 <= iterations < MOST_STEPS:
        raise InputError(f"{path}: expected the optimizer's steps to be a whole number, got {iterations!r:.80}")
    if not isinstance(metrics, list) or any(name not in METRICS for name in metrics):
        raise InputError(f"{path}: expected the names of metrics, got {metrics!r:.80}")
    optimizer = made(entry["optimizer"], OPTIMIZERS, path, "optimizer")
    loss = made(entry["loss"], LOSSES, path, "loss")
    return Compiled(optimizer, loss, metrics, iterations, _slots(arrays, optimizer.slots, shapes, path))


def _slots(arrays: Mapping[str, NDArray], kinds: Sequence[str], shapes: Mapping[str, tuple[int, ...]], path: Any) -> Slots:
    """The optimizer's arrays for each parameter: all kinds of them, in the parameter's shape."""
    first = f"optimizer/{kinds[0]}/" if kinds else ""
    parameters = [name.removeprefix(first) for name in arrays if kinds and name.startswith(first)]
    expected = {f"optimizer/{kind}/{parameter}": shapes.get(parameter) for parameter in parameters for kind in kinds}
    odd = [name for name in {**arrays, **expected} if name not in arrays or expected.get(name) is None]
    if odd:
        raise InputError(f"{path}: the optimizer's arrays do not fit the layers: {min(odd)!r}")
    for name, shape in expected.items():
        check_numbers(name, arrays[name], cast(tuple[int, ...], shape), path)
    return {parameter: tuple(arrays[f"optimizer/{kind}/{parameter}"] for kind in kinds) for parameter in parameters}


def made(entry: object, kinds: Mapping[str, Callable[..., Any]], path: Any, what: str) -> Any:
    """The object that a name and its arguments describe; `InputError` for what is not known."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or entry["name"] not in kinds:
        raise InputError(f"{path}: expected the {what} to be one of {', '.join(kinds)}, got {entry!r:.80}")
    options = {name: value for name, value in entry.items() if name != "name"}
    try:
        if isinstance(rate := options.get("learning_rate"), dict):
            options["learning_rate"] = _schedule(rate, path)
        return kinds[entry["name"]](**options)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: the arguments of the {what} are wrong: {error}") from error


def _schedule(entry: dict[str, Any], path: Any) -> Any:
    kind = SCHEDULES.get(str(entry.get("schedule")))
    options = {name: value for name, value in entry.items() if name != "schedule"}
    if kind is None or options.keys() != {each.name for each in fields(kind)}:  # type: ignore[arg-type]
        raise InputError(f"{path}: expected a schedule among {', '.join(SCHEDULES)}, got {entry!r:.80}")
    for value in options.values():
        numbers = value if isinstance(value, list) else [value]
        if not all(isinstance(each, int | float | str) for each in numbers):
            raise InputError(f"{path}: expected numbers for a schedule, got {value!r:.80}")
    return kind(**options)
