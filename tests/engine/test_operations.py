"""One operation at a time: which kernels it takes, how it lays out its arrays, and into which pieces
it cuts its work.
"""

import copy
import itertools

import numpy as np
import pytest
from small_steps import ArraySource, step_of

from nn.engine.batch import Batch
from nn.engine.dense_operation import ROWS_IN_PIECE
from nn.engine.plan import Plan
from nn.kernels.conv_pool_backward import SHORT_ROW
from nn.kernels.pool import MOST_PLACES
from nn.kernels.simd import VECTOR_BYTES
from nn.layers import AveragePooling2D, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU
from nn.losses import MeanSquaredError
from nn.models import Sequential
from nn.optimizers import SGD

LANES = VECTOR_BYTES // 4  # of a vector of float32


def plan_of(*layers, shape, samples=4, **options):
    model = Sequential(layers)
    model.build(shape)
    return Plan(model.layers, samples, model.dtype, **{"loss": MeanSquaredError(), **options})


def names(kernels):
    return [kernel.__name__ for kernel in kernels]


class Pieces:
    """Stands for a step: keeps which rows of which parameter change."""

    def __init__(self, samples):
        self.samples, self.changed = samples, []

    def __len__(self):
        return self.samples

    def update(self, layer, name, gradient, rows=slice(None)):
        assert gradient.shape == layer.parameters[name][rows].shape
        self.changed.append((name, rows))


@pytest.mark.parametrize(
    ("inputs", "activation", "expected"),
    [
        (256, "relu", ["list_nonzeros", "sparse_matmul"]),
        (255, "relu", ["relu_dropout_backward", "matmul"]),
        (256, None, ["matmul"]),
        (255, None, ["matmul"]),
    ],
)
def test_a_dense_layer_lists_its_gradients_if_relu_clears_them_and_it_has_many_inputs(inputs, activation, expected):
    plan = plan_of(Dense(2, activation=activation), shape=(inputs,))
    assert names(plan.operations[0].backward_kernels) == expected


@pytest.mark.parametrize("units", [1, 2 * ROWS_IN_PIECE])
def test_zeros_stand_for_the_bias_of_products_that_have_none(units):
    # One product has an output for each unit, the other one for each input.
    operation = plan_of(Dense(units), shape=(40,)).operations[0]
    assert not operation.no_bias.any()
    assert len(operation.no_bias) >= max(units, 40)


def test_what_is_not_zero_is_listed_by_chunk_sample_and_unit():
    operation = plan_of(Dense(7, activation="relu"), shape=(300,), samples=10, chunk=5).operations[0]
    assert [array.shape for array in operation.by_sample] == [(2, 5), (2, 5, 7), (2, 5, 7)]
    assert [array.shape for array in operation.by_unit] == [(2, 7), (2, 7, 5), (2, 7, 5)]


@pytest.mark.parametrize("activation", ["relu", None])
@pytest.mark.parametrize(
    ("inputs", "ends"),
    [
        (5, [5]),
        (ROWS_IN_PIECE, [ROWS_IN_PIECE]),
        (ROWS_IN_PIECE + 1, [ROWS_IN_PIECE, ROWS_IN_PIECE + 1]),
        (2 * ROWS_IN_PIECE + 9, [ROWS_IN_PIECE, 2 * ROWS_IN_PIECE, 2 * ROWS_IN_PIECE + 9]),
    ],
)
def test_pieces_of_a_dense_layer_are_its_kernels_rows_each_once_and_its_bias(inputs, ends, activation):
    operation = plan_of(Dense(2, activation=activation), shape=(inputs,)).operations[0]
    assert operation.pieces() == len(ends)
    step = Pieces(4)
    for piece in range(operation.pieces()):
        operation.update(piece, step, 1)
    kernels = [rows for name, rows in step.changed if name == "kernel"]
    assert kernels == [slice(begin, end) for begin, end in itertools.pairwise([0, *ends])]
    assert [name for name, _ in step.changed if name == "bias"] == ["bias"]


def test_a_dense_layer_without_a_bias_changes_its_kernel_alone():
    operation = plan_of(Dense(2, use_bias=False), shape=(ROWS_IN_PIECE + 1,)).operations[0]
    step = Pieces(4)
    for piece in range(operation.pieces()):
        operation.update(piece, step, 1)
    assert [name for name, _ in step.changed] == ["kernel", "kernel"]


@pytest.mark.parametrize(
    "layers",
    [
        (Flatten(), Dense(2, activation="relu", trainable=False)),
        (Conv2D(2, 3, trainable=False),),
        (Conv2D(2, 3, activation="relu", trainable=False), MaxPooling2D()),
        (BatchNormalization(trainable=False),),
    ],
    ids=lambda layers: "-".join(type(layer).__name__ for layer in layers),
)
def test_a_frozen_layer_has_no_pieces_and_ends_the_way_back(layers):
    plan = plan_of(*copy.deepcopy(layers), Flatten(), Dense(1), shape=(6, 6, 1))
    *frozen, last = plan.operations
    assert [operation.pieces() for operation in frozen] == [0] * len(frozen)
    assert plan.learning == [last]
    assert plan.updates() == [(last, 0)]


@pytest.mark.parametrize(
    ("layer", "pieces"),
    [(Conv2D(2, 3), 1), (Conv2D(2, 3, trainable=False), 0), (AveragePooling2D(), 0), (MaxPooling2D(), 0)],
    ids=["learns", "frozen", "without weights", "pools"],
)
def test_a_layer_by_itself_has_one_piece_if_it_learns_and_names_its_own_passes(layer, pieces):
    operation = plan_of(copy.deepcopy(layer), Flatten(), Dense(1), shape=(6, 6, 1), fuse=False).operations[0]
    assert operation.pieces() == pieces
    assert operation.forward_kernels == (type(layer).forward,)
    assert operation.backward_kernels == (type(layer).backward,)


@pytest.mark.parametrize("activation", ["relu", None])
def test_two_steps_of_a_large_dense_layer_are_those_of_the_formulas(activation):
    # Three pieces, three chunks: dz = ∂L/∂z, dkernel = xᵀ dz, dbias = Σ dz.
    rng, inputs, units, samples, rate = np.random.default_rng(4), 2 * ROWS_IN_PIECE + 9, 3, 13, 0.5
    x, targets = rng.standard_normal((samples, inputs)), rng.random((samples, units))
    model = Sequential([Dense(units, activation=activation)], dtype=np.float64)
    model.build((inputs,))
    model.compile(loss="mse", optimizer=SGD(rate))
    kernel, bias = model.get_weights()
    plan = Plan(model.layers, samples, model.dtype, model.loss, chunk=5)
    for _ in range(2):
        z = x @ kernel + bias
        out, slope = (np.maximum(z, 0), z > 0) if activation else (z, 1.0)
        dz = 2 * (out - targets) / out.size * slope
        kernel, bias = kernel - rate * x.T @ dz, bias - rate * dz.sum(axis=0)
        batch = Batch(plan, step_of(model, ArraySource(x, targets), rate=rate))
        for index in range(len(batch)):
            batch.do(index)
        assert batch.loss() == pytest.approx(((out - targets) ** 2).mean() * samples, rel=1e-12)
    for array, expected in zip(model.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_allclose(array, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("columns", "channels", "expected"),
    [
        (4, SHORT_ROW // 4, "filters_backward"),
        (SHORT_ROW - 1, 1, "kernel_backward"),
        (1, SHORT_ROW - 1, "kernel_backward"),
        (SHORT_ROW, 1, "filters_backward"),
    ],
)
def test_a_first_convolution_with_pooling_sums_densely_where_rows_of_patches_are_short(columns, channels, expected):
    layers = Conv2D(3, (2, columns), activation="relu"), MaxPooling2D()
    plan = plan_of(*layers, Flatten(), Dense(1), shape=(8, SHORT_ROW + 8, channels))
    assert names(plan.operations[0].backward_kernels) == [expected]


def test_a_convolution_with_pooling_that_hands_a_gradient_on_adds_only_what_is_not_zero():
    plan = plan_of(Conv2D(1, 1), Conv2D(3, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(1), shape=(8, 8, 1))
    assert names(plan.operations[1].backward_kernels) == ["filters_backward"]


@pytest.mark.parametrize(
    ("size", "forward", "backward"),
    [
        ((1, MOST_PLACES), "maxpool2d_forward_vectors", "maxpool2d_backward_vectors"),
        ((1, MOST_PLACES + 1), "maxpool2d_forward", "maxpool2d_backward"),
    ],
)
def test_the_winner_of_a_window_is_kept_in_a_byte_as_long_as_its_places_fit(size, forward, backward):
    plan = plan_of(Conv2D(1, 1), MaxPooling2D(size), Flatten(), Dense(1), shape=(1, 2 * MOST_PLACES + 2, 1))
    pool = plan.operations[1]
    assert names(pool.forward_kernels) == [forward]
    assert names(pool.backward_kernels) == [backward]
    plan.images[...] = 0
    plan.images[:, :, size[1] - 1] = 1  # the last place of the first window
    for operation in plan.operations[:2]:
        operation.layer.parameters.get("kernel", np.empty(0))[...] = 1
        operation.forward(plan.chunks(1, {})[0])
    assert pool.out[0].ravel().tolist() == [1, 0]
    assert pool.winner[0].ravel().tolist() == [size[1] - 1, 0]


# A row of a filter, KW·C values, is written as whole vectors of LANES values. The last patch ends
# with its image, so the rest of its vector reaches past that.
@pytest.mark.parametrize(
    ("columns", "channels", "filters", "width", "images"),
    [
        (2, 1, 1, LANES - 2, 1),  # the rest of a vector is one image
        (2, 1, 1, LANES - 3, 2),  # ... and one value more
        (2, 1, LANES, LANES - 3, 2),
        (1, 2, 1, LANES // 2 - 1, 1),
        (1, 2, 1, LANES // 2 - 2, 2),
        (3, 5, 4, 64, 1),
        (LANES, 1, 1, LANES, 0),
        (1, LANES, 2, 3, 0),
        (LANES // 2, 2, 1, 99, 0),
    ],
)
def test_as_many_images_keep_chunks_apart_as_a_vector_can_reach_into(columns, channels, filters, width, images):
    layers = Conv2D(channels, 1), Conv2D(filters, (1, columns), activation="relu")
    plan = plan_of(*layers, Flatten(), Dense(1), shape=(1, width, channels))
    assert plan.operations[1].gap == images


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_nothing_keeps_chunks_apart_where_no_gradient_is_written(padding):
    plan = plan_of(Conv2D(3, (1, 2), padding=padding, activation="relu"), Flatten(), Dense(1), shape=(1, 9, 1))
    assert plan.operations[0].gap == 0
    assert plan.operations[0].dpadded.size == 0


def test_a_gradient_of_one_number_is_handed_on():
    # Three weights in a row: out = a b c x, and each has the other three in its slope.
    model = Sequential([Conv2D(1, 1, use_bias=False), Conv2D(1, 1, use_bias=False), Flatten(), Dense(1, use_bias=False)])
    model.build((1, 1, 1))
    model.set_weights([np.full((1, 1, 1, 1), 2.0), np.full((1, 1, 1, 1), 3.0), np.full((1, 1), 5.0)])
    model.compile(loss="mse", optimizer=SGD(1.0))
    batch = Batch(
        Plan(model.layers, 1, model.dtype, model.loss), step_of(model, ArraySource(np.ones((1, 1, 1, 1)), np.array([[31.0]])))
    )
    for index in range(len(batch)):
        batch.do(index)
    slope = 2 * (2 * 3 * 5 - 31)
    assert [array.item() for array in model.get_weights()] == [2 - slope * 15, 3 - slope * 10, 5 - slope * 6]


@pytest.mark.parametrize("pooled", [False, True])
def test_a_plan_that_predicts_prepares_a_kernel_again_only_when_it_has_changed(pooled, monkeypatch):
    layers = [Conv2D(2, 3, activation="relu"), *([MaxPooling2D()] if pooled else [])]
    operation = plan_of(*layers, shape=(6, 6, 1), loss=None, training=False).operations[0]
    prepared = []
    monkeypatch.setattr(operation, "prepare", lambda kernel: prepared.append(kernel.copy()))
    operation.refresh()
    assert not prepared  # it is as it was when the plan was made
    operation.layer.parameters["kernel"][...] = 3
    operation.refresh()
    operation.refresh()
    assert len(prepared) == 1
    assert (prepared[0] == 3).all()


def test_normalization_names_its_kernels_in_the_order_of_its_passes():
    def kernels(*layers, shape=(4, 4, 2), **options):
        operation = plan_of(*layers, shape=shape, **options).operations[0]
        return names(operation.forward_kernels), names(operation.backward_kernels)

    gathering = ["moments", "join_moments"], ["gradient_sums", "join_gradients"]
    alone = BatchNormalization(), ReLU(), Flatten(), Dense(1)
    assert kernels(*alone) == ([*gathering[0], "normalize"], [*gathering[1], "input_gradient"])
    pooled = BatchNormalization(), ReLU(), MaxPooling2D(), Flatten(), Dense(1)
    assert kernels(*pooled) == ([*gathering[0], "normalize_pool"], [*gathering[1], "input_gradient_pool"])
    frozen = BatchNormalization(trainable=False), Flatten(), Dense(1)
    assert kernels(*frozen)[0] == ["normalize"]


@pytest.mark.parametrize("training", [True, False])
def test_normalization_waits_for_the_batch_only_where_the_batch_decides(training):
    layers = BatchNormalization(), Flatten(), BatchNormalization(trainable=False), Dense(1)
    first, _, frozen, _ = plan_of(*layers, shape=(4, 4, 2), training=training).operations
    assert first.meets is training
    assert first.pieces() == int(training)
    assert not frozen.meets
    assert frozen.pieces() == 0


def test_a_batch_of_one_sample_has_the_layers_mask():
    plan = plan_of(Dropout(0.5), Dense(1), shape=(40,), samples=1)
    plan.images[...] = 1
    plan.operations[0].forward(plan.chunks(1, {"dropout": 11})[0])
    expected, _ = Dropout(0.5).forward(np.ones((1, 40), np.float32), True, 11)
    np.testing.assert_array_equal(plan.operations[0].out, expected)
