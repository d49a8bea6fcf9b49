"""Teaching in the window: digit keys, progress, the outcome, and taking it back."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from window_driver import Driver, FakeModel, FakeTeacher, network

pygame = pytest.importorskip("pygame")

from apps.draw import study  # noqa: E402
from apps.draw.files.model_file import choose_model, taught_file  # noqa: E402
from apps.draw.teaching.copying import copied  # noqa: E402
from apps.draw.teaching.jobs import LEARNING, Lesson, Outcome, Said, Taught  # noqa: E402
from apps.draw.teaching.lesson_view import heading  # noqa: E402
from apps.draw.teaching.lesson_view import tests_read as words_on_tests  # noqa: E402
from apps.draw.teaching.lessons import Lessons  # noqa: E402
from apps.draw.teaching.teacher import Teacher  # noqa: E402
from nn.models import load_model  # noqa: E402

TALL = ((100, 60), (100, 200), (100, 400))
SQUARE = ((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))


def taught(driver, digit):
    driver.app.study.lessons.outcome = None
    driver.key(0, character=str(digit))
    if driver.app.study.asked_label is not None:
        driver.key(0, character=str(digit))  # the reading is sure: it asks once
    driver.wait_for(lambda: not driver.app.study.lessons.is_busy and driver.app.study.lessons.outcome is not None)
    driver.settle()


def test_a_digit_key_keeps_the_drawing_teaches_and_shows_what_changed(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.stroke(*TALL)
    driver.settle()
    taught(driver, 7)
    outcome = driver.app.study.lessons.outcome
    assert replace(outcome, seconds=0.0) == Outcome(7, Said(2, 0.61), Said(7, 0.97), 0, 0, 0, 0.99, 0.9895)
    assert outcome.seconds > 0
    assert teacher.labels == [7]
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
        assert teacher.labels == kept
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
    assert teacher.labels == []


def test_the_outcome_gives_way_to_the_next_drawing(driver, monkeypatch):
    monkeypatch.setattr(study, "OUTCOME_SECONDS", 0.0)
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
    teacher.teach = broken
    driver = Driver(make_app(teacher=teacher, explain=broken))
    driver.stroke(*TALL)
    driver.settle()
    with pytest.raises(RuntimeError, match="unexpected"):  # noqa: PT012
        driver.key(pygame.K_w if who == "why" else 0, character="w" if who == "why" else "7")
        driver.key(0, character="7")
        driver.wait_for(lambda: False)


def test_without_a_digit_there_is_nothing_to_teach(make_app):
    teacher = FakeTeacher()
    driver = Driver(make_app(teacher=teacher))
    driver.key(0, character="7")
    assert "Draw a digit first" in driver.app.session.message
    assert teacher.labels == []
    assert not driver.app.study.lessons.is_busy


def test_what_goes_wrong_is_said_and_changes_nothing(make_app):
    class Full(FakeTeacher):
        def keep(self, ink, label):
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
    assert words_on_tests(Outcome(7, Said(2, 0.5), Said(7, 0.9), accuracy_before=before, accuracy_after=after)) == words


def test_a_lesson_that_did_not_change_the_reading_is_not_called_learned():
    assert heading(Outcome(9, Said(6, 0.99), Said(9, 0.9), seconds=5.2)) == "This is a 9: learned in 5 s"
    assert heading(Outcome(9, Said(6, 0.99), Said(6, 0.9), seconds=5.2)) == "This is a 9: still read as a 6 after 5 s"
    assert heading(Outcome(9, undone=True)) == "Lesson undone"
    assert heading(Outcome(9, problem="Stopped: nothing was changed")) == "Lesson"


@pytest.fixture
def real(tmp_path):
    """A real teacher with little to do: a small network in a file, and 320 images in a lesson."""
    base, folder = tmp_path / "mnist.npz", tmp_path / "lessons"
    copied(network()).save(base)
    teacher = Teacher(folder, base, samples=320)
    recognizer = type("Reader", (), {"model": load_model(base)})()
    lessons = Lessons(teacher, lambda: recognizer.model, lambda model: setattr(recognizer, "model", model), lambda: None)
    yield lessons, recognizer, teacher
    lessons.close()
    lessons.join()


def a_lesson(label=7, seed=0):
    ink = np.zeros((200, 120), np.float32)
    ink[:20], ink[:, 100 - 10 * seed :] = 1, 1
    image = np.zeros((28, 28), np.float32)
    image[4:24, 8:20] = 0.5
    return Lesson(label, ink, image)


def finish(lessons):
    wait(lambda: lessons.outcome is not None and not lessons.is_busy)
    assert lessons.failure is None
    return lessons.outcome


def same_weights(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.mark.usefixtures("compiler")
def test_a_real_lesson_is_kept_remembered_and_undone_bit_for_bit(real):
    lessons, recognizer, teacher = real
    base, folder, first = teacher.base, teacher.folder, recognizer.model
    original, weights = base.read_bytes(), first.get_weights()
    lessons.teach(a_lesson())
    outcome = finish(lessons)
    assert outcome.problem == ""
    assert outcome.accuracy_after is not None
    assert sorted(path.name for path in folder.iterdir()) == ["0001-is-7.png", taught_file(folder, base).name]
    assert recognizer.model is not first
    remembered = choose_model(str(base), base.parent, folder)
    assert remembered.path == taught_file(folder, base)
    assert remembered.base == base
    assert same_weights(load_model(remembered.path), recognizer.model)
    lessons.outcome = None
    lessons.undo_lesson()
    assert finish(lessons).exact
    assert recognizer.model is first
    for now, then in zip(recognizer.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)
    assert list(folder.iterdir()) == []
    assert base.read_bytes() == original
    assert choose_model(str(base), base.parent, folder).path == base


@pytest.mark.usefixtures("compiler")
def test_forgetting_one_of_three_is_the_lesson_without_it_bit_for_bit(real, tmp_path):
    lessons, recognizer, teacher = real
    for seed, label in enumerate((7, 3, 5)):
        lessons.outcome = None
        lessons.teach(a_lesson(label, seed))
        finish(lessons)
    second = teacher.kept()[1]
    lessons.outcome = None
    lessons.forget(second.path)
    assert finish(lessons).undone
    others = Teacher(tmp_path / "others", teacher.base, samples=320)
    rest = [(kept.label, kept.image) for kept in teacher.kept()]
    assert [label for label, _ in rest] == [7, 5]
    taught = others.teach(rest, load_model(teacher.base), lambda *_: None, threading.Event())
    others.close()
    assert same_weights(taught.model, recognizer.model)


@pytest.mark.usefixtures("compiler")
def test_a_real_lesson_is_stopped_in_the_middle_and_nothing_is_kept(real):
    lessons, recognizer, teacher = real
    teacher._helper.close()
    slow = Teacher(teacher.folder, teacher.base, samples=200_000)
    lessons.teacher = slow
    first = recognizer.model
    lessons.teach(a_lesson())
    wait(lambda: lessons.phase == LEARNING)
    lessons.undo_lesson()
    assert finish(lessons).problem.startswith("Stopped")
    assert recognizer.model is first
    assert teacher.kept() == []


@pytest.mark.usefixtures("compiler")
def test_a_helper_that_is_killed_costs_one_lesson_and_no_more(real):
    lessons, _, teacher = real
    lessons.teach(a_lesson())
    wait(lambda: teacher._helper.is_running)
    teacher._helper._process.kill()
    assert "ended unexpectedly" in finish(lessons).problem
    assert teacher.kept() == []
    lessons.outcome = None
    lessons.teach(a_lesson())
    assert finish(lessons).problem == ""


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


class HeavyModel(FakeModel):
    """A megabyte of weights, as the window's own network has."""

    def __init__(self, labels=()):
        super().__init__(labels)
        self.weights = np.ones(1 << 18, np.float32)


def resident():
    """The process's resident memory in MiB."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say how much memory is used")
def test_a_thousand_lessons_taught_and_forgotten_leave_the_memory_as_it_was(make_app):
    class Heavy(FakeTeacher):
        def teach(self, drawings, current, progress, stop):
            self.remembered.clear()  # the list is the test's, not the window's
            taught = super().teach(drawings, current, progress, stop)
            return Taught(HeavyModel(taught.model.labels), taught.accuracy_before, taught.accuracy_after)

    teacher = Heavy()
    driver = Driver(make_app(teacher=teacher))
    lessons = driver.app.study.lessons

    def some(count):
        for number in range(count):
            lessons.teach(Lesson(number % 10, np.ones((200, 120), np.float32), np.ones((28, 28), np.float32)))
            driver.wait_for(lambda: not lessons.is_busy)
        for _ in range(count):
            lessons.undo_lesson()
            driver.wait_for(lambda: not lessons.is_busy)
        assert teacher.labels == []

    some(10)
    before = resident()
    for _ in range(99):
        some(10)
    assert resident() - before < 30
