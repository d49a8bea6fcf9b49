"""What looking inside shows in numbers: maps, cards and lit receptive fields are those of a plain
forward pass.
"""

import numpy as np
import pytest
from inside_driver import CONV, DENSE, POOL, SCORES, SECOND_CONV, SOFTMAX, point, screen
from window_driver import network, pixels

pygame = pytest.importorskip("pygame")

from apps.draw.inside.marks import Focus  # noqa: E402
from apps.draw.inside.page import compact  # noqa: E402
from apps.draw.toolkit.numbers import decimal  # noqa: E402
from apps.draw.why import heat  # noqa: E402
from nn.inspection.terms import region_of  # noqa: E402
from nn.layers import Dropout, Flatten  # noqa: E402


def plain_forward(driver):
    """The arrays of the layers' own forward pass; the scores before the softmax too."""
    image = driver.app.session.digits[0].image
    arrays, x = [image.reshape(28, 28, 1)], image.reshape(1, 28, 28, 1)
    for layer in network().layers:
        x = layer.forward(x)[0]
        if not isinstance(layer, Flatten | Dropout):
            arrays.append(x[0])
    return [*arrays[:-1], network().logits(image[None, ..., None])[0], arrays[-1]]


def test_every_map_shows_the_arrays_of_a_plain_forward_pass(inside):
    palette = inside.app.look.palette
    arrays = plain_forward(inside)
    surface = pygame.display.get_surface()
    for number, (band, array) in enumerate(zip(screen(inside).network.bands, arrays, strict=True)):
        colours = heat.colours(palette) if number else heat.inks(palette)
        levels = heat.levels(array, float(np.abs(array).max()) if number else 1.0)
        for cell in np.ndindex(*array.shape):
            if not band.numbered:
                level = int(levels[cell])  # one more or less where the order of a sum rounds a value over an edge
                fitting = {colours[near] for near in range(max(level - 1, 0), min(level + 2, 256))}
                assert tuple(surface.get_at(band.cell_rect(cell).center))[:3] in fitting, (number, cell)


def test_the_card_of_a_convolution_says_the_sum_of_a_plain_forward_pass(inside, texts):
    arrays, layer, (i, j, f) = plain_forward(inside), network().layers[2], (3, 5, 6)
    patch, kernel = arrays[POOL][i : i + 3, j : j + 3], layer.parameters["kernel"][..., f]
    total, bias = float((patch * kernel).sum()), float(layer.parameters["bias"][f])
    del texts[:]
    point(inside, SECOND_CONV, (i, j, f))
    for value in (total, bias, total + bias, max(0.0, total + bias), float(arrays[SECOND_CONV][i, j, f])):
        assert decimal(value, 4) in texts
    strongest = int(np.abs((patch * kernel).sum(axis=(0, 1))).argmax())
    assert f"patch, map {strongest}" in texts
    for value in (*patch[..., strongest].ravel(), *kernel[..., strongest].ravel()):
        assert {compact(float(value), 2), compact(float(value), 3)} & set(texts)


def test_the_card_of_a_pool_names_the_four_and_the_winner(inside, texts):
    window = plain_forward(inside)[CONV][10:12, 8:10, 3]
    del texts[:]
    point(inside, POOL, (5, 4, 3))
    row, column = np.unravel_index(window.argmax(), (2, 2))
    listed = ", ".join(decimal(float(value)) for value in window.ravel())
    assert f"max({listed})" in texts
    assert decimal(float(window.max()), 4) in texts
    assert any(f"row {row}, column {column} of the" in text for text in texts)


def test_the_card_of_a_dense_layer_adds_up_to_a_plain_forward_pass(inside, texts):
    arrays, layer = plain_forward(inside), network().layers[5]
    products = arrays[4].ravel() * layer.parameters["kernel"][:, 7]
    del texts[:]
    point(inside, DENSE, (7,))
    for at in np.argsort(-np.abs(products))[:4]:
        assert decimal(float(products[at]), 4) in texts
    assert decimal(float(layer.parameters["bias"][7]), 4) in texts
    assert decimal(float(arrays[DENSE][7]), 4) in texts


def test_the_card_of_the_softmax_says_every_exponential_and_the_total(inside, texts):
    scores = plain_forward(inside)[SCORES].astype(float)
    exponentials = np.exp(scores - scores.max())
    del texts[:]
    point(inside, SOFTMAX, (3,))
    for score, exponential in zip(scores, exponentials, strict=True):
        assert decimal(score) in texts
        assert decimal(exponential, 4) in texts
        assert f"{decimal(100 * exponential / exponentials.sum())} %" in texts
    assert decimal(exponentials.sum(), 4) in texts
    assert f"{decimal(100 * float(inside.app.session.digits[0].probabilities[3]))} %" in texts


def test_the_cell_under_the_pointer_is_explained(inside):
    card = inside.app.layout.card
    seen = [pixels(card)]
    for stage, cell in (
        (CONV, (3, 4, 2)),
        (POOL, (5, 5, 1)),
        (SECOND_CONV, (1, 2, 7)),
        (DENSE, (11,)),
        (SCORES, (3,)),
        (SOFTMAX, (3,)),
    ):
        point(inside, stage, cell)
        assert screen(inside).focus == Focus(stage, cell)
        seen.append(pixels(card))
    for number, first in enumerate(seen):
        assert all((first != second).any() for second in seen[number + 1 :])
    inside.move((2, 2))
    inside.app.frame()
    assert screen(inside).focus is None
    np.testing.assert_array_equal(pixels(card), seen[0])


def test_the_receptive_field_lights_up_in_the_layer_before(inside):
    """Outside of it the layer before fades, inside it looks as without the pointer."""
    band, stage, cell = screen(inside).network.bands[CONV], screen(inside).trace[POOL], (5, 4, 1)
    plain = pixels(band.rect)
    point(inside, POOL, cell)
    lit = pixels(band.rect)
    field = np.zeros(plain.shape[:2], bool)
    around = field.copy()
    for rect in band.region_rects(stage.field(region_of(cell))):
        x, y = rect.left - band.rect.left, rect.top - band.rect.top
        field[x : x + rect.width, y : y + rect.height] = True
        around[max(0, x - 1) : x + rect.width + 1, max(0, y - 1) : y + rect.height + 1] = True
    paper = inside.app.look.palette.paper
    beside = ~around & (plain != paper).any(axis=2)
    np.testing.assert_array_equal(lit[field], plain[field])
    assert (lit[beside] != plain[beside]).any(axis=1).mean() > 0.9
