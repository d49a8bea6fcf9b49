"""Which operations a plan joins layers into, and what it says of itself."""

import copy

import numpy as np
import pytest

from nn.engine.plan import Plan
from nn.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    MaxPooling2D,
    ReLU,
    Reshape,
    Softmax,
)
from nn.losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from nn.models import Sequential


def plan_of(layers, *, shape=(8, 8, 2), loss=None, training=True, **options):
    model = Sequential(copy.deepcopy(layers))
    model.build(shape)
    return Plan(model.layers, 4, model.dtype, loss, training=training, **options)


def operations(*arguments, **options):
    plan = plan_of(*arguments, **options)
    return [" ".join([type(each).__name__, *(layer.name for layer in each.layers)]) for each in plan.operations]


def conv(activation=None, **options):
    return Conv2D(3, 3, activation=activation, **options)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([conv("relu")], ["ConvOperation conv2d"]),
        ([conv(), ReLU()], ["ConvOperation conv2d"]),
        ([conv(), Activation("relu")], ["ConvOperation conv2d"]),
        ([conv("relu"), ReLU()], ["ConvOperation conv2d", "ReLUOperation re_lu"]),
        ([conv("tanh"), ReLU()], ["ConvOperation conv2d", "LayerOperation conv2d/tanh", "ReLUOperation re_lu"]),
        ([conv(), Activation("tanh")], ["ConvOperation conv2d", "LayerOperation activation"]),
        ([conv("relu"), MaxPooling2D()], ["ConvPoolOperation conv2d max_pooling2d"]),
        ([conv(), ReLU(), MaxPooling2D()], ["ConvPoolOperation conv2d max_pooling2d"]),
        ([conv(), MaxPooling2D()], ["ConvOperation conv2d", "PoolOperation max_pooling2d"]),
        ([conv("relu"), MaxPooling2D(), MaxPooling2D()],
         ["ConvPoolOperation conv2d max_pooling2d", "PoolOperation max_pooling2d_1"]),
        ([Activation("relu"), MaxPooling2D()], ["ReLUOperation activation", "PoolOperation max_pooling2d"]),
        ([Flatten(), Dense(5, activation="relu")], ["FlattenOperation flatten", "DenseOperation dense"]),
        ([Reshape((4, 32)), Flatten(), Dense(5)],
         ["FlattenOperation reshape", "FlattenOperation flatten", "DenseOperation dense"]),
        ([Flatten(), Dense(5), ReLU(), Dropout(0.5)], ["FlattenOperation flatten", "DenseOperation dense dropout"]),
        ([Flatten(), Dense(5), Dropout(0.5)], ["FlattenOperation flatten", "DenseOperation dense", "DropoutOperation dropout"]),
        ([Flatten(), Dense(5, activation="relu"), Dropout(0)], ["FlattenOperation flatten", "DenseOperation dense"]),
        ([conv("relu"), Dropout(0.5), MaxPooling2D()],
         ["ConvOperation conv2d", "DropoutOperation dropout", "PoolOperation max_pooling2d"]),
        ([BatchNormalization()], ["BatchNormOperation batch_normalization"]),
        ([BatchNormalization(), ReLU()], ["BatchNormOperation batch_normalization re_lu"]),
        ([BatchNormalization(), ReLU(), ReLU()], ["BatchNormOperation batch_normalization re_lu", "ReLUOperation re_lu_1"]),
        ([BatchNormalization(), MaxPooling2D()], ["BatchNormPoolOperation batch_normalization max_pooling2d"]),
        ([BatchNormalization(), ReLU(), MaxPooling2D()], ["BatchNormPoolOperation batch_normalization re_lu max_pooling2d"]),
        ([BatchNormalization(), MaxPooling2D(3)], ["BatchNormOperation batch_normalization", "PoolOperation max_pooling2d"]),
        ([GaussianNoise(0.1), ReLU()], ["WholeBatchOperation gaussian_noise", "ReLUOperation re_lu"]),
    ],
    ids=lambda value: "" if isinstance(value[0], Layer) else ", ".join(value),
)  # fmt: skip
def test_layers_are_joined_where_an_operation_stands_for_both(layers, expected):
    assert operations(layers) == expected


@pytest.mark.parametrize(
    ("pool", "side", "joined"),
    [
        (MaxPooling2D(2), 8, True),
        (MaxPooling2D(2), 7, True),
        (MaxPooling2D(2, padding="same"), 8, True),
        (MaxPooling2D(2, padding="same"), 7, False),
        (MaxPooling2D(3), 8, False),
        (MaxPooling2D((2, 3), 2), 8, False),
        (MaxPooling2D(2, 1), 8, False),
        (MaxPooling2D(2, (2, 1)), 8, False),
    ],
)
def test_only_pooling_of_whole_2x2_windows_is_joined(pool, side, joined):
    both = operations([conv("relu"), pool], shape=(side + 2, side + 2, 1))
    assert (both == ["ConvPoolOperation conv2d max_pooling2d"]) is joined
    assert len(both) == 2 - joined
    normalized = operations([BatchNormalization(), pool], shape=(side, side, 1))
    assert (normalized == ["BatchNormPoolOperation batch_normalization max_pooling2d"]) is joined


@pytest.mark.parametrize(("shape", "joined"), [((8, 8, 1), True), ((7, 8, 1), False), ((8, 7, 1), False)])
def test_padded_pooling_is_joined_where_nothing_is_padded(shape, joined):
    assert (len(operations([BatchNormalization(), MaxPooling2D(2, padding="same")], shape=shape)) == 1) is joined


def test_a_pool_with_a_frame_goes_through_its_layer():
    assert operations([MaxPooling2D(2, padding="same")], shape=(7, 7, 1)) == ["LayerOperation max_pooling2d"]
    assert operations([MaxPooling2D(2, padding="same")], shape=(6, 6, 1)) == ["PoolOperation max_pooling2d"]


def test_a_layer_that_somebody_changed_is_not_replaced_by_our_operation():
    class Mine(Conv2D):
        pass

    class MyReLU(ReLU):
        pass

    class MyPool(MaxPooling2D):
        pass

    kinds = [each.split()[0] for each in operations([Mine(3, 3, activation="relu"), MyPool(), MyReLU()])]
    assert kinds == ["LayerOperation"] * 3
    assert [each.split()[0] for each in operations([conv(), MyReLU()])] == ["ConvOperation", "LayerOperation"]
    assert [each.split()[0] for each in operations([conv("relu"), MyPool()])] == ["ConvOperation", "LayerOperation"]


def layers_of_everything():
    return [
        conv("relu"), MaxPooling2D(), BatchNormalization(), ReLU(), conv(padding="same"), GaussianNoise(0.1),
        Flatten(), Dense(4, activation="relu"), Dropout(0.5), Dense(3, activation="softmax"),
    ]  # fmt: skip


def test_without_fusing_every_layer_has_an_operation_of_its_own():
    kinds = operations(layers_of_everything(), loss=CategoricalCrossentropy(), fuse=False)
    assert kinds == [
        "LayerOperation conv2d", "LayerOperation max_pooling2d", "BatchNormOperation batch_normalization",
        "LayerOperation re_lu", "LayerOperation conv2d_1", "WholeBatchOperation gaussian_noise", "FlattenOperation flatten",
        "LayerOperation dense", "DropoutOperation dropout", "LayerOperation dense_1",
    ]  # fmt: skip


def test_predicting_leaves_dropout_out_and_waits_for_nobody():
    plan = plan_of(layers_of_everything(), training=False)
    kinds = [type(each).__name__ for each in plan.operations]
    assert "DropoutOperation" not in kinds
    assert kinds[3:] == ["LayerOperation", "FlattenOperation", "DenseOperation", "DenseOperation"]
    assert not any(each.training for each in plan.operations)


def test_normalization_takes_its_inputs_memory_only_where_nobody_needs_the_input_again():
    def overwrites(*before):
        plan = plan_of([*before, BatchNormalization(), MaxPooling2D()])
        return plan.operations[-1].overwrites_input

    assert overwrites(conv())
    assert not overwrites(conv("relu"))  # ReLU's way back looks at its output
    assert not overwrites(conv(), MaxPooling2D())
    assert not overwrites(conv("relu"), MaxPooling2D())
    assert not overwrites(conv(), Activation("tanh"))


@pytest.mark.parametrize(("samples", "count"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_a_batch_is_cut_into_as_few_chunks_as_hold_it(samples, count):
    plan = plan_of([Flatten(), Dense(2)], chunk=4)
    assert plan.chunk_count(samples) == count
    chunks = plan.chunks(samples, {})
    assert [chunk.index for chunk in chunks] == list(range(count))
    assert np.concatenate([np.arange(samples)[chunk.rows] for chunk in chunks]).tolist() == list(range(samples))


TEXT = """\
1. conv2d + max_pooling2d: convolution, bias, ReLU and 2x2 max-pooling in one pass (Winograd 5x5)
   forward   nn/kernels/winograd5.py  conv2d_relu_pool_forward
   backward  nn/kernels/conv_pool_backward.py  kernel_backward
2. conv2d_1 + max_pooling2d_1: convolution, bias, ReLU and 2x2 max-pooling in one pass (Winograd 3x3)
   forward   nn/kernels/winograd3.py  conv2d_relu_pool_forward
   backward  nn/kernels/conv_pool_backward.py  filters_backward
3. flatten: the same memory
4. dense + dropout: product, bias, ReLU and dropout in one pass
   forward   nn/kernels/dense.py  forward
   backward  nn/kernels/dense.py  list_nonzeros
   backward  nn/kernels/dense.py  sparse_matmul
5. dense_1 + dropout_1: product, bias, ReLU and dropout in one pass
   forward   nn/kernels/dense.py  forward
   backward  nn/kernels/elementwise.py  relu_dropout_backward
   backward  nn/kernels/dense.py  matmul
6. dense_2: product and bias in one pass
   forward   nn/kernels/dense.py  forward
   backward  nn/kernels/dense.py  matmul
7. softmax and categorical_crossentropy in one pass
   forward   nn/kernels/elementwise.py  softmax_cross_entropy"""


def test_the_students_plan_names_layers_files_and_kernels():
    layers = [
        Conv2D(32, 5, activation="relu"), MaxPooling2D(), Conv2D(64, 3, activation="relu"), MaxPooling2D(), Flatten(),
        Dense(128, activation="relu"), Dropout(0.3), Dense(64, activation="relu"), Dropout(0.5), Dense(10, activation="softmax"),
    ]  # fmt: skip
    assert str(plan_of(layers, shape=(28, 28, 1), loss=CategoricalCrossentropy())) == TEXT


def last_lines(layers, loss, *, training=True):
    return str(plan_of(layers, loss=loss, training=training)).splitlines()[-2:]


def test_the_plan_names_what_computes_the_loss():
    def ending(activation):
        return [Flatten(), Dense(1 if activation == "sigmoid" else 3, activation=activation)]

    assert last_lines(ending("sigmoid"), BinaryCrossentropy()) == [
        "3. sigmoid and binary_crossentropy in one pass",
        "   forward   nn/losses/binary.py  BinaryCrossentropy.of_scores",
    ]
    assert last_lines(ending("linear"), MeanSquaredError()) == [
        "3. mean_squared_error",
        "   forward   nn/losses/base.py  Loss.of_outputs",
    ]
    assert last_lines(ending("softmax"), None, training=False) == [
        "3. softmax",
        "   forward   nn/kernels/elementwise.py  softmax",
    ]
    assert last_lines(ending("linear"), None, training=False) == [
        "2. dense: product and bias in one pass",
        "   forward   nn/kernels/dense.py  forward",
    ]


def test_nothing_below_the_first_layer_that_learns_goes_back():
    frozen = conv()
    frozen.trainable = False
    text = str(plan_of([frozen, ReLU(), Flatten(), Dense(2), Softmax()]))
    assert text.count("backward") == 1  # the dense layer
    assert [line for line in text.splitlines() if line.startswith(("1", "2"))] == [
        "1. conv2d: convolution, bias and ReLU in one pass (direct)",
        "2. flatten: the same memory",
    ]


def test_the_way_back_is_told_in_its_order():
    lines = str(plan_of([conv(), conv("relu")])).splitlines()
    assert [line.split()[-1] for line in lines if "backward" in line][1:3] == ["relu_backward", "conv2d_backward"]


def test_layers_without_weights_are_not_the_first_that_learns():
    plan = plan_of([conv(trainable=False), Flatten(), Dropout(0.5), Dense(2)])
    assert [type(each).__name__ for each in plan.learning] == ["DenseOperation"]


def test_what_each_operation_joins_is_told_in_words():
    plan = plan_of([conv(), conv("relu"), BatchNormalization(), GaussianNoise(0.1), ReLU(), Dropout(0.5), Flatten(), Dense(2)])
    assert [each.describe().partition(" (")[0] for each in plan.operations[:2]] == [
        "convolution and bias in one pass",
        "convolution, bias and ReLU in one pass",
    ]
    assert [each.describe() for each in plan.operations[3:6]] == [
        "layer by layer, on the whole batch",
        "layer by layer",
        "the mask drawn twice, never stored",
    ]


def test_outputs_over_blank_patches_are_exactly_zero_where_their_gradients_depend_on_it():
    plan = plan_of([Conv2D(16, 3, activation="relu"), MaxPooling2D()], shape=(12, 12, 16))
    assert "Winograd 3x3" in plan.operations[0].describe()
    plan.images[...] = np.random.default_rng(0).random(plan.images.shape)
    plan.images[:, :, 4:] = 0  # Winograd's tiles of 7 columns have some of each
    plan.operations[0].forward(plan.chunks(4, {})[0])
    assert not plan.scores[:, :, 2:].any()
    assert plan.scores[:, :, :2].all(axis=(1, 2)).any()


def test_predicting_gives_the_scores_and_their_softmax_of_the_first_samples():
    plan = plan_of([Flatten(), Dropout(0.9), Dense(3, activation="softmax")], training=False)
    plan.images[...] = np.random.default_rng(0).random(plan.images.shape)
    plan.predict(2)
    scores = plan.images[:2].reshape(2, -1) @ plan.operations[-1].layer.parameters["kernel"]
    np.testing.assert_allclose(plan.scores[:2], scores, atol=1e-5)
    np.testing.assert_allclose(plan.output[:2], np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), atol=1e-5)
    assert not plan.output[2:].any()
