"""Stages against a forward pass, sums against values, receptive fields against changed pixels."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.engine import numpy_inference
from nn.inspection.stages import stages
from nn.inspection.terms import Greatest, Rectified, Share, WeightedSum, region_of
from nn.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Softmax,
)
from nn.models import Sequential


def student():
    return [
        Conv2D(6, (5, 5), activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(8, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(16, activation="relu"),
        Dropout(0.3),
        Dense(10, activation="softmax"),
    ]


def separate_layers():
    return [
        Conv2D(3, (4, 3), strides=(2, 3), padding="same", input_shape=(11, 13, 2)),
        ReLU(),
        MaxPooling2D((3, 2), strides=(2, 1), padding="same"),
        Flatten(),
        ReLU(),
        Dense(7),
        Softmax(),
    ]


class Squares(Layer):
    """A layer of a user's own."""

    def forward(self, x, training=False, rng=None):
        return x * x, x


MODELS = {"student": student, "separate layers": separate_layers}


def built(layers, dtype=np.float64):
    model = Sequential(layers, seed=3, dtype=dtype)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        for array in layer.parameters.values():
            array[...] += 0.1 * rng.standard_normal(array.shape)
    return model, rng.random(model.input_shape)


@pytest.fixture(params=MODELS, scope="module")
def traced(request):
    model, image = built(MODELS[request.param]())
    return model, image, stages(model.layers, image)


def all_cells(stage):
    return [tuple(map(int, cell)) for cell in np.ndindex(*stage.values.shape)]


def some_cells(stage, count=60):
    cells = all_cells(stage)
    chosen = np.random.default_rng(1).choice(len(cells), min(count, len(cells)), replace=False)
    return [cells[index] for index in chosen]


def test_every_stage_equals_the_forward_pass_of_its_layer(traced):
    model, image, trace = traced
    arrays, x = [image], image[None]
    for layer in model.layers:
        x = layer.forward(x)[0]
        arrays.append(x[0])
    outputs = [stage.values for stage in trace]
    for array, layer in zip(arrays[1:], model.layers, strict=True):
        if not isinstance(layer, Dropout):
            assert any(array.size == values.size and np.allclose(array.ravel(), values.ravel(), atol=1e-12) for values in outputs)
    np.testing.assert_array_equal(trace[0].values, image)
    np.testing.assert_allclose(trace[-1].values, model.predict(image[None])[0], rtol=1e-12)
    for before, stage in itertools.pairwise(trace):
        assert stage.before is before.values


def test_the_students_network_has_eight_stages():
    model, image = built(student())
    shapes = [stage.values.shape for stage in stages(model.layers, image)]
    assert shapes == [(28, 28, 1), (24, 24, 6), (12, 12, 6), (10, 10, 8), (5, 5, 8), (16,), (10,), (10,)]


def test_a_softmax_inside_a_dense_layer_is_a_stage_after_its_scores():
    model, image = built(student())
    scores, shares = stages(model.layers, image)[-2:]
    np.testing.assert_allclose(scores.values, model.logits(image[None])[0], rtol=1e-12)
    assert shares.values.sum() == pytest.approx(1)


def test_the_terms_of_every_cell_give_its_value(traced):
    _, _, trace = traced
    kinds = set()
    for stage in trace[1:]:
        for cell in some_cells(stage):
            terms, value = stage.terms(cell), float(stage.values[cell])
            kinds.add(type(terms))
            match terms:
                case WeightedSum():
                    total = float((terms.inputs * terms.weights).sum()) + terms.bias
                    assert terms.total == pytest.approx(total, abs=1e-12)
                    assert (max(0, total) if terms.activation == "relu" else total) == pytest.approx(value, abs=1e-12)
                    if terms.inputs.ndim == 3:
                        assert terms.by_channel.sum() + terms.bias == pytest.approx(total, abs=1e-12)
                case Greatest():
                    assert terms.window[terms.winner] == terms.window.max() == value
                case Share():
                    assert terms.exponentials[cell] / terms.total == pytest.approx(value, abs=1e-12)
                case Rectified():
                    assert max(0.0, terms.score) == value
                case _:
                    assert isinstance(stage.layer, Flatten)
    assert {WeightedSum, Greatest, Share} <= kinds


def test_in_float32_the_terms_add_up_within_rounding():
    model, image = built(student(), np.float32)
    for stage in stages(model.layers, image)[1:]:
        for cell in some_cells(stage):
            terms = stage.terms(cell)
            if isinstance(terms, WeightedSum):
                total = max(0.0, terms.total) if terms.activation == "relu" else terms.total
                rounding = np.finfo(np.float32).eps * terms.inputs.size * (np.abs(terms.products).sum() + abs(terms.bias))
                assert abs(total - stage.values[cell]) <= rounding


def test_the_strongest_products_come_first():
    terms = WeightedSum(np.array([1.0, -2.0, 3.0, 1.0]), np.array([1.0, 5.0, -1.0, 0.5]), 0.0, "linear", 0.0)
    assert terms.strongest(3) == [(1,), (2,), (0,)]


def test_the_sums_by_channel_add_up_over_rows_and_columns():
    inputs = np.arange(12.0).reshape(2, 2, 3)  # channel 0 holds 0, 3, 6 and 9
    terms = WeightedSum(inputs, np.ones((2, 2, 3)), 0.0, "linear", 66.0)
    np.testing.assert_array_equal(terms.by_channel, [18, 22, 26])


def test_each_stage_says_its_kind():
    model, image = built(separate_layers())
    kinds = [stage.kind for stage in stages(model.layers, image)]
    assert kinds == ["Image", "Conv2D", "ReLU", "MaxPooling2D", "Flatten", "ReLU", "Dense", "Softmax"]


def test_the_exponentials_of_softmax_are_relative_to_the_largest_score():
    model = Sequential([Softmax(input_shape=(3,))])
    share = stages(model.layers, np.array([199.0, 200.0, 200.0]))[1].terms((1,))
    np.testing.assert_allclose(share.exponentials, [np.exp(-1), 1, 1], rtol=1e-6)
    assert share.value == pytest.approx(1 / (2 + np.exp(-1)))


@st.composite
def windows(draw):
    """A convolution or a pool of any geometry on a small image."""
    rows, columns = draw(st.integers(3, 8)), draw(st.integers(3, 8))
    size = draw(st.integers(1, min(4, rows))), draw(st.integers(1, min(4, columns)))
    strides = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding, shape = draw(st.sampled_from(["valid", "same"])), (rows, columns, 2)
    if draw(st.booleans()):
        return Conv2D(3, size, strides, padding, input_shape=shape)
    return MaxPooling2D(size, strides, padding, input_shape=shape)


@settings(max_examples=60, deadline=None)
@given(windows(), st.randoms(use_true_random=False))
def test_a_cell_depends_on_its_receptive_field_and_on_nothing_else(layer, random):
    model, image = built([layer])
    stage = stages(model.layers, image)[1]
    cell = tuple(random.randrange(size) for size in stage.values.shape)
    inside = np.zeros(image.shape, bool)
    inside[stage.field(region_of(cell))] = True
    for pixel in np.ndindex(*image.shape):
        changed = image.copy()
        changed[pixel] += 10
        after = stages(model.layers, changed)[1].values[cell]
        assert (after != stage.values[cell]) == inside[pixel], (cell, pixel)


def test_composed_fields_contain_every_pixel_that_matters(traced):
    model, image, trace = traced
    deepest = next(index for index in range(len(trace) - 1, 0, -1) if trace[index].values.ndim == 3)
    cell = tuple(size // 2 for size in trace[deepest].values.shape)
    region = region_of(cell)
    for stage in reversed(trace[1 : deepest + 1]):
        region = stage.field(region)
    changed = np.random.default_rng(5).random(image.shape)
    changed[region] = image[region]
    np.testing.assert_array_equal(stages(model.layers, changed)[deepest].values[cell], trace[deepest].values[cell])
    assert any(span.stop - span.start < size for span, size in zip(region, image.shape, strict=True))


def test_the_origin_of_a_cell_is_in_its_field_and_contributes_most(traced):
    _, _, trace = traced
    for stage in trace[1:]:
        for cell in some_cells(stage):
            origin, terms = stage.origin(cell), stage.terms(cell)
            field = stage.field(region_of(cell))
            assert all(span.start <= index < span.stop for span, index in zip(field, origin, strict=True))
            if isinstance(terms, Greatest):
                assert stage.before[origin] == stage.values[cell]
            elif isinstance(terms, WeightedSum):
                most = np.abs(terms.products).max()
                factors = terms.weights.ravel()[np.isclose(np.abs(terms.products).ravel(), most, rtol=1e-12)]
                assert any(abs(stage.before[origin] * factor) == pytest.approx(most) for factor in factors)


def test_a_users_own_layer_has_values_but_no_terms():
    model, image = built([Squares(input_shape=(4, 3)), Flatten(), Dense(2)])
    trace = stages(model.layers, image)
    np.testing.assert_array_equal(trace[1].values, image**2)
    assert trace[1].terms((2, 1)) is None
    assert trace[1].field(region_of((2, 1))) == (slice(0, 4), slice(0, 3))
    assert trace[1].origin((2, 1)) == (0, 0)


def test_averages_and_layers_that_work_value_by_value_have_a_field_of_their_own():
    layers = [AveragePooling2D((2, 2), input_shape=(6, 6, 2)), BatchNormalization(), Activation("tanh"), LeakyReLU()]
    model, image = built([*layers, Flatten(), Dense(2)])
    trace = stages(model.layers, image)
    for stage in trace[1 : len(layers) + 1]:
        for cell in some_cells(stage, 10):
            field = stage.field(region_of(cell))
            changed = stage.before + 1
            changed[field] = stage.before[field]
            assert numpy_inference.forward([stage.layer], changed[None])[0][cell] == pytest.approx(stage.values[cell])
            assert all(span.start <= index < span.stop for span, index in zip(field, stage.origin(cell), strict=True))
            assert [span.stop - span.start for span in field] == ([2, 2, 1] if stage is trace[1] else [1, 1, 1])


def test_the_image_may_lack_its_channel_axis():
    model, image = built(student())
    np.testing.assert_array_equal(stages(model.layers, image[..., 0])[0].values, image)
