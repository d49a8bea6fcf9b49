"""Looking inside, through the real event loop: Tab, the pointer, clicks, arrows, and the pen meanwhile."""

import itertools
import threading
import time

import numpy as np
import pytest
from window_driver import PATIENCE, Driver, fake_look, network

pygame = pytest.importorskip("pygame")

from apps.draw import heat  # noqa: E402
from apps.draw.inside_marks import Focus  # noqa: E402
from apps.draw.look import Look  # noqa: E402
from apps.draw.numbers import decimal  # noqa: E402
from apps.draw.page import compact  # noqa: E402
from nn.inspection.stages import stages  # noqa: E402
from nn.inspection.terms import region_of  # noqa: E402
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D  # noqa: E402
from nn.models import Sequential  # noqa: E402

SQUARE = ((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))
TALL = ((100, 60), (100, 200), (100, 400))
CONV, POOL, SECOND_CONV, DENSE, SCORES, SOFTMAX = 1, 2, 3, 5, 6, 7


@pytest.fixture
def inside(driver):
    """A window in which one looks inside, at a drawn 7."""
    driver.stroke(*SQUARE)
    driver.key(pygame.K_TAB)
    driver.settle()
    return driver


def screen(driver):
    return driver.app.inside_screen


def point(driver, stage, cell):
    driver.move(screen(driver).network.bands[stage].cell_rect(cell).center)
    driver.app.frame()


def click(driver, stage, cell):
    position = screen(driver).network.bands[stage].cell_rect(cell).center
    driver.move(position)
    driver.down(position)
    driver.up(position)
    driver.app.frame()


def pixels(rect=None):
    surface = pygame.display.get_surface()
    return pygame.surfarray.array3d(surface if rect is None else surface.subsurface(rect))


def test_tab_shows_the_network_and_tab_leads_back(driver):
    app = driver.app
    driver.stroke(*SQUARE)
    driver.settle()
    places = app.layout.sheet, app.layout.bars, app.layout.seen, app.layout.keys
    before = [pixels(place) for place in places]
    driver.key(pygame.K_TAB)
    driver.settle()
    assert app.screen is app.inside_screen
    assert [stage.values.shape for stage in app.inside_screen.trace][1] == (24, 24, 6)
    assert app.session.title.startswith("7 ")
    driver.key(pygame.K_TAB)
    driver.settle()
    assert app.screen is app.reading_screen
    for place, shown in zip(places, before, strict=True):
        np.testing.assert_array_equal(pixels(place), shown)


def test_escape_leads_back_before_it_quits(inside):
    inside.key(pygame.K_ESCAPE)
    assert inside.app.screen is inside.app.reading_screen
    assert inside.app.running
    inside.key(pygame.K_ESCAPE)
    assert not inside.app.running


def test_the_button_in_the_header_does_the_same(driver):
    driver.click("toggle_inside")
    assert driver.app.screen is driver.app.inside_screen
    driver.click("toggle_inside")
    assert driver.app.screen is driver.app.reading_screen


def test_what_is_shown_are_the_stages_of_the_digit_that_was_read(inside):
    trace = screen(inside).trace
    digit = inside.app.session.digits[0]
    for shown, expected in zip(trace, stages(network().layers, digit.image), strict=True):
        np.testing.assert_array_equal(shown.values, expected.values)


def test_nobody_looks_inside_unless_it_is_shown(make_app):
    looked = []
    driver = Driver(make_app(look_inside=lambda model, image: looked.append(1) or fake_look(model, image)))
    driver.stroke(*SQUARE)
    driver.settle()
    assert not looked
    driver.key(pygame.K_TAB)
    driver.settle()
    assert looked
    driver.key(pygame.K_TAB)
    driver.settle()
    count = len(looked)
    driver.stroke(*TALL)
    driver.settle()
    assert len(looked) == count


def test_an_empty_sheet_has_an_empty_image_in_the_network(driver):
    driver.key(pygame.K_TAB)
    driver.settle()
    assert not screen(driver).trace[0].values.any()
    driver.stroke(*SQUARE)
    driver.settle()
    assert screen(driver).trace[0].values.any()
    driver.key(pygame.K_c)
    driver.settle()
    assert not screen(driver).trace[0].values.any()
    assert driver.app.session.state == "blank"


def test_the_maps_follow_the_pen(make_app):
    """One draws in this view too, and what the network makes of the unfinished stroke is shown."""
    driver = Driver(make_app(look_inside=lambda model, image: fake_look(model, image), read=read_lengths))
    driver.key(pygame.K_TAB)
    driver.settle()
    shown = []
    driver.down(driver.place((100, 60)))
    for y in range(100, 400, 60):
        driver.move(driver.place((100, y)))
        driver.app.frame()
        wait_until_read(driver)
        shown.append(pixels(screen(driver).network.bands[CONV].rect))
    driver.up(driver.place((100, 400)))
    assert all((first != second).any() for first, second in itertools.pairwise(shown))


def read_lengths(model, ink):
    """A reading whose digit's image says how much ink there is."""
    from window_driver import FakeDigit, FakeReading

    image = np.zeros((28, 28), np.float32)
    image.ravel()[: int(ink.sum() / 100)] = 1
    return FakeReading((FakeDigit((0, 0, 640, 480), ink, image, 1, 0.9, np.full(10, 0.1), "sure"),))


def wait_until_read(driver):
    end = time.perf_counter() + PATIENCE
    while not (driver.app.session.is_read and driver.app.screen.is_current):
        assert time.perf_counter() < end, "nothing was read"
        driver.app.frame()
        time.sleep(0.002)


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


@pytest.fixture
def texts(monkeypatch):
    """Every text that is set, as it is set."""
    found = []
    original = Look.text

    def text(self, surface, text, *arguments, **options):
        found.append(text)
        return original(self, surface, text, *arguments, **options)

    monkeypatch.setattr(Look, "text", text)
    return found


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


def test_a_click_keeps_a_cell_and_a_second_one_lets_it_go(inside):
    click(inside, CONV, (3, 4, 2))
    assert screen(inside).focus == Focus(CONV, (3, 4, 2), pinned=True)
    point(inside, DENSE, (3,))
    assert screen(inside).focus.cell == (3, 4, 2)
    click(inside, DENSE, (3,))
    assert screen(inside).focus == Focus(DENSE, (3,), pinned=True)
    click(inside, DENSE, (3,))
    assert not screen(inside).focus.pinned
    click(inside, DENSE, (3,))
    inside.down(inside.app.layout.card.center)
    inside.up(inside.app.layout.card.center)
    inside.app.frame()
    assert screen(inside).focus is None


def test_a_kept_cell_stays_while_one_draws_and_its_numbers_follow(inside):
    click(inside, SCORES, (4,))
    before = float(screen(inside).trace[SCORES].values[4]), pixels(inside.app.layout.card)
    inside.key(pygame.K_c)
    inside.settle()
    assert screen(inside).focus == Focus(SCORES, (4,), pinned=True)
    assert float(screen(inside).trace[SCORES].values[4]) != before[0]
    assert (pixels(inside.app.layout.card) != before[1]).any()


def test_through_a_kept_cell_one_looks_at_each_map_before(inside):
    click(inside, SECOND_CONV, (4, 4, 3))
    seen = []
    for number in (0, 3):
        point(inside, POOL, (2, 2, number))
        assert screen(inside).focus == Focus(SECOND_CONV, (4, 4, 3), True, number)
        seen.append(pixels(inside.app.layout.card))
    assert (seen[0] != seen[1]).any()
    point(inside, CONV, (0, 0, 0))
    assert screen(inside).focus.lens is None


def test_arrows_walk_to_the_next_cell_and_over_the_edge_to_the_next_map(inside):
    click(inside, CONV, (3, 4, 0))
    for key, cell in (
        (pygame.K_RIGHT, (3, 5, 0)),
        (pygame.K_DOWN, (4, 5, 0)),
        (pygame.K_LEFT, (4, 4, 0)),
        (pygame.K_UP, (3, 4, 0)),
    ):
        inside.key(key)
        assert screen(inside).focus == Focus(CONV, cell, pinned=True)
    click(inside, CONV, (3, 23, 0))
    inside.key(pygame.K_RIGHT)
    assert screen(inside).focus.cell == (3, 0, 1)
    inside.key(pygame.K_LEFT)
    assert screen(inside).focus.cell == (3, 23, 0)
    click(inside, CONV, (0, 0, 0))
    inside.key(pygame.K_LEFT)
    inside.key(pygame.K_UP)
    assert screen(inside).focus.cell == (0, 0, 0)
    click(inside, SOFTMAX, (9,))
    inside.key(pygame.K_RIGHT)
    assert screen(inside).focus.cell == (9,)


def test_an_arrow_without_a_cell_starts_at_the_strongest_of_the_first_layer(inside):
    inside.move((2, 2))
    inside.key(pygame.K_DOWN)
    focus, values = screen(inside).focus, screen(inside).trace[CONV].values
    assert focus.stage == CONV
    assert values[focus.cell] == values.max()


def test_page_up_follows_a_number_to_its_origin_and_page_down_goes_on(inside):
    click(inside, SOFTMAX, (2,))
    for stage in range(SOFTMAX, 0, -1):
        cell = screen(inside).focus.cell
        inside.key(pygame.K_PAGEUP)
        assert screen(inside).focus == Focus(stage - 1, screen(inside).trace[stage].origin(cell), pinned=True)
    inside.key(pygame.K_PAGEUP)
    assert screen(inside).focus.stage == 0
    for stage in range(1, SOFTMAX + 1):
        inside.key(pygame.K_PAGEDOWN)
        focus = screen(inside).focus
        assert focus.stage == stage
        assert all(index < size for index, size in zip(focus.cell, screen(inside).trace[stage].values.shape, strict=True))
    inside.key(pygame.K_PAGEDOWN)
    assert screen(inside).focus.stage == SOFTMAX


def test_of_several_digits_one_can_be_chosen(driver):
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.key(pygame.K_TAB)
    driver.settle()
    session, top = driver.app.session, screen(driver).top
    assert len(top.places) == 2
    assert session.selected == 1
    first = session.insides[0]
    driver.move(driver.place((100, 200)))
    driver.settle()
    assert screen(driver).trace is session.insides[0]
    driver.move((2, 2))
    driver.settle()
    assert session.selected == 1
    driver.down(top.places[0].center)
    driver.up(top.places[0].center)
    driver.move((2, 2))
    driver.settle()
    assert session.selected == 0
    assert screen(driver).trace is first
    driver.stroke((560, 60), (560, 200), (560, 400))
    driver.settle()
    driver.move((2, 2))
    driver.settle()
    assert session.selected == 2


def test_the_pen_does_not_wait_for_those_who_look(make_app):
    hold = threading.Event()

    def slow(model, image):
        hold.wait(PATIENCE)
        return fake_look(model, image)

    driver = Driver(make_app(look_inside=slow))
    driver.key(pygame.K_TAB)
    driver.stroke(*SQUARE)
    assert tuple(pygame.display.get_surface().get_at(driver.place((400, 100))))[:3] == driver.app.look.palette.ink
    assert screen(driver).trace == ()
    hold.set()
    driver.settle()
    assert screen(driver).trace


def test_before_the_network_is_loaded_the_view_says_so(make_app, texts):
    loaded = threading.Event()
    driver = Driver(make_app(load=lambda: loaded.wait(PATIENCE)))
    driver.key(pygame.K_TAB)
    assert "Loading the network…" in texts
    for key in (pygame.K_RIGHT, pygame.K_PAGEUP, pygame.K_PAGEDOWN):
        driver.key(key)
    loaded.set()
    driver.settle()
    assert screen(driver).network.bands


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_was_drawn_in_parts_equals_what_is_drawn_at_once(make_app, name, scale):
    driver = Driver(make_app(scale=scale, theme_name=name, size=(round(1088 * scale), round(704 * scale))))
    driver.key(pygame.K_TAB)
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.settle()
    point(driver, POOL, (5, 4, 1))
    click(driver, SECOND_CONV, (5, 4, 1))
    click(driver, DENSE, (1,))
    point(driver, SOFTMAX, (1,))
    for stage, cell in ((SOFTMAX, (1,)), (CONV, (9, 9, 5)), (SECOND_CONV, (5, 4, 1))):
        click(driver, stage, cell)
        driver.stroke((220 + 20 * stage, 60), (250, 200), (220, 400))
        driver.settle()
        parts = pixels()
        driver.post(pygame.WINDOWEXPOSED)
        driver.app.frame()
        np.testing.assert_array_equal(parts, pixels())


def test_nothing_is_drawn_while_nothing_happens(inside):
    inside.app.frame()
    assert inside.app.draw() == []


@pytest.mark.parametrize("size", [(760, 600), (1400, 700), (800, 1200), (2200, 1500)])
def test_every_layer_has_a_place_in_every_window(inside, size):
    pygame.display.set_mode(size, pygame.RESIZABLE)
    inside.settle()
    bands, panel = screen(inside).network.bands, inside.app.layout.network
    assert len(bands) == SOFTMAX + 1
    for band in bands:
        assert panel.contains(band.rect)
        assert panel.contains(band.label)


OWN = {
    "no convolution": [Flatten(input_shape=(28, 28, 1)), Dense(300, activation="relu"), Dense(10, activation="softmax")],
    "deep": [
        Conv2D(4, 3, activation="relu", padding="same", input_shape=(28, 28, 1)),
        Conv2D(4, 3, strides=2, padding="same"),
        MaxPooling2D(3, strides=2),
        Conv2D(90, (2, 5)),
        Flatten(),
        Dense(10, activation="softmax"),
    ],
    "too much": [Conv2D(700, 3, input_shape=(28, 28, 1)), Flatten(), Dense(10, activation="softmax")],
}


@pytest.mark.parametrize("name", OWN)
def test_networks_of_ones_own(make_app, texts, name):
    model = Sequential(OWN[name])
    driver = Driver(make_app(look_inside=lambda _, image: stages(model.layers, image)))
    driver.stroke(*SQUARE)
    driver.key(pygame.K_TAB)
    driver.settle()
    bands = screen(driver).network.bands
    assert bool(bands) == (name != "too much")
    for number, band in enumerate(bands):
        for cell in ((0,) * len(band.shape), tuple(size - 1 for size in band.shape)):
            click(driver, number, cell)
            assert screen(driver).focus.cell == cell
    for key in (pygame.K_RIGHT, pygame.K_PAGEUP, pygame.K_PAGEDOWN, pygame.K_DOWN):
        driver.key(key)
    assert ("This network has more maps than the window has room for." in texts) == (name == "too much")
