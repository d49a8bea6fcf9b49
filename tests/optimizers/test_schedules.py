import math

import pytest

from nn.optimizers.schedules import Cosine, OneCycle


def test_one_cycle_hand_worked():
    # 10 steps, the middle of step k at (k + 1/2) / 10; up for the first fifth, then down over the
    # other 0.8.
    rates = [OneCycle(2.0, 10)(step) for step in range(10)]
    assert rates == pytest.approx([2 * 0.25, 2 * 0.75, *(2 * (1 - (k + 0.5) / 10) / 0.8 for k in range(2, 10))])


def test_one_cycle_reaches_its_peak_and_is_never_zero_within_the_training():
    rates = [OneCycle(2.0, 1000)(step) for step in range(1000)]
    assert max(rates) == pytest.approx(2.0, rel=0.01)
    assert max(rates) <= 2.0
    assert rates.index(max(rates)) in (199, 200)
    assert min(rates) > 0


def test_warmup_can_be_changed():
    assert OneCycle(1.0, 10, warmup=0.5)(4) == pytest.approx(0.9)


def test_cosine_hand_worked():
    assert Cosine(2.0, 2)(0) == pytest.approx(1 + math.cos(math.pi / 4))
    assert Cosine(2.0, 2)(1) == pytest.approx(1 + math.cos(3 * math.pi / 4))
    rates = [Cosine(1.0, 100)(step) for step in range(100)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.999
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize("schedule", [OneCycle(2.0, 10), Cosine(2.0, 10)])
def test_behind_the_training_the_last_rate_is_zero_and_stays(schedule):
    assert schedule(10) == pytest.approx(0, abs=1e-12)
    assert schedule(1000) == pytest.approx(0, abs=1e-12)


def test_equal_schedules_are_equal_and_describe_themselves():
    assert OneCycle(2.0, 10) == OneCycle(2.0, 10)
    assert repr(Cosine(2.0, 10)) == "Cosine(peak=2.0, steps=10)"
