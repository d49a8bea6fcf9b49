import time

import pytest
from window_driver import SQUARE, TALL

from apps.draw import desktop
from apps.draw.files.model_file import BUNDLED, choose_model
from nn.io.archive import write_archive

SCALES = (
    ({}, 1080, 1.0),
    ({}, 2160, 2.0),
    ({"GDK_SCALE": "2"}, 1080, 2.0),
    ({"GDK_SCALE": "x"}, 768, 1.0),
    ({"QT_SCALE_FACTOR": "1.5"}, 2160, 1.5),
)


@pytest.mark.parametrize(("environment", "height", "scale"), SCALES)
def test_scale(monkeypatch, environment, height, scale):
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert desktop.preferred_scale(height) == scale


def test_theme_follows_the_desktop(monkeypatch):
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    monkeypatch.setenv("GTK_THEME", "Adwaita:dark")
    assert desktop.preferred_theme() == "dark"
    monkeypatch.setenv("GTK_THEME", "Adwaita")
    assert desktop.preferred_theme() == "light"
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "GNOME")
    monkeypatch.setattr(desktop, "_said_by", lambda *command: "'prefer-dark'\n")
    assert desktop.preferred_theme() == "dark"


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("SDL_FRAMEBUFFER_ACCELERATION", "1")
    desktop.prepare()
    assert desktop.os.environ["SDL_FRAMEBUFFER_ACCELERATION"] == "1"


def test_model_asked_for_comes_before_ones_own_before_the_bundled(tmp_path):
    for name in ("mnist.npz", "other.npz"):
        write_archive(tmp_path / name, {"format": "any"}, {})
    assert choose_model(str(tmp_path / "other.npz"), tmp_path).path == tmp_path / "other.npz"
    own = choose_model(None, tmp_path)
    assert own.path == tmp_path / "mnist.npz"
    assert "your own" in own.label
    if BUNDLED.exists():
        assert choose_model(None, tmp_path / "elsewhere").path == BUNDLED


def test_memory_is_given_back_once_when_the_window_comes_to_rest(driver, monkeypatch):
    given = []
    monkeypatch.setattr("apps.draw.desktop.give_memory_back", lambda: given.append(1))
    monkeypatch.setattr("apps.draw.app.SLEEPY_AFTER", 0.05)
    driver.stroke(*SQUARE)
    driver.wait_for(lambda: given)
    for _ in range(5):
        time.sleep(0.03)
        driver.app.frame()
    assert len(given) == 1
    driver.stroke(*TALL)
    driver.wait_for(lambda: len(given) == 2)


def test_memory_is_given_back_again_while_it_rests(driver, monkeypatch):
    # A lesson that ends long after the last event frees memory too.
    given = []
    monkeypatch.setattr("apps.draw.desktop.give_memory_back", lambda: given.append(time.perf_counter()))
    monkeypatch.setattr("apps.draw.app.SLEEPY_AFTER", 0.05)
    monkeypatch.setattr("apps.draw.app.GIVE_BACK_EVERY", 0.1)
    driver.stroke(*SQUARE)
    driver.wait_for(lambda: len(given) == 3)
    assert given[2] - given[0] > 0.2
