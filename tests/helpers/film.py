"""Films the window while somebody uses it: draws, reads, asks why, looks inside, teaches.

    python tests/helpers/film.py docs/window.webp [strokes.npz]

makes the picture at the top of the README. With a file of real pen strokes it draws with those:
`points` (P, 2), `stroke_offsets`, `sample_offsets` and `labels`, converted from the UCI data set
"Pen-Based Recognition of Handwritten Digits" (E. Alpaydin, F. Alimoglu; CC BY 4.0). Without one it
draws the shapes of `tests/apps/real_window.py`.

The window, the model, its answers and the lesson are the real ones. The clock is the film's own:
a picture is taken when the window has answered, so a busy machine makes no slow film. The lesson
is shown in a few seconds, and its card says how long it took.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path[:0] = [str(Path(__file__).parents[1] / "apps"), str(Path(__file__).parents[2])]
from real_window import SHAPES, smooth  # noqa: E402
from window_driver import Driver  # noqa: E402

SIZE = (840, 540)  # pixels, as wide as a README shows it
PACE = 1 / 12  # seconds between two pictures
POINTS = 5  # of a pen between two pictures
POINTER = np.array([(0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12)])
# Which strokes are a 4, a year, and a 7 that the bundled model takes for a 2.
REAL = {"4": (3101,), "year": (4665, 165, 6801, 6117), "wrong": (5541,)}
DRAWN = {"4": ("4",), "year": ("2", "0", "2", "6"), "wrong": ("curly 7",)}


class Film(Driver):
    """A person at the window, and a camera."""

    def __init__(self, app, strokes):
        super().__init__(app)
        self.strokes, self.pictures, self.seconds, self.at = strokes, [], [], (420, 300)

    # ── the camera
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def shoot(self, seconds):
        """Keep what is seen now for so long."""
        import pygame

        pixels = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        if not self.app.layout.sheet.collidepoint(self.at):  # there the brush is the pointer
            corners = [tuple(corner) for corner in POINTER + self.at]
            ImageDraw.Draw(picture).polygon(corners, fill="black", outline="white")
        if self.pictures and picture.tobytes() == self.pictures[-1].tobytes():
            self.seconds[-1] += seconds
        else:
            self.pictures.append(picture)
            self.seconds.append(seconds)

    def look(self, seconds):
        """Wait for the window's answer, and look at it for so long."""
        self.settle()
        self.shoot(seconds)

    def save(self, path):
        """An animation without loss."""
        first, *others = self.pictures
        milliseconds = [round(1000 * length) for length in self.seconds]
        first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0, lossless=True, quality=60, method=3)
        size = Path(path).stat().st_size / 1e6
        print(f"{path}: {len(self.pictures)} pictures, {sum(self.seconds):.0f} s, {size:.2f} MB")

    # ── the person
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, digit, left, top, height):
        """Draw at shares of the sheet; returns the digit's right edge, such a share too."""
        lines, sheet = self._lines(digit), self.app.layout.sheet
        points = np.concatenate(lines)
        least, size = points.min(axis=0), np.ptp(points, axis=0)
        scale, corner = height * sheet.height / size[1], np.array(sheet.topleft) + (left, top) * np.array(sheet.size)
        for line in lines:
            path = [tuple(map(int, np.rint((point - least) * scale + corner))) for point in line]
            self.down(path[0])
            for number, self.at in enumerate(path):
                self.move(self.at)
                if number % POINTS == 0:
                    self._answered()
                    self.shoot(PACE)
            self.up(path[-1])
            self._answered()
        return left + size[0] * scale / sheet.width

    def _answered(self):
        """Run frames until what is drawn so far has been read."""
        self.wait_for(lambda: self.app.session.is_read)

    def _lines(self, digit):
        if isinstance(digit, str):
            found = [np.array([point.split() for point in stroke.split(",")], float) for stroke in SHAPES[digit]]
        else:
            data, (first, last) = self.strokes, self.strokes["sample_offsets"][digit : digit + 2]
            offsets = data["stroke_offsets"]
            found = [data["points"][offsets[k] : offsets[k + 1]] for k in range(first, last)]
        return [np.array(smooth([tuple(point) for point in line], 3)) for line in found]

    def go(self, position):
        """Move the pointer, as a hand does."""
        start, end = np.array(self.at), np.array(position)
        for share in 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 9)[1:]):
            self.at = tuple(map(int, np.rint(start + share * (end - start))))
            self.move(self.at)
            self.app.frame()
            self.shoot(PACE)

    def press(self, action):
        """Go to a button and click it."""
        self.go(self.button(action).rect.center)
        self.click(action)


def play(film, digits, label):
    """What the film shows."""
    import pygame

    app = film.app
    film.look(1.0)
    film.write(digits["4"][0], 0.36, 0.1, 0.74)
    film.look(1.2)
    film.press("cycle_why")
    film.wait_for(lambda: app.study.why.answered is not None)
    film.look(2.0)
    film.press("choose_what_if")
    film.look(0.5)
    film.press("what_if 9")
    film.wait_for(lambda: app.study.shows_what_if)
    film.look(2.0)
    film.press("make_it_so")
    film.wait_for(lambda: app.session.digits and app.session.digits[0].digit == 9)
    film.look(2.0)

    film.press("clear")
    film.look(0.4)
    left = 0.03
    for digit in digits["year"]:
        left = film.write(digit, left, 0.3, 0.34) + 0.05
    film.look(1.5)
    film.press("toggle_inside")
    film.look(1.5)
    for stage, cell in ((1, (10, 12, 5)), (3, (4, 5, 20))):
        film.go(cell_at(app, stage, cell))
        film.look(1.8)
    film.press("turn_round")
    film.wait_for(lambda: app.inside_screen.way is not None)
    film.press("aim 8")
    film.look(1.5)
    film.go(cell_at(app, 3, (4, 5, 20)))
    film.look(2.5)
    film.press("toggle_inside")

    film.press("clear")
    film.look(0.4)
    film.write(digits["wrong"][0], 0.36, 0.1, 0.74)
    film.look(2.0)
    if app.session.state == "sure":
        film.press("choose_label")
        film.look(0.8)
    film.press(f"teach {label}")
    if app.study.asked_label is not None:
        film.look(1.5)
        film.key(pygame.K_RETURN)
    while app.study.lessons.is_busy:
        shown = state(app)
        film.wait_for(lambda shown=shown: state(app) != shown)
        film.shoot(0.12)
    film.look(4.0)


def state(app):
    """What the lesson's card shows, in steps of a twentieth."""
    lessons = app.study.lessons
    return lessons.phase, int(20 * lessons.part), lessons.is_busy


def cell_at(app, stage, cell):
    """Where a cell is shown when one looks inside."""
    return app.inside_screen.network.bands[stage].cell_rect(cell).center


def main(path, strokes=None):
    """Film it, and save the animation."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    from apps.draw import front
    from apps.draw.app import App
    from apps.draw.files.model_file import BUNDLED
    from apps.draw.reading.reader import bundled_reader
    from apps.draw.setup import Setup
    from apps.draw.teaching.teacher import Teacher
    from apps.draw.why.questions import explain

    front.LINGER = 1e9  # no tooltips: the film's clock is not the window's
    data = np.load(strokes) if strokes else None
    digits = DRAWN if data is None else REAL
    label = 7 if data is None else int(data["labels"][digits["wrong"][0]])
    with tempfile.TemporaryDirectory() as folder:
        teacher = Teacher(Path(folder) / "lessons", BUNDLED)
        setup = Setup(bundled_reader(), explain, teacher, "the bundled model", Path(folder))
        app = App(setup, scale=1.0, theme_name="light", size=SIZE)
        app.session.recognizer.start()
        film = Film(app, data)
        film.wait_for(lambda: app.session.recognizer.is_ready)
        play(film, digits, label)
        app.close()
    film.save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
