"""The way back: its numbers are those of the layers' own backward passes, and what a card shows
adds up to them.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from window_driver import SQUARE, TALL, Driver, FakeReading, fake_read, network

pytest.importorskip("pygame")
import pygame

from apps.draw.inside.way_back import (
    FromConv,
    FromDense,
    FromLoss,
    FromPool,
    FromReLU,
    reach,
    terms_of,
    way_back,
    weight_terms,
)
from nn.engine import numpy_inference
from nn.inspection.stages import stages
from nn.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
)
from nn.layers.stack import split_softmax
from nn.models import Sequential
from nn.reading import to_mnist


def other_network():
    """Strides, padding, overlapping and partial windows, and no softmax at the end."""
    layers = [
        Conv2D(4, (3, 5), strides=(2, 1), padding="same", activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D((2, 3), padding="same"),
        Conv2D(3, (2, 2)),
        Flatten(),
        Dense(10),
    ]
    return Sequential(layers, seed=2)


def smooth_network():
    """Activations that only bend, and activations and normalization in layers of their own."""
    layers = [
        Conv2D(4, (3, 3), activation="tanh", input_shape=(28, 28, 1)),
        BatchNormalization(),
        ReLU(),
        AveragePooling2D((2, 2)),
        Conv2D(3, (3, 3), activation="elu"),
        LeakyReLU(),
        Flatten(),
        Dense(12, activation="sigmoid"),
        Activation("relu"),
        Dense(10, activation="softmax"),
    ]
    model = Sequential(layers, seed=3)
    model.layers[1].parameters["beta"][...] = [-0.1, 0.0, 0.1, 0.2]  # so that ReLU stops some
    return model


NETWORKS = [network, other_network, smooth_network]


def picture(seed=3):
    return np.random.default_rng(seed).uniform(0, 1, (28, 28)).astype(np.float32)


def plain_backward(model, image, target):
    """∂loss/∂input of every layer, and every parameter's gradient, by the layers alone."""
    layers, _ = split_softmax(model.layers)
    x, caches = image.reshape(1, *model.input_shape), []
    for layer in layers:
        x, cache = layer.forward(x)
        caches.append(cache)
    exponentials = np.exp(x.astype(np.float64) - x.max())
    probabilities = exponentials / exponentials.sum()
    dout = probabilities.copy()
    dout[0, target] -= 1
    dout, inputs, parameters = dout.astype(np.float32), [], []
    for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
        dout, gradients = layer.backward(np.ascontiguousarray(dout), cache)
        inputs.insert(0, dout[0])
        parameters.insert(0, gradients)
    return -np.log(probabilities[0, target]), inputs, [each for each in parameters if each]


@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("target", [0, 7])
def test_every_gradient_is_that_of_a_plain_backward_pass(make, target):
    model, image = make(), picture()
    way = way_back(stages(model.layers, image), target)
    loss, inputs, parameters = plain_backward(model, image, target)
    assert way.loss == pytest.approx(loss, abs=1e-6)
    # Every stage's gradient is that of the input of the layer behind it; flattening and dropout
    # have no stage of their own.
    shown = [back.values.ravel() for back in way.stages]
    for wanted in inputs:
        assert any(one.size == wanted.size and np.abs(one - wanted.ravel()).max() <= 1e-6 for one in shown)
    found = [back.parameters for back in way.stages if back.parameters]
    for ours, theirs in zip(found, parameters, strict=True):
        for name in theirs:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("make", NETWORKS)
def test_every_card_adds_up_to_its_gradient(make):
    way = way_back(stages(make().layers, picture()), 3)
    rng, kinds = np.random.default_rng(0), set()
    for number, back in enumerate(way.stages):
        for _ in range(25):
            cell = tuple(int(rng.integers(size)) for size in back.values.shape)
            terms = terms_of(way, number, cell)
            if terms is None:
                continue
            kinds.add(type(terms))
            if isinstance(terms, FromConv | FromDense):
                assert float(terms.products.sum(dtype=np.float64)) == pytest.approx(float(back.values[cell]), abs=1e-6)
            elif isinstance(terms, FromPool):
                expected = terms.gradient if terms.here == terms.winner else 0.0
                assert float(back.values[cell]) == pytest.approx(expected, abs=1e-6)
            elif isinstance(terms, FromReLU):
                assert float(back.values[cell]) == pytest.approx(terms.gradient if terms.passes else 0.0, abs=1e-6)
            elif isinstance(terms, FromLoss):
                assert terms.probability - terms.wanted == pytest.approx(float(back.values[cell]), abs=1e-6)
    wanted = {FromConv, FromDense, FromLoss} | (
        {FromPool} if make is network else {FromReLU} if make is smooth_network else set()
    )
    assert wanted <= kinds


@pytest.mark.parametrize("make", NETWORKS)
def test_every_weight_of_a_convolution_adds_up_over_its_output_pixels(make):
    way = way_back(stages(make().layers, picture()), 5)
    for number, back in enumerate(way.stages):
        if not isinstance(back.layer, Conv2D):
            continue
        kernel = back.parameters["kernel"]
        for place in itertools.islice(np.ndindex(kernel.shape), 0, None, max(1, kernel.size // 40)):
            terms = weight_terms(way, number, place)
            assert float(terms.products.sum(dtype=np.float64)) == pytest.approx(float(kernel[place]), abs=2e-6)


def test_what_relu_stopped_is_zero_and_the_rest_passes():
    way = way_back(stages(network().layers, picture()), 5)
    for back in way.stages:
        if getattr(back.layer, "activation_name", "") == "relu":
            assert not back.scores[back.forward.values <= 0].any()
            passes = back.forward.values > 0
            np.testing.assert_array_equal(back.scores[passes], back.values[passes])


@pytest.mark.parametrize("make", NETWORKS)
def test_the_region_that_lights_up_holds_every_output_that_depends_on_the_cell(make):
    trace = stages(make().layers, picture())
    way = way_back(trace, 1)
    for number, (stage, after) in enumerate(itertools.pairwise(trace)):
        cell = tuple(size // 3 for size in stage.values.shape)
        changed = stage.values.copy()
        changed[cell] += 0.5
        differs = numpy_inference.forward([after.layer], _batch(after.layer, changed))[0] != after.values
        region = reach(way, number, cell)
        outside = differs.copy()
        outside[region] = False
        assert not outside.any(), after.kind
        if stage.values.shape == after.values.shape and after.kind not in ("Softmax", "Dense"):
            assert sum(part.stop - part.start for part in region) == len(region)  # the one cell


def _batch(layer, values):
    return values.reshape(1, -1) if isinstance(layer, Dense) else values[None]


def test_each_digit_of_a_number_has_its_way_back(make_app):
    def read(model, ink, strokes=()):
        return FakeReading(tuple(replace(digit, image=to_mnist(digit.ink)) for digit in fake_read(model, ink).digits))

    driver = Driver(make_app(read=read))
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.settle()
    driver.key(pygame.K_i)
    driver.settle()
    seen = []
    for number, digit in enumerate(driver.app.session.digits):
        driver.click(f"choose {number}")
        driver.move((2, 2))
        driver.key(pygame.K_g)
        driver.settle()
        way = driver.app.screen.way
        assert way.target == digit.digit
        loss, inputs, _ = plain_backward(network(), digit.image, digit.digit)
        assert way.loss == pytest.approx(loss, abs=1e-6)
        np.testing.assert_allclose(way.stages[0].values, inputs[0], rtol=0, atol=1e-6)
        seen.append(inputs[0])
        driver.key(pygame.K_g)
    assert len(seen) == 2
    assert np.abs(seen[0] - seen[1]).max() > 1e-3


@pytest.fixture
def turned(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.key(pygame.K_i)
    driver.settle()
    driver.key(pygame.K_g)
    driver.settle()
    return driver


def test_the_window_shows_the_way_back_for_any_digit(turned, texts):
    screen = turned.app.screen
    assert screen.turned
    assert screen.way.target == 7
    turned.key(pygame.K_3, character="3")
    turned.settle()
    assert screen.way.target == 3
    turned.click("aim 8")
    turned.settle()
    assert screen.way.target == 8
    assert any("The way back, for an 8" in text for text in texts)
    turned.click("turn_round")
    turned.settle()
    assert not screen.turned


def test_cells_and_weights_are_explained_by_key_and_by_button(turned, texts):
    screen = turned.app.screen
    turned.key(pygame.K_RIGHT)
    turned.settle()
    assert any(text.startswith("Gradient at Conv2D") for text in texts)
    turned.key(pygame.K_k)
    turned.settle()
    assert screen.weight == 0
    assert any(text.startswith("Weight (0, 0) of map 0") for text in texts)
    turned.click("next_weight")
    turned.settle()
    assert screen.weight == 1
    turned.click("next_map")
    turned.settle()


def test_the_way_back_follows_the_pen(turned):
    before = turned.app.screen.way
    turned.stroke((100, 60), (100, 200), (100, 400))
    turned.settle()
    assert turned.app.screen.way is not before


def test_what_was_drawn_in_parts_equals_what_is_drawn_at_once(turned):
    turned.key(pygame.K_RIGHT)
    turned.settle()
    parts = pygame.surfarray.array3d(pygame.display.get_surface())
    turned.post(pygame.WINDOWEXPOSED)
    turned.app.frame()
    np.testing.assert_array_equal(parts, pygame.surfarray.array3d(pygame.display.get_surface()))


def test_a_window_without_a_drawing_shows_the_way_back_of_an_empty_image(make_app):
    driver = Driver(make_app())
    driver.key(pygame.K_i)
    driver.settle()
    driver.key(pygame.K_g)
    driver.settle()
    assert driver.app.screen.way.target == 0


def test_an_answer_that_arrives_while_the_last_one_is_painted_is_shown_too(turned, monkeypatch):
    screen = turned.app.screen
    original = screen.network.draw

    def slow(*arguments, **options):
        original(*arguments, **options)
        turned.app.session.update(0.0)
        end = 200
        while screen.gradients.answered[0] is not screen._aim and end:
            pygame.time.wait(5)
            end -= 1

    monkeypatch.setattr(screen.network, "draw", slow)
    turned.key(pygame.K_3, character="3")
    turned.settle()
    assert screen._shown[0] is screen.way
    assert screen.network.way.target == 3


@pytest.mark.parametrize("size", [(800, 480), (1024, 768), (1088, 704)])
def test_no_number_of_a_card_is_cut(make_app, texts, size):
    driver = Driver(make_app(size=size))
    driver.stroke(*SQUARE)
    driver.settle()
    for key in (pygame.K_i, pygame.K_g, pygame.K_RIGHT):
        driver.key(key)
        driver.settle()
    stages = set()
    for _ in range(7):
        texts.clear()
        driver.app.redraw()
        driver.settle()
        stages.add(driver.app.screen.focus.stage)
        assert [text for text in texts if text.endswith("…") and "." in text] == []
        driver.key(pygame.K_PAGEDOWN)
        driver.settle()
    assert len(stages) > 4
