"""Random numbers by counting: uniform, normal, and independent of one another."""

import cmath
import math

import numpy as np
import pytest

from nn.kernels.counter import begin, between, hash64, normal, normal_within, uniform

SPLITMIX64 = [6457827717110365317, 3203168211198807973, 9817491932198370423]  # Vigna's splitmix64.c, started at 1234567


def test_the_hash_is_splitmix64():
    with np.errstate(over="ignore"):
        assert [int(hash64(np.uint64(1234567), np.uint64(k))) for k in (1, 2, 3)] == SPLITMIX64


def test_uniform_counts_on_and_takes_the_upper_half_of_each_hash():
    state = np.array([1234567, 0], np.uint64)
    assert [uniform(state) for _ in range(3)] == [(bits >> 32) / 2**32 for bits in SPLITMIX64]


def test_a_sample_begins_with_its_first_number_whatever_was_drawn_before():
    state = np.array([7, 7], np.uint64)
    begin(state, 1, 2, 3, 4)
    first = [uniform(state) for _ in range(3)]
    begin(state, 1, 2, 3, 4)
    assert [uniform(state) for _ in range(3)] == first
    fresh = np.array([state[0], 0], np.uint64)
    assert [uniform(fresh) for _ in range(3)] == first


def test_between_is_uniform_from_low_to_high():
    state, same = (np.array([1234567, 0], np.uint64) for _ in range(2))
    assert [between(state, -2.0, 6.0) for _ in range(3)] == [8 * uniform(same) - 2 for _ in range(3)]


def test_a_normal_number_is_the_real_part_of_a_random_point_of_the_plane():
    state, same = (np.array([1234567, 0], np.uint64) for _ in range(2))
    for _ in range(20):
        # A share u of all points of a Gaussian is nearer to the middle than this.
        nearer, turn = uniform(same), uniform(same)
        point = cmath.rect(math.sqrt(math.log((1 - nearer) ** -2)), math.tau * turn)
        assert normal(state) == pytest.approx(point.real, rel=1e-12)


def draws(function, count, *key):
    state = np.empty(2, np.uint64)
    begin(state, *key)
    return np.array([function(state) for _ in range(count)])


def test_uniform_and_normal_are_what_they_say():
    drawn = draws(uniform, 20_000, 1, 2, 3, 4)
    assert 0 <= drawn.min() < drawn.max() < 1
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # χ² with 19 degrees of freedom: 0.1 %
    normals = draws(normal, 20_000, 1, 2, 3, 4)
    assert abs(normals.mean()) < 0.03
    assert abs(normals.std() - 1) < 0.02


@pytest.mark.parametrize(
    "key", [(2, 2, 3, 4), (1, 3, 3, 4), (1, 2, 4, 4), (1, 2, 3, 5), (1, 2 + 2**40, 3, 4), (1, 2, 3, 4 + 2**40)]
)
def test_stream_seed_epoch_and_index_all_matter(key):
    ours, others = draws(uniform, 500, 1, 2, 3, 4), draws(uniform, 500, *key)
    assert abs(np.corrcoef(ours, others)[0, 1]) < 0.15


def test_neighbouring_samples_are_independent():
    first = np.array([draws(uniform, 1, 1, 0, 0, k)[0] for k in range(2000)])
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.07
    assert 0.47 < first.mean() < 0.53


def test_normal_within_cuts_off_at_the_limit():
    free, limited = (draws(function, 500, 1, 2, 3, 4) for function in (normal, lambda state: normal_within(state, 1.5)))
    np.testing.assert_array_equal(limited, np.clip(free, -1.5, 1.5))
    assert abs(limited).max() == 1.5
