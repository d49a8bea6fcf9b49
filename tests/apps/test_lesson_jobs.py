"""Lessons without a window: jobs one after another in their thread, each with its outcome."""

from pathlib import Path

import numpy as np
import pytest
from lesson_window import Window, lesson, wait
from window_driver import PATIENCE, FakeModel, FakeTeacher

from apps.draw.teaching.jobs import IDLE, LEARNING, PREPARING, STOPPING, Outcome, Said, Taught
from apps.draw.teaching.kept_drawings import Kept
from apps.draw.teaching.lessons import MODELS_KEPT


@pytest.fixture
def open_window():
    made = []

    def make(teacher=None):
        made.append(Window(teacher or FakeTeacher()))
        return made[-1]

    yield make
    for window in made:
        window.teacher.gate.set()
        window.lessons.close()
        window.lessons.join()


class Judge(FakeTeacher):
    """Its untaught model reads every picture as a 1; a taught one reads what the picture is."""

    def seen(self, ink):
        return np.full((28, 28), 0.3, np.float32)

    def ask(self, model, images):
        return [Said(round(10 * float(image[0, 0])) if model.labels else 1, image[0, 0] + 0.1) for image in images]

    def untaught(self):
        return FakeModel()


def test_at_first_nothing_is_under_way(open_window):
    lessons = open_window().lessons
    assert (lessons.phase, lessons.part, lessons.label, lessons.changes) == (IDLE, 0, 0, 0)
    assert (lessons.outcome, lessons.failure, lessons.waiting, lessons.is_busy) == (None, None, [], False)


def test_every_turn_of_a_lesson_is_told(open_window):
    window = open_window()
    window.teach(7)
    wait(lambda: window.heard[-1][0] == IDLE)
    assert window.heard == [(PREPARING, 0), (LEARNING, 0.5), (IDLE, 0)]
    assert window.lessons.label == 7


def test_changes_count_each_wish_and_each_end(open_window):
    window = open_window()
    for count in (2, 4, 6):
        window.teach(7)
        assert window.lessons.changes == count


def test_a_lesson_compares_the_readings_before_and_after(open_window):
    teacher = Judge()
    teacher.first = FakeModel()
    for label, image in ((1, 0.1), (3, 0.3), (9, 0.5)):  # the 9 looks like a 5 to every model
        teacher.files[Path(str(label))] = Kept(Path(str(label)), label, np.full((28, 28), image, np.float32))
    teacher.files[Path("2")] = Kept(Path("2"), 2, np.zeros((28, 28), np.float32), "cannot be read")
    window = open_window(teacher)
    window.teach(7)
    outcome = window.lessons.outcome
    assert (outcome.label, outcome.problem, outcome.undone, outcome.exact) == (7, "", False, False)
    assert (outcome.before.digit, outcome.after.digit) == (1, 7)
    assert outcome.after.probability == pytest.approx(0.8)  # of the lesson's own picture
    assert (outcome.kept_before, outcome.kept_after, outcome.kept) == (1, 2, 3)
    assert (outcome.accuracy_before, outcome.accuracy_after) == (0.99, 0.988)
    assert 0 <= outcome.seconds < PATIENCE
    assert window.model == FakeModel((1, 3, 9, 7))
    assert teacher.remembered == [window.model]


def test_lessons_wait_for_each_other_in_order(open_window):
    window = open_window()
    window.teacher.gate.clear()
    first, second, third = (lesson(label) for label in (1, 2, 3))
    for each in (first, second, third):
        window.lessons.teach(each)
    wait(lambda: window.lessons.phase == LEARNING)
    assert window.lessons.waiting == [first, second, third]
    window.teacher.gate.set()
    window.finish()
    assert window.teacher.labels == [1, 2, 3]


def test_a_lesson_that_waits_is_dropped_and_the_one_under_way_is_stopped(open_window):
    window = open_window()
    window.teacher.gate.clear()
    first, second, third = (lesson(label) for label in (1, 2, 3))
    for each in (first, second, third):
        window.lessons.teach(each)
    wait(lambda: window.heard[-1:] == [(LEARNING, 0.5)])
    changes, told = window.lessons.changes, len(window.heard)
    window.lessons.cancel(second)
    assert window.lessons.waiting == [first, third]
    assert (window.lessons.phase, window.lessons.changes, len(window.heard)) == (LEARNING, changes + 1, told + 1)
    window.lessons.cancel(lesson(2))  # not one of them
    assert window.lessons.phase == LEARNING
    window.lessons.cancel(first)
    wait(lambda: window.lessons.waiting == [third])
    window.teacher.gate.set()
    window.finish()
    assert window.teacher.labels == [3]
    assert (STOPPING, 0.5) in window.heard


class Deaf(FakeTeacher):
    """It does not look whether it should stop, and reports progress to the end."""

    def teach(self, drawings, current, progress, stop):
        progress(LEARNING, 0.5)
        self.gate.wait(PATIENCE)
        progress(LEARNING, 0.9)
        return Taught(FakeModel(tuple(label for label, _ in drawings)), None, None)


@pytest.mark.parametrize("job", ["teach", "forget"])
def test_what_is_stopped_at_the_last_moment_changes_nothing(open_window, job):
    teacher = Deaf()
    for label in (4, 5):
        teacher.keep(np.ones((20, 12)), label)
    window = open_window(teacher)
    teacher.gate.clear()
    if job == "teach":
        window.lessons.teach(lesson(7))
    else:
        window.lessons.forget(teacher.kept()[0].path)
    wait(lambda: window.lessons.phase == LEARNING)
    window.lessons.stop()
    teacher.gate.set()
    assert window.finish() == Outcome(7 if job == "teach" else 4, problem="Stopped: nothing was changed")
    assert teacher.labels == [4, 5]
    assert window.model is teacher.first
    assert (LEARNING, 0.9) not in window.heard  # still "stopping" until the end


def test_undoing_stops_the_lesson_that_is_under_way_and_no_other(open_window):
    window = open_window(Deaf())
    window.teacher.gate.clear()
    window.lessons.teach(lesson(1))
    window.lessons.teach(lesson(2))
    wait(lambda: window.lessons.phase == LEARNING)
    window.lessons.undo_lesson()
    window.teacher.gate.set()
    window.finish()
    assert window.teacher.labels == [2]


def test_a_drawing_whose_model_cannot_be_written_is_not_kept(open_window):
    class Full(FakeTeacher):
        def remember(self, model):
            raise OSError("disk full")

    window = open_window(Full())
    window.teach(7)
    assert window.lessons.outcome == Outcome(7, problem="Not taught: disk full")
    assert window.teacher.labels == []
    assert window.model is window.teacher.first


def test_what_nobody_expected_ends_the_thread_and_is_kept_for_the_window(open_window):
    error = RuntimeError("a bug")

    def broken(*_):
        raise error

    window = open_window()
    window.teacher.teach = broken
    window.lessons.teach(lesson(7))
    wait(lambda: window.lessons.failure is error)
    wait(lambda: window.lessons.phase == IDLE and window.heard[-1] == (IDLE, 0))
    window.lessons.join()


def test_the_last_lessons_are_undone_exactly_and_those_before_by_teaching_the_others(open_window):
    window = open_window()
    window.teach(*range(10))
    models = [FakeModel(tuple(range(count))) for count in range(10)]
    for count in range(9, 9 - MODELS_KEPT, -1):
        assert window.undo() == Outcome(count, accuracy_after=window.teacher.check(models[count]), undone=True, exact=True)
        assert window.model == window.teacher.remembered[-1] == models[count]
    assert window.undo() == Outcome(1, accuracy_after=0.9895, undone=True, exact=False)
    assert window.model == window.teacher.remembered[-1] == models[1]
    assert window.undo() == Outcome(0, accuracy_after=None, undone=True, exact=True)
    assert window.model is window.teacher.remembered[-1] is window.teacher.first
    assert window.undo() == Outcome(0, problem="There is no lesson to undo")


def test_the_drawings_of_an_earlier_session_are_undone_from_the_last_one_on(open_window):
    teacher = FakeTeacher()
    for label in (4, 5, 6, 7):
        teacher.keep(np.ones((20, 12)), label)
    window = open_window(teacher)
    assert window.undo().label == 7
    assert window.undo().label == 6
    assert teacher.labels == [4, 5]
    assert window.model == FakeModel((4, 5))


def test_a_drawing_in_the_middle_is_forgotten_by_teaching_the_others(open_window):
    window = open_window()
    window.teach(4, 5, 6)
    window.lessons.forget(window.teacher.kept()[1].path)
    assert window.finish() == Outcome(5, accuracy_after=0.989, undone=True, exact=False)
    assert window.lessons.label == 5
    assert window.model == FakeModel((4, 6))
    # The models before are those with the 5, so the next one is taught anew, too.
    assert window.undo() == Outcome(6, accuracy_after=0.9895, undone=True, exact=False)
    assert window.model == FakeModel((4,))
    window.lessons.forget(Path("0009-is-9.png"))
    assert window.finish() == Outcome(0, problem="It is forgotten already")


def test_a_file_that_cannot_be_read_is_forgotten_without_a_lesson(open_window):
    teacher = FakeTeacher()
    teacher.files[Path("bad")] = Kept(Path("bad"), 2, np.zeros((28, 28), np.float32), "cannot be read")
    for label in (4, 5):
        teacher.keep(np.ones((20, 12)), label)
    window = open_window(teacher)
    window.lessons.forget(teacher.kept()[-1].path)
    window.finish()
    assert window.model == FakeModel((4,))  # and without the file that cannot be read
    window.lessons.forget(Path("bad"))
    assert window.finish() == Outcome(2, undone=True)
    assert teacher.labels == [4]
    assert window.model == FakeModel((4,))


def test_with_another_model_the_lessons_are_not_undone_exactly(open_window):
    window, bases = open_window(), []
    window.teacher.rebase = bases.append
    window.teach(4, 5)
    window.lessons.rebase(Path("other.npz"))
    assert (window.lessons.outcome, window.lessons.phase, bases) == (None, IDLE, [Path("other.npz")])
    assert window.undo() == Outcome(5, accuracy_after=0.9895, undone=True, exact=False)


def test_with_another_model_what_is_under_way_or_waits_is_dropped(open_window):
    window = open_window()
    window.teacher.gate.clear()
    window.lessons.teach(lesson(5))
    window.lessons.teach(lesson(6))
    wait(lambda: window.lessons.phase == LEARNING)
    window.lessons.rebase(Path("other.npz"))
    window.finish()
    assert window.teacher.labels == []
    assert window.model is window.teacher.first


def test_a_closed_window_waits_for_no_lesson(open_window):
    window, closed = open_window(), []
    window.teacher.close = lambda: closed.append(True)
    window.teacher.gate.clear()
    first, second = lesson(1), lesson(2)
    window.lessons.teach(first)
    window.lessons.teach(second)
    wait(lambda: window.lessons.phase == LEARNING)
    assert window.lessons._thread.daemon  # so a program that fails ends, whatever is being taught
    window.lessons.close()
    window.lessons.join()
    assert not window.lessons._thread.is_alive()
    assert closed
    assert window.teacher.labels == []
    assert second not in window.lessons.waiting


@pytest.mark.parametrize("labels", [(), (1,)], ids=["unused", "idle"])
def test_a_window_closes_at_once_where_no_lesson_is_under_way(open_window, labels):
    window = open_window()
    window.teach(*labels)
    window.lessons.close()
    window.lessons.join()
    assert window.teacher.labels == list(labels)
    assert not labels or not window.lessons._thread.is_alive()
