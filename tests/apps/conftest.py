"""Windows without a screen."""

import pytest
from window_driver import SQUARE, Driver, FakeTeacher, fake_explain, fake_look, fake_read


@pytest.fixture(autouse=True)
def _no_lessons_of_the_user(monkeypatch, tmp_path):
    """Whatever a window keeps lies in the test's own folder."""
    monkeypatch.setenv("NN_LESSONS", str(tmp_path / "lessons"))
    monkeypatch.setenv("NN_WINDOW", str(tmp_path / "settings" / "window.json"))


@pytest.fixture(autouse=True)
def _little_patience_for_beauty(monkeypatch):
    """Bars and buttons are at rest after a few milliseconds; how they move there is tested by the
    clock, not by waiting.
    """
    monkeypatch.setattr("apps.draw.reading.bars.SECONDS", 0.001)
    monkeypatch.setattr("apps.draw.session.PULSE_SECONDS", 0.01)
    monkeypatch.setattr("apps.draw.front.LINGER", 1e9)  # tooltips appear in their own test


@pytest.fixture
def make_app(monkeypatch, tmp_path):
    """Makes windows on SDL's dummy driver; their recognizers read with `fake_read` unless told
    otherwise.
    """
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.quit()
    from apps.draw.app import App
    from apps.draw.reading.recognizer import Reader
    from apps.draw.setup import Setup

    made = []

    def make(*, explain=fake_explain, teacher=None, start=True, settings=None, problem="", **options):
        given = {name: options.pop(name) for name in ("load", "read", "look_inside", "look_again") if name in options}
        reader = Reader(**{"load": lambda: "model", "read": fake_read, "look_inside": fake_look} | given)
        options = {"scale": 1.0, "theme_name": "light", "size": (1088, 704)} | options
        more = {} if settings is None else {"settings": settings}
        setup = Setup(reader, explain, teacher or FakeTeacher(), "the bundled model", tmp_path, problem, **more)
        app = App(setup, **options)
        made.append(app)
        if start:
            app.session.recognizer.start()
        app.frame()
        return app

    yield make
    for app in made:
        app.close()
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
    driver.key(pygame.K_i)
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
