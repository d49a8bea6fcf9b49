"""A driver for a window without a screen, and a reader that needs no network."""

import os
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from apps.draw.teaching.jobs import LEARNING, Said, Taught
from apps.draw.teaching.kept_drawings import Kept
from apps.draw.why.questions import Answer
from nn.inspection.stages import stages
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.models import Sequential

SPECK = 12  # sheet pixels: thinner ink is no digit
PATIENCE = float(
    os.environ.get("DRAW_PATIENCE", "60")
)  # seconds after which something never happens, however busy the machine is

# Two digits in sheet units, as `fake_read` takes them: a 7, and a 1 on its left.
SQUARE = ((300, 100), (400, 100), (500, 100), (440, 200), (380, 330))
TALL = ((100, 60), (100, 200), (100, 400))


@dataclass(frozen=True)
class FakeDigit:
    box: tuple
    ink: np.ndarray
    image: np.ndarray
    digit: int
    probability: float
    probabilities: np.ndarray
    verdict: str
    doubt: str | None = None


@dataclass(frozen=True)
class FakeReading:
    digits: tuple = ()

    @property
    def number(self):
        return "".join(str(digit.digit) for digit in self.digits)

    @property
    def verdict(self):
        if not self.digits:
            return "blank"
        return "sure" if all(digit.verdict == "sure" for digit in self.digits) else "unsure"


def fake_read(model, ink, strokes=()):
    """Runs of inked columns are digits: 1 if tall, 7 if it is as wide as high, and unsure if it is
    flat.
    """
    columns = np.flatnonzero(np.diff(np.concatenate([[0], ink.max(axis=0) > 0.5, [0]]).astype(int)))
    digits = []
    for left, right in zip(columns[::2], columns[1::2], strict=True):
        rows = np.flatnonzero(ink[:, left:right].max(axis=1) > 0.5)
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        if right - left < SPECK and bottom - top < SPECK:
            continue
        flat = bottom - top < (right - left) / 2
        digit, probability = (1 if bottom - top > 2 * (right - left) else 7), (0.4 if flat else 0.98)
        probabilities = np.full(10, (1 - probability) / 9, dtype=np.float32)
        probabilities[digit] = probability
        image = np.zeros((28, 28), dtype=np.float32)
        image[4:24, 4:24] = 0.5
        verdict = "unsure" if flat else "sure"
        box = int(left), top, int(right), bottom
        digits.append(FakeDigit(box, ink[top:bottom, left:right], image, digit, probability, probabilities, verdict))
    return FakeReading(tuple(digits))


@lru_cache(maxsize=1)
def network():
    """A network as the window's own, but smaller and untrained."""
    layers = [
        Conv2D(6, (5, 5), activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(8, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(20, activation="relu"),
        Dropout(0.5),
        Dense(10, activation="softmax"),
    ]
    return Sequential(layers, seed=1)


def fake_look(model, image):
    """The untrained network's inside, whatever the model."""
    return stages(network().layers, image)


def fake_explain(question):
    """The upper half of the digit speaks for it, the lower half against."""
    values = np.where(np.arange(28)[:, None] < 14, 1.0, -1.0) * (question.digit.image > 0)
    return Answer(values.astype(np.float32), 0.1, 0.9)


@dataclass
class FakeModel:
    """A model that was taught some labels."""

    labels: tuple = ()

    @property
    def card(self):
        return {"drawings": len(self.labels)} if self.labels else {}


class FakeTeacher:
    """Keeps drawings in a dictionary and learns at once, unless `gate` is closed."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.files, self.remembered = {}, []
        self.number = 0
        self.first = FakeModel()

    @property
    def labels(self):
        """What was kept, in order."""
        return [kept.label for kept in self.kept()]

    def kept(self):
        return list(self.files.values())

    def seen(self, ink):
        return np.full((28, 28), 0.5, np.float32)

    def keep(self, ink, label):
        self.number += 1
        path = Path(f"{self.number:04d}-is-{label}.png")
        self.files[path] = Kept(path, label, self.seen(ink))
        return path

    def forget(self, path):
        self.files.pop(path, None)

    def teach(self, drawings, current, progress, stop):
        progress(LEARNING, 0.5)
        while not self.gate.wait(0.005):
            if stop.is_set():
                return None
        model = FakeModel(tuple(label for label, _ in drawings))
        return Taught(model, self.check(current), self.check(model))

    def check(self, model):
        return 0.99 - 0.0005 * len(model.labels) if isinstance(model, FakeModel) else 0.99

    def untaught(self):
        return self.first

    def ask(self, model, images):
        said = Said(model.labels[-1], 0.97) if isinstance(model, FakeModel) and model.labels else Said(2, 0.61)
        return [said] * len(images)

    def remember(self, model):
        self.remembered.append(model)

    def rebase(self, base):
        pass

    def close(self):
        pass


@dataclass
class Driver:
    """Posts events as a person would cause them, in sheet units, and runs the loop's frames."""

    app: object
    held: list = field(default_factory=lambda: [0, 0, 0])

    def place(self, point):
        rect = self.app.layout.sheet
        return round(rect.left + point[0] * rect.width / 640), round(rect.top + point[1] * rect.height / 480)

    def post(self, kind, **values):
        import pygame

        pygame.event.post(pygame.event.Event(kind, **values))

    def down(self, position, button=1):
        import pygame

        self.held[button - 1] = 1
        self.post(pygame.MOUSEBUTTONDOWN, button=button, pos=position)

    def move(self, position):
        import pygame

        self.post(pygame.MOUSEMOTION, pos=position, rel=(1, 1), buttons=tuple(self.held))

    def up(self, position, button=1):
        import pygame

        self.held[button - 1] = 0
        self.post(pygame.MOUSEBUTTONUP, button=button, pos=position)

    def stroke(self, *points, button=1):
        places = [self.place(point) for point in points]
        self.down(places[0], button)
        for place in places[1:]:
            self.move(place)
        self.up(places[-1], button)
        self.app.frame()

    def key(self, key, mod=0, character="", scancode=0):
        """Press and release a key; where no position is given, a digit's is that of the top row."""
        import pygame

        from apps.draw.keys import TOP_ROW

        if not scancode and pygame.K_0 <= key <= pygame.K_9:
            scancode = TOP_ROW[key - pygame.K_0]
        self.post(pygame.KEYDOWN, key=key, mod=mod, unicode=character, scancode=scancode)
        self.post(pygame.KEYUP, key=key, mod=mod, unicode=character, scancode=scancode)
        self.app.frame()

    def button(self, action):
        """The button of an action that is to be seen now."""
        return next(button for group in self.app.groups for button in group if button.action == action and button.is_shown)

    def click(self, action):
        position = self.button(action).rect.center
        self.move(position)
        self.down(position)
        self.up(position)
        self.app.frame()

    def finger(self, kind, position, pressure=1.0, finger_id=0):
        """A finger's event; its position is a share of the window."""
        width, height = self.app.layout.size
        x, y = (position[0] + 0.5) / width, (position[1] + 0.5) / height
        self.post(kind, touch_id=1, finger_id=finger_id, x=x, y=y, dx=0.0, dy=0.0, pressure=pressure)

    def tap(self, action):
        import pygame

        position = self.button(action).rect.center
        self.finger(pygame.FINGERDOWN, position)
        self.finger(pygame.FINGERUP, position)
        self.app.frame()

    def wait_for(self, condition):
        """Run frames until a condition is true."""
        end = time.perf_counter() + PATIENCE
        while not condition():
            assert time.perf_counter() < end, "it did not come true"
            self.app.wake.wait(0.005)
            self.app.wake.clear()
            self.app.frame()
        self.app.frame()

    def settle(self):
        """Run frames until everything drawn has been read and shown."""
        end = time.perf_counter() + PATIENCE
        self.app.frame()
        while not (self.app.session.is_settled and self.app.screen.is_current):
            assert time.perf_counter() < end, f"the window did not come to rest: {vars(self.app.session)}"
            self.app.wake.wait(0.005)
            self.app.wake.clear()
            self.app.frame()


def colour_at(point):
    import pygame

    return tuple(pygame.display.get_surface().get_at(point))[:3]


def pixels(rect=None):
    import pygame

    surface = pygame.display.get_surface()
    return pygame.surfarray.array3d(surface if rect is None else surface.subsurface(rect))
