"""Ten thousand random events in two views: no exception, no lost undo step, no stuck state."""

import zlib

import numpy as np
import pytest
from window_driver import Driver

pygame = pytest.importorskip("pygame")

EVENTS = 5_000  # each time
KEYS = (
    (pygame.K_z, pygame.KMOD_LCTRL, "", 4),
    (pygame.K_y, pygame.KMOD_LCTRL, "", 3),
    (pygame.K_c, 0, "c", 2),
    (pygame.K_RETURN, 0, "\r", 1),
    (pygame.K_SPACE, 0, " ", 1),
    (pygame.K_LEFTBRACKET, 0, "[", 1),
    (pygame.K_RIGHTBRACKET, 0, "]", 1),
    (pygame.K_t, 0, "t", 1),
    (pygame.K_TAB, 0, "\t", 2),
    (pygame.K_i, 0, "i", 1),
    (pygame.K_g, 0, "g", 1),
    (pygame.K_n, 0, "n", 1),
    (pygame.K_l, 0, "l", 1),
    (pygame.K_o, 0, "o", 1),
    (pygame.K_e, 0, "e", 1),
    (pygame.K_m, 0, "m", 1),
    (pygame.K_F1, 0, "", 1),
    (pygame.K_k, 0, "k", 1),
    (pygame.K_RIGHT, 0, "", 2),
    (pygame.K_UP, 0, "", 2),
    (pygame.K_PAGEUP, 0, "", 1),
    (pygame.K_PAGEDOWN, 0, "", 1),
    (pygame.K_7, 0, "7", 1),
    (pygame.K_9, pygame.KMOD_LSHIFT, "(", 1),
    (pygame.K_w, 0, "w", 2),
    (pygame.K_u, 0, "u", 1),
    (pygame.K_F11, 0, "", 1),
)
SIZES = ((760, 600), (900, 620), (620, 800), (300, 200), (1000, 640))


class Monkey:
    """Causes events; where it clicks, draws and drags it does not know itself."""

    def __init__(self, driver, rng, tmp_path):
        self.driver, self.rng = driver, rng
        self.files = [tmp_path / "nothing.png", tmp_path / "noise.png", tmp_path]
        self.files[1].write_bytes(b"noise")
        self.at = (10, 10)

    def act(self):
        kinds = ("move", "down", "up", "key", "wheel", "click", "window", "resize", "drop")
        getattr(self, self.rng.choice(kinds, p=(0.55, 0.13, 0.13, 0.1, 0.02, 0.04, 0.02, 0.005, 0.005)))()

    def _anywhere(self):
        width, height = pygame.display.get_window_size()
        if self.rng.random() < 0.93:
            step = self.rng.normal(0, 20, 2)
            self.at = int(np.clip(self.at[0] + step[0], -40, width + 40)), int(np.clip(self.at[1] + step[1], -40, height + 40))
        else:
            self.at = int(self.rng.integers(-40, width + 40)), int(self.rng.integers(-40, height + 40))
        return self.at

    def move(self):
        self.driver.move(self._anywhere())

    def down(self):
        self.driver.down(self._anywhere(), int(self.rng.choice((1, 1, 1, 2, 3))))

    def up(self):
        self.driver.up(self._anywhere(), int(self.rng.choice((1, 1, 1, 2, 3))))

    def key(self):
        weights = np.array([weight for *_, weight in KEYS], dtype=float)
        key, mod, character, _ = KEYS[self.rng.choice(len(KEYS), p=weights / weights.sum())]
        self.driver.post(pygame.KEYDOWN, key=key, mod=mod, unicode=character)

    def wheel(self):
        self.driver.post(pygame.MOUSEWHEEL, x=0, y=int(self.rng.integers(-4, 5)), flipped=False)

    def click(self):
        shown = [button for group in self.driver.app.groups for button in group if button.is_shown]
        buttons = [button for button in shown if button.action not in ("save", "save_card", "copy_card", "quit")]
        position = buttons[self.rng.integers(len(buttons))].rect.center
        self.driver.down(position)
        self.driver.up(position if self.rng.random() < 0.8 else self._anywhere())

    def window(self):
        kinds = (pygame.WINDOWFOCUSLOST, pygame.WINDOWLEAVE, pygame.WINDOWEXPOSED, pygame.WINDOWENTER, pygame.ACTIVEEVENT)
        self.driver.post(kinds[self.rng.integers(len(kinds))])

    def resize(self):
        pygame.display.set_mode(SIZES[self.rng.integers(len(SIZES))], pygame.RESIZABLE)

    def drop(self):
        self.driver.post(pygame.DROPFILE, file=str(self.files[self.rng.integers(len(self.files))]))


class Account:
    """An independent account of the steps: two stacks of whole states, and the pixels each state
    had when it was first seen.
    """

    def __init__(self, canvas):
        self.canvas, self.before, self.after, self.now = canvas, [], [], ()
        self.pixels, self.kept = {}, []
        drawing = canvas.drawing
        self._add, self._undo, self._redo = drawing.add, drawing.undo, drawing.redo
        drawing.add, drawing.undo, drawing.redo = self.add, self.undo, self.redo

    def add(self, action):
        self._add(action)
        self.kept.append(action)  # so that no other takes over its id
        self.before.append(self.now)
        self.after, self.now = [], self.canvas.drawing.visible()

    def undo(self):
        assert self._undo() == bool(self.before)
        if not self.before:
            return False
        self.after.append(self.now)
        self.now = self.before.pop()
        return True

    def redo(self):
        assert self._redo() == bool(self.after)
        if not self.after:
            return False
        self.before.append(self.now)
        self.now = self.after.pop()
        return True

    def check(self):
        assert self.canvas.drawing.visible() == self.now
        if not self.canvas.is_drawing:
            pixels = zlib.crc32(self.canvas.reading.ink)
            assert self.pixels.setdefault(tuple(map(id, self.now)), pixels) == pixels


@pytest.mark.parametrize("inside", [False, True])
def test_random_events(make_app, tmp_path, monkeypatch, inside):
    monkeypatch.setattr("apps.draw.learning.watch.Watch.start", lambda self: None)  # hundreds of trainings are another test's
    driver = Driver(make_app(size=(760, 600)))
    app, monkey = driver.app, Monkey(driver, np.random.default_rng(2026), tmp_path)
    account = Account(app.session.canvas)
    if inside:
        driver.stroke((300, 100), (400, 200))
        driver.key(pygame.K_i)
    for number in range(EVENTS):
        monkey.act()
        if monkey.rng.random() < 0.4:  # events come in bunches, and a frame takes all that came
            app.frame()
            account.check()
            assert app.running, number

    for button in (1, 2, 3):
        driver.up((5, 5), button)
    if app.has_panel:
        app.close_panel()
    if app.screen is not app.reading_screen:
        app._show(app.reading_screen)
    app.session.use_pen()
    app.study.leave()
    app.move_focus(None)
    driver.settle()
    assert not app.session.canvas.is_drawing
    assert not app.buttons.is_held
    undo_everything_and_do_it_again(app.session.canvas)
    driver.key(pygame.K_c, 0, "c")
    driver.stroke((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))
    driver.settle()
    assert app.session.title == "7 (98 %) - Draw a digit"


def undo_everything_and_do_it_again(canvas):
    while canvas.redo():
        pass
    screen, steps = canvas.screen.ink.copy(), canvas.drawing.steps
    assert steps > 10
    for _ in range(steps):
        assert canvas.undo()
    assert not canvas.undo()
    assert not canvas.has_ink
    for _ in range(steps):
        assert canvas.redo()
    np.testing.assert_array_equal(canvas.screen.ink, screen)
