"""Threads that take turns, and every way in which they can.

A thread stops at each `point`, and the schedule says who goes on. So a test decides what is else
decided by chance, and can try all orders with at most so many preemptions: nearly all races show
with two (Musuvathi, Qadeer 2007: iterative context bounding).
"""

import threading

PATIENCE = 60  # seconds until a thread that should stop or end is given up


class Schedule:
    """One run of some functions, each in a thread of its own, of which only one ever works.

    Args:
        prefix: the first choices: at each point the place of the thread that goes on among those that can.
            The thread that is at work comes first, so 0 means that nobody is interrupted.

    Attributes:
        taken: every choice that was made.
        options: among how many.
        preempting: whether the thread at work could have gone on.
        errors: that the functions raised.
    """

    def __init__(self, prefix=()):
        self.prefix, self.taken, self.options, self.preempting = list(prefix), [], [], []
        self.errors = []
        self._turns, self._waiting, self._own = {}, {}, threading.local()
        self._back = threading.Semaphore(0)

    def point(self, ready=lambda: True):
        """A thread may be stopped here; it goes on only when `ready()` is true."""
        if (name := getattr(self._own, "name", None)) is None:
            return
        self._waiting[name] = ready
        self._back.release()
        assert self._turns[name].acquire(timeout=PATIENCE)

    def _start(self, name, function):
        self._own.name = name
        try:
            self.point()
            function()
        except BaseException as error:
            self.errors.append(error)
        finally:
            del self._waiting[name]
            self._back.release()

    def run(self, functions):
        """Run them all to their ends, raising AssertionError where none can go on."""
        self._turns = {name: threading.Semaphore(0) for name in range(len(functions))}
        threads = [threading.Thread(target=self._start, args=each, daemon=True) for each in enumerate(functions)]
        for thread in threads:
            thread.start()
            assert self._back.acquire(timeout=PATIENCE)
        at_work = 0
        while self._waiting:
            able = [name for name, ready in sorted(self._waiting.items()) if ready()]
            assert able, f"deadlock after the choices {self.taken}"
            able.sort(key=lambda name: name != at_work)
            choice = self.prefix[len(self.taken)] if len(self.taken) < len(self.prefix) else 0
            self.taken.append(choice)
            self.options.append(len(able))
            self.preempting.append(able[0] == at_work)
            at_work = able[choice]
            self._turns[at_work].release()
            assert self._back.acquire(timeout=PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)


def schedules(preemptions):
    """Every schedule in which a working thread is interrupted at most `preemptions` times; each
    must be run before the next is taken.
    """
    prefix = []
    while prefix is not None:
        yield (schedule := Schedule(prefix))
        prefix = _next(schedule, preemptions)


def _next(schedule, preemptions):
    """The choices that come after a schedule's in a depth-first search; None after the last."""
    for place in reversed(range(len(schedule.taken))):
        before = sum(
            choice > 0 and preempting
            for choice, preempting in zip(schedule.taken[:place], schedule.preempting[:place], strict=True)
        )
        if schedule.taken[place] + 1 < schedule.options[place] and before + schedule.preempting[place] <= preemptions:
            return [*schedule.taken[:place], schedule.taken[place] + 1]
    return None
