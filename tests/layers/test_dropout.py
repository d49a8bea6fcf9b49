import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dropout


def mask(rate, shape, rng):
    return Dropout(rate).forward(np.ones(shape), True, rng)[0]


def test_test_time_is_the_identity():
    x = np.random.default_rng(0).standard_normal((2, 5))
    out, cache = Dropout(0.9).forward(x, False, 3)
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(Dropout(0.9).backward(2 * x, cache)[0], 2 * x)


def test_rate_zero_is_the_identity_while_training():
    x = np.random.default_rng(0).standard_normal((2, 5))
    np.testing.assert_array_equal(Dropout(0).forward(x, True, 3)[0], x)


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_kept_elements_are_scaled_and_about_as_many_as_asked(rate):
    out = mask(rate, (400, 50), 5)
    assert sorted(set(out.ravel())) == pytest.approx([0, 1 / (1 - rate)], rel=1e-12)
    kept = (out > 0).mean()
    # Five standard deviations of a mean of 20,000 coins.
    assert abs(kept - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / out.size)


def test_hand_worked_with_published_random_numbers():
    # The first five numbers of SplitMix64 for the seed 1234567, as Rosetta Code lists them.
    # Element e draws the upper half of number e; the seed itself comes before the first. Halves in
    # 2³²: 0.35, 0.17, 0.53, 0.25, 0.89; kept are those from 0.3.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert [round(number / 2**64, 2) for number in published] == [0.35, 0.17, 0.53, 0.25, 0.89]
    x = np.array([[9.0, 7, 7, 7, 7, 7]])
    out, cache = Dropout(0.3).forward(x, True, 1234567)
    np.testing.assert_allclose(out[0, 1:], [10, 0, 10, 0, 10], rtol=1e-15)
    dx, _ = Dropout(0.3).backward(np.array([[0.0, 1, 2, 3, 4, 5]]), cache)
    np.testing.assert_allclose(dx[0, 1:], [1 / 0.7, 0, 3 / 0.7, 0, 5 / 0.7], rtol=1e-15)


def test_expected_value_is_kept():
    x = np.random.default_rng(0).uniform(1, 2, 20_000)[None]
    out, _ = Dropout(0.3).forward(x, True, 1)
    assert out.mean() == pytest.approx(x.mean(), rel=0.02)


def test_backward_draws_the_same_mask():
    x = np.random.default_rng(0).uniform(1, 2, (3, 40))
    layer = Dropout(0.5)
    out, cache = layer.forward(x, True, np.random.default_rng(8))
    np.testing.assert_array_equal(layer.backward(x, cache)[0], out)


def test_key_decides_the_mask():
    np.testing.assert_array_equal(mask(0.5, (4, 50), 1), mask(0.5, (4, 50), np.uint64(1)))
    assert (mask(0.5, (4, 50), 1) != mask(0.5, (4, 50), 2)).any()


def test_generator_draws_a_new_mask_each_time_and_the_same_with_the_same_seed():
    rng = np.random.default_rng(0)
    first, second = mask(0.5, (4, 50), rng), mask(0.5, (4, 50), rng)
    assert (first != second).any()
    np.testing.assert_array_equal(mask(0.5, (4, 50), np.random.default_rng(0)), first)


def test_generator_does_not_run_out_of_masks():
    rng = np.random.default_rng(0)
    assert len({mask(0.5, (1, 64), rng).tobytes() for _ in range(300)}) == 300


def test_without_a_generator_masks_differ():
    assert (mask(0.5, (4, 100), None) != mask(0.5, (4, 100), None)).any()


def test_elements_and_keys_are_independent():
    # Correlation of neighbours, of rows, and of consecutive keys: five standard deviations of a
    # mean of 19,900 products.
    coins = mask(0.5, (200, 100), 3) - 1
    others = mask(0.5, (200, 100), 4) - 1
    limit = 5 / np.sqrt(coins.size * 0.99)
    assert abs((coins[:, 1:] * coins[:, :-1]).mean()) < limit
    assert abs((coins[1:] * coins[:-1]).mean()) < limit
    assert abs((coins * others).mean()) < limit


def test_mask_is_spread_evenly_over_columns():
    kept = (mask(0.5, (1000, 64), 9) > 0).sum(axis=0)
    chi_squared = ((kept - 500) ** 2 / 250).sum()
    # 64 degrees of freedom: mean 64, standard deviation 11.3.
    assert 64 - 5 * 11.3 < chi_squared < 64 + 5 * 11.3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_a_number_is_not_dropped(dtype):
    out, _ = Dropout(0.5).forward(np.full((1, 50), np.nan, dtype), True, 0)
    assert np.isnan(out).all()


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, "half", None, float("nan")])
def test_wrong_rates_are_refused(rate):
    with pytest.raises(InputError, match="rate must be at least 0 and below 1"):
        Dropout(rate)


def test_config():
    assert Dropout(0.25, name="d").config() == {"name": "d", "rate": 0.25}
    assert Dropout.random
