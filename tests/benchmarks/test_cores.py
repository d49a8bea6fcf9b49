"""The simulated cores, worked out by hand."""

import pytest

from benchmarks.ladder.cores import Call, Simulation, Tasks, simulated


def seconds(tasks, threads):
    return Simulation(tasks, threads).seconds()


def test_without_a_lock_the_chunks_are_shared_out():
    tasks = Tasks([Call(0, 3), Call(0, 7)], [], chunks=4)
    assert [seconds(tasks, threads) for threads in (1, 2, 3, 4, 9)] == [40, 20, 20, 10, 10]


def test_the_lock_is_held_by_one_thread_at_a_time_and_who_waits_is_woken():
    tasks = Tasks([Call(2, 8)], [], chunks=2, wake=0.5)
    # The second thread gets the lock at 2, half a second late, and ends at 2.5 + 2 + 8.
    assert seconds(tasks, 2) == 12.5
    assert seconds(tasks, 1) == 20


def test_a_piece_waits_until_all_chunks_have_passed_its_operation():
    # On its way back a chunk passes operation 1 after 6 seconds, operation 0 after 10.
    chunk = [Call(0, 6, passes=1), Call(0, 4, passes=0)]
    tasks = Tasks(chunk, [(0, Call(0, 5)), (1, Call(0, 3))], chunks=3)
    # Two threads: chunks end at 10, 10 and 20; the third passes operation 1 at 16. The idle thread
    # waits for that piece from 10 to 16, and is done at 19; operation 0 opens at 20.
    assert seconds(tasks, 2) == 25
    # Three: all end at 10, then both pieces at once.
    assert seconds(tasks, 3) == 15
    assert seconds(tasks, 1) == 38


def test_what_cannot_be_shared_limits_the_speed_up():
    tasks = Tasks([Call(0, 1)], [], chunks=16, start=0.01)
    rows = simulated(tasks, batch_on_one_thread=20.0)
    assert [row["threads"] for row in rows] == [1, 2, 4, 8, 16]
    # 4 seconds lie between two batches; each further thread costs a hundredth.
    assert [row["speedup"] for row in rows] == pytest.approx([1, 20 / 12.01, 20 / 8.03, 20 / 6.07, 20 / 5.15])
    # 64 chunks and the same 4 seconds.
    assert [row["larger"] for row in rows] == pytest.approx([1, 68 / 36.01, 68 / 20.03, 68 / 12.07, 68 / 8.15])
