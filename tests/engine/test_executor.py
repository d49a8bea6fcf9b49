"""How many threads there are, that all of them work at once, and that they end."""

import os
import threading

import pytest

from nn.engine import executor
from nn.engine.executor import MOST_THREADS, Executor, available_threads
from nn.errors import InputError

PATIENCE = 60  # seconds until threads that should meet are given up


def helpers_of(threads, tasks):
    """The threads beside the calling one that work on tasks of which all have to run at once."""
    meeting, found, before = threading.Barrier(tasks, timeout=PATIENCE), [], set(threading.enumerate())

    def work(index):
        found.append(threading.current_thread())
        meeting.wait()

    with Executor(threads) as runner:
        runner.run(work, tasks)
        started = set(threading.enumerate()) - before
    assert len(set(found)) == tasks
    assert set(found) - {threading.current_thread()} <= started
    return started


def test_the_processors_that_this_process_may_use_are_counted(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", {0: {3, 5, 7}}.__getitem__, raising=False)
    assert available_threads() == 3


@pytest.mark.parametrize(("processors", "threads"), [(7, 7), (1, 1), (None, 1)])
def test_where_that_cannot_be_known_all_processors_are_counted(processors, threads, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert available_threads() == threads


@pytest.mark.parametrize(
    ("processors", "asked", "threads"),
    [
        (3, None, 3),
        (3, 1, 1),
        (3, 5, 5),
        (3, MOST_THREADS + 1, MOST_THREADS),
        (MOST_THREADS + 9, None, MOST_THREADS + 9),
        (MOST_THREADS + 9, MOST_THREADS + 8, MOST_THREADS + 8),
        (MOST_THREADS + 9, MOST_THREADS + 10, MOST_THREADS + 9),
    ],
)
def test_there_are_as_many_threads_as_asked_for_up_to_a_limit(processors, asked, threads, monkeypatch):
    monkeypatch.setattr(executor, "available_threads", lambda: processors)
    with Executor(asked) as runner:
        assert runner.threads == threads


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads):
    with pytest.raises(InputError, match=f"threads: expected at least 1, got {threads}"):
        Executor(threads)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_all_threads_work_at_once_and_the_calling_one_is_one_of_them(threads):
    assert len(helpers_of(threads, threads)) == threads - 1


def test_no_thread_is_started_for_which_there_is_no_task():
    assert len(helpers_of(5, 2)) == 1
    assert not helpers_of(5, 1)


def test_the_threads_end_with_the_block():
    helpers = helpers_of(3, 3)
    assert len(helpers) == 2
    assert not any(helper.is_alive() for helper in helpers)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_task_is_done_once(threads, count):
    done = []
    with Executor(threads) as runner:
        runner.run(done.append, count)
    assert sorted(done) == list(range(count))
    assert threads > 1 or done == sorted(done)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_aborts_the_rest_and_is_raised(threads):
    aborted, done = [], []

    def work(index):
        if index == 0:
            raise LookupError("task 0")
        done.append(index)

    with Executor(threads) as runner, pytest.raises(LookupError, match="task 0"):
        runner.run(work, 3, lambda: aborted.append(True))
    assert aborted == [True]
    assert done == ([] if threads == 1 else [1, 2])
