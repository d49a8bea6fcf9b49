"""What the page doubts by its shape and place, and what it takes for corrected, against Python."""

import copy
import json

import numpy as np
import pytest
from agreement import Drawing, compare, loaded, read_in_page, test_images
from drawings import SEVEN, TWO, draw

from nn.export.html import page
from nn.reading import to_mnist
from nn.reading.corrections import are_crossed_out, is_corrected

PEN = 12


def arc(left, top, size, turn):
    """A part of an ellipse, from one angle to another in degrees."""
    angles = np.radians(np.linspace(*turn, 24))
    return [(left + size[0] * float(np.cos(a)), top + size[1] * float(np.sin(a))) for a in angles]


THREE = arc(32, 36, (34, 36), (-150, 90)) + arc(32, 106, (40, 36), (-90, 150))
FIVE = [(80, 0), (18, 0), (12, 60), *arc(38, 96, (40, 42), (-110, 150))]
ZERO = arc(50, 70, (45, 72), (-90, 270))


def at(left, top, points, size=1.0):
    return [(left + size * x, top + size * y) for x, y in points]


def drawing(*strokes, known=True):
    ink = draw(strokes, 0, 0, pen=PEN, canvas=(480, 640))
    return Drawing(np.round(255 * ink).astype(np.uint8), [(np.array(each), float(PEN)) for each in strokes] if known else None)


NUMBER = [at(150, 150, TWO), at(270, 150, FIVE), at(390, 150, THREE)]
LINE = [(520, 215), (110, 235)]
NEIGHBOURS = [at(160, 150, THREE), [(110, 238), (262, 224)], at(280, 150, THREE), [(250, 226), (400, 212)]]
LARGE_THREE, LARGE_ZERO = at(200, 100, THREE, 2), at(200, 100, ZERO, 2)
JOINED_ONES = [[(200, 300), (240, 100)], [(320, 300), (340, 100)], [(230, 150), (330, 150)]]
GROUPING, PICTURE = "grouping", "picture"
# A drawing, what it is read as, and why each digit is doubted if its probability never is a reason.
CASES = {
    "a number": (drawing(*NUMBER), "253", [None] * 3),
    "a number in a picture": (drawing(*NUMBER, known=False), "253", [None] * 3),
    "struck through by a stroke of its own": (drawing(*NUMBER, LINE, known=False), "253", [GROUPING] * 3),
    "struck through, all one stroke": (drawing([p for s in (*NUMBER, LINE) for p in s], known=False), "383", [GROUPING] * 3),
    "each struck through by a stroke that is known": (drawing(*NEIGHBOURS), "33", [PICTURE] * 2),
    "an exponent": (drawing(NUMBER[2], at(510, 125, TWO, 0.5)), "32", [None, GROUPING]),
    "an exponent at the top": (drawing(NUMBER[0], at(290, 150, SEVEN[0], 0.5)), "27", [None, GROUPING]),
    "a smaller digit on the line": (drawing(NUMBER[2], at(510, 220, TWO, 0.5)), "32", [None] * 2),
    "a low digit": (drawing(NUMBER[2], at(510, 235, TWO, 0.3)), "32", [None, GROUPING]),
    "a ring around a three": (drawing(LARGE_ZERO, at(275, 190, THREE, 0.75)), "0", [PICTURE]),
    "a zero": (drawing(LARGE_ZERO), "0", [None]),
    "a zero with a bar": (drawing(LARGE_ZERO, [(240, 360), (360, 120)]), "0", [None]),
    "a three": (drawing(LARGE_THREE), "3", [None]),
    "a three with a bar": (drawing(LARGE_THREE, [(140, 235), (420, 225)]), "3", [PICTURE]),
    "a seven with a bar": (drawing(*(at(200, 100, each, 2) for each in SEVEN)), "7", [None]),
    "a bracket": (drawing(NUMBER[0], arc(300, 220, (25, 80), (-70, 70))), "21", [None, GROUPING]),
    "a one behind a two": (drawing(NUMBER[0], [(320, 150), (305, 290)]), "21", [None, None]),
    "ones cut apart": (drawing(*JOINED_ONES, known=False), "11", [GROUPING] * 2),
}
# With their strokes known these are one wide piece each, of which only the probability says that it is no digit.
WHOLE = [drawing(*NUMBER, LINE), drawing([p for s in (*NUMBER, LINE) for p in s])]


@pytest.fixture(scope="module")
def credulous(bundled):
    """The bundled model, which calls everything sure that nothing but the network speaks against."""
    model = copy.copy(bundled)
    model.card = {**bundled.card, "sure_from": 1e-6}
    return model


@pytest.fixture(scope="module")
def credulous_page(credulous, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "credulous.html"
    path.write_bytes(page(credulous, "a credulous model"))
    return path


def test_what_is_doubted_by_its_shape_is_doubted_in_the_page(browser, credulous, credulous_page):
    browser.open(credulous_page)
    drawings = [drawn for drawn, _, _ in CASES.values()]
    readings = read_in_page(browser, drawings)
    doubts = {
        name: (reading["number"], [each[2][2] for each in reading["digits"]])
        for name, reading in zip(CASES, readings, strict=True)
    }
    assert doubts == {name: (number, expected) for name, (_, number, expected) in CASES.items()}
    agreeing, apart = compare(browser, credulous, drawings)
    assert agreeing == len(drawings)
    assert apart < 1e-3


def test_what_is_struck_through_is_unsure_in_the_page(browser, bundled, bundled_page):
    browser.open(bundled_page)
    drawings = [*(drawn for drawn, _, expected in CASES.values() if any(expected)), *WHOLE]
    assert {reading["verdict"] for reading in read_in_page(browser, drawings)} == {"unsure"}
    assert compare(browser, bundled, drawings)[0] == len(drawings)


@pytest.fixture
def rules(browser):
    """The browser with the rules alone, and no page."""
    browser.go("about:blank")
    names = ("picture", "resize", "geometry", "components", "pieces", "seams", "corrections")
    loaded(browser, *(f"{name}.js" for name in names))
    return browser


def ask(browser, function, pictures, kind, argument):
    """What a rule of the page says of each picture (H, W) with each argument."""
    given = json.dumps([[*each.shape, each.ravel().tolist(), value] for each, value in zip(pictures, argument, strict=True)])
    call = f"([height, width, data, value]) => {function}({{ height, width, data: {kind}.from(data) }}, value)"
    return browser.evaluate(f"{given}.map({call})")


def test_digits_are_corrected_in_the_page_where_they_are_in_python(rules):
    """Of MNIST, with a line at random or a smaller digit inside, and with holes."""
    rng = np.random.default_rng(5)
    images = [each.ink / np.float32(255) for each in test_images(120)]
    for k in range(120):
        height = rng.uniform(20, 120)
        line = [(rng.uniform(-60, 0), height), (rng.uniform(90, 160), height + rng.uniform(-40, 40))]
        base = (THREE, FIVE, ZERO)[k % 3]
        inside = at(rng.uniform(10, 40), rng.uniform(20, 60), (TWO, THREE)[k % 4 // 2], rng.uniform(0.4, 0.7))
        images.append(to_mnist(draw([base, line if k % 2 else inside], 150, 130, pen=int(rng.integers(4, 16)))))
    for _ in range(20):
        holed = np.zeros((28, 28), np.float32)
        holed[4:24, 8:20] = 1
        holed[4:24, 8:20][rng.random((20, 12)) < 0.15] = 0
        images.append(holed)
    for digit, least in ((0, 20), (3, 20), (7, 5)):  # of a 7 only what encloses too much
        expected = [is_corrected(each, digit) for each in images]
        assert least < sum(expected) < len(images) / 2
        assert ask(rules, "isCorrected", images, "Float32Array", [digit] * len(images)) == expected


def test_several_digits_are_crossed_out_in_the_page_where_they_are_in_python(rules):
    rng = np.random.default_rng(6)
    inks, pens = [], []
    for _ in range(60):
        left, right = rng.uniform(20, 90), rng.uniform(290, 360)
        line = [(left, rng.uniform(80, 320)), (right, rng.uniform(80, 320))]
        pens.append(int(rng.integers(2, 14)))
        ink = draw([at(90, 130, TWO), at(210, 130, TWO), line], 0, 0, pen=pens[-1]) > 0.5
        inks.append(ink[np.ix_(ink.any(axis=1), ink.any(axis=0))].astype(np.uint8))
    expected = [are_crossed_out(ink > 0, float(pen)) for ink, pen in zip(inks, pens, strict=True)]
    assert 10 < sum(expected) < 50
    assert ask(rules, "areCrossedOut", inks, "Uint8Array", pens) == expected
