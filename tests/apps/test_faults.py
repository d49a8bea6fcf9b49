"""What went wrong once in somebody's hands, and must not again."""

import time

import numpy as np
import pytest
from window_driver import SQUARE, TALL, Driver, FakeModel, FakeTeacher, colour_at, pixels

pygame = pytest.importorskip("pygame")

from apps.draw import front  # noqa: E402
from apps.draw.files.model_file import choose_model, taught_file  # noqa: E402
from apps.draw.focus import SHEET  # noqa: E402
from apps.draw.keys import READING, TOP_ROW, action_of  # noqa: E402
from apps.draw.reading.reader import load  # noqa: E402
from apps.draw.session import MESSAGE_SECONDS  # noqa: E402
from apps.draw.teaching.jobs import LEARNING, STOPPING, Lesson  # noqa: E402
from apps.draw.toolkit import theme  # noqa: E402
from apps.draw.toolkit.look import Look  # noqa: E402
from apps.draw.why.questions import GRADIENT, WHAT_IF  # noqa: E402
from nn.errors import InputError  # noqa: E402
from nn.layers import Dense, Flatten  # noqa: E402
from nn.models import Sequential  # noqa: E402


def reader(activation="softmax", shape=(28, 28, 1)):
    return Sequential([Flatten(input_shape=shape), Dense(10, activation=activation)], seed=1)


def learning(driver, label=7):
    """Begin a lesson that goes on until its teacher's gate opens."""
    driver.app.study.lessons.teach(Lesson(label, np.ones((20, 20), np.float32), np.ones((28, 28), np.float32)))
    driver.wait_for(lambda: driver.app.study.lessons.phase == LEARNING)


# ── 1: lessons that were never finished
# ──────────────────────────────────────────────────────────────────────────────────


def test_quitting_while_a_lesson_runs_keeps_nothing_of_it(make_app):
    teacher = FakeTeacher()
    teacher.gate.clear()
    driver = Driver(make_app(teacher=teacher))
    learning(driver)
    driver.app.study.lessons.teach(Lesson(3, np.ones((20, 20), np.float32), np.ones((28, 28), np.float32)))
    driver.app.close()
    driver.app.study.join()
    assert teacher.kept() == []
    assert teacher.remembered == []


def test_every_lesson_is_in_the_list_and_can_be_forgotten_queued_ones_included(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    for label in (1, 2, 3):
        teacher.keep(np.ones((20, 20), np.float32), label)
    teacher.gate.clear()
    learning(driver, 4)
    driver.app.study.lessons.teach(Lesson(5, np.ones((20, 20), np.float32), np.ones((28, 28), np.float32)))
    driver.key(pygame.K_l)
    panel = driver.app.front.panel
    assert [entry.label for entry in panel._entries] == [4, 5, 3, 2, 1]
    driver.click("forget_entry 1")  # the one that waits
    assert [lesson.label for lesson in driver.app.study.lessons.waiting] == [4]
    driver.click("forget_entry 0")  # the one under way
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy)
    assert teacher.labels == [1, 2, 3]
    teacher.gate.set()
    driver.wait_for(lambda: len(panel._entries) == 3)
    driver.click("forget_entry 1")  # the 2
    driver.wait_for(lambda: teacher.labels == [1, 3] and not driver.app.study.lessons.is_busy)
    assert driver.app.session.recognizer.model == FakeModel((1, 3))
    for _ in range(2):
        count = len(teacher.labels)
        driver.wait_for(lambda count=count: len(panel._entries) == count)
        driver.click("forget_entry 0")
        driver.wait_for(lambda count=count: len(teacher.labels) == count - 1 and not driver.app.study.lessons.is_busy)
    assert driver.app.session.recognizer.model is teacher.first


# ── 2: messages and the legend of "why"
# ──────────────────────────────────────────────────────────────────────────────────


def test_a_message_covers_no_legend_and_leaves_no_trace_of_itself(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.key(pygame.K_w)
    driver.wait_for(lambda: driver.app.study.why.answered is not None)
    driver.settle()
    before = pixels(driver.app.layout.sheet)
    driver.app.session.say("Saved as drawing-1.png in /a/folder/with/a/long/name/that/goes/on")
    driver.app.frame()
    overlays = {overlay.kind: pygame.Rect(overlay.rect) for overlay in driver.app.sheet._shown}
    assert not overlays["message"].colliderect(overlays["why line"])
    driver.app.session._message_until = 0.0
    driver.settle()
    np.testing.assert_array_equal(pixels(driver.app.layout.sheet), before)


def test_text_is_laid_out_from_its_own_size_whatever_is_clipped(make_app):
    app = make_app()
    surface = pygame.Surface((200, 40))
    whole = app.look.text(surface, "Why a 7?", (10, 20))
    surface.set_clip(pygame.Rect(0, 0, 12, 40))
    assert app.look.text(surface, "Why a 7?", (10, 20)) == whole


# ── 3: keys by position
# ──────────────────────────────────────────────────────────────────────────────────────────────────

LAYOUTS = {  # what the top row types for 1 to 9 and 0
    "QWERTY": "1234567890",
    "QWERTZ": "1234567890",
    "AZERTY": "&é\"'(-è_çà",
    "Dvorak": "1234567890",
    "programmer's Dvorak": "&[{}(=*)+]",
    "Czech": "+ěščřžýáíé",
}


def press(character, position, key=0, mod=0):
    return pygame.event.Event(pygame.KEYDOWN, key=key or ord(character[0]), mod=mod, unicode=character, scancode=position)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_top_row_teaches_0_to_9_on_every_layout(name):
    for digit, character in zip("1234567890", LAYOUTS[name], strict=True):
        position = TOP_ROW[int(digit)]
        assert action_of(press(character, position), READING) == f"teach {digit}"


def test_a_digit_that_needs_shift_teaches_and_shift_elsewhere_asks_what_if():
    for digit in "1234567890":
        position, shift = TOP_ROW[int(digit)], pygame.KMOD_LSHIFT
        assert action_of(press(digit, position, mod=shift), READING) == f"teach {digit}"  # AZERTY
        assert action_of(press("!", position, mod=shift), READING) == f"what_if {digit}"  # QWERTY, QWERTZ, Dvorak
        assert action_of(press(digit, 98, key=pygame.K_KP0), READING) == f"teach {digit}"  # the number pad


@pytest.mark.parametrize(
    ("character", "position", "mod", "action"),
    [
        ("[", 47, 0, "thinner"),
        ("]", 48, 0, "wider"),
        ("ü", 47, 0, "thinner"),  # QWERTZ, where they stand
        ("+", 48, 0, "wider"),
        ("^", 47, 0, "thinner"),  # AZERTY
        ("$", 48, 0, "wider"),
        ("[", 37, pygame.KMOD_MODE, "thinner"),  # AltGr and 8 on QWERTZ
        ("]", 38, pygame.KMOD_MODE, "wider"),
        ("-", 56, 0, "thinner"),
        ("/", 47, 0, "thinner"),  # Dvorak
        ("=", 48, 0, "wider"),
    ],
)
def test_the_brush_has_keys_on_every_layout(character, position, mod, action):
    assert action_of(press(character, position, mod=mod), READING) == action


def test_a_key_of_ours_counts_also_where_other_layouts_have_brackets():
    assert action_of(press("?", 47, key=pygame.K_SLASH, mod=pygame.KMOD_LSHIFT), READING) == "open_help"  # Dvorak
    assert action_of(press("?", TOP_ROW[7], key=pygame.K_7, mod=pygame.KMOD_LSHIFT), READING) == "open_help"  # Russian
    assert action_of(press("w", 48, key=pygame.K_w), READING) == "cycle_why"  # the French bépo
    assert action_of(press("-", 35, key=pygame.K_MINUS), READING) == "teach 6"  # but AZERTY's - is its 6


def test_letters_go_by_the_layout_and_by_position_where_there_are_none():
    assert action_of(press("w", 29, key=pygame.K_w), READING) == "cycle_why"  # AZERTY's W stands where QWERTY has Z
    assert action_of(press("ц", 26, key=0x446), READING) == "cycle_why"  # Russian
    undo = pygame.event.Event(pygame.KEYDOWN, key=0x44F, mod=pygame.KMOD_LCTRL, unicode="", scancode=29)
    assert action_of(undo, READING) == "undo"
    assert action_of(press("²", 53, key=0xB2), READING) is None


# ── 4: the slider
# ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_brush_s_slider_is_clicked_and_dragged(driver):
    slider, session = driver.app.buttons["brush"], driver.app.session
    driver.down((slider.rect.right - 2, slider.rect.centery))
    driver.app.frame()
    assert session.brush == 64
    driver.move((slider.rect.left + 2, slider.rect.centery))
    driver.app.frame()
    assert session.brush == 6
    driver.move((slider.rect.centerx, slider.rect.centery + 300))
    driver.up((slider.rect.centerx, slider.rect.centery + 300))
    driver.app.frame()
    assert 14 <= session.brush <= 32
    before = session.brush
    driver.move((slider.rect.right, slider.rect.centery))
    driver.app.frame()
    assert session.brush == before


# ── 5: models that cannot be used
# ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("damage", ["words", "cut"])
def test_a_damaged_taught_model_is_left_aside(tmp_path, damage):
    base, lessons = tmp_path / "mnist.npz", tmp_path / "lessons"
    lessons.mkdir()
    reader().save(base)
    taught = taught_file(lessons, base)
    if damage == "words":
        taught.write_text("these are words")
        chosen = choose_model(str(base), tmp_path, lessons)
        assert chosen.path == base
        assert "damaged" in chosen.problem
    else:
        reader().save(taught)
        taught.write_bytes(taught.read_bytes()[:-200] + bytes(200))
    model = load(choose_model(str(base), tmp_path, lessons))
    assert model.input_shape == (28, 28, 1)


def test_what_is_wrong_with_a_taught_model_is_said_in_the_window(make_app):
    app = make_app(problem="The taught model is damaged")
    assert app.session.message == "The taught model is damaged"
    assert app.session.message_is_problem


def test_a_model_of_another_shape_is_reported_in_an_open_window(make_app, tmp_path):
    reader(shape=(32, 32, 3)).save(tmp_path / "other.npz")
    driver = Driver(make_app(load=lambda: load(choose_model(str(tmp_path / "other.npz"), tmp_path))))
    driver.wait_for(lambda: driver.app.front.panel is not None)
    assert "expected a model from (28, 28, 1)" in driver.app.front.panel.sentence
    driver.key(pygame.K_ESCAPE)
    assert driver.app.front.panel is not None  # it cannot be overlooked
    driver.stroke(*SQUARE)
    assert driver.app.session.canvas.drawing.is_blank
    driver.click("quit")
    assert not driver.app.running


# ── 6: words
# ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_gives_the_reason_first_and_a_success_ends_it(driver, tmp_path):
    path = tmp_path / ("long-name-" * 12 + ".png")
    path.write_text("words")
    driver.app.session.open(str(path))
    driver.wait_for(lambda: driver.app.session.message)
    assert driver.app.session.message.startswith("Not opened: expected an image")
    assert path.name in driver.app.session.message
    assert str(tmp_path) not in driver.app.session.message
    from PIL import Image

    Image.fromarray(np.pad(np.zeros((60, 20), np.uint8), 30, constant_values=255)).save(tmp_path / "one.png")
    driver.app.session.open(str(tmp_path / "one.png"))
    driver.wait_for(lambda: not driver.app.session.canvas.drawing.is_blank)
    assert driver.app.session.message == ""


def test_u_while_a_lesson_gets_ready_shows_that_it_stops(make_app):
    teacher = FakeTeacher()
    held = teacher.teach

    def slow(drawings, current, progress, stop):
        stop.wait(20)
        time.sleep(0.2)
        return held(drawings, current, lambda *_: None, stop)

    teacher.teach = slow
    driver = Driver(make_app(teacher=teacher))
    driver.app.study.lessons.teach(Lesson(7, np.ones((20, 20), np.float32), np.ones((28, 28), np.float32)))
    driver.wait_for(lambda: driver.app.study.lessons.phase == "preparing")
    driver.key(pygame.K_u)
    assert driver.app.study.lessons.phase == STOPPING
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy)
    assert driver.app.study.lessons.outcome.problem.startswith("Stopped")


def test_w_during_what_if_asks_why(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.app.perform("what_if 3")
    assert driver.app.study.why.way == WHAT_IF
    driver.key(pygame.K_w)
    assert driver.app.study.why.way == GRADIENT


def test_what_if_for_the_digit_that_it_is_says_so(driver):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.app.perform("what_if 7")
    assert driver.app.study.why.way is None
    assert driver.app.session.message == "It is read as a 7 already"


def test_an_8_has_its_article(driver, texts):
    from apps.draw.wording import a_digit

    assert (a_digit(8), a_digit(7)) == ("an 8", "a 7")
    driver.app.perform("teach 8")
    assert driver.app.session.message.endswith("that it is an 8")


# ── 7: sizes, scores, contrast
# ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [(800, 480), (1088, 704), (3000, 2000)])
def test_every_button_is_in_the_window_and_no_two_overlap(make_app, size):
    driver = Driver(make_app(size=size))
    driver.stroke(*SQUARE)
    driver.stroke(*TALL)
    driver.settle()
    for screen in ("reading", "toggle_inside", "toggle_watch"):
        if screen != "reading":
            driver.app.perform(screen)
        driver.settle()
        shown = [button for group in driver.app.groups for button in group if button.is_shown]
        window = pygame.display.get_surface().get_rect()
        for number, button in enumerate(shown):
            assert window.contains(button.rect), button.action
            for other in shown[number + 1 :]:
                assert not button.rect.colliderect(other.rect), (button.action, other.action)
        if screen != "reading":
            driver.app.perform(screen)


def test_the_invitation_can_be_read(driver):
    sheet = driver.app.layout.sheet
    area = pixels(sheet).reshape(-1, 3)
    darkest = tuple(int(value) for value in area[area.sum(axis=1).argmin()])
    assert theme.contrast(darkest, theme.LIGHT.paper) >= 4.5


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_lengths_below_zero_are_scaled_too(scale):
    look = Look(theme.LIGHT, scale)
    assert look.px(-12) == -look.px(12)


# ── tooltips
# ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_button_that_a_finger_holds_says_what_it_does_and_does_nothing_if_the_finger_leaves_it(driver, monkeypatch):
    driver.stroke(*SQUARE)
    clear = driver.app.buttons["clear"]
    driver.finger(pygame.FINGERDOWN, clear.rect.center)
    driver.app.frame()
    assert driver.app.front.tip == ""
    monkeypatch.setattr(front, "LINGER", 0.0)
    driver.app.frame()
    assert driver.app.front.tip.startswith("Clear the sheet")
    driver.finger(pygame.FINGERMOTION, driver.place((300, 300)))
    driver.finger(pygame.FINGERUP, driver.place((300, 300)))
    driver.app.frame()
    assert driver.app.session.canvas.has_ink
    assert driver.app.front.tip == ""


# ── the keyboard's pen
# ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def held(driver, *keys):
    for key in keys:
        driver.post(pygame.KEYDOWN, key=key, mod=0, unicode="", scancode=0)
    driver.app.frame()


def test_arrows_that_are_held_move_the_keyboard_s_pen_on_and_slantwise(driver):
    app, pen = driver.app, driver.app.keyboard_pen
    driver.key(pygame.K_TAB)
    assert app.focus.action == SHEET
    driver.key(pygame.K_SPACE)
    x, y = pen.at
    held(driver, pygame.K_LEFT)
    assert pen.at == (x - 8, y)  # one step at once
    driver.wait_for(lambda: pen.at[0] < x - 30)
    assert pen.at[1] == y
    held(driver, pygame.K_DOWN)
    driver.wait_for(lambda: pen.at[1] > y + 30)
    turned = pen.at
    driver.post(pygame.KEYUP, key=pygame.K_LEFT, mod=0, unicode="", scancode=0)
    driver.post(pygame.KEYUP, key=pygame.K_DOWN, mod=0, unicode="", scancode=0)
    app.frame()
    last = pen.at
    assert last[0] <= turned[0]
    time.sleep(0.3)
    app.frame()
    app.frame()
    assert pen.at == last
    driver.key(pygame.K_SPACE)
    assert app.session.canvas.has_ink
    held(driver, pygame.K_UP)
    driver.post(pygame.WINDOWFOCUSLOST)
    app.frame()
    assert not pen.is_moving


def test_a_button_under_a_resting_pointer_says_what_it_does_and_its_key(driver, monkeypatch):
    monkeypatch.setattr(front, "LINGER", 0.0)
    before = pixels()
    driver.move(driver.app.buttons["clear"].rect.center)
    driver.app.frame()
    driver.app.frame()
    assert driver.app.front.tip == "Clear the sheet  (C)"
    driver.move(driver.place((300, 300)))
    driver.app.frame()
    driver.move((2, 2))
    driver.app.frame()
    assert driver.app.front.tip == ""
    np.testing.assert_array_equal(pixels(), before)
    assert MESSAGE_SECONDS > 0
    assert colour_at((2, 2)) == theme.LIGHT.desk


def test_an_error_that_names_a_path_loses_it():
    from apps.draw.wording import reason_of

    assert reason_of(InputError("/a/b.png: expected an image"), "/a/b.png") == "expected an image"
    assert reason_of(PermissionError(13, "Permission denied"), "/a") == "permission denied"


def test_a_key_takes_away_the_tip_of_the_button_under_the_pointer_until_it_moves(driver, monkeypatch):
    monkeypatch.setattr(front, "LINGER", 0.0)
    driver.move(driver.app.buttons["clear"].rect.center)
    driver.app.frame()
    driver.app.frame()
    assert driver.app.front.tip
    driver.key(pygame.K_i)
    driver.app.frame()
    driver.app.frame()
    assert driver.app.front.tip == ""
