"""Lessons in the background: a digit that was misread is kept, and the network is taught. No
Pygame.

A thread does one job after another: a lesson, forgetting a kept drawing, or undoing the last
lesson. The pen and the reading go on meanwhile. A finished lesson replaces the recognizer's model
as a whole. The models before are kept, a few of them, so that undoing is exact. A drawing is
written into the folder only once it has been taught: whatever is stopped leaves nothing behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.draw.teaching.jobs import IDLE, PREPARING, STOPPING, Forgetting, Job, Lesson, Outcome, Teaching
from nn.errors import InputError

MODELS_KEPT = 8  # for undoing exactly; beyond that a lesson is undone by teaching the others again


@dataclass
class _Past:
    """What it takes to undo a lesson exactly."""

    model: Any
    path: Path
    label: int
    accuracy: float | None = None


class Lessons:
    """`current()` is the model that is read with, `replace(model)` sets the one to read with from
    now on.

    `notify()` is called, in the thread, when there is something new to show.

    Attributes:
        phase: what the thread is doing, IDLE or one of the others; `part` of the lesson about
            `label` is done.
        outcome: how the last job ended; None at first and while a lesson is under way.
        failure: an unexpected exception, to be raised where it can be shown.
        changes: counts what was taught and forgotten.
    """

    def __init__(
        self, teacher: Teaching, current: Callable[[], Any], replace: Callable[[Any], None], notify: Callable[[], None]
    ) -> None:
        self.teacher = teacher
        self._current, self._replace, self._notify = current, replace, notify
        self.phase, self.part = IDLE, 0.0
        self.label = 0
        self.outcome: Outcome | None = None
        self.failure: Exception | None = None
        self.changes = 0
        self._past: list[_Past] = []
        self._jobs: list[Job] = []
        self._doing: Job | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    # ── wishes
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def teach(self, lesson: Lesson) -> None:
        """Ask for a lesson; it begins when those before it are done."""
        self._add(lesson)

    def forget(self, path: Path) -> None:
        """Forget a kept drawing: the model becomes what the other drawings make of it."""
        self._add(Forgetting(path))

    def undo_lesson(self) -> None:
        """Stop the lesson that is under way, or else undo the last one."""
        if self._doing is not None:
            self.stop()
        else:
            self._add(Forgetting())

    def stop(self) -> None:
        """Stop the job that is under way."""
        self._stop.set()
        self._turn_to(STOPPING, self.part)

    def cancel(self, lesson: Lesson) -> None:
        """Drop a lesson that waits, or stop it if it is under way."""
        with self._changed:
            waiting = lesson in self._jobs
            if waiting:
                self._jobs.remove(lesson)
            self.changes += 1
        if not waiting and self._doing is lesson:
            self.stop()
        self._notify()

    @property
    def waiting(self) -> list[Lesson]:
        """The lessons that are not done: the one under way first, then those that wait."""
        with self._changed:
            jobs = [self._doing, *self._jobs]
        return [job for job in jobs if isinstance(job, Lesson)]

    def rebase(self, base: Path) -> None:
        """Another model is read with and taught from now on: stop what is under way, and forget
        what could be undone.
        """
        with self._changed:
            self._jobs.clear()
        if self._doing is not None:
            self.stop()
        self._past.clear()
        self.outcome = None
        self.teacher.rebase(base)

    def close(self) -> None:
        """Let the thread end as soon as it can; what was not taught yet is dropped."""
        self._closing = True
        self._stop.set()
        with self._changed:
            self._jobs.clear()
            self._changed.notify()
        self.teacher.close()

    def join(self) -> None:
        """Wait for the thread's end."""
        if self._thread is not None:
            self._thread.join()

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way or waits."""
        with self._changed:
            return self.phase != IDLE or bool(self._jobs)

    def _add(self, job: Job) -> None:
        with self._changed:
            self._jobs.append(job)
            self.changes += 1
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lessons", daemon=True)
            self._thread.start()

    # ── the thread
    # ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                self.outcome = None
                outcome = self._done(job)
                if self._closing:
                    return
                with self._changed:
                    self._doing, self.outcome = None, outcome
                    self.changes += 1
                self._turn_to(IDLE)
        except Exception as failure:  # raised again in the window's thread
            self.failure = failure
            self._turn_to(IDLE)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._jobs and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
            self._doing = self._jobs.pop(0)
            self._stop = threading.Event()
            self.phase, self.part = PREPARING, 0.0
            if isinstance(self._doing, Lesson):
                self.label = self._doing.label
        self._notify()
        return self._doing

    def _turn_to(self, phase: str, part: float = 0.0) -> None:
        self.phase, self.part = phase, part
        self._notify()

    def _done(self, job: Job) -> Outcome:
        try:
            return self._taught(job) if isinstance(job, Lesson) else self._forgotten(job.path)
        except (InputError, OSError, ArithmeticError) as error:
            what = "Not taught" if isinstance(job, Lesson) else "Not forgotten"
            return Outcome(self.label, problem=f"{what}: {error}")

    def _progress(self, phase: str, part: float) -> None:
        if not self._stop.is_set():
            self._turn_to(phase, part)

    def _taught(self, lesson: Lesson) -> Outcome:
        """One lesson, from the drawing to reading with the new model."""
        began, old = time.monotonic(), self._current()
        image = self.teacher.seen(lesson.ink)
        kept = [(drawing.label, drawing.image) for drawing in self.teacher.kept() if not drawing.problem]
        taught = self.teacher.teach([*kept, (lesson.label, image)], old, self._progress, self._stop)
        if taught is None or self._stop.is_set():
            return Outcome(lesson.label, problem="Stopped: nothing was changed")
        images = [lesson.image, *(image for _, image in kept)]
        before, after = self.teacher.ask(old, images), self.teacher.ask(taught.model, images)
        right = [sum(said.digit == k for said, (k, _) in zip(answers[1:], kept, strict=True)) for answers in (before, after)]
        path = self.teacher.keep(lesson.ink, lesson.label)
        try:
            self.teacher.remember(taught.model)
        except OSError:
            self.teacher.forget(path)
            raise
        self._past = [*self._past[1 - MODELS_KEPT :], _Past(old, path, lesson.label, taught.accuracy_before)]
        self._replace(taught.model)
        seconds = time.monotonic() - began
        accuracies = taught.accuracy_before, taught.accuracy_after
        return Outcome(
            lesson.label,
            before[0],
            after[0],
            kept_before=right[0],
            kept_after=right[1],
            kept=len(kept),
            accuracy_before=accuracies[0],
            accuracy_after=accuracies[1],
            seconds=seconds,
        )

    def _forgotten(self, path: Path | None) -> Outcome:
        """Back to the model without a drawing: the one before the last lesson if it was that one,
        else one taught anew.
        """
        if self._past and path in (None, self._past[-1].path):
            past = self._past.pop()
            self._replace(past.model)
            self.teacher.forget(past.path)
            self.teacher.remember(past.model)
            return Outcome(past.label, accuracy_after=past.accuracy, undone=True, exact=True)
        kept = self.teacher.kept()
        drawing = kept[-1] if path is None and kept else next((each for each in kept if each.path == path), None)
        if drawing is None:
            return Outcome(0, problem="There is no lesson to undo" if path is None else "It is forgotten already")
        self.label = drawing.label
        rest = [(each.label, each.image) for each in kept if each.path != drawing.path and not each.problem]
        if drawing.problem:
            self.teacher.forget(drawing.path)
            return Outcome(drawing.label, undone=True)
        if not rest:
            model, accuracy = self.teacher.untaught(), None
        else:
            taught = self.teacher.teach(rest, self._current(), self._progress, self._stop)
            if taught is None or self._stop.is_set():
                return Outcome(drawing.label, problem="Stopped: nothing was changed")
            model, accuracy = taught.model, taught.accuracy_after
        self.teacher.forget(drawing.path)
        self.teacher.remember(model)
        self._past.clear()
        self._replace(model)
        return Outcome(drawing.label, accuracy_after=accuracy, undone=True, exact=not rest)
