"""Why? in the window: what is asked, what is shown, and that it is what
`nn.inspection.attribution` says.
"""

import threading
from dataclasses import replace

import numpy as np
import pytest
from window_driver import PATIENCE, Driver, FakeReading, fake_explain, fake_read, network

pygame = pytest.importorskip("pygame")

from apps.draw.toolkit import theme  # noqa: E402
from apps.draw.why import why_view  # noqa: E402
from apps.draw.why.questions import GRADIENT, OCCLUSION, WHAT_IF, Answer, Question, Why, explain, square_of  # noqa: E402
from nn.inspection.attribution import occlusion, saliency, what_if  # noqa: E402
from nn.reading import find_digits, to_mnist  # noqa: E402

TALL = ((100, 60), (100, 200), (100, 400))
SQUARE = ((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))


def colour_at(point):
    return tuple(pygame.display.get_surface().get_at(point))[:3]


def answered(driver):
    why = driver.app.study.why
    driver.wait_for(lambda: why.answered is not None and why.is_current)


def shift(driver, digit):
    driver.key(pygame.K_0 + digit, pygame.KMOD_LSHIFT, '!"#$%&/()='[digit])


def test_w_goes_from_the_gradient_to_covering_to_off(driver):
    driver.stroke(*TALL)
    driver.settle()
    ways = []
    for _ in range(4):
        driver.key(pygame.K_w, character="w")
        ways.append(driver.app.study.why.way)
    assert ways == [GRADIENT, OCCLUSION, None, GRADIENT]


def test_ink_for_and_ink_against_have_their_colours(driver):
    driver.stroke(*TALL)
    driver.settle()
    driver.key(pygame.K_w, character="w")
    answered(driver)
    palette = theme.LIGHT
    for_it, against = colour_at(driver.place((100, 130))), colour_at(driver.place((100, 360)))
    assert np.abs(np.subtract(for_it, palette.speaks_for)).max() < 12
    assert np.abs(np.subtract(against, palette.speaks_against)).max() < 12
    assert colour_at(driver.place((300, 200))) == palette.paper
    driver.key(pygame.K_ESCAPE)
    assert driver.app.running
    assert colour_at(driver.place((100, 130))) == palette.ink


def test_new_ink_is_seen_before_there_is_an_answer(make_app):
    gate = threading.Event()
    gate.set()

    def slow(question):
        gate.wait(PATIENCE)
        return fake_explain(question)

    driver = Driver(make_app(explain=slow))
    driver.stroke(*TALL)
    driver.settle()
    driver.key(pygame.K_w, character="w")
    answered(driver)
    gate.clear()
    driver.stroke((100, 200), (200, 200))
    assert colour_at(driver.place((170, 200))) == theme.LIGHT.ink
    gate.set()
    driver.settle()
    answered(driver)
    assert colour_at(driver.place((170, 200))) != theme.LIGHT.ink


@pytest.mark.parametrize("by", ["key", "bar"])
def test_what_if_is_asked_with_shift_or_by_clicking_a_bar_and_left_the_same_way(driver, by):
    def ask(digit):
        if by == "key":
            shift(driver, digit)
        else:
            place = driver.button(f"what_if {digit}").rect.center
            driver.down(place)
            driver.up(place)
            driver.app.frame()

    driver.stroke(*TALL)
    driver.settle()
    why = driver.app.study.why
    ask(9)
    assert (why.way, why.wanted) == (WHAT_IF, 9)
    answered(driver)
    assert driver.app.study.shows_what_if
    ask(4)
    assert (why.way, why.wanted) == (WHAT_IF, 4)
    ask(4)
    assert why.way is None


def test_what_if_is_hidden_as_soon_as_the_drawing_changes(driver):
    driver.stroke(*TALL)
    driver.settle()
    shift(driver, 9)
    answered(driver)
    driver.key(pygame.K_c, character="c")
    driver.settle()
    assert not driver.app.study.shows_what_if
    assert colour_at(driver.place((100, 360))) == theme.LIGHT.paper


@pytest.mark.parametrize("way", [GRADIENT, WHAT_IF])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_was_drawn_in_parts_equals_what_is_drawn_at_once(make_app, name, way):
    driver = Driver(make_app(theme_name=name))
    driver.stroke(*TALL)
    driver.stroke(*SQUARE)
    driver.settle()
    if way == GRADIENT:
        driver.key(pygame.K_w, character="w")
    else:
        shift(driver, 3)
    answered(driver)
    driver.stroke((420, 80), (300, 300), button=3)
    driver.settle()
    answered(driver)
    driver.move(driver.place((100, 200)))
    driver.settle()
    answered(driver)
    parts = pygame.surfarray.array3d(pygame.display.get_surface())
    driver.post(pygame.WINDOWEXPOSED)
    driver.app.frame()
    np.testing.assert_array_equal(parts, pygame.surfarray.array3d(pygame.display.get_surface()))


def test_what_if_is_asked_again_after_a_change_that_leaves_the_box(make_app):
    def read(model, ink, strokes=()):
        digits = fake_read(model, ink).digits
        return FakeReading(tuple(replace(digit, image=to_mnist(digit.ink)) for digit in digits))

    driver = Driver(make_app(read=read))
    driver.stroke(*TALL)
    driver.stroke((60, 60), (140, 60))
    driver.stroke((60, 400), (140, 400))
    driver.settle()
    shift(driver, 9)
    answered(driver)
    first = driver.app.study.why.answered[0]
    driver.stroke((80, 230), (120, 230))
    driver.settle()
    answered(driver)
    second = driver.app.study.why.answered[0]
    assert second is not first
    assert second.digit.box == first.digit.box


def test_looking_inside_asks_nothing_any_more(driver):
    driver.stroke(*TALL)
    driver.settle()
    driver.key(pygame.K_w, character="w")
    driver.key(pygame.K_i)
    assert driver.app.study.why.way is None


def test_explanations_are_those_of_the_attribution():
    model, digit = network(), find_digits(square_ink())[0]
    for way, expected in (
        (GRADIENT, saliency(model, digit.image, 3)),
        (OCCLUSION, occlusion(model, digit.image, 3)),
        (WHAT_IF, what_if(model, digit.image, 3).image - digit.image),
    ):
        np.testing.assert_array_equal(explain(Question(way, 3, digit, model)).values, expected)


def square_ink(left=200, top=120, side=160):
    ink = np.zeros((480, 640), np.float32)
    ink[top : top + side, left : left + side] = 1
    return ink


def test_the_picture_that_the_network_sees_lies_where_the_ink_is():
    digit = find_digits(square_ink())[0]
    left, top, scale = square_of(digit)
    assert scale == pytest.approx(160 / 20, rel=0.02)
    rows, columns = np.nonzero(digit.image > 0.5)
    assert left + scale * columns.min() == pytest.approx(200, abs=scale / 2)
    assert top + scale * (rows.max() + 1) == pytest.approx(280, abs=scale / 2)


def test_only_the_newest_question_is_answered():
    gate, asked = threading.Event(), []

    def slow(question):
        asked.append(question.k)
        gate.wait(PATIENCE)
        return Answer(np.zeros((28, 28), np.float32))

    why, digit = Why(slow, lambda: None), find_digits(square_ink())[0]
    for k in (1, 2, 3):
        why.what_if(k)
        why.follow("model", digit)
        while not asked:
            pass
    gate.set()
    why.follow("model", digit)
    for _ in range(500):
        if why.is_current:
            break
        threading.Event().wait(0.01)
    why.close()
    why.join()
    assert asked == [1, 3]
    assert why.answered[0].k == 3


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_the_colours_differ_for_everyone_and_from_the_paper(palette):
    """Orange and blue differ in what the red-blind and green-blind still see: the blue. Both stand
    out from paper and grey.
    """
    assert abs(palette.speaks_for[2] - palette.speaks_against[2]) > 120
    for colour in (palette.speaks_for, palette.speaks_against):
        assert theme.contrast(colour, palette.paper) > 3
        assert max(abs(a - b) for a, b in zip(colour, palette.mute, strict=True)) > 60


def test_nothing_speaks_where_all_values_are_zero(driver):
    strengths = why_view._strengths(np.zeros((28, 28)), what_if=False)
    assert not strengths.any()
