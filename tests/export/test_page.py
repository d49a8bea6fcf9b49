"""The page as people use it: opened from the disk without a network, drawn on with mouse, finger
and keyboard.
"""

import itertools

import pytest
from drawings import FOUR, SEVEN, TWO

from nn.export.html import MOST_BYTES

SHEET_WIDTH = 640
KEYBOARD_ONE = [" ", *["ArrowDown"] * 14, " "]
PHONE = {"width": 390, "height": 844, "mobile": True, "scale": 2}


def between(points, pieces=8):
    """Points on the way, as a hand leaves them."""
    ways = itertools.pairwise(points)
    return points[:1] + [
        (a + (c - a) * k / pieces, b + (d - b) * k / pieces) for (a, b), (c, d) in ways for k in range(1, pieces + 1)
    ]


def draw(browser, strokes, left, top, size, touch=False):
    """Draw polylines at a place of the sheet, in its units."""
    x, y, width, _ = browser.place("#sheet")
    scale = width / SHEET_WIDTH
    for stroke in strokes:
        points = [(x + scale * (left + size * a), y + scale * (top + size * b)) for a, b in between(stroke)]
        if touch:
            browser.touch("touchStart", points[0])
            for point in points[1:]:
                browser.touch("touchMove", point)
            browser.touch("touchEnd")
        else:
            browser.mouse("mousePressed", *points[0])
            for point in points[1:]:
                browser.mouse("mouseMoved", *point)
            browser.mouse("mouseReleased", *points[-1])


def text(browser, selector):
    return browser.evaluate(f"document.querySelector({selector!r}).textContent")


def test_it_is_one_small_file_that_asks_for_nothing(browser, bundled_page):
    browser.open(bundled_page)
    assert bundled_page.stat().st_size <= MOST_BYTES
    assert browser.complaints() == []
    assert browser.evaluate("document.title") == "Draw a digit"
    assert text(browser, ".words") == "Nothing drawn yetThe answer appears while you draw."


def test_a_mouse_draws_a_digit_and_the_title_says_it(browser, bundled_page, tmp_path):
    browser.open(bundled_page)
    draw(browser, SEVEN, 240, 80, 2.0)
    title = browser.until("document.title.startsWith('7 (') && document.title")
    assert title.endswith(" %) - Draw a digit")
    assert text(browser, "#bars .wins .figure") == "7"
    assert text(browser, ".giant") == "7"
    assert browser.evaluate("document.querySelectorAll('#maps canvas').length") == 32
    browser.screenshot(tmp_path / "desktop.png")
    browser.key("c")
    browser.until("document.title === 'Draw a digit'")
    browser.evaluate("document.getElementById('undo').click()")
    browser.until("document.title.startsWith('7 (')")
    assert browser.complaints() == []


def test_fingers_draw_a_number_on_a_phone(browser, bundled_page, tmp_path):
    browser.open(bundled_page, **PHONE)
    for place, strokes in enumerate(([TWO], FOUR, SEVEN, [TWO])):
        draw(browser, strokes, 60 + 140 * place, 140, 1.1, touch=True)
    browser.until("document.title === '2472 - Draw a digit'")
    assert browser.evaluate("document.querySelectorAll('#digits > span').length") == 4
    assert browser.evaluate("document.querySelectorAll('#seen button').length") == 4
    browser.evaluate("document.querySelectorAll('#seen button')[1].click()")
    assert text(browser, "#bars .wins .figure") == "4"
    assert text(browser, "#bars-title") == "Probabilities of the second digit"
    assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    browser.screenshot(tmp_path / "phone.png")
    assert browser.complaints() == []


def test_the_keyboard_alone_draws_and_a_screen_reader_hears_what_was_read(browser, bundled_page):
    browser.open(bundled_page)
    browser.evaluate("document.getElementById('sheet').focus()")
    for key in KEYBOARD_ONE:
        browser.key(key)
    assert browser.until("document.title.startsWith('1 (') && document.querySelector('[role=status]').textContent").startswith(
        "1, "
    )
    names = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in browser.send("Accessibility.getFullAXTree")["nodes"]
        if not node.get("ignored")
    }
    for node in (("button", "Clear"), ("button", "Undo"), ("button", "Redo"), ("slider", "Brush"), ("button", "Light or dark")):
        assert node in names
    assert ("application", "Sheet to draw digits on") in names


def test_what_is_no_digit_is_called_unsure(browser, bundled_page):
    browser.open(bundled_page)
    draw(browser, [[(0, 0), (100, 100), (0, 100), (100, 0), (50, -20), (50, 120)]], 240, 140, 1.5)
    # Readings of the unfinished drawing may come first; the last one is what counts.
    browser.until("document.title === '? - Draw a digit' && document.querySelector('.giant').textContent === '?'")
    assert text(browser, ".giant") == "?"
    assert text(browser, ".words").startswith("Probably ")
    assert text(browser, ".words").endswith(" %, which is not sure")


def test_the_right_button_erases(browser, bundled_page):
    browser.open(bundled_page)
    x, y, width, height = browser.place("#sheet")
    draw(browser, [[(0, 0), (0, 140)]], 320, 120, 1.0)
    browser.until("document.title.startsWith('1 (')")
    for kind, part in (("mousePressed", 0.2), ("mouseMoved", 0.7), ("mouseReleased", 0.7)):
        browser.mouse(kind, x + width / 2, y + part * height, "right")
    browser.until("document.title === 'Draw a digit'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_systems_light_or_dark_until_told_otherwise(browser, bundled_page, scheme):
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(bundled_page)
    assert browser.evaluate("document.documentElement.dataset.theme") == scheme
    paper = browser.evaluate("getComputedStyle(document.querySelector('#sheet')).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(33, 31, 29)"}[scheme]
    browser.key("t")
    assert browser.evaluate("document.documentElement.dataset.theme") != scheme
    browser.send("Emulation.setEmulatedMedia", features=[])


@pytest.mark.parametrize("workers", [True, False], ids=["with a worker", "without workers"])
def test_a_slow_processor_reads_within_200_ms_of_the_last_stroke(browser, bundled_page, workers):
    script = "delete globalThis.Worker" if not workers else ""
    hook = browser.send("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"]
    browser.send("Emulation.setCPUThrottlingRate", rate=6)
    waits = []
    try:
        # The machine that runs the tests may be busy with something else just then.
        for _ in range(8):
            browser.open(bundled_page, **PHONE)
            browser.evaluate(WATCH)
            draw(browser, [TWO], 240, 80, 2.0, touch=True)
            waits.append(browser.until("spokenAt > liftedAt && spokenAt - liftedAt"))
            if waits[-1] < 200:
                break
    finally:
        browser.send("Emulation.setCPUThrottlingRate", rate=1)
        browser.send("Page.removeScriptToEvaluateOnNewDocument", identifier=hook)
    assert text(browser, "[role=status]").startswith("2, ")
    assert min(waits) < 200


WATCH = """
[liftedAt, spokenAt] = [Infinity, 0];
addEventListener("pointerup", () => (liftedAt = performance.now()), true);
new MutationObserver(() => (spokenAt = performance.now())).observe(document.getElementById("spoken"), { childList: true });
0
"""
