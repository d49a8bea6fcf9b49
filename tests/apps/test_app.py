"""The window, through the real event loop: strokes, what is read of them, sizes, redrawing, a slow
reader, start and end.
"""

import threading
import time

import numpy as np
import pytest
from PIL import Image
from window_driver import PATIENCE, SQUARE, TALL, Driver, colour_at, fake_read

pygame = pytest.importorskip("pygame")

from apps.draw.toolkit import theme  # noqa: E402


def test_a_drawn_digit_is_read_and_titled(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    assert pygame.display.get_caption()[0] == "7 (98 %) - Draw a digit"
    assert colour_at(driver.place((400, 100))) == theme.LIGHT.ink
    driver.stroke(*TALL)
    driver.settle()
    assert pygame.display.get_caption()[0] == "17 - Draw a digit"


def test_right_button_erases(driver):
    driver.stroke(*SQUARE)
    driver.stroke((400, 60), (400, 140), button=3)
    assert colour_at(driver.place((400, 100))) == theme.LIGHT.paper
    assert driver.app.session.canvas.drawing.steps == 2


def test_the_second_button_does_not_disturb_a_stroke(driver):
    driver.down(driver.place((100, 100)))
    driver.move(driver.place((200, 100)))
    driver.down(driver.place((200, 100)), button=3)
    driver.up(driver.place((200, 100)), button=3)
    driver.move(driver.place((300, 100)))
    driver.up(driver.place((300, 100)))
    driver.app.frame()
    assert driver.app.session.canvas.drawing.steps == 1
    assert colour_at(driver.place((250, 100))) == theme.LIGHT.ink


def test_a_stroke_goes_on_outside_of_the_sheet_and_ends_there(driver):
    driver.down(driver.place((600, 100)))
    driver.move((driver.app.layout.reading.centerx, driver.app.layout.reading.centery))
    driver.up((5, 5))
    driver.app.frame()
    assert not driver.app.session.canvas.is_drawing
    assert driver.app.session.canvas.drawing.steps == 1


def test_a_release_that_went_elsewhere_ends_the_stroke(driver):
    driver.down(driver.place((100, 100)))
    driver.move(driver.place((200, 100)))
    driver.held = [0, 0, 0]
    driver.move(driver.place((400, 300)))
    driver.app.frame()
    assert not driver.app.session.canvas.is_drawing
    assert colour_at(driver.place((400, 300))) != theme.LIGHT.ink


def test_losing_the_focus_ends_the_stroke_and_the_press(driver):
    driver.down(driver.place((100, 100)))
    driver.move(driver.place((200, 100)))
    driver.post(pygame.WINDOWFOCUSLOST)
    driver.app.frame()
    assert not driver.app.session.canvas.is_drawing
    driver.down(driver.app.buttons["clear"].rect.center)
    driver.post(pygame.WINDOWFOCUSLOST)
    driver.up(driver.app.buttons["clear"].rect.center)
    driver.app.frame()
    assert driver.app.session.canvas.has_ink
    assert not driver.app.buttons.is_held


def test_a_dropped_file_is_opened(driver, tmp_path):
    paper = np.full((300, 300), 240, np.uint8)
    paper[40:260, 140:160] = 10
    Image.fromarray(paper).save(tmp_path / "one.png")
    driver.post(pygame.DROPFILE, file=str(tmp_path / "one.png"))
    end = time.perf_counter() + PATIENCE
    while driver.app.session.canvas.drawing.is_blank:
        assert time.perf_counter() < end
        driver.app.frame()
        time.sleep(0.005)
    driver.settle()
    assert pygame.display.get_caption()[0] == "1 (98 %) - Draw a digit"


@pytest.mark.parametrize("size", [(760, 480), (1400, 700), (800, 1200), (2200, 1500)])
def test_resizing_keeps_the_drawing_and_what_was_read(driver, size):
    driver.stroke(*SQUARE)
    driver.settle()
    before = driver.app.session.canvas.ink()
    pygame.display.set_mode(size, pygame.RESIZABLE)
    driver.settle()
    assert driver.app.layout.size == size
    np.testing.assert_array_equal(driver.app.session.canvas.ink(), before)
    assert colour_at(driver.place((400, 100))) == theme.LIGHT.ink
    assert driver.app.session.title.startswith("7 ")
    driver.stroke(*TALL)
    driver.settle()
    assert driver.app.session.title.startswith("17 ")


def test_a_window_made_too_small_grows_to_the_minimum(driver):
    pygame.display.set_mode((300, 200), pygame.RESIZABLE)
    end = time.perf_counter() + PATIENCE
    while pygame.display.get_window_size() != (570, 360):
        assert time.perf_counter() < end
        driver.app.frame()
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_what_was_drawn_in_parts_equals_what_is_drawn_at_once(make_app, name, scale):
    """Partial redrawing leaves no trace: every pixel is what a whole frame would show."""
    driver = Driver(make_app(scale=scale, theme_name=name, size=(round(1088 * scale), round(704 * scale))))
    driver.stroke(*SQUARE)
    driver.stroke(*TALL)
    driver.settle()
    driver.stroke((420, 80), (300, 300), button=3)
    driver.move(driver.place((200, 200)))
    driver.settle()
    driver.app.session.say("Hello")
    driver.key(pygame.K_RIGHTBRACKET, character="]")
    driver.move(driver.app.buttons["save"].rect.center)
    driver.settle()
    parts = pygame.surfarray.array3d(pygame.display.get_surface())
    driver.app.look.__init__(driver.app.look.palette, scale)
    driver.post(pygame.WINDOWEXPOSED)
    driver.app.frame()
    np.testing.assert_array_equal(parts, pygame.surfarray.array3d(pygame.display.get_surface()))


def test_nothing_is_drawn_while_nothing_happens(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.app.frame()
    assert driver.app.draw() == []


def test_hovering_a_digit_shows_its_probabilities(driver):
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.settle()
    assert driver.app.session.selected == 1
    driver.move(driver.place((100, 200)))
    driver.settle()
    assert driver.app.session.selected == 0
    driver.move(driver.app.screen.seen.places[1].center)
    driver.settle()
    assert driver.app.session.selected == 1


def test_the_pen_is_not_blocked_by_a_slow_reader(make_app):
    hold = threading.Event()

    def slow(model, ink, strokes):
        hold.wait(PATIENCE)
        return fake_read(model, ink)

    driver = Driver(make_app(read=slow))
    driver.down(driver.place((100, 100)))
    for x in range(100, 500, 10):
        driver.move(driver.place((x, 100)))
        driver.app.frame()
    driver.up(driver.place((490, 100)))
    driver.app.frame()
    assert colour_at(driver.place((400, 100))) == theme.LIGHT.ink
    hold.set()
    driver.settle()
    assert pygame.display.get_caption()[0].startswith("? - ")


def test_a_model_that_cannot_be_loaded_is_reported_in_the_window_and_by_the_command(make_app):
    from nn.errors import InputError

    def load():
        raise InputError("foreign.npz: expected a model file, got something else")

    app = make_app(load=load, start=False)
    driver = Driver(app)

    def person():
        end = time.perf_counter() + PATIENCE
        while app.front.panel is None and time.perf_counter() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        driver.post(pygame.QUIT)

    thread = threading.Thread(target=person)
    thread.start()
    with pytest.raises(InputError, match=r"foreign\.npz"):
        app.run()
    thread.join()
    assert app.front.panel.sentence.startswith("foreign.npz")


def test_instead_of_a_refused_model_the_bundled_one_can_be_chosen(make_app, monkeypatch):
    from apps.draw.reading import reader
    from apps.draw.reading.recognizer import Reader
    from nn.errors import InputError

    def load():
        raise InputError("foreign.npz: expected a model from (28, 28, 1) to (10,), got another one")

    monkeypatch.setattr(reader, "bundled_reader", lambda: Reader(lambda: "bundled", fake_read))
    driver = Driver(make_app(load=load))
    driver.wait_for(lambda: driver.app.front.panel is not None)
    driver.click("use_bundled")
    driver.wait_for(lambda: driver.app.front.panel is None and driver.app.session.recognizer.is_ready)
    driver.stroke(*SQUARE)
    driver.settle()
    assert driver.app.session.title.startswith("7 ")


def test_the_main_loop_from_the_first_frame_to_quit(make_app):
    """The real loop, driven from another thread, as the system drives it."""
    app = make_app(start=False)
    driver, titles = Driver(app), []

    def person():
        places = [driver.place(point) for point in SQUARE]
        driver.down(places[0])
        for place in places:
            driver.move(place)
            time.sleep(0.01)
        driver.up(places[-1])
        end = time.perf_counter() + PATIENCE
        while not pygame.display.get_caption()[0].startswith("7") and time.perf_counter() < end:
            time.sleep(0.01)
        titles.append(pygame.display.get_caption()[0])
        driver.post(pygame.QUIT)

    thread = threading.Thread(target=person)
    thread.start()
    app.run()
    thread.join()
    assert titles == ["7 (98 %) - Draw a digit"]


@pytest.mark.parametrize("size", [(800, 480), (1088, 704)])
def test_every_pixel_that_changes_is_reported_to_the_display(make_app, size):
    """Only the reported rectangles reach the screen."""
    driver = Driver(make_app(size=size))
    app = driver.app
    acts = [
        lambda: driver.stroke(*TALL),
        lambda: driver.settle(),
        lambda: app.perform("teach 3"),
        lambda: app.perform("leave"),
        lambda: app.perform("what_if 3"),
        lambda: driver.wait_for(lambda: app.study.shows_what_if),
        lambda: app.perform("cycle_why"),
        lambda: app.session.say("Saved"),
        lambda: app.perform("open_help"),
        lambda: app.perform("close_panel"),
        lambda: app.perform("toggle_inside"),
        lambda: app.perform("turn_round"),
        lambda: driver.settle(),
        lambda: app.perform("toggle_inside"),
        lambda: app.perform("clear"),
        lambda: driver.settle(),
    ]
    shown = pygame.surfarray.array3d(pygame.display.get_surface())
    original = app.draw

    def draw():
        nonlocal shown
        changed = original()
        now = pygame.surfarray.array3d(pygame.display.get_surface())
        differs = (now != shown).any(axis=2)
        for rect in changed:
            differs[rect.left : rect.right, rect.top : rect.bottom] = False
        assert not differs.any(), np.argwhere(differs)[:3]
        shown = now
        return changed

    app.draw = draw
    for act in acts:
        act()
        for _ in range(3):
            app.frame()
