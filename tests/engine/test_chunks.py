"""The chunks of a batch go through the plan at once, on several threads: none may write where
another one works.
"""

import copy

import numpy as np
import pytest
from small_steps import ArraySource, poison, step_of

from nn.engine.batch import Batch
from nn.engine.executor import Executor
from nn.engine.operations import DropoutOperation
from nn.engine.plan import CHUNK, Plan
from nn.engine.textbook import TextbookEngine
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU
from nn.models import Sequential
from nn.optimizers import SGD

MODELS = {
    "student": [Conv2D(8, 5, activation="relu"), MaxPooling2D(), Conv2D(16, 3, activation="relu"), MaxPooling2D()],
    "rows that fill no vector": [Conv2D(3, 3, activation="relu"), Conv2D(2, (2, 3), activation="relu")],
    "rows that fill no vector, pooled": [Conv2D(3, 3), Conv2D(5, 3, activation="relu"), MaxPooling2D()],
    "one filter of one row, pooled": [Conv2D(3, 3, activation="relu"), Conv2D(1, (1, 2), activation="relu"), MaxPooling2D()],
    "a first layer of flat filters, pooled": [Conv2D(4, (3, 5), activation="relu"), MaxPooling2D()],
    "images smaller than a vector": [Conv2D(2, 12, activation="relu"), Conv2D(3, 1)],
    "many inputs of a dense layer": [Conv2D(5, 3, activation="relu")],
    "frames": [Conv2D(3, 3, padding="same", activation="relu"), Conv2D(2, 3, strides=2, padding="same")],
    "batch normalization": [Conv2D(3, 3), BatchNormalization(), ReLU(), MaxPooling2D(), Conv2D(2, 2, activation="tanh")],
    "overlapping pools": [Conv2D(3, 3), MaxPooling2D(3, 2)],
}
SENTINEL = 77
KEYS = {"dropout": 5, "dropout_1": 6}


def model_of(layers, dtype=np.float32):
    dense = [Flatten(), Dropout(0.3), Dense(6, activation="relu"), Dropout(0.5), Dense(3, activation="softmax")]
    model = Sequential([*copy.deepcopy(layers), *dense], dtype=dtype)
    model.build((12, 12, 1))
    model.compile(optimizer=SGD())
    return model


def source_of(samples):
    rng = np.random.default_rng(0)
    return ArraySource(rng.random((samples, 12, 12, 1)), np.eye(3)[rng.integers(3, size=samples)])


def plan_of(layers, samples, **options):
    model = model_of(layers)
    return model, Plan(model.layers, samples, model.dtype, model.loss, **options)


def batch_of(layers, samples, **options):
    model, plan = plan_of(layers, samples, **options)
    return model, Batch(plan, step_of(model, source_of(samples), keys=KEYS))


def arrays_by_sample(plan, samples):
    """Every array in which a chunk has rows of its own, which the others must leave alone."""
    arrays = {"dscores": plan.dscores}
    for index, operation in enumerate(plan.operations):
        arrays |= {f"{index} {name}": array for name, array in vars(operation).items() if isinstance(array, np.ndarray)}
    return {name: array for name, array in arrays.items() if array.ndim > 1 and len(array) == samples}


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_chunk_writes_nothing_into_the_next(layers):
    samples = 2 * CHUNK
    _, batch = batch_of(layers, samples)
    plan = batch.plan
    arrays = arrays_by_sample(plan, samples)
    for array in arrays.values():
        # -0.0, because the smallest write, adding nothing, turns it into 0.0.
        array[CHUNK:] = SENTINEL if array.dtype.kind in "ui" else -0.0
    plan.images[CHUNK:] = -0.0
    batch.do(0)
    for name, array in arrays.items():
        other = array[CHUNK:]
        untouched = other == SENTINEL if array.dtype.kind in "ui" else np.signbit(other)
        assert untouched.all(), name


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_the_order_of_the_chunks_changes_no_bit(layers):
    samples = 2 * CHUNK + 5
    results = []
    for order in ([0, 1, 2], [2, 0, 1]):
        model, batch = batch_of(layers, samples)
        for index in [*order, *range(3, len(batch))]:
            batch.do(index)
        results.append([*arrays_by_sample(batch.plan, samples).values(), *model.get_weights()])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_fused_plan_computes_what_single_layers_do(layers):
    # Scores, losses and one step of plain descent; float32 sums in another order.
    samples = CHUNK + 5
    results = []
    for fuse in (True, False):
        model, batch = batch_of(layers, samples, fuse=fuse)
        for index in range(len(batch)):
            batch.do(index)
        results.append((len(batch.plan.operations), [batch.plan.dscores, np.array(batch.loss()), *model.get_weights()]))
    (fused_count, fused), (count, unfused) = results
    assert fused_count <= count
    for one, other in zip(fused, unfused, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("chunk", [1, 7, CHUNK, 100])
@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_chunks_of_any_size_add_up_to_the_step_of_the_textbook(layers, chunk):
    samples = 2 * CHUNK + 5
    model, reference = model_of(layers, np.float64), model_of(layers, np.float64)
    batch = Batch(
        Plan(model.layers, samples, model.dtype, model.loss, chunk=chunk), step_of(model, source_of(samples), keys=KEYS)
    )
    for index in range(len(batch)):
        batch.do(index)
    engine = TextbookEngine(reference.layers, reference.dtype, reference.loss)
    loss, right = engine.train(step_of(reference, source_of(samples), keys=KEYS))
    assert batch.loss() == pytest.approx(loss, rel=1e-12)
    assert batch.right() == right
    for array, expected in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("samples", [2 * CHUNK + 5, CHUNK - 1])
@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_batch_reads_nothing_that_an_earlier_one_has_left(layers, samples):
    results = []
    for poisoned in (False, True):
        model, plan = plan_of(layers, 3 * CHUNK)
        if poisoned:
            poison(plan)
        with Executor(3) as executor:
            batch = Batch(plan, step_of(model, source_of(samples), keys=KEYS))
            executor.run(batch.do, len(batch), batch.abort)
        results.append([np.array([batch.loss(), batch.right()]), *model.get_weights()])
    for clean, other in zip(*results, strict=True):
        np.testing.assert_array_equal(clean, other)


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_a_short_batch_after_a_full_one_is_as_if_it_came_first(layers, fuse):
    # A layer by itself keeps its chunks' gradients in a list, where `poison` does not reach.
    results = []
    for batches in ([CHUNK + 5], [3 * CHUNK, CHUNK + 5]):
        model, plan = plan_of(layers, 3 * CHUNK, fuse=fuse)
        begin = [array.copy() for array in model.get_weights()]
        for samples in batches:
            model.set_weights(begin)
            plan.refresh()
            batch = Batch(plan, step_of(model, source_of(samples), keys=KEYS))
            for index in range(len(batch)):
                batch.do(index)
        results.append([np.array([batch.loss(), batch.right()]), *model.get_weights()])
    for first, after in zip(*results, strict=True):
        np.testing.assert_array_equal(first, after)


def test_masks_depend_on_key_and_element_not_on_the_chunks():
    masks = []
    for chunk in (1, 7, CHUNK, 100):
        _, plan = plan_of([], 70, chunk=chunk)
        (alone,) = (operation for operation in plan.operations if isinstance(operation, DropoutOperation))
        joined = plan.operations[plan.operations.index(alone) + 1]
        joined.layer.parameters["bias"][...] = 1000  # no output is zero but for dropout
        for each in plan.chunks(70, KEYS):
            alone.input[each.rows] = 1
            alone.forward(each)
            joined.forward(each)
        masks.append([alone.out > 0, joined.out > 0])
        assert 0.6 < masks[-1][0].mean() < 0.8
        assert 0.4 < masks[-1][1].mean() < 0.6
    for one, two in masks[1:]:
        np.testing.assert_array_equal(one, masks[0][0])
        np.testing.assert_array_equal(two, masks[0][1])
    # They are those of the layer itself.
    layer = Dropout(0.3)
    np.testing.assert_array_equal(layer.forward(np.ones((70, 144)), True, KEYS["dropout"])[0] > 0, masks[0][0])
