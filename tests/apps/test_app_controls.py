"""The window's controls: buttons, keys and the wheel."""

from dataclasses import replace

import pytest
from window_driver import SQUARE, Driver, FakeDigit, colour_at

pygame = pytest.importorskip("pygame")

from apps.draw.panels.files import FilesPanel  # noqa: E402
from apps.draw.panels.help import HelpPanel  # noqa: E402
from apps.draw.reading.reading_view import doubt  # noqa: E402
from apps.draw.screen import ReadingScreen  # noqa: E402
from apps.draw.toolkit import theme  # noqa: E402


def test_buttons_act_where_they_were_pressed(driver):
    driver.stroke(*SQUARE)
    driver.click("clear")
    assert not driver.app.session.canvas.has_ink
    driver.click("undo")
    assert driver.app.session.canvas.has_ink
    driver.click("undo")
    assert not driver.app.session.canvas.has_ink
    driver.click("redo")
    assert driver.app.session.canvas.has_ink
    driver.settle()
    first = driver.app.session.reading
    driver.click("recognise")
    driver.settle()
    assert driver.app.session.reading is not first
    driver.click("save")
    assert (driver.app.session.folder / "drawing-1.png").exists()


def test_a_button_released_elsewhere_does_nothing(driver):
    driver.stroke(*SQUARE)
    clear = driver.app.buttons["clear"]
    driver.move(clear.rect.center)
    driver.app.frame()
    assert clear.hovered
    driver.down(clear.rect.center)
    driver.app.frame()
    assert clear.pressed
    driver.move(driver.place((300, 300)))
    driver.up(driver.place((300, 300)))
    driver.app.frame()
    assert not clear.pressed
    assert not clear.hovered
    assert driver.app.session.canvas.has_ink
    assert driver.app.session.canvas.drawing.steps == 1


def test_hover_press_and_off_look_different(driver):
    def face():
        driver.app.frame()
        rect = driver.app.buttons["clear"].rect
        return colour_at((rect.left + 8, rect.centery))

    rest = face()
    driver.move(driver.app.buttons["clear"].rect.center)
    hover = face()
    driver.down(driver.app.buttons["clear"].rect.center)
    pressed = face()
    assert len({rest, hover, pressed}) == 3
    assert not driver.app.buttons["undo"].enabled


def test_keys(driver):
    app = driver.app
    driver.stroke(*SQUARE)
    driver.key(pygame.K_z, pygame.KMOD_LCTRL)
    assert not app.session.canvas.has_ink
    driver.key(pygame.K_y, pygame.KMOD_LCTRL)
    assert app.session.canvas.has_ink
    driver.key(pygame.K_z, pygame.KMOD_LCTRL)
    driver.key(pygame.K_z, pygame.KMOD_LCTRL | pygame.KMOD_LSHIFT)
    assert app.session.canvas.has_ink
    driver.key(pygame.K_c, pygame.KMOD_LCTRL)
    assert app.session.canvas.has_ink  # copying is not clearing
    driver.key(pygame.K_c)
    assert not app.session.canvas.has_ink
    driver.stroke(*SQUARE)
    driver.key(pygame.K_DELETE)
    assert not app.session.canvas.has_ink
    brush = app.session.brush
    driver.key(pygame.K_RIGHTBRACKET, character="]")
    assert app.session.brush > brush
    driver.key(pygame.K_8, pygame.KMOD_MODE, "[")  # AltGr + 8 on a German keyboard
    assert app.session.brush == brush
    driver.stroke(*SQUARE)
    driver.settle()
    first = app.session.reading
    driver.key(pygame.K_RETURN)
    driver.settle()
    assert app.session.reading is not first
    driver.key(pygame.K_s)
    assert (app.session.folder / "drawing-1.png").exists()
    driver.key(pygame.K_t)
    assert app.look.palette is theme.DARK
    driver.key(pygame.K_F5)
    assert app.running
    driver.key(pygame.K_ESCAPE)
    assert not app.running


def test_the_wheel_changes_the_brush(driver):
    brush = driver.app.session.brush
    driver.post(pygame.MOUSEWHEEL, x=0, y=1, flipped=False)
    driver.app.frame()
    assert driver.app.session.brush > brush
    driver.post(pygame.MOUSEWHEEL, x=0, y=-50, flipped=False)
    driver.app.frame()
    assert driver.app.session.brush < brush


FLAT = ((100, 200), (300, 202), (500, 205))


@pytest.mark.parametrize("size", [(800, 480), (1024, 768), (1088, 704)])
def test_the_ten_digits_to_tap_are_large_enough_for_a_finger(make_app, size):
    driver = Driver(make_app(size=size))
    driver.stroke(*FLAT)
    driver.settle()
    for k in range(10):
        rect = driver.button(f"teach {k}").rect
        assert rect.height >= 28
        assert rect.width >= 40


def read_as(digit, probability, verdict):
    return FakeDigit((0, 0, 1, 1), None, None, digit, probability, None, verdict)


def test_how_a_doubtful_reading_is_put():
    assert doubt("1", [read_as(1, 0.93, "unsure")]) == ("Probably 1", "93 %, which is not sure")
    struck = replace(read_as(3, 0.99, "unsure"), doubt="picture")
    assert doubt("3", [struck]) == ("Probably 3", "if this is one whole digit")
    assert doubt("3", [replace(struck, doubt="grouping")]) == ("Probably 3", "if its ink is one digit")
    assert doubt("0", [read_as(0, 0.11, "unsure")]) == ("Perhaps 0", "11 %, only a guess")
    ten = read_as(1, 0.99, "sure"), read_as(0, 0.6, "unsure")
    assert doubt("10", ten) == ("Probably 10", "The 0 is not sure")
    assert doubt("100", (*ten, ten[1])) == ("Probably 100", "2 digits are not sure")


@pytest.mark.parametrize("size", [(800, 480), (1088, 704)])
def test_a_doubtful_number_is_shown_whole(make_app, texts, size):
    driver = Driver(make_app(size=size))
    for left in range(8):
        driver.stroke((40 + 70 * left, 100), (40 + 70 * left, 300), (41 + 70 * left, 330))
    driver.stroke((20, 400), (100, 401), (600, 402))
    driver.app.session.undo()
    driver.settle()
    session, digits = driver.app.session, driver.app.session.digits
    assert len(digits) == 8
    session.reading = type(session.reading)((*digits[:7], read_as(5, 0.6, "unsure")))
    driver.app.screen.reading._painted.clear()
    texts.clear()
    look = driver.app.look
    surface = pygame.display.get_surface()
    driver.app.screen.reading.draw(surface, look, driver.app.layout.reading, session, everything=True)
    assert "Probably 11111115" in texts
    assert "The 5 is not sure" in texts


def test_few_files_have_the_whole_width_for_their_names(make_app, tmp_path, texts):
    driver = Driver(make_app(size=(800, 480)))
    name = "a page of sums that somebody photographed on a holiday.png"
    (tmp_path / name).write_bytes(b"")
    texts.clear()
    driver.app.open_panel(FilesPanel(tmp_path, lambda path: None))
    driver.app.frame()
    assert name in texts


def test_many_files_are_shown_in_columns(make_app, tmp_path):
    driver = Driver(make_app(size=(800, 480)))
    for number in range(40):
        (tmp_path / f"{number:02}.png").write_bytes(b"")
    driver.app.open_panel(FilesPanel(tmp_path, lambda path: None))
    driver.app.frame()
    lefts = {button.rect.left for button in driver.app.front.panel.buttons if button.action.startswith("choose_entry")}
    assert len(lefts) == 3


def test_the_help_is_as_high_as_its_lines(make_app):
    driver = Driver(make_app())
    panel = HelpPanel(ReadingScreen.bindings)
    driver.app.open_panel(panel)
    driver.app.frame()
    assert panel.rect.height == driver.app.look.px(panel.wanted[1])
    assert panel.rect.height < 0.7 * pygame.display.get_window_size()[1]
