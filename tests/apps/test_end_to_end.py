"""The real window, drawn in by a real (if electric) hand. Its pictures are kept in build/pictures, or where DRAW_PICTURES says:

DRAW_PICTURES=docs python -m pytest tests/apps/test_end_to_end.py       makes the README's pictures
"""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from real_window import ROOT, RealWindow, missing

from apps.draw.model_file import BUNDLED

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Xvfb is for Linux"),
    pytest.mark.skipif(bool(missing()), reason=f"not installed here: {', '.join(missing())}"),
]

PICTURES = Path(os.environ.get("DRAW_PICTURES", ROOT / "build" / "pictures"))
OWN_MODEL = os.environ.get("DRAW_MODEL")  # instead of the bundled one


@pytest.fixture
def pictures(tmp_path):
    if OWN_MODEL:
        shutil.copy(OWN_MODEL, tmp_path / "mnist.npz")
    elif not BUNDLED.exists():
        pytest.skip("there is no model to read with: set DRAW_MODEL to one of yours")
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES


def test_a_digit_a_number_and_a_star(pictures, tmp_path):
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        assert window.title() == "Draw a digit"
        window.photograph(pictures / "window-empty.png")

        window.draw("7", 250, 130, 350)
        window.wait_for_title("7 (")
        window.photograph(pictures / "window-digit.png")

        window.hand("key", "c")
        window.wait_for_title("Draw")
        window.draw("2026", 75, 200, 165)
        window.wait_for_title("2026 - ")
        window.photograph(pictures / "window-number.png")

        window.hand("key", "c")
        window.wait_for_title("Draw")
        window.draw(["star"], 210, 130, 360)
        window.wait_for_title("? - ")
        window.photograph(pictures / "window-unsure.png")

        window.hand("key", "s")
        window.wait_for(lambda: (tmp_path / "drawing-1.png").exists())
        window.hand("key", "ctrl+z", "key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""
    for name in ("empty", "digit", "number", "unsure"):
        assert len(np.unique(np.asarray(Image.open(pictures / f"window-{name}.png").convert("L")))) > 20


def test_dark_and_twice_as_large(pictures, tmp_path):
    with RealWindow("--theme", "dark", "--scale", "2", folder=tmp_path) as window:
        window.draw("36", 240, 320, 500)
        window.wait_for_title("36 - ")
        window.photograph(pictures / "window-dark.png")
        size = Image.open(pictures / "window-dark.png").size
        assert size == (2176, 1408)
        window.hand("windowsize", window.window, 1600, 1300)
        window.wait_for(lambda: "1600x1300" in window.hand("getwindowgeometry", window.window))
        window.hand("key", "c")
        window.wait_for_title("Draw a digit")
        window.draw("7", 250, 300, 400)
        window.wait_for_title("7 (")


def test_why_a_4_and_what_would_make_it_a_9(pictures, tmp_path):
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        window.draw("4", 250, 110, 330)
        window.wait_for_title("4 (")
        without = window.photograph(tmp_path / "without.png")
        window.hand("key", "w", "key", "w")
        window.wait_for(lambda: coloured(window.photograph(pictures / "window-why.png"), without), 120)
        window.hand("key", "shift+9")
        window.wait_for(lambda: coloured(window.photograph(pictures / "window-what-if.png"), without), 120)
        window.hand("key", "Escape", "key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""


def coloured(path, without):
    """Whether a picture of the window has more than twice the colour of another, on the sheet."""
    return saturation(path) > 2 * saturation(without) + 1000


def saturation(path):
    sheet = np.asarray(Image.open(path).convert("RGB")).astype(int)[70:530, 40:700]
    return int((sheet.max(axis=2) - sheet.min(axis=2) > 40).sum())


@pytest.mark.usefixtures("compiler")
def test_a_7_in_an_unusual_hand_is_taught_and_undone(pictures, tmp_path):
    bundled = BUNDLED.read_bytes()
    with RealWindow("--theme", "dark", "--scale", "1", folder=tmp_path) as window:
        window.draw(["curly 7"], 250, 110, 330)
        window.wait_for(lambda: not window.title().startswith(("Draw", "7")))  # half of it is still an ordinary 7
        before = window.title()
        window.wait_for_title(before)
        window.hand("key", "7")
        window.wait_for(lambda: window.title().startswith("7 ("), 300)
        window.photograph(pictures / "window-taught.png")
        kept = sorted(path.name for path in (tmp_path / "lessons").iterdir())
        assert kept[0] == "0001-is-7.png"
        assert [name[:7] for name in kept[1:]] == ["taught-"]
        window.hand("key", "u")
        window.wait_for_title(before)
        window.wait_for(lambda: not any((tmp_path / "lessons").iterdir()))
        window.hand("key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""
    assert BUNDLED.read_bytes() == bundled


def test_looking_inside(pictures, tmp_path):
    conv, softmax = (519, 365), (1020, 605)
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        window.hand("key", "Tab")
        window.draw("2", 100, 90, 185)
        window.wait_for_title("2 (")
        window.hand("mousemove", *conv)
        window.photograph(pictures / "window-inside.png")
        window.hand("key", "c", "key", "t")
        window.wait_for_title("Draw")
        window.draw(["4 or 9"], 115, 90, 185)
        window.wait_for(lambda: not window.title().startswith("Draw"))
        window.hand("mousemove", *softmax)
        window.photograph(pictures / "window-inside-softmax.png")
        window.hand("key", "Escape", "key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""
    for name in ("inside", "inside-softmax"):
        assert len(np.unique(np.asarray(Image.open(pictures / f"window-{name}.png").convert("L")))) > 100
