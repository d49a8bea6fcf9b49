"""The parts of a batch go through the plan at once, on several threads: none may write where another one works."""

import copy

import numpy as np
import pytest

from nn.engine.operations import PART, Change, Part
from nn.engine.plan import Plan
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.losses import CategoricalCrossentropy
from nn.models import Sequential
from nn.optimizers import SGD

MODELS = {
    "student": [Conv2D(8, 5, activation="relu"), MaxPooling2D(), Conv2D(16, 3, activation="relu"), MaxPooling2D()],
    "rows that fill no vector": [Conv2D(3, 3, activation="relu"), Conv2D(2, (2, 3), activation="relu")],
    "rows that fill no vector, pooled": [Conv2D(3, 3), Conv2D(5, 3, activation="relu"), MaxPooling2D()],
    "images smaller than a vector": [Conv2D(2, 12, activation="relu"), Conv2D(3, 1)],
    "many inputs of a dense layer": [Conv2D(5, 3, activation="relu")],
    "frames": [Conv2D(3, 3, padding="same", activation="relu"), Conv2D(2, 3, strides=2, padding="same")],
    "overlapping pools": [Conv2D(3, 3), MaxPooling2D(3, 2)],
}
SENTINEL = 77


def plan_of(layers, samples, fuse=True):
    dense = [Flatten(), Dropout(0.3), Dense(6, activation="relu"), Dropout(0.5), Dense(3, activation="softmax")]
    model = Sequential([*copy.deepcopy(layers), *dense])
    model.build((12, 12, 1))
    plan = Plan(model.layers, samples, np.dtype(np.float32), CategoricalCrossentropy(), fuse)
    rng = np.random.default_rng(0)
    plan.images[...] = rng.random(plan.images.shape)
    plan.targets[...] = np.eye(3)[rng.integers(3, size=samples)]
    return model, plan


def parts_of(model, samples):
    keys = {layer.name: 5 for layer in model.layers if layer.random}
    return [Part(number, Plan.rows(number, samples), keys) for number in range(Plan.parts(samples))]


def arrays_by_sample(plan, samples):
    """Every array in which a part has rows of its own, to be left alone by the others."""
    arrays = {"dscores": plan.dscores}
    for number, step in enumerate(plan.steps):
        arrays |= {f"{number} {name}": array for name, array in vars(step).items() if isinstance(array, np.ndarray)}
    return {name: array for name, array in arrays.items() if array.ndim > 1 and len(array) == samples}


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_part_writes_nothing_into_the_next(layers):
    samples = 2 * PART
    model, plan = plan_of(layers, samples)
    first, _ = parts_of(model, samples)
    arrays = arrays_by_sample(plan, samples)
    for array in arrays.values():
        # -0.0, because the smallest write, adding nothing, turns it into 0.0.
        array[PART:] = SENTINEL if array.dtype == np.uint8 else -0.0
    plan.images[PART:] = -0.0
    plan.train_part(first, samples)
    for name, array in arrays.items():
        other = array[PART:]
        untouched = other == SENTINEL if array.dtype == np.uint8 else np.signbit(other)
        assert untouched.all(), name


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_the_order_of_the_parts_changes_no_bit(layers):
    samples = 2 * PART + 5
    results = []
    for order in ([0, 1, 2], [2, 0, 1]):
        model, plan = plan_of(layers, samples)
        parts = parts_of(model, samples)
        for number in order:
            plan.train_part(parts[number], samples)
        slots = {f"{layer.name}/{name}": () for layer in model.layers for name in layer.parameters}
        for step, piece in plan.updates():
            step.update(piece, Change(samples, len(parts), SGD(), slots, 1.0))
        results.append([*arrays_by_sample(plan, samples).values(), *model.get_weights()])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_fused_plan_computes_what_its_unfused_parts_do(layers):
    # Scores, losses and one step of plain descent; float32 sums in another order.
    samples = PART + 5
    results = []
    for fuse in (True, False):
        model, plan = plan_of(layers, samples, fuse)
        parts = parts_of(model, samples)
        for part in parts:
            plan.train_part(part, samples)
        slots = {f"{layer.name}/{name}": () for layer in model.layers for name in layer.parameters}
        for step, piece in plan.updates():
            step.update(piece, Change(samples, len(parts), SGD(), slots, 1.0))
        results.append((len(plan.steps), [plan.dscores, plan.losses[: len(parts)], *model.get_weights()]))
    (fused_steps, fused), (steps, unfused) = results
    assert fused_steps <= steps
    for one, other in zip(fused, unfused, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_parts_add_up_to_the_gradient_of_the_whole_batch():
    # One step of plain descent with rate 1, by the plan in three parts and layer by layer in one.
    samples = 2 * PART + 5
    model, plan = plan_of(MODELS["rows that fill no vector, pooled"], samples)
    reference, _ = plan_of(MODELS["rows that fill no vector, pooled"], samples)
    parts = parts_of(model, samples)
    for part in parts:
        plan.train_part(part, samples)
    slots = {f"{layer.name}/{name}": () for layer in model.layers for name in layer.parameters}
    for step, piece in plan.updates():
        step.update(piece, Change(samples, len(parts), SGD(), slots, 1.0))
    x, caches = plan.images, []
    for layer in reference.layers:
        x, cache = layer.forward(x, True, 5)
        caches.append(cache)
    loss = CategoricalCrossentropy()
    dout = loss.backward(loss.forward(x, plan.targets)[1])
    for layer, cache in zip(reference.layers[::-1], caches[::-1], strict=True):
        dout, grads = layer.backward(dout, cache)
        for name, gradient in grads.items():
            layer.parameters[name] -= gradient
    for array, expected in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-5)
