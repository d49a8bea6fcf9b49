"""The mutants: each breaks one place, in a file that goes on being Python, and the lists beside them fit today's sources."""

import ast
import signal

import pytest

from benchmarks.audit import explained, mutant_books, mutant_process, mutation, real_faults
from benchmarks.audit.mutant_tests import ROOT, TESTS, Traces
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
    return [mutation.mutant("file.py", source, number) for number in range(mutation.count(source))]


def test_every_kind_of_place_is_broken_and_nothing_else():
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


def test_a_mutant_meets_the_tests_that_come_to_its_line_the_quickest_first():
    traces = Traces({"slow": (2.0, [6, 8]), "quick": (1.0, [6]), "elsewhere": (0.5, [4])}, shared=[2])

    def at(*lines):
        return traces.of(Mutant("file.py", lines[0], "", "", "", range(lines[0], lines[-1] + 1)))

    assert at(6) == ["quick", "slow"]
    assert at(7, 8) == ["slow"]
    everything = []
    assert at(2) == everything  # what runs in a fixture may show in any test
    assert at(9) == everything


def test_an_interrupted_run_goes_on_where_it_was_and_survivors_get_another_chance():
    made = mutant_books.group("source", 4, "mutant {}".format, {})
    assert [number for _, number in made.chosen({0, 1, 3})] == [0, 1, 3]
    made.outcomes[:] = "sk-s"
    former = {"digest": made.digest, "outcomes": "".join(made.outcomes)}
    again = mutant_books.group("source", 4, "mutant {}".format, former)
    assert [number for _, number in again.chosen({0, 1, 2, 3})] == [2, 0, 3]
    assert mutant_books.group("other source", 4, "mutant {}".format, former).outcomes == ["-"] * 4


@pytest.mark.parametrize(("ends", "survives"), [(0, True), (1, False), (signal.SIGALRM, True), (signal.SIGXCPU, False)])
def test_only_a_test_that_fails_and_an_endless_loop_kill(ends, survives):
    status = ends if isinstance(ends, signal.Signals) else ends << 8
    assert mutant_process.survived(status) is survives


def test_twins_do_not_change_places():
    assert [mutant.after for mutant in changes("def f(x):\n    return x, x\n")] == []


def test_real_faults_fit_the_sources_and_leave_them_python():
    found = real_faults.mutants(ROOT)
    assert len(found) == len({mutant.before for mutant in found}) >= 39
    for mutant in found:
        assert mutant.source != (ROOT / mutant.path).read_text()
        compile(mutant.source, mutant.path, "exec")


@pytest.mark.parametrize("path", TESTS)
def test_each_file_names_tests_that_exist(path):
    assert (ROOT / path).exists()
    tests = [word for word in TESTS[path] if word.startswith("tests/")]
    assert tests
    assert all((ROOT / test).exists() for test in tests)


@pytest.mark.parametrize("path", sorted({path for path, _, _ in explained.EXPLAINED}))
def test_each_explanation_is_of_a_mutant_that_exists(path):
    wanted = {part: why for where, part, why in explained.EXPLAINED if where == path}
    assert all(wanted.values())
    found = list(mutation.descriptions((ROOT / path).read_text()))
    assert [part for part in wanted if not any(part in description for description in found)] == []
