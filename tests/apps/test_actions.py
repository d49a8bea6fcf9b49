"""Every action by pointer alone, by keyboard alone, and by touch alone; a table of them."""

from dataclasses import dataclass
from typing import Any

import pytest
from window_driver import SQUARE, TALL, Driver, FakeTeacher

pygame = pytest.importorskip("pygame")

from PIL import Image  # noqa: E402

from apps.draw.focus import SHEET  # noqa: E402
from apps.draw.keys import INSIDE, READING, TOP_ROW, WATCH, action_of  # noqa: E402
from apps.draw.learning.watch import IDLE, PAUSED, RUNNING  # noqa: E402
from apps.draw.toolkit import theme  # noqa: E402
from nn.pretrained import student_network  # noqa: E402


@dataclass
class Action:
    """What is pressed, in turn, and what it leads to.

    `keys` are (key, character, modifiers); `clicks` are the actions of buttons, in the order in
    which they appear, cells of the network, "cell 1 3 4 2", and sliders, "slide brush 1".
    """

    clicks: tuple[str, ...]
    keys: tuple[Any, ...]
    done: Any
    drawn: str = "7"


def key(key, character="", mod=0):
    return key, character, mod


def changed(app):
    """Whether the drawing was changed, or it was said that no change helps: `fake_explain` knows
    little of digits.
    """
    return app.session.canvas.drawing.steps == 2 or "No change" in app.session.message


CELL = "cell 1 3 4 2"  # layer, row, column, map
FINISH = "finish"  # the training comes to its end
SHIFT, CTRL = pygame.KMOD_LSHIFT, pygame.KMOD_LCTRL
K = pygame
ACTIONS = {
    "recognise": Action(("recognise",), (key(K.K_RETURN),), lambda app: app.session.second_look is not None),
    "clear": Action(("clear",), (key(K.K_c),), lambda app: not app.session.canvas.has_ink),
    "undo": Action(("undo",), (key(K.K_z, mod=CTRL),), lambda app: not app.session.canvas.has_ink),
    "redo": Action(("undo", "redo"), (key(K.K_z, mod=CTRL), key(K.K_y, mod=CTRL)), lambda app: app.session.canvas.has_ink),
    "eraser": Action(("use_eraser",), (key(K.K_e),), lambda app: app.session.erases),
    "pen": Action(("use_eraser", "use_pen"), (key(K.K_e), key(K.K_e)), lambda app: not app.session.erases),
    "save": Action(("save",), (key(K.K_s),), lambda app: (app.session.folder / "drawing-1.png").exists()),
    "save the card": Action(
        ("open_card", "save_card"), (key(K.K_p),), lambda app: (app.session.folder / "reading-1.png").exists()
    ),
    "copy the card": Action(("open_card", "copy_card"), (key(K.K_c, mod=CTRL),), lambda app: "opied: " in app.session.message),
    "a wider brush": Action(("slide brush 1",), (key(K.K_RIGHTBRACKET, "]"),), lambda app: app.session.brush > 20),
    "a thinner brush": Action(("slide brush 0",), (key(K.K_LEFTBRACKET, "["),), lambda app: app.session.brush < 20),
    "theme": Action(("toggle_theme",), (key(K.K_t),), lambda app: app.look.palette is theme.DARK),
    "help": Action(("open_help",), (key(K.K_F1),), lambda app: app.front.panel.title == "Keys"),
    "close a panel": Action(("open_help", "close_panel"), (key(K.K_F1), key(K.K_ESCAPE)), lambda app: app.front.panel is None),
    "lessons": Action(("open_lessons",), (key(K.K_l),), lambda app: app.front.panel.title == "Lessons"),
    "open a file": Action(
        ("open_files", "choose_entry 0"),
        (key(K.K_o), key(K.K_TAB), key(K.K_RETURN)),
        lambda app: app.front.panel is None and app.session.title.startswith("1 "),
    ),
    "why": Action(("cycle_why",), (key(K.K_w),), lambda app: app.study.why.way == "gradient"),
    "why, by covering": Action(
        ("cycle_why", "cycle_why"), (key(K.K_w), key(K.K_w)), lambda app: app.study.why.way == "occlusion"
    ),
    "what if": Action(
        ("choose_what_if", "what_if 3"),
        (key(K.K_3, "#", SHIFT),),
        lambda app: app.study.why.way == "what if" and app.study.why.wanted == 3,
    ),
    "what if, by its button": Action(
        ("what_if 5",), (key(K.K_5, "%", SHIFT),), lambda app: app.study.why.way == "what if" and app.study.why.wanted == 5
    ),
    "what if, chosen by a digit's key": Action(
        ("choose_what_if", "what_if 4"),
        (key(K.K_f), key(K.K_4, "4")),
        lambda app: app.study.why.way == "what if" and app.study.why.wanted == 4 and app.study.asked_label is None,
    ),
    "make it so": Action(("what_if 1", "make_it_so"), (key(K.K_1, "!", SHIFT), key(K.K_m)), lambda app: changed(app)),
    "teach a sure reading": Action(
        ("choose_label", "teach 3", "teach 3"),
        (key(K.K_3, "3"), key(K.K_RETURN)),
        lambda app: app.study.lessons.outcome is not None and app.study.lessons.teacher.labels == [3],
    ),
    "teach, by its button": Action(
        ("choose_label", "teach 3", "teach 3"),
        (key(K.K_a), key(K.K_3, "3"), key(K.K_3, "3")),
        lambda app: app.study.lessons.outcome is not None and app.study.lessons.teacher.labels == [3],
    ),
    "teach an unsure reading": Action(
        ("teach 4",), (key(K.K_4, "4"),), lambda app: app.study.lessons.teacher.labels == [4], drawn="flat"
    ),
    "undo a lesson": Action(
        ("teach 4", "undo_lesson"),
        (key(K.K_4, "4"), key(K.K_u)),
        lambda app: app.study.lessons.outcome is not None and app.study.lessons.outcome.undone,
        drawn="flat",
    ),
    "forget a lesson": Action(
        ("teach 4", "open_lessons", "forget_entry 0"),
        (key(K.K_4, "4"), key(K.K_l), key(K.K_TAB), key(K.K_RETURN)),
        lambda app: (
            app.study.lessons.outcome is not None and app.study.lessons.outcome.undone and not app.study.lessons.teacher.labels
        ),
        drawn="flat",
    ),
    "choose a digit of a number": Action(
        ("choose 0",), (key(K.K_LEFT),), lambda app: app.session.selected == 0 and app.session._chosen == 0, drawn="17"
    ),
    "look inside": Action(("toggle_inside",), (key(K.K_i),), lambda app: app.screen is app.inside_screen),
    "back from inside": Action(
        ("toggle_inside", "toggle_inside"), (key(K.K_i), key(K.K_ESCAPE)), lambda app: app.screen is app.reading_screen
    ),
    "the way back": Action(("toggle_inside", "turn_round"), (key(K.K_i), key(K.K_g)), lambda app: app.screen.turned),
    "the way back for a 9": Action(
        ("toggle_inside", "turn_round", "aim 9"), (key(K.K_i), key(K.K_g), key(K.K_9, "9")), lambda app: app.screen.target == 9
    ),
    "the digit on the right": Action(
        ("choose 0", "choose 1"), (key(K.K_LEFT), key(K.K_RIGHT)), lambda app: app.session._chosen == 1, drawn="17"
    ),
    "keep a cell": Action(("toggle_inside", CELL), (key(K.K_i), key(K.K_DOWN)), lambda app: app.screen.focus.pinned),
    "the cells beside it": Action(
        ("toggle_inside", CELL, "cell 1 3 5 2"),
        (key(K.K_i), *map(key, (K.K_DOWN, K.K_RIGHT, K.K_UP, K.K_LEFT, K.K_UP))),
        lambda app: app.screen.focus.pinned and app.screen.focus.stage == 1,
    ),
    "the layer before": Action(
        ("toggle_inside", CELL, "cell 0 3 5 0"),
        (key(K.K_i), key(K.K_DOWN), key(K.K_PAGEUP)),
        lambda app: app.screen.focus.stage == 0,
    ),
    "the layer after": Action(
        ("toggle_inside", CELL, "cell 2 3 5 2"),
        (key(K.K_i), key(K.K_DOWN), key(K.K_PAGEDOWN)),
        lambda app: app.screen.focus.stage == 2,
    ),
    "through the next map": Action(
        ("toggle_inside", "cell 3 4 4 3", "next_map", "next_map"),
        (key(K.K_i), *map(key, (K.K_DOWN, K.K_PAGEDOWN, K.K_PAGEDOWN, K.K_j, K.K_j))),
        lambda app: app.screen.focus.stage == 3 and app.screen.focus.lens == 1,
    ),
    "the weights of the way back": Action(
        ("toggle_inside", "turn_round", CELL, "next_weight", "next_weight"),
        (key(K.K_i), key(K.K_g), *map(key, (K.K_DOWN, K.K_k, K.K_k))),
        lambda app: app.screen.weight == 1,
    ),
    "the way back through the next filter": Action(
        ("toggle_inside", "turn_round", "cell 2 3 5 2", "next_map"),
        (key(K.K_i), key(K.K_g), *map(key, (K.K_DOWN, K.K_PAGEDOWN, K.K_j))),
        lambda app: app.screen.focus.lens == 0,
    ),
    "watch": Action(("toggle_watch",), (key(K.K_n),), lambda app: app.screen is app.watch_screen),
    "back from watching": Action(
        ("toggle_watch", "toggle_watch"), (key(K.K_n), key(K.K_n)), lambda app: app.screen is app.reading_screen
    ),
    "more epochs": Action(
        ("toggle_watch", "more_epochs"), (key(K.K_n), key(K.K_UP)), lambda app: app.watch_screen.watch.epochs == 2
    ),
    "fewer epochs": Action(
        ("toggle_watch", "more_epochs", "more_epochs", "fewer_epochs"),
        (key(K.K_n), *map(key, (K.K_UP, K.K_UP, K.K_DOWN))),
        lambda app: app.watch_screen.watch.epochs == 2,
    ),
    "slower": Action(("toggle_watch", "slower"), (key(K.K_n), key(K.K_LEFT)), lambda app: app.watch_screen.watch.pace == 4),
    "faster": Action(
        ("toggle_watch", "slower", "slower", "faster"),
        (key(K.K_n), *map(key, (K.K_LEFT, K.K_LEFT, K.K_RIGHT))),
        lambda app: app.watch_screen.watch.pace == 4,
    ),
    "start": Action(("toggle_watch", "pause"), (key(K.K_n), key(K.K_SPACE)), lambda app: app.watch_screen.watch.phase == RUNNING),
    "pause": Action(
        ("toggle_watch", "pause", "pause"),
        (key(K.K_n), key(K.K_SPACE), key(K.K_SPACE)),
        lambda app: app.watch_screen.watch.phase == PAUSED,
    ),
    "one batch": Action(
        ("toggle_watch", "pause", "one_batch"),
        (key(K.K_n), key(K.K_SPACE), key(K.K_b)),
        lambda app: app.watch_screen.watch.phase == PAUSED and "step" in app.watch_screen.watch._helper.said,
    ),
    "throw away": Action(
        ("toggle_watch", "pause", "throw_away"),
        (key(K.K_n), key(K.K_SPACE), key(K.K_x)),
        lambda app: app.watch_screen.watch.phase == IDLE and "stop" in app.watch_screen.watch._helper.said,
    ),
    "keep": Action(
        ("toggle_watch", "pause", FINISH, "keep_it"),
        (key(K.K_n), key(K.K_SPACE), key(0, FINISH), key(K.K_k)),
        lambda app: (app.session.folder / "mnist.npz").exists(),
    ),
}
FLAT = ((100, 200), (300, 205), (500, 200))


class FakeHelper:
    """A training that says at once that it is ready, and has learned when it is told so."""

    def __init__(self):
        self.said, self.news = [], []

    def send(self, what, *_):
        self.said.append(what)
        if what == "train":
            self.news.append(("ready", 10, 1))

    def received(self):
        news, self.news = self.news, []
        return iter(news)

    def finish(self):
        self.news.append(("finished", student_network().get_weights(), {}))

    def leave(self):
        pass

    close = leave


@pytest.fixture
def drawn(make_app, tmp_path):
    """A window with a drawing in it, and a picture in its folder."""

    def make(what):
        paper = Image.new("L", (300, 300), 255)
        paper.paste(0, (140, 40, 160, 260))
        paper.save(tmp_path / "a-one.png")
        driver = Driver(make_app(teacher=FakeTeacher()))
        driver.app.watch_screen.watch._helper = FakeHelper()
        for points in {"7": (SQUARE,), "17": (TALL, SQUARE), "flat": (FLAT,)}[what]:
            driver.stroke(*points)
        if what == "17":
            driver.app.session._last_point = None
        driver.settle()
        return driver

    return make


def ready(driver, action):
    """Wait until a button is there and can be pressed."""

    def shown():
        return any(
            button.action == action and button.is_shown and button.enabled for group in driver.app.groups for button in group
        )

    if action in ("undo_lesson", "open_lessons"):
        driver.wait_for(lambda: not driver.app.study.lessons.is_busy)
    driver.wait_for(shown)


def finish(driver):
    """The training comes to its end."""
    driver.app.watch_screen.watch._helper.finish()
    driver.app.frame()


def press(driver, by, what):
    """Click or tap a button or a cell, or drag a slider's knob."""
    name, *numbers = what.split()
    if what == FINISH:
        finish(driver)
        return
    if name == "cell":
        driver.wait_for(lambda: driver.app.screen.network.bands)
        driver.settle()
        stage, *cell = map(int, numbers)
        places = [driver.app.screen.network.bands[stage].cell_rect(tuple(cell)).center] * 2
    elif name == "slide":
        rect = driver.button(numbers[0]).rect
        places = [rect.center, (rect.right - 1 if numbers[1] == "1" else rect.left, rect.centery)]
    else:
        ready(driver, what)
        places = [driver.button(what).rect.center] * 2
    if by == "pointer":
        driver.move(places[0])
        driver.down(places[0])
        driver.move(places[1])
        driver.up(places[1])
    else:
        driver.finger(pygame.FINGERDOWN, places[0])
        driver.finger(pygame.FINGERMOTION, places[1])
        driver.finger(pygame.FINGERUP, places[1])
    driver.app.frame()


@pytest.mark.parametrize("by", ["pointer", "touch", "keyboard"])
@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_reached(drawn, name, by):
    action = ACTIONS[name]
    driver = drawn(action.drawn)
    for click in action.clicks if by != "keyboard" else ():
        press(driver, by, click)
    for pressed, character, mod in action.keys if by == "keyboard" else ():
        driver.wait_for(lambda: not driver.app.study.lessons.is_busy)
        if pressed == pygame.K_m:
            driver.wait_for(lambda: driver.app.study.shows_what_if)
        driver.settle()
        if character == FINISH:
            finish(driver)
        else:
            driver.key(pressed, mod, character)
    driver.wait_for(lambda: action.done(driver.app))


def test_the_table_has_every_action_that_has_a_key():
    reached = set()
    for action in ACTIONS.values():
        for pressed, character, mod in action.keys:
            position = TOP_ROW[pressed - pygame.K_0] if pygame.K_0 <= pressed <= pygame.K_9 else 0
            event = pygame.event.Event(pygame.KEYDOWN, key=pressed, mod=mod, unicode=character, scancode=position)
            reached |= {str(action_of(event, bindings)).split()[0] for bindings in (READING, INSIDE, WATCH)}
    keyboard = {"focus_next", "focus_previous"}  # moving the focus is for the keyboard alone
    for binding in (*READING, *INSIDE, *WATCH):
        assert binding.action.split()[0] in reached | keyboard, binding


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in ("close a panel",)])
def test_every_button_is_reached_with_tab_and_pressed_with_enter(drawn, name):
    """The first button of each action, by the focus alone."""
    action = ACTIONS[name]
    driver = drawn(action.drawn)
    first = action.clicks[0] if not action.clicks[0].startswith("slide") else "brush"
    if first in ("redo",) or not driver.button(first).enabled:
        return
    for _ in range(80):
        driver.key(pygame.K_TAB)
        if driver.app.focus.action == first:
            break
    assert driver.app.focus.action == first
    assert driver.app._focused_rect() == driver.button(first).rect


def test_drawing_and_erasing_by_keyboard_alone(driver):
    driver.key(pygame.K_TAB)
    assert driver.app.focus.action == SHEET
    driver.key(pygame.K_LEFT, SHIFT)
    driver.key(pygame.K_SPACE)
    for _ in range(6):
        driver.key(pygame.K_DOWN, SHIFT)
    driver.key(pygame.K_SPACE)
    driver.settle()
    assert driver.app.session.title.startswith("1 ")
    assert driver.app.session.canvas.drawing.steps == 1
    driver.key(pygame.K_e, character="e")
    driver.key(pygame.K_SPACE)
    for _ in range(6):
        driver.key(pygame.K_UP, SHIFT)
    driver.key(pygame.K_SPACE)
    driver.settle()
    assert not driver.app.session.canvas.has_ink
    driver.key(pygame.K_ESCAPE)
    assert driver.app.focus.action is None
    assert driver.app.running


def test_drawing_and_erasing_by_touch_alone(driver):
    def draw(points, pressure=1.0):
        places = [driver.place(point) for point in points]
        driver.finger(pygame.FINGERDOWN, places[0], pressure)
        for place in places[1:]:
            driver.finger(pygame.FINGERMOTION, place, pressure)
        driver.finger(pygame.FINGERUP, places[-1], pressure)
        driver.app.frame()

    draw(SQUARE)
    driver.settle()
    assert driver.app.session.title.startswith("7 ")
    driver.tap("use_eraser")
    draw(SQUARE)
    driver.settle()
    assert not driver.app.session.canvas.has_ink


def test_a_pen_s_pressure_makes_the_line_wider(driver):
    widths = []
    for number, pressure in enumerate((0.15, 0.9)):
        x = 150 + 250 * number
        places = [driver.place((x, y)) for y in range(60, 420, 12)]
        driver.finger(pygame.FINGERDOWN, places[0], pressure)
        for place in places[1:]:
            driver.finger(pygame.FINGERMOTION, place, pressure)
        driver.finger(pygame.FINGERUP, places[-1], pressure)
        driver.app.frame()
        row = driver.app.session.canvas.reading.ink[300]
        widths.append(int((row[x - 60 : x + 60] > 127).sum()))
    assert widths[1] > 1.6 * widths[0]
    before = driver.app.session.canvas.screen.ink.copy()
    driver.app.session.undo()
    driver.app.session.redo()
    assert (driver.app.session.canvas.screen.ink == before).all()


def test_a_second_finger_and_the_mouse_events_of_a_finger_do_nothing(driver):
    driver.finger(pygame.FINGERDOWN, driver.place((100, 100)))
    driver.finger(pygame.FINGERDOWN, driver.place((500, 400)), finger_id=1)
    driver.finger(pygame.FINGERMOTION, driver.place((520, 420)), finger_id=1)
    driver.post(pygame.MOUSEBUTTONDOWN, button=1, pos=driver.place((300, 300)), touch=True)
    driver.finger(pygame.FINGERMOTION, driver.place((200, 100)))
    driver.finger(pygame.FINGERUP, driver.place((200, 100)))
    driver.app.frame()
    (stroke,) = driver.app.session.canvas.drawing.visible()
    assert max(y for _, y in stroke.points) < 150


def test_every_action_of_every_key_exists(driver):
    app = driver.app
    for screen in (app.reading_screen, app.inside_screen, app.watch_screen):
        for binding in screen.bindings:
            name = binding.action.split()[0]
            assert any(callable(getattr(owner, name, None)) for owner in (app, screen, app.session, app.study)), name


def test_every_key_is_in_the_help(driver, texts):
    for screen in ("reading_screen", "inside_screen", "watch_screen"):
        driver.app._show(getattr(driver.app, screen))
        texts.clear()
        driver.app.open_help()
        driver.app.frame()
        for binding in driver.app.screen.bindings:
            assert binding.shown in texts
            assert any(binding.meaning.startswith(text.rstrip("…")) for text in texts if len(text) > 3)
        driver.app.close_panel()
