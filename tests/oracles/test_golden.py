"""Against answers of PyTorch that were written down once (make_golden.py), for machines without
it.
"""

import numpy as np
import pytest
from make_golden import GOLDEN, STEP, thinned
from networks import NETWORKS, numbers, ours, ours_trained, problem


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN, allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize(("number", "name"), list(enumerate(NETWORKS)), ids=NETWORKS)
def test_forward_loss_and_every_gradient(number, name, golden):
    result = ours(problem(name), STEP)
    expected = {key.split("|")[1]: array for key, array in golden.items() if key.startswith(f"{number}|")}
    assert {key for key in expected if not key.endswith("after training")} == result.keys()
    for key, array in result.items():
        np.testing.assert_allclose(thinned(array), expected[key], rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize(("number", "name"), list(enumerate(NETWORKS)), ids=NETWORKS)
def test_a_hundred_steps_of_adadelta(number, name, golden):
    for key, array in ours_trained(problem(name)).items():
        np.testing.assert_allclose(thinned(array), golden[f"{number}|{key} after training"], rtol=1e-6, atol=1e-7, err_msg=key)


def test_the_golden_file_is_small():
    assert GOLDEN.stat().st_size < 200_000


def test_the_hash_spreads_its_numbers_evenly():
    sample = np.concatenate([numbers(seed, (500,)) for seed in range(20)])
    assert np.abs(np.histogram(sample, 10, (0, 1))[0] - 1000).max() < 5 * np.sqrt(900)
