"""Teaching in the window: digit keys, progress, the outcome, and taking it back."""

import time
from pathlib import Path

import numpy as np
import pytest
from window_driver import Driver, FakeModel, FakeTeacher, network

pygame = pytest.importorskip("pygame")

from apps.draw import study  # noqa: E402
from apps.draw.model_file import choose_model, taught_file  # noqa: E402
from apps.draw.teaching.lesson_view import tests_read as words_on_tests  # noqa: E402
from apps.draw.teaching.lessons import LEARNING, Lesson, Lessons, Outcome, Said  # noqa: E402
from apps.draw.teaching.teacher import Teacher  # noqa: E402
from apps.draw.teaching.training import Ground, copied  # noqa: E402
from nn.models import load_model  # noqa: E402

TALL = ((100, 60), (100, 200), (100, 400))
SQUARE = ((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))


def taught(driver, digit):
    driver.app.study.lessons.outcome = None
    driver.key(0, character=str(digit))
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy and driver.app.study.lessons.outcome is not None)
    driver.settle()


def test_a_digit_key_keeps_the_drawing_teaches_and_shows_what_changed(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    taught(driver, 7)
    outcome = driver.app.study.lessons.outcome
    assert outcome == Outcome(7, Said(2, 0.61), Said(7, 0.97), 0.99, 0.9895)
    assert [lesson.label for lesson in teacher.kept] == [7]
    left, top, right, bottom = driver.app.session.digits[0].box
    assert teacher.kept[0].ink.shape == (bottom - top, right - left)
    assert driver.app.session.recognizer.model == FakeModel((7,))
    assert driver.app.study.shows_lesson
    assert driver.app.study.taught == ", taught 1 drawing"
    assert teacher.remembered == [FakeModel((7,))]


def test_the_sheet_is_read_again_after_a_lesson(make_app):
    from window_driver import fake_read

    read_with = []

    def read(model, ink, strokes=()):
        read_with.append(model)
        return fake_read(model, ink)

    driver = Driver(make_app(read=read))
    driver.stroke(*TALL)
    driver.settle()
    taught(driver, 7)
    driver.wait_for(lambda: read_with[-1] == FakeModel((7,)))


def test_u_takes_lessons_back_one_by_one_to_the_very_model_before(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    first = driver.app.session.recognizer.model
    taught(driver, 7)
    second = driver.app.session.recognizer.model
    taught(driver, 3)
    assert driver.app.study.taught == ", taught 2 drawings"
    lessons = driver.app.study.lessons
    for before, kept, accuracy in ((second, [7], 0.9895), (first, [], 0.99)):
        driver.key(pygame.K_u, character="u")
        driver.wait_for(lambda: lessons.outcome.undone and driver.app.session.recognizer.model is before)  # noqa: B023
        assert [lesson.label for lesson in teacher.kept] == kept
        assert lessons.outcome.accuracy_after == accuracy
        assert teacher.remembered[-1] is before
        lessons.outcome = Outcome(0)
    driver.key(pygame.K_u, character="u")
    driver.wait_for(lambda: "no lesson" in lessons.outcome.problem)
    assert driver.app.session.recognizer.model is first


def test_the_pen_is_free_while_a_lesson_goes_on_and_u_stops_it(make_app):
    teacher = FakeTeacher()
    teacher.gate.clear()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    before = driver.app.session.recognizer.model
    driver.key(0, character="7")
    lessons = driver.app.study.lessons
    driver.wait_for(lambda: lessons.phase == LEARNING and lessons.part == 0.5)
    assert driver.app.study.shows_lesson
    begin = time.perf_counter()
    driver.stroke(*SQUARE)
    assert time.perf_counter() - begin < 1
    driver.settle()
    assert driver.app.session.title.startswith("17")
    driver.key(pygame.K_u, character="u")
    driver.wait_for(lambda: not lessons.is_busy)
    assert lessons.outcome.problem.startswith("Stopped")
    assert driver.app.session.recognizer.model is before
    assert teacher.kept == []


def test_the_outcome_gives_way_to_the_next_drawing(driver, monkeypatch):
    monkeypatch.setattr(study, "LESSON_SECONDS", 0.0)
    driver.stroke(*TALL)
    driver.settle()
    taught(driver, 7)
    driver.stroke(*SQUARE)
    driver.settle()
    assert not driver.app.study.shows_lesson


def test_the_outcome_stays_a_while_for_somebody_who_draws_on(driver):
    driver.stroke(*TALL)
    driver.settle()
    taught(driver, 7)
    driver.stroke(*SQUARE)
    driver.settle()
    assert driver.app.study.shows_lesson


@pytest.mark.parametrize("who", ["why", "lessons"])
def test_what_nobody_expected_is_raised_in_the_loop(make_app, who):
    def broken(*_):
        raise RuntimeError("unexpected")

    teacher = FakeTeacher()
    teacher.prepare = broken
    driver = Driver(make_app(teacher=teacher, explain=broken))
    driver.stroke(*TALL)
    driver.settle()
    with pytest.raises(RuntimeError, match="unexpected"):  # noqa: PT012
        driver.key(pygame.K_w if who == "why" else 0, character="w" if who == "why" else "7")
        driver.wait_for(lambda: False)


def test_without_a_digit_there_is_nothing_to_teach(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.key(0, character="7")
    assert "Draw a digit first" in driver.app.session.message
    assert teacher.kept == []
    assert not driver.app.study.lessons.is_busy


def test_shift_and_a_digit_does_not_teach_and_a_french_digit_does(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    driver.key(pygame.K_7, pygame.KMOD_LSHIFT, "/")
    assert not driver.app.study.lessons.is_busy
    assert teacher.kept == []
    driver.key(pygame.K_8, character="[")  # AltGr + 8 on a German keyboard
    assert teacher.kept == []
    driver.key(pygame.K_e, pygame.KMOD_LSHIFT, "7")  # AZERTY has its digits behind Shift
    driver.wait_for(lambda: [lesson.label for lesson in teacher.kept] == [7])
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy)


def test_what_goes_wrong_is_said_and_changes_nothing(make_app):
    class Full(FakeTeacher):
        def keep(self, lesson):
            raise OSError("disk full")

    driver = Driver(make_app(teacher=Full()))
    driver.stroke(*TALL)
    driver.settle()
    before = driver.app.session.recognizer.model
    taught(driver, 7)
    assert driver.app.study.lessons.outcome.problem == "Not taught: disk full"
    assert driver.app.session.recognizer.model is before


def test_the_lesson_is_drawn_in_parts_as_at_once(make_app):
    teacher = FakeTeacher()
    teacher.gate.clear()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    driver.key(0, character="7")
    driver.wait_for(lambda: driver.app.study.lessons.part == 0.5)
    compare(driver)
    teacher.gate.set()
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy)
    driver.settle()
    compare(driver)


def compare(driver):
    parts = pygame.surfarray.array3d(pygame.display.get_surface())
    driver.post(pygame.WINDOWEXPOSED)
    driver.app.frame()
    np.testing.assert_array_equal(parts, pygame.surfarray.array3d(pygame.display.get_surface()))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.9937, 0.9945, "Test images: 99.37, now 99.45 % (+0.08)"),
        (0.9937, 0.9930, "Test images: 99.37, now 99.30 % (\N{MINUS SIGN}0.07)"),
        (0.9937, 0.9937, "Test images: 99.37, now 99.37 % (±0)"),
        (None, None, "Not checked: there are no test images here."),
    ],
)
def test_the_change_on_the_test_images_is_said_in_points(before, after, words):
    assert words_on_tests(Outcome(7, Said(2, 0.5), Said(7, 0.9), before, after)) == words


@pytest.fixture
def real(tmp_path, monkeypatch):
    """A real teacher with little to do: a small network in a file, 400 training and 200 test images."""
    from apps.draw.teaching import training as teaching
    from nn.datasets import mnist

    base, folder = tmp_path / "mnist.npz", tmp_path / "lessons"
    copied(network()).save(base)
    train, test = mnist.load_data()
    ground = Ground((train[0][:400], train[1][:400]), (test[0][:200], test[1][:200]))
    monkeypatch.setattr(teaching, "find_ground", lambda data: ground)
    monkeypatch.setattr(teaching, "SAMPLES", 640)
    monkeypatch.setattr(teaching.teach, "__kwdefaults__", {**teaching.teach.__kwdefaults__, "samples": 640})
    return base, folder


def test_a_real_lesson_is_kept_remembered_and_undone_bit_for_bit(real):
    base, folder = real
    original = base.read_bytes()
    recognizer = type("Reader", (), {"model": load_model(base)})()
    first = recognizer.model
    weights = first.get_weights()
    lessons = Lessons(
        Teacher(folder, base), lambda: recognizer.model, lambda model: setattr(recognizer, "model", model), lambda: None
    )
    ink = np.zeros((200, 120), np.float32)
    ink[:20], ink[:, 100:] = 1, 1
    image = np.zeros((28, 28), np.float32)
    image[4:24, 8:20] = 0.5
    lessons.teach(Lesson(7, ink, image))
    wait(lambda: lessons.outcome is not None and not lessons.is_busy)
    assert lessons.outcome.problem == ""
    assert lessons.outcome.accuracy_after is not None
    assert sorted(path.name for path in folder.iterdir()) == ["0001-is-7.png", taught_file(folder, base).name]
    assert recognizer.model is not first
    remembered = choose_model(str(base), base.parent, folder)
    assert remembered.path == taught_file(folder, base)
    assert remembered.base == base
    for now, then in zip(load_model(remembered.path).get_weights(), recognizer.model.get_weights(), strict=True):
        np.testing.assert_array_equal(now, then)
    lessons.outcome = None
    lessons.undo_lesson()
    wait(lambda: lessons.outcome is not None and not lessons.is_busy)
    assert recognizer.model is first
    for now, then in zip(recognizer.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)
    assert list(folder.iterdir()) == []
    assert base.read_bytes() == original
    assert choose_model(str(base), base.parent, folder).path == base
    lessons.close()
    lessons.join()


def test_without_lessons_or_with_another_model_nothing_taught_is_read_with(tmp_path):
    base, folder = tmp_path / "mnist.npz", tmp_path / "lessons"
    folder.mkdir()
    model = copied(network())
    model.save(base)
    model.save(taught_file(folder, base))
    assert choose_model(None, tmp_path, folder).path.parent == folder
    assert choose_model(None, tmp_path).path == base
    model.layers[0].parameters["bias"][...] += 1
    model.save(base)
    assert choose_model(None, tmp_path, folder).path == base


def wait(condition, seconds=300):
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end
        time.sleep(0.01)


def test_the_command_knows_the_folder(monkeypatch):
    from apps.draw.__main__ import _parser

    options = _parser().parse_args(["--lessons", "mine", "--untaught"])
    assert (Path(options.lessons), options.untaught) == (Path("mine"), True)
