"""python -m benchmarks limits: every operation of the student's training on one thread, and the
least time that the processor's limits allow for it.

What an operation does is counted: multiply-adds and additions, values that are loaded into
registers, and bytes of arrays that do not stay in the first-level cache. Each is
divided by the most that this processor does in a second (`ladder/roofline.py`). The longest of the three
times is the bound. What the counts leave out (transforms, bookkeeping, comparisons) is in the
rest; docs/benchmarks.md says for each operation what that is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks import report
from nn.io.cli import ArgumentParser, whole_number
from nn.kernels.simd import lanes

COLUMNS = {
    "name": "operation",
    "us": "µs an image",
    "share": "% of all",
    "bound": "bound",
    "limit": "by",
    "of_bound": "bound / time %",
    "arithmetic": "arithmetic",
    "loads": "loads",
    "bytes": "bytes",
}
FIRST_LEVEL, SECOND_LEVEL = 8 * 1024, 256 * 1024  # bytes that surely fit
BATCH, CHUNK = 128, 32
# Loads for each multiply-add: four sums share a load of weights, and the two registers of a vector
# share a load of the value that is multiplied; or a piece of a row shares a value and its offset.
SHARED, LISTED = 0.75, 1.15


@dataclass(frozen=True)
class Work:
    """What an operation does for one image: multiply-adds and additions, values loaded, bytes."""

    arithmetic: float = 0
    loads: float = 0
    bytes: float = 0


@dataclass(frozen=True)
class Task:
    """A call that does a whole batch, and what it has to do for each image."""

    name: str
    run: Callable[[], Any]
    work: Work


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = ArgumentParser(prog="python -m benchmarks limits", description="Each operation against its bound.")
    parser.add_argument("--rounds", type=whole_number(1), default=100, help="in turn (default: %(default)s)")
    parser.add_argument("--steps", type=whole_number(1), default=200, help="of training before it (default: %(default)s)")
    parser.add_argument("--data", help="the folder of the MNIST files, if not the usual one")
    report.add_out(parser)
    options = parser.parse_args(arguments)
    path = report.check_out(options.out, "limits")
    rates = limits()
    tasks = training_tasks(options.steps, options.data)
    rows = [row(task, seconds, rates) for task, seconds in zip(tasks, timed(tasks, options.rounds), strict=True)]
    total = sum(each["us"] for each in rows)
    for each in rows:
        each["share"] = 100 * each["us"] / total
    rows.sort(key=lambda each: -each["us"])
    print(report.table(rows, COLUMNS))
    print(f"{total:.0f} µs an image; {', '.join(f'{rate / 1e9:.3g} G {name}' for name, rate in rates.items())} a second")
    report.write(path, {"benchmark": "limits", "settings": {"threads": 1, "batch_size": BATCH}, "limits": rates, "rows": rows})
    return 0


def limits() -> dict[str, float]:
    """The most that one thread does in a second, by the field of `Work`."""
    from benchmarks.ladder import roofline

    return {
        "arithmetic": roofline.peak_gflops(1) / 2 * 1e9,
        "loads": roofline.loads(FIRST_LEVEL),
        "bytes": 4 * roofline.loads(SECOND_LEVEL),
    }


def row(task: Task, seconds: float, rates: dict[str, float]) -> dict[str, Any]:
    """Time and bound in microseconds an image."""
    work = vars(task.work)
    least = {name: 1e6 * work[name] / rate for name, rate in rates.items()}
    limit = max(least, key=lambda name: least[name])
    us = 1e6 * seconds / BATCH
    return {"name": task.name, "us": us, "bound": least[limit], "limit": limit, "of_bound": 100 * least[limit] / us, **work}


def timed(tasks: Sequence[Task], rounds: int) -> list[float]:
    """The least processor time of each task, in turns."""
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for index, task in enumerate(tasks):
            began = time.thread_time()
            task.run()
            best[index] = min(best[index], time.thread_time() - began)
    return best


@dataclass(frozen=True)
class Prepared:
    """A plan after some steps of training, a step, and the tasks of its batch."""

    plan: Any
    step: Any
    batch: Any


def prepared(steps: int, folder: str | None) -> Prepared:
    """The student's network by the classic recipe, on one thread."""
    from nn.datasets.collections import load_splits
    from nn.engine.batch import Batch
    from nn.engine.fused import FusedEngine
    from nn.engine.step import Step
    from nn.train.recipe import CLASSIC
    from nn.train.setup import trainer_for

    train, test = (tuple(array[: BATCH * steps] for array in split) for split in load_splits("mnist", folder))
    trainer = trainer_for(replace(CLASSIC, epochs=1), train, test, threads=1)  # type: ignore[arg-type]
    trainer.validation = None
    trainer.run()
    model, source = trainer.model, trainer.source
    engine = FusedEngine(model.layers, model.dtype, model.loss, batch_size=BATCH, threads=1)
    keys = {layer.name: 1 for layer in model.layers if type(layer).__name__ == "Dropout"}
    step = Step(
        source=source,
        indices=np.arange(BATCH),
        epoch=0,
        keys=keys,
        optimizer=model.optimizer,
        slots=model.slots(),
        rate=1e-3,
        number=steps,
    )
    engine.train(step)
    return Prepared(engine.plan, step, Batch(engine.plan, step))


def training_tasks(steps: int, folder: str | None) -> list[Task]:
    """Every operation of a training by the classic recipe, after some steps of it."""
    ready = prepared(steps, folder)
    plan, step, batch = ready.plan, ready.step, ready.batch
    tasks = [Task("images", lambda: step.fill(plan.images, plan.targets), Work(bytes=5 * 784))]
    for operation in plan.operations:
        name = operation.layers[0].name
        if not operation.forward_kernels:
            continue
        tasks.append(Task(f"{name} forward", _each(operation.forward, batch), forward_work(operation)))
        tasks.append(Task(f"{name} backward", _each(operation.backward, batch), backward_work(operation)))
        updates = [(operation, piece) for piece in range(operation.pieces())]
        tasks.append(Task(f"{name} update", _updates(updates, batch), update_work(operation)))
    tasks.append(Task("loss", _each(lambda chunk: plan.backward_from_loss(chunk, BATCH), batch), Work()))
    return tasks


def _each(call: Callable[[Any], Any], batch: Any) -> Callable[[], Any]:
    return lambda: [call(chunk) for chunk in batch.chunks]


def _updates(pieces: Sequence[tuple[Any, int]], batch: Any) -> Callable[[], Any]:
    return lambda: [operation.update(piece, batch.step, len(batch.chunks)) for operation, piece in pieces]


def forward_work(operation: Any) -> Work:
    """Of the forward pass of a convolution or a dense layer."""
    kernel, moved = operation.layer.parameters["kernel"], 4 * operation.input[0].size + 4 * operation.out[0].size
    if kernel.ndim == 2:
        inputs, units = kernel.shape
        alive = float((operation.input != 0).sum() / len(operation.input))
        if units < 4 * lanes(kernel) or alive > inputs / 2:  # `dense.matmul` then multiplies zeros, too
            return Work(kernel.size, SHARED * kernel.size, moved + 4 * kernel.size / CHUNK)
        return Work(alive * units, LISTED * alive * units, moved + 4 * kernel.size / CHUNK)
    tile, products = (4, 64) if kernel.shape[2] == 1 else (5, 49)
    rows, columns, filters = operation.layer.output_shape
    multiplications = -(-rows // tile) * -(-columns // tile) * products * kernel.shape[2] * filters
    if kernel.shape[2] == 1:
        # To 64 products belong 190 additions, and half of what they give is stored and read again.
        return Work(multiplications * 254 / 64, 2 * multiplications, moved + operation.out[0].size)
    # Two images share a pass over the transformed kernel, which does not fit into a cache.
    return Work(multiplications, SHARED * multiplications, moved + operation.out[0].size + 4 * operation.transformed.size / 2)


def backward_work(operation: Any) -> Work:
    """Of the backward pass, without the products with zero that are left out."""
    kernel, dout, out = operation.layer.parameters["kernel"], operation.dout, operation.out
    alive = float(((out > 0) & (dout != 0)).sum() / len(out)) if operation.relu else dout[0].size
    moved = 4 * (dout[0].size + operation.input[0].size + operation.dinput[:1].size)
    if kernel.ndim == 2:
        return Work(alive * len(kernel), LISTED * alive * len(kernel), moved + 4 * kernel.size / CHUNK)
    if operation.sparse:
        products = 2 * alive * kernel[..., 0].size
        return Work(products, LISTED * products, moved)
    # The outputs whose row of a patch has ink, for every row; five inputs share a load of dz.
    ink = np.lib.stride_tricks.sliding_window_view(operation.input[..., 0], kernel.shape[1], axis=2).any(axis=-1)
    rows = np.lib.stride_tricks.sliding_window_view(ink.sum(axis=2), operation.layer.output_shape[0], axis=1)
    multiplications = float(rows.sum(axis=(1, 2)).mean()) * kernel.shape[1] * kernel.shape[3]
    return Work(multiplications, 0.7 * multiplications, moved)


def update_work(operation: Any) -> Work:
    """Of the sums over the batch and Adadelta, which reads a weight, its gradient and two averages
    and writes all but the gradient.
    """
    kernel = operation.layer.parameters["kernel"]
    if kernel.ndim == 4:
        return Work(bytes=4 * kernel.size * (len(operation.dkernels) + 7) / BATCH)
    alive = float((operation.dout != 0).sum() / len(operation.dout)) * len(kernel)
    return Work(alive, LISTED * alive, 4 * (kernel.size * 8 / BATCH + operation.input[0].size))
