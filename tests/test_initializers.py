import numpy as np
import pytest

from nn.initializers import GlorotUniform, Zeros, fans


@pytest.mark.parametrize(
    ("shape", "expected"), [((7, 3), (7, 3)), ((5, 4, 2, 8), (5 * 4 * 2, 5 * 4 * 8)), ((1, 1, 3, 2), (3, 2))]
)
def test_fans_count_inputs_and_outputs_of_dense_and_convolution(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("shape", [(300, 100), (5, 5, 20, 40)])
def test_glorot_is_uniform_in_its_range(shape):
    values = GlorotUniform()(shape, np.random.default_rng(0)).ravel()
    limit = np.sqrt(6 / sum(fans(shape)))
    assert np.abs(values).max() <= limit
    # Kolmogorov-Smirnov: the largest gap between the sample's and the uniform distribution; 2/√n is passed once in 1500 times.
    ordered = np.sort(values)
    expected = (ordered + limit) / (2 * limit)
    gap = np.abs(expected - np.arange(1, values.size + 1) / values.size).max()
    assert gap < 2 / np.sqrt(values.size)
    # The variance is 2 / (fan_in + fan_out), limit²/3; its sample varies by limit²·√(4/45 / n).
    assert values.var() == pytest.approx(2 / sum(fans(shape)), abs=5 * limit**2 * np.sqrt(4 / 45 / values.size))


def test_same_seed_same_weights_other_seed_others():
    one, same, other = (GlorotUniform()((4, 4), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_zeros():
    assert Zeros()((2, 3), np.random.default_rng(0)).tolist() == [[0, 0, 0], [0, 0, 0]]
