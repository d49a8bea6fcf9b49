"""Lessons without a window: what stands for it, and jobs that are waited for."""

import time

import numpy as np
from window_driver import PATIENCE

from apps.draw.teaching.jobs import Lesson
from apps.draw.teaching.lessons import Lessons


class Window:
    """What a window does with lessons: it reads with a model and hears of news."""

    def __init__(self, teacher):
        self.model, self.teacher, self.heard = teacher.first, teacher, []
        self.lessons = Lessons(teacher, lambda: self.model, self._read_with, self._hear)

    def _read_with(self, model):
        self.model = model

    def _hear(self):
        self.heard.append((self.lessons.phase, self.lessons.part))

    def finish(self):
        """Wait until nothing is under way or waits; how the last job ended."""
        wait(lambda: not self.lessons.is_busy)
        return self.lessons.outcome

    def teach(self, *labels):
        for label in labels:
            self.lessons.teach(lesson(label))
            self.finish()

    def undo(self):
        self.lessons.undo_lesson()
        return self.finish()


def wait(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def lesson(label):
    return Lesson(label, np.ones((20, 12), np.float32), np.full((28, 28), label / 10, np.float32))
