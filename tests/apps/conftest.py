"""Windows without a screen."""

import pytest
from window_driver import SQUARE, Driver, FakeTeacher, fake_explain, fake_look, fake_read


@pytest.fixture(autouse=True)
def _no_lessons_of_the_user(monkeypatch, tmp_path):
    """Whatever a window keeps lies in the test's own folder."""
    monkeypatch.setenv("NN_LESSONS", str(tmp_path / "lessons"))


@pytest.fixture(autouse=True)
def _little_patience_for_beauty(monkeypatch):
    """Bars and buttons are at rest after a few milliseconds; how they move there is tested by the clock, not by waiting."""
    monkeypatch.setattr("apps.draw.bars.SECONDS", 0.001)
    monkeypatch.setattr("apps.draw.session.PULSE_SECONDS", 0.01)


@pytest.fixture
def make_app(monkeypatch, tmp_path):
    """Makes windows on SDL's dummy driver; their recognizers read with `fake_read` unless told otherwise."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.quit()
    from apps.draw.app import App

    made = []

    def make(
        read=fake_read, look_inside=fake_look, explain=fake_explain, teacher=None, load=lambda: "model", start=True, **options
    ):
        options = {"scale": 1.0, "theme_name": "light", "size": (1088, 704)} | options
        app = App(load, read, look_inside, explain, teacher or FakeTeacher(), "the bundled model", tmp_path, **options)
        made.append(app)
        if start:
            app.session.recognizer.start()
        app.frame()
        return app

    yield make
    for app in made:
        app.session.recognizer.close()
        app.study.close()
        app.session.recognizer.join()
        app.study.join()
    pygame.display.quit()


@pytest.fixture
def driver(make_app):
    return Driver(make_app())


@pytest.fixture
def inside(driver):
    """A window in which one looks inside, at a drawn 7."""
    import pygame

    driver.stroke(*SQUARE)
    driver.key(pygame.K_TAB)
    driver.settle()
    return driver


@pytest.fixture
def texts(monkeypatch):
    """Every text that is set, as it is set."""
    from apps.draw.toolkit.look import Look

    found = []
    original = Look.text

    def text(self, surface, text, *arguments, **options):
        found.append(text)
        return original(self, surface, text, *arguments, **options)

    monkeypatch.setattr(Look, "text", text)
    return found
