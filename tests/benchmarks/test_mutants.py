"""Each mutant has one fault and is still Python, and the lists of tests, faults and explanations
match today's sources.
"""

import ast
import os
import signal
import sys
import threading

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the audit forks and limits its processes as Linux does", allow_module_level=True)

from benchmarks.audit import explained, mutant_books, mutant_process, mutation, real_faults
from benchmarks.audit.mutant_tests import COMPILED, INTERPRETED, ROOT, TESTS, Tracer, Traces
from benchmarks.audit.mutation import Mutant

SOURCE = '''
def clamp(x: int, low=0, *, high=9):
    """Documented with 1 + 1."""
    if x < low and not x > 100:
        raise ValueError(f"{x + 1} is too small")
    total = min(x, high) + 2 * x
    total += x
    pair[x, 0] = total, x
    return total
'''


def changes(source):
    return [mutation.mutant("file.py", source, index) for index in range(mutation.count(source))]


def test_every_kind_of_node_is_broken_and_nothing_else():
    found = {f"{mutant.before.split('  [')[0].strip()} -> {mutant.after}" for mutant in changes(SOURCE)}
    head = "def clamp(x: int, low=0, *, high=9):"
    test = "if x < low and (not x > 100):"
    assert found == {
        f"{head} -> 1",
        f"{head} -> 10",
        f"{test} -> x < low or not x > 100",
        f"{test} -> x <= low",
        f"{test} -> x > 100",
        f"{test} -> x >= 100",
        f"{test} -> 101",
        "total = min(x, high) + 2 * x -> min(x, high) - 2 * x",
        "total = min(x, high) + 2 * x -> max",
        "total = min(x, high) + 2 * x -> 2 + x",
        "total = min(x, high) + 2 * x -> 3",
        "total += x -> total -= x",
        "total += x -> total = x",
        "total += x -> (removed)",
        "pair[x, 0] = (total, x) -> (removed)",
        "pair[x, 0] = (total, x) -> (x, total)",
        "pair[x, 0] = (total, x) -> (0, x)",
        "pair[x, 0] = (total, x) -> 1",
    }


def test_a_mutant_differs_from_its_source_in_one_statement():
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in changes(SOURCE):
        lines = mutant.source.splitlines()
        assert len(lines) == len(original)
        assert sum(one != other for one, other in zip(lines, original, strict=True)) == 1, mutant
    assert [f"{mutant.before}  ->  {mutant.after}" for mutant in changes(SOURCE)] == list(mutation.descriptions(SOURCE))


def test_what_means_the_same_is_not_changed():
    source = """
def same(x):
    y = x.reshape(-1, 4).sum(axis=(1, 2))
    z = y.mean(axis=-1)
    return isinstance(y, (int, float)) or z in (x, y)
"""
    assert {f"{mutant.before.rpartition('  [')[2]} -> {mutant.after}" for mutant in changes(source)} == {
        "-1] -> 1", "4] -> 5", "1] -> 2", "2] -> 3",
        "isinstance(y, (int, float)) or z in (x, y)] -> isinstance(y, (int, float)) and z in (x, y)",
    }  # fmt: skip
    defaults = [mutant.at_import for mutant in changes("def add(x, y=1):\n    return x + y\n")]
    assert defaults == [True, False]


def test_a_mutant_meets_the_tests_that_reach_its_line_the_fastest_first():
    traces = Traces({"slow": (2.0, [6, 8]), "fast": (1.0, [6]), "elsewhere": (0.5, [4])}, shared=[2])

    def at(*lines, **options):
        return traces.of(Mutant("file.py", lines[0], "", "", "", range(lines[0], lines[-1] + 1), **options))

    assert at(6) == ["fast", "slow"]
    assert at(7, 8) == ["slow"]
    everything = []
    assert at(2) == everything  # a line that a fixture reaches may change the outcome of any test
    assert at(9, at_import=True) == everything
    assert at(9) is None


def test_lines_that_only_another_thread_reaches_are_traced():
    tracer, lines = Tracer("benchmarks/audit/mutant_books.py"), set()

    def wrapped():
        yield from tracer._traced(lines)

    body = wrapped()
    next(body)
    thread = threading.Thread(target=mutant_books.group, args=("source", 4, str, {}))
    thread.start()
    thread.join()
    with pytest.raises(StopIteration):
        next(body)
    assert lines


def test_an_interrupted_run_continues_and_survivors_get_another_chance():
    made = mutant_books.group("source", 4, "mutant {}".format, {})
    assert list(made.chosen({0, 1, 3})) == [0, 1, 3]
    made.outcomes[:] = "sk-s"
    former = {"digest": made.digest, "outcomes": "".join(made.outcomes)}
    again = mutant_books.group("source", 4, "mutant {}".format, former)
    assert list(again.chosen({0, 1, 2, 3})) == [2, 0, 3]
    assert mutant_books.group("other source", 4, "mutant {}".format, former).outcomes == ["-"] * 4


@pytest.mark.parametrize(
    ("ends", "survives"),
    [(0, True), (1, False), (mutant_process.DEADLOCK, False), (signal.SIGALRM, True), (signal.SIGXCPU, False)],
)
def test_only_a_failing_test_a_deadlock_and_an_endless_loop_kill(ends, survives):
    status = ends if isinstance(ends, signal.Signals) else ends << 8
    assert mutant_process.survived(status) is survives


def test_a_process_whose_threads_wait_for_each_other_is_ended(monkeypatch):
    monkeypatch.setattr(mutant_process, "SECONDS_BETWEEN", 0.01)
    child = mutant_process._fork(threading.Event().wait, cpu_seconds=60)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == mutant_process.DEADLOCK


def test_modules_that_import_the_mutant_are_imported_again_and_kernels_are_not():
    def left(mutated):
        child = os.fork()
        if not child:
            mutant_process._forget_modules(mutated)
            names = {"nn.kernels.dense": 1, "nn.errors": 2, "nn.models": 4, "nn": 8}
            os._exit(sum(bit for name, bit in names.items() if name in sys.modules))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    import nn.models  # noqa: F401

    assert left("nn.training") == 1 + 2
    assert left("nn.kernels.conv") == 2


def test_equal_neighbours_are_not_swapped():
    assert [mutant.after for mutant in changes("def f(x):\n    return x, x\n")] == []


def test_real_faults_match_the_sources_and_leave_them_python():
    found = real_faults.mutants(ROOT)
    assert len(found) == len({mutant.before for mutant in found}) >= 39
    assert {mutant.path for mutant in found} <= TESTS.keys()
    for mutant in found:
        assert mutant.source != (ROOT / mutant.path).read_text()
        compile(mutant.source, mutant.path, "exec")


@pytest.mark.parametrize("path", TESTS)
def test_each_file_names_tests_that_exist(path):
    assert (ROOT / path).exists()
    tests = [word for word in TESTS[path] if word.startswith("tests/")]
    assert tests
    assert [test for test in tests if not (ROOT / test.partition("::")[0]).exists()] == []


def test_a_file_is_tested_either_with_the_compiler_or_without():
    assert not INTERPRETED.keys() & COMPILED.keys()


@pytest.mark.parametrize("path", sorted({path for path, _, _ in explained.EXPLAINED}))
def test_each_explanation_is_of_a_mutant_that_exists(path):
    wanted = {part: why for where, part, why in explained.EXPLAINED if where == path}
    assert all(wanted.values())
    found = list(mutation.descriptions((ROOT / path).read_text()))
    assert [part for part in wanted if not any(part in description for description in found)] == []
