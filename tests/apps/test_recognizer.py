import threading
import time

import numpy as np
import pytest
from window_driver import PATIENCE

from apps.draw.reading.recognizer import Reader
from apps.draw.reading.recognizer import Recognizer as RecognizerOf

INK = np.zeros((2, 2), np.uint8)


def Recognizer(load, read, notify, look_inside=lambda model, image: None):
    """A recognizer whose reading does not ask for strokes."""
    return RecognizerOf(Reader(load, lambda model, ink, strokes: read(model, ink), look_inside), notify)


def wait_for(condition):
    end = time.perf_counter() + PATIENCE
    while not (found := condition()):
        assert time.perf_counter() < end, "waited in vain"
        time.sleep(0.002)
    return found


def test_only_the_newest_question_is_read_and_asking_never_waits():
    busy, go_on, read_inks = threading.Event(), threading.Event(), []

    def read(model, ink, strokes=()):
        read_inks.append(round(float(ink[0, 0]) * 255))
        busy.set()
        go_on.wait(PATIENCE)
        return f"{model} {read_inks[-1]}"

    recognizer = Recognizer(lambda: "model", read, lambda: None)
    recognizer.start()
    recognizer.submit(1, INK + np.uint8(1))
    assert busy.wait(PATIENCE)
    for version in range(2, 50):
        recognizer.submit(version, INK + np.uint8(version))
    assert recognizer.take() is None
    go_on.set()
    wait_for(lambda: len(read_inks) == 2)
    answer = wait_for(lambda: (a := recognizer.take()) and a.version == 49 and a)
    assert answer.reading == "model 49"
    assert read_inks == [1, 49]
    assert recognizer.take() is None
    recognizer.close()


def test_questions_asked_while_the_model_loads_are_answered_after():
    loaded = threading.Event()
    recognizer = Recognizer(lambda: loaded.wait(PATIENCE), lambda model, ink: "read", lambda: None)
    recognizer.start()
    recognizer.submit(3, INK)
    assert not recognizer.is_ready
    loaded.set()
    assert wait_for(recognizer.take).version == 3
    assert recognizer.is_ready
    recognizer.close()


def test_somebody_is_told_of_the_model_and_of_every_answer():
    told = threading.Semaphore(0)
    recognizer = Recognizer(lambda: "model", lambda model, ink: "read", told.release)
    recognizer.start()
    assert told.acquire(timeout=PATIENCE)
    recognizer.submit(1, INK)
    assert told.acquire(timeout=PATIENCE)
    assert recognizer.take().seconds >= 0
    recognizer.close()


def fail(*_):
    raise ValueError("no such model")


@pytest.mark.parametrize(("load", "read"), [(fail, lambda model, ink: "read"), (lambda: "model", fail)])
def test_a_failure_reaches_who_asked(load, read):
    told = threading.Event()
    recognizer = Recognizer(load, read, told.set)
    recognizer.submit(1, INK)
    recognizer.start()

    def taken():
        told.wait(0.01)
        return recognizer.take()

    with pytest.raises(ValueError, match="no such model"):
        wait_for(taken)


def test_closing_ends_the_thread():
    before = threading.active_count()
    recognizer = Recognizer(lambda: "model", lambda model, ink: "read", lambda: None)
    recognizer.start()
    recognizer.close()
    wait_for(lambda: threading.active_count() == before)


def test_what_did_not_change_is_not_looked_into_again_unless_asked_again():
    looked = []

    class Reading:
        def __init__(self, images):
            self.digits = [Digit(image) for image in images]

    class Digit:
        def __init__(self, image):
            self.image = np.full((2, 2), image)

    def look(model, image):
        looked.append(int(image[0, 0]))
        return looked[-1]

    inks = {1: [7], 2: [7, 8], 3: [8]}
    recognizer = Recognizer(lambda: "model", lambda model, ink: Reading(inks[round(255 * float(ink[0, 0]))]), lambda: None, look)
    recognizer.looking = True
    recognizer.start()
    for version, insides, count in ((1, (7,), 1), (2, (7, 8), 2), (2, (7, 8), 4), (3, (8,), 4)):
        recognizer.submit(version, INK + np.uint8(version))
        assert wait_for(recognizer.take).insides == insides
        assert len(looked) == count
    recognizer.looking = False
    recognizer.submit(4, INK + np.uint8(1))
    assert wait_for(recognizer.take).insides == ()
    recognizer.close()
