"""Looking inside, through the real event loop: there and back, the chosen digit, the pen
meanwhile, and every window's size.
"""

import itertools
import threading
import time

import numpy as np
import pytest
from inside_driver import CONV, DENSE, POOL, SECOND_CONV, SOFTMAX, click, point, screen
from window_driver import PATIENCE, SQUARE, TALL, Driver, fake_look, network, pixels

pygame = pytest.importorskip("pygame")

from nn.inspection.stages import stages  # noqa: E402
from nn.layers import Conv2D, Dense, Flatten, MaxPooling2D  # noqa: E402
from nn.models import Sequential  # noqa: E402


def test_i_shows_the_network_and_i_leads_back(driver):
    app = driver.app
    driver.stroke(*SQUARE)
    driver.settle()
    places = app.layout.sheet, app.layout.bars, app.layout.seen
    before = [pixels(place) for place in places]
    driver.key(pygame.K_i)
    driver.settle()
    assert app.screen is app.inside_screen
    assert [stage.values.shape for stage in app.inside_screen.trace][1] == (24, 24, 6)
    assert app.session.title.startswith("7 ")
    driver.key(pygame.K_i)
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


def test_the_buttons_do_the_same(driver):
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
    driver.key(pygame.K_i)
    driver.settle()
    assert looked
    driver.key(pygame.K_i)
    driver.settle()
    count = len(looked)
    driver.stroke(*TALL)
    driver.settle()
    assert len(looked) == count


def test_an_empty_sheet_has_an_empty_image_in_the_network(driver):
    driver.key(pygame.K_i)
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
    driver.key(pygame.K_i)
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


def read_lengths(model, ink, strokes):
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


def test_of_several_digits_one_can_be_chosen(driver):
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.key(pygame.K_i)
    driver.settle()
    session = driver.app.session
    assert session.selected == 1
    first = session.insides[0]
    driver.move(driver.place((100, 200)))
    driver.settle()
    assert screen(driver).trace is session.insides[0]
    driver.move((2, 2))
    driver.settle()
    assert session.selected == 1
    driver.click("choose 0")
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
    driver.key(pygame.K_i)
    driver.stroke(*SQUARE)
    assert tuple(pygame.display.get_surface().get_at(driver.place((400, 100))))[:3] == driver.app.look.palette.ink
    assert screen(driver).trace == ()
    hold.set()
    driver.settle()
    assert screen(driver).trace


def test_before_the_network_is_loaded_the_view_says_so(make_app, texts):
    loaded = threading.Event()
    driver = Driver(make_app(load=lambda: loaded.wait(PATIENCE)))
    driver.key(pygame.K_i)
    assert "Loading the network…" in texts
    for key in (pygame.K_RIGHT, pygame.K_PAGEUP, pygame.K_PAGEDOWN):
        driver.key(key)
    loaded.set()
    driver.settle()
    assert screen(driver).network.bands


@pytest.mark.parametrize("key", [pygame.K_j, pygame.K_PAGEUP, pygame.K_PAGEDOWN, pygame.K_k])
def test_keys_do_nothing_while_the_layers_are_still_those_of_the_last_time(inside, key):
    """One goes back, looks inside again and presses keys, all before the next frame."""
    for pressed in (pygame.K_i, pygame.K_i, pygame.K_RIGHT, pygame.K_PAGEDOWN, key, key):
        inside.post(pygame.KEYDOWN, key=pressed, mod=0, unicode="", scancode=0)
    inside.app.frame()
    inside.settle()
    assert inside.app.screen is screen(inside)
    assert screen(inside).trace


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_was_drawn_in_parts_equals_what_is_drawn_at_once(make_app, name, scale):
    driver = Driver(make_app(scale=scale, theme_name=name, size=(round(1088 * scale), round(704 * scale))))
    driver.key(pygame.K_i)
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


@pytest.mark.parametrize("size", [(760, 456), (1400, 700), (800, 1200), (2200, 1500)])
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
    driver.key(pygame.K_i)
    driver.settle()
    bands = screen(driver).network.bands
    assert bool(bands) == (name != "too much")
    for number, band in enumerate(bands):
        for cell in ((0,) * len(band.shape), tuple(size - 1 for size in band.shape)):
            click(driver, number, cell)
            assert screen(driver).focus.cell == cell
    for key in (pygame.K_RIGHT, pygame.K_PAGEUP, pygame.K_PAGEDOWN, pygame.K_DOWN):
        driver.key(key)
    assert ("This network has more maps than fit here." in texts) == (name == "too much")
