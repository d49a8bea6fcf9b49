"""Every rung of the ladders computes what the first does, and a rung that does not is reported."""

import os

import numpy as np
import pytest

from benchmarks.ladder.climb import check, measure
from benchmarks.ladder.ladders import all_ladders
from benchmarks.ladder.rungs import Ladder, Rung

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="the naive rungs take minutes without the compiler"
)


@pytest.fixture(scope="module")
def ladders():
    return all_ladders(2)


def test_all_rungs_agree(ladders):
    assert {ladder.name: check(ladder) for ladder in ladders} == {ladder.name: None for ladder in ladders}


def test_no_rung_does_more_than_the_dense_arithmetic(ladders):
    assert all(0 < rung.work <= 1 for ladder in ladders for rung in ladder.rungs)


def ladder_of(*values):
    rungs = [Rung(str(value), lambda: None, lambda value=value: (np.array([1.0, value]),)) for value in values]
    return Ladder("three", 1, 1e9, rungs)


def test_a_wrong_rung_is_named():
    assert check(ladder_of(2.0, 2.0)) is None
    name, error = check(ladder_of(2.0, 2.0, 2.1))
    assert name == "2.1"
    assert error == pytest.approx(0.05)


def test_a_rung_that_leaves_nan_is_wrong():
    assert check(ladder_of(2.0, np.nan))[0] == "nan"


def test_rows_hold_the_gain_over_the_first_rung():
    rows = measure(ladder_of(2.0, 2.0), rounds=1, peak=100.0)
    assert [row["name"] for row in rows] == ["2.0", "2.0"]
    assert rows[0]["gain"] == 1
    assert rows[1]["gain"] == pytest.approx(rows[0]["us_per_image"] / rows[1]["us_per_image"])
