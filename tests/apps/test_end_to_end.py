"""The real window, drawn in with simulated mouse events. Its pictures are kept in build/pictures,
or where DRAW_PICTURES says:

DRAW_PICTURES=docs python -m pytest tests/apps/test_end_to_end.py       makes the pictures of docs/window.md
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from real_window import ROOT, RealWindow, missing

from apps.draw.files.model_file import BUNDLED

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
        if not before.startswith("?"):  # a sure reading asks once
            time.sleep(0.5)
            window.hand("key", "Return")
        window.wait_for(lambda: window.title().startswith("7 ("), 300)
        window.photograph(pictures / "window-taught.png")
        kept = sorted(path.name for path in (tmp_path / "lessons").iterdir())
        assert kept[0] == "0001-is-7.png"
        assert [name[:7] for name in kept[1:]] == ["taught-"]
        window.hand("key", "l")
        window.photograph(pictures / "window-lessons.png")
        window.hand("key", "Escape", "key", "u")
        window.wait_for_title(before)
        window.wait_for(lambda: not any((tmp_path / "lessons").iterdir()))
        window.hand("key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""
    assert BUNDLED.read_bytes() == bundled


def test_looking_inside_and_the_way_back(pictures, tmp_path):
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        window.hand("key", "i")
        window.draw("2", 100, 90, 165)
        window.wait_for_title("2 (")
        window.hand("key", "Right", "key", "Down", "key", "Down")
        window.photograph(pictures / "window-inside.png")
        window.hand("key", "g")
        window.wait_for(lambda: blue(window.photograph(tmp_path / "back.png")) > 20_000, 300)  # the first time it compiles
        window.hand("key", "3")
        time.sleep(4)
        window.photograph(pictures / "window-way-back.png")
        window.hand("key", "k", "key", "k")
        window.photograph(pictures / "window-weight.png")
        window.hand("key", "Escape", "key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""
    for name in ("inside", "way-back", "weight"):
        assert len(np.unique(np.asarray(Image.open(pictures / f"window-{name}.png").convert("L")))) > 100


def blue(path):
    """How many pixels of a picture are clearly blue, as falling losses are shown."""
    red, _, blue = np.asarray(Image.open(path).convert("RGB")).astype(int).transpose(2, 0, 1)
    return int((blue - red > 30).sum())


@pytest.mark.usefixtures("compiler")
def test_watching_a_network_learn(pictures, tmp_path):
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        window.hand("key", "n")
        window.draw("7", 100, 90, 165)
        window.wait_for_title("7 (")
        window.hand("key", "space")
        time.sleep(120 if "DRAW_PICTURES" in os.environ else 20)  # for a picture in which there is something to be seen
        window.photograph(pictures / "window-watch.png")
        window.hand("key", "Escape", "key", "Escape")
        assert window.command.wait(120) == 0
        assert window.command.stderr.read() == ""


def test_on_a_small_screen_everything_is_there(pictures, tmp_path):
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path, screen="800x480x24") as window:
        window.hand("windowsize", window.window, 800, 480)
        window.wait_for(lambda: "800x480" in window.hand("getwindowgeometry", window.window))
        window.draw("7", 170, 90, 250)
        window.wait_for_title("7 (")
        window.photograph(pictures / "window-small.png")
        assert Image.open(pictures / "window-small.png").size == (800, 480)


FRENCH_ROW = ("agrave", "ampersand", "eacute", "quotedbl", "apostrophe", "parenleft", "minus", "egrave", "underscore", "ccedilla")


@pytest.mark.skipif(shutil.which("setxkbmap") is None, reason="not installed here: setxkbmap")
def test_on_a_french_keyboard_the_top_row_teaches_0_to_9(tmp_path):
    """On AZERTY it types à & é " ' ( - è _ ç; what it teaches is what the card asks about a sure
    reading.
    """
    with RealWindow("--theme", "light", "--scale", "1", folder=tmp_path) as window:
        subprocess.run(["setxkbmap", "fr"], env=window.environment, check=True, timeout=60)
        window.draw("7", 250, 130, 350)
        window.wait_for_title("7 (")
        reading = window.photograph(tmp_path / "reading.png")
        asked = []
        for digit, key in enumerate(FRENCH_ROW):
            window.hand("key", key)
            asked.append(np.asarray(Image.open(window.photograph(tmp_path / f"{digit}.png")).convert("L")))
            window.hand("key", "Escape", "key", "Escape")  # the focus, then the question
        window.wait_for(lambda: window.command.poll() is None)
        window.photograph(reading)
        # Ten different questions, and each names its digit: pressing the key once more teaches it.
        assert len({picture.tobytes() for picture in asked}) == 10
        window.hand("key", FRENCH_ROW[3], "sleep", 0.3, "key", FRENCH_ROW[3])
        window.wait_for(lambda: any((tmp_path / "lessons").glob("0001-is-3.png")), 300)


def test_theme_size_and_brush_are_remembered(tmp_path):
    with RealWindow("--theme", "dark", "--scale", "1", folder=tmp_path) as window:
        window.hand("windowsize", window.window, 900, 620)
        window.wait_for(lambda: "900x620" in window.hand("getwindowgeometry", window.window))
        window.hand("key", "bracketright", "key", "bracketright", "key", "Escape")
        assert window.command.wait(120) == 0
    with RealWindow("--scale", "1", folder=tmp_path) as window:
        assert "900x620" in window.hand("getwindowgeometry", window.window)
        picture = np.asarray(Image.open(window.photograph(tmp_path / "again.png")).convert("L"))
        assert picture.mean() < 100  # dark
        window.hand("key", "Escape")
        assert window.command.wait(120) == 0
    assert json.loads((tmp_path / "window.json").read_text())["brush"] == 24
