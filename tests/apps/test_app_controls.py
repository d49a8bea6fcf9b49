"""The window's controls: buttons, keys and the wheel."""

import pytest
from window_driver import SQUARE, colour_at

pygame = pytest.importorskip("pygame")

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
