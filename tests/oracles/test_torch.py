"""Forward, every gradient and 100 steps of Adadelta against PyTorch, in float64."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'torch')")

from in_torch import tensors, torch_step, torch_trained
from networks import NETWORKS, ours, ours_trained, problem

from nn.layers import Dropout, Flatten
from nn.models import Sequential

every_network = pytest.mark.parametrize("name", NETWORKS)


@every_network
def test_forward_loss_and_every_gradient(name):
    task = problem(name)
    result, expected = ours(task, 3), torch_step(task, tensors(task), 3)
    assert result.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_allclose(result[key], array, rtol=1e-9, atol=1e-12 * max(1, np.abs(array).max()), err_msg=key)


@every_network
def test_a_hundred_steps_of_adadelta(name):
    expected = torch_trained(problem(name))
    for key, array in ours_trained(problem(name)).items():
        np.testing.assert_allclose(array, expected[key], rtol=0, atol=1e-7, err_msg=key)


@every_network
@pytest.mark.parametrize("threads", [1, 2])
def test_a_hundred_steps_as_the_model_trains(name, threads):
    # The plan: fused kernels, parts of a batch, several threads. Dropout draws its own masks
    # there, so it is left out.
    task, reference = problem(name), problem(name)
    model = Sequential([layer for layer in task.layers if not isinstance(layer, Dropout)], dtype=np.float64)
    reference.layers = [layer for layer in reference.layers if not isinstance(layer, Dropout)]
    model.build(task.input_shape)
    weights = list(reference.parameters().values())
    model.set_weights(weights)
    model.compile(loss="categorical_crossentropy", optimizer="adadelta")
    x, targets = (np.concatenate(arrays) for arrays in zip(*(task.batch(step) for step in range(100)), strict=True))
    model.fit(x, targets, batch_size=task.samples, epochs=1, shuffle=False, verbose=0, threads=threads)
    expected = torch_trained(reference).values()
    for array, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(array, other, rtol=0, atol=1e-7)
    assert any(isinstance(layer, Flatten) for layer in task.layers) or task.input_shape == (130,)
