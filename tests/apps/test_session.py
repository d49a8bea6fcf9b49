import threading
import time

import numpy as np
import pytest
from PIL import Image
from window_driver import PATIENCE, fake_read

from apps.draw.drawing.tools import BRUSHES
from apps.draw.reading.bars import Bars
from apps.draw.reading.recognizer import Reader, Recognizer
from apps.draw.session import MESSAGE_SECONDS, Session
from apps.draw.wording import counted, percent

TALL = ((100.0, 60.0), (100.0, 400.0))
SQUARE = ((300.0, 100.0), (500.0, 100.0), (380.0, 330.0))
FLAT = ((100.0, 200.0), (500.0, 205.0))


@pytest.fixture
def session(tmp_path):
    session = Session(Recognizer(Reader(lambda: "model", fake_read), lambda: None), tmp_path)
    session.recognizer.start()
    yield session
    session.recognizer.close()


def draw(session, points, erases=False):
    session.pen_down(points[0], erases)
    for point in points[1:]:
        session.pen_move(point)
    session.pen_up()


def settle(session):
    end = time.perf_counter() + PATIENCE
    while True:
        session.update(time.perf_counter())
        if session.is_settled:
            return
        assert time.perf_counter() < end
        time.sleep(0.002)


def test_title_starts_with_what_was_read(session):
    settle(session)
    assert session.title == "Draw a digit"
    draw(session, SQUARE)
    settle(session)
    assert session.title == "7 (98 %) - Draw a digit"
    draw(session, TALL)
    settle(session)
    assert session.title == "17 - Draw a digit"
    session.clear()
    settle(session)
    assert session.title == "Draw a digit"
    draw(session, FLAT)
    settle(session)
    assert session.title == "? - Draw a digit"


def test_an_empty_sheet_says_so_at_once_and_old_answers_do_not_come_back(session):
    draw(session, SQUARE)
    session.update(0.0)
    session.clear()
    session.update(0.1)
    assert session.state == "blank"
    time.sleep(0.05)
    session.update(0.2)
    assert session.state == "blank"
    assert session.digits == ()
    assert session.title == "Draw a digit"


def test_what_was_erased_completely_is_blank(session):
    draw(session, ((200.0, 200.0), (230.0, 230.0)))
    settle(session)
    for _ in range(20):
        session.brush_by(1)
    draw(session, ((190.0, 190.0), (240.0, 240.0)), erases=True)
    settle(session)
    assert session.state == "blank"
    session.undo()
    settle(session)
    assert session.state in ("sure", "unsure")


def test_specks_are_no_digit(session):
    while session.brush != BRUSHES[0]:
        session.brush_by(-1)
    draw(session, ((200.0, 200.0),))
    settle(session)
    assert session.state == "blank"
    assert session.title == "Draw a digit"


def test_bars_come_to_rest_on_the_probabilities_of_the_digit_drawn_last(session):
    draw(session, SQUARE)
    settle(session)
    draw(session, TALL)
    settle(session)
    assert session.selected == 0
    np.testing.assert_allclose(session.bars, session.digits[0].probabilities)
    session.hover(1)
    settle(session)
    np.testing.assert_allclose(session.bars, session.digits[1].probabilities)
    session.hover(None)
    assert session.selected == 0


def test_bars_go_two_thirds_of_their_way_in_their_time_and_arrive(monkeypatch):
    monkeypatch.setattr("apps.draw.reading.bars.SECONDS", 0.05)
    bars, goal = Bars(), np.linspace(0.0, 0.9, 10)
    assert bars.move(goal, 0.02)
    assert bars.move(goal, 0.03)
    np.testing.assert_allclose(bars.lengths, goal * (1 - np.exp(-1)))
    assert not bars.rest_at(goal)
    assert bars.move(goal, 0.5)
    assert bars.rest_at(goal)
    assert not bars.move(goal, 0.5)


def test_recognise_reads_again(session):
    draw(session, SQUARE)
    settle(session)
    first = session.reading
    session.recognise()
    assert session.pulse == 1
    settle(session)
    assert session.reading is not first
    assert session.title == "7 (98 %) - Draw a digit"


def test_what_is_being_read_again_is_not_read_yet(tmp_path):
    gate = threading.Event()

    def slow(model, ink, strokes):
        gate.wait(PATIENCE)
        return fake_read(model, ink)

    session = Session(Recognizer(Reader(lambda: "model", slow), lambda: None), tmp_path)
    session.recognizer.start()
    gate.set()
    draw(session, SQUARE)
    settle(session)
    gate.clear()
    session.recognise()
    for second in range(1, 4):
        session.update(time.perf_counter() + second)
        assert not session.is_read
    gate.set()
    settle(session)
    session.recognizer.close()


def test_eraser_on_a_blank_sheet_is_no_step(session):
    draw(session, TALL, erases=True)
    assert not session.canvas.drawing.can_undo


def test_brush_stays_within_its_sizes(session):
    for steps in (-100, 100, -1, 1, -100):
        session.brush_by(steps)
        assert session.brush in BRUSHES
    assert session.brush == BRUSHES[0]


def test_saving_takes_new_names_and_never_overwrites(session, tmp_path):
    (tmp_path / "drawing-1.png").write_bytes(b"mine")
    draw(session, SQUARE)
    session.save()
    session.save()
    assert "drawing-3.png" in session.message
    assert (tmp_path / "drawing-1.png").read_bytes() == b"mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["drawing-1.png", "drawing-2.png", "drawing-3.png"]
    image = np.asarray(Image.open(tmp_path / "drawing-2.png"))
    assert image.shape == (960, 1280)
    assert image[200, 800] == 0
    assert image[0, 0] == 255


def test_saving_an_empty_sheet_says_so_and_writes_nothing(session, tmp_path):
    session.save()
    assert "empty" in session.message
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_is_said_in_a_sentence(session, tmp_path):
    session.folder = tmp_path / "gone"
    draw(session, SQUARE)
    session.save()
    assert session.message.startswith("Not saved")


def test_a_message_goes_after_a_while(session):
    session.update(10.0)
    session.say("Hello")
    session.update(10.0 + MESSAGE_SECONDS / 2)
    assert session.message == "Hello"
    session.update(10.1 + MESSAGE_SECONDS)
    assert session.message == ""


def opened(session, path):
    session.open(str(path))
    end = time.perf_counter() + PATIENCE
    while not (session.message or not session.canvas.drawing.is_blank):
        assert time.perf_counter() < end
        time.sleep(0.005)
        session.update(time.perf_counter())


def test_an_opened_image_is_read_and_can_be_undone(session, tmp_path):
    paper = np.full((200, 200), 245, np.uint8)
    paper[30:170, 90:104] = 20
    Image.fromarray(paper).save(tmp_path / "one.png")
    opened(session, tmp_path / "one.png")
    settle(session)
    assert session.title == "1 (98 %) - Draw a digit"
    session.undo()
    settle(session)
    assert session.state == "blank"


@pytest.mark.parametrize("content", [None, b"", b"not an image at all"])
def test_a_file_that_is_no_image_is_said_in_a_sentence(session, tmp_path, content):
    if content is not None:
        (tmp_path / "file.png").write_bytes(content)
    opened(session, tmp_path / "file.png")
    assert session.message.startswith("Not opened")
    assert session.canvas.drawing.is_blank


def test_percent_never_calls_a_doubt_certain():
    assert [percent(p) for p in (0.0, 0.004, 0.5, 0.984, 0.996, 0.9996, 1.0)] == [
        "0 %",
        "0 %",
        "50 %",
        "98 %",
        "99 %",
        "100 %",
        "100 %",
    ]


def test_counted_things_have_their_plural():
    assert [counted(count, noun) for count in (1, 2) for noun in ("epoch", "batch", "drawing")] == [
        "1 epoch",
        "1 batch",
        "1 drawing",
        "2 epochs",
        "2 batches",
        "2 drawings",
    ]
