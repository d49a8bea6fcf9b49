"""How the window reads: strokes as strokes, a second look, what-if applied, and cards to share."""

import io
import itertools

import numpy as np
import pytest
from window_driver import SQUARE, TALL, Driver

pygame = pytest.importorskip("pygame")

from PIL import Image  # noqa: E402

from apps.draw.drawing.canvas import Canvas  # noqa: E402
from apps.draw.files import sharing  # noqa: E402
from apps.draw.files.model_file import BUNDLED  # noqa: E402
from apps.draw.files.settings import Settings, load_settings, save_settings  # noqa: E402
from apps.draw.reading.reader import VIEWS, bundled_reader, look_again, read  # noqa: E402
from apps.draw.why.applying import changed_drawing  # noqa: E402
from apps.draw.why.questions import WHAT_IF, Question, explain  # noqa: E402
from nn.models import load_model  # noqa: E402

FOUR = (((180, 60), (120, 180), (90, 260), (230, 260)), ((210, 150), (210, 260), (205, 400)))


@pytest.fixture(scope="module")
def model():
    if not BUNDLED.exists():
        pytest.skip("there is no bundled model")
    network = load_model(BUNDLED)
    network.use_kernels = False
    return network


def drawn(strokes):
    canvas = Canvas()
    for points in strokes:
        canvas.begin(points[0], 20.0, erases=False)
        for start, end in itertools.pairwise(points):
            for step in range(1, 9):
                canvas.move(tuple(a + (b - a) * step / 8 for a, b in zip(start, end, strict=True)))
        canvas.end()
    return canvas


def test_strokes_are_read_as_strokes(model, monkeypatch):
    from nn.reading import recognition

    given = []
    original = recognition.take_apart
    monkeypatch.setattr(recognition, "take_apart", lambda ink, strokes: given.append(strokes) or original(ink, strokes))
    canvas = drawn(FOUR)
    reading = read(model, canvas.ink() / np.float32(255), canvas.strokes())
    assert reading.number == "4"
    assert [(points.shape[1], width) for points, width in given[0]] == [(2, 20.0), (2, 20.0)]
    canvas.begin((0, 0), 10.0, erases=True)
    canvas.end()
    assert canvas.strokes() == ()  # what was erased is no stroke any more


def test_recognise_looks_again_and_says_how_many_views_agree(model):
    canvas = drawn(FOUR)
    same, views = look_again(model, read(model, canvas.ink() / np.float32(255), canvas.strokes()))
    assert views == len(VIEWS) == 16
    assert 12 <= same <= 16


def test_recognise_shows_what_the_second_look_says(make_app, texts):
    driver = Driver(make_app(look_again=lambda model, reading: (14, 16)))
    driver.stroke(*SQUARE)
    driver.settle()
    driver.click("recognise")
    driver.settle()
    assert any("14 of 16 views say the same" in text for text in texts)
    driver.stroke(*TALL)
    driver.settle()
    assert driver.app.session.second_look is None


def test_what_if_applied_flips_the_reading(model):
    """Of a 4: the drawing is changed until it is read as a 9, and the patch alone does it."""
    canvas = drawn(FOUR)
    reader = bundled_reader()
    (digit,) = read(model, canvas.ink() / np.float32(255)).digits
    assert digit.digit == 4
    question = Question(WHAT_IF, 9, digit, model)
    patch = changed_drawing(question, explain(question), canvas.ink(), reader, explain)
    assert max(patch.values.shape) < 1.5 * max(digit.box[2] - digit.box[0], digit.box[3] - digit.box[1])  # it is kept for undoing
    canvas.apply(patch)
    assert read(model, canvas.ink() / np.float32(255)).number == "9"
    before = canvas.ink()
    canvas.undo()
    assert read(model, canvas.ink() / np.float32(255)).number == "4"
    canvas.redo()
    np.testing.assert_array_equal(canvas.ink(), before)


def test_a_patch_looks_the_same_at_every_size_of_the_window(model):
    canvas = drawn(FOUR)
    (digit,) = read(model, canvas.ink() / np.float32(255)).digits
    question = Question(WHAT_IF, 9, digit, model)
    canvas.apply(changed_drawing(question, explain(question), canvas.ink(), bundled_reader(), explain))
    canvas.resize(2.0)
    halved = canvas.screen.ink.reshape(480, 2, 640, 2).mean(axis=(1, 3))
    assert np.abs(halved - canvas.ink()).mean() < 3


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [((1.0,), "100 %"), ((0.93,), "93 %"), ((1.0, 0.93), "93 % at least"), ((1.0, 0.9997), "all 100 %")],
)
def test_the_card_says_how_certain_the_digits_are(probabilities, words):
    assert sharing._certainty(probabilities) == words


def test_the_card_shows_drawing_and_reading(driver, tmp_path):
    driver.stroke(*SQUARE)
    driver.settle()
    driver.key(pygame.K_p)
    path = tmp_path / "reading-1.png"
    assert Image.open(path).size == sharing.SIZE
    driver.key(pygame.K_p)
    assert (tmp_path / "reading-2.png").exists()
    picture = np.asarray(Image.open(path).convert("L"))
    ink = picture[sharing.SHEET.top : sharing.SHEET.bottom, sharing.SHEET.left : sharing.SHEET.right] < 100
    assert ink.sum() > 1000
    assert (picture[:, sharing.SHEET.right + 20 :] < 100).sum() > 1000


def test_the_card_can_be_looked_at_before_it_is_saved(driver, tmp_path):
    driver.click("open_card")
    assert driver.app.session.message == "Nothing to show yet: the sheet is empty"
    assert not driver.app.has_panel
    driver.stroke(*SQUARE)
    driver.settle()
    driver.click("open_card")
    panel = driver.app.front.panel
    assert panel.title == "Drawing and reading"
    shown = panel._picture
    assert shown.get_size() == sharing.SIZE
    driver.app.session.clear()
    driver.app.frame()
    assert panel._picture is not shown
    driver.key(pygame.K_ESCAPE)
    assert not driver.app.has_panel
    assert not list(tmp_path.glob("reading-*.png"))


def test_copying_says_whether_it_worked(driver, monkeypatch):
    copied = []
    monkeypatch.setattr(sharing, "copy", lambda data: copied.append(data) or len(copied) == 1)
    driver.stroke(*SQUARE)
    driver.settle()
    driver.key(pygame.K_c, pygame.KMOD_LCTRL)
    assert driver.app.session.message == "Copied: drawing and reading"
    assert Image.open(io.BytesIO(copied[0])).size == sharing.SIZE
    driver.key(pygame.K_c, pygame.KMOD_LCTRL)
    assert driver.app.session.message.startswith("Not copied")


def test_settings_are_remembered_and_nonsense_is_left_out(tmp_path):
    path = tmp_path / "deep" / "window.json"
    assert load_settings(path) == Settings()
    save_settings(path, Settings("dark", 24, 900, 700))
    assert load_settings(path) == Settings("dark", 24, 900, 700)
    for text in ("words", "[1]", '{"theme": 3, "brush": "wide", "width": -1, "height": 1e9}'):
        path.write_text(text)
        assert load_settings(path) == Settings()
    (tmp_path / "file").write_text("")
    save_settings(tmp_path / "file" / "window.json", Settings())  # cannot be written, and that is no reason to stop
    assert load_settings(None) == Settings()


def test_the_window_opens_as_it_was_left(make_app):
    app = make_app(settings=Settings("dark", 40, 900, 640), theme_name="auto", size=None)
    assert app.look.palette.name == "dark"
    assert app.session.brush == 40
    assert pygame.display.get_window_size() == (900, 640)
