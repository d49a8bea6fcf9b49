"""Windows without a screen."""

import pytest
from window_driver import Driver, fake_look, fake_read


@pytest.fixture
def make_app(monkeypatch, tmp_path):
    """Makes windows on SDL's dummy driver; their recognizers read with `fake_read` unless told otherwise."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.quit()
    from apps.draw.app import App

    made = []

    def make(read=fake_read, look_inside=fake_look, load=lambda: "model", start=True, **options):
        options = {"scale": 1.0, "theme_name": "light", "size": (1088, 704)} | options
        app = App(load, read, look_inside, "the bundled model", tmp_path, **options)
        made.append(app)
        if start:
            app.session.recognizer.start()
        app.frame()
        return app

    yield make
    for app in made:
        app.session.recognizer.close()
    pygame.display.quit()


@pytest.fixture
def driver(make_app):
    return Driver(make_app())
