"""The peers train the same network with the same recipe. Each test needs its framework."""

import numpy as np
import pytest

from benchmarks.peers.contender import Job
from benchmarks.peers.network import SETUPS, normalized, training_flop, with_activations


def test_pytorchs_network_and_optimizer_are_the_students(small_mnist):
    torch = pytest.importorskip("torch")
    from benchmarks.peers.with_torch import Torch

    peer = Torch(Job(threads=1, limit=64, data=str(small_mnist)))
    assert sum(parameter.numel() for parameter in peer.model.parameters()) == 233_162
    assert [layer.p for layer in peer.model if isinstance(layer, torch.nn.Dropout)] == [0.3, 0.5]
    assert {name: peer.optimizer.defaults[name] for name in ("lr", "rho", "eps")} == {"lr": 1.0, "rho": 0.95, "eps": 1e-7}
    before = [parameter.clone() for parameter in peer.model.parameters()]
    peer.epoch(0)
    assert all((parameter != old).any() for parameter, old in zip(peer.model.parameters(), before, strict=True))
    assert 0 <= peer.accuracy() <= 1


@pytest.mark.parametrize("name", SETUPS)
def test_pytorch_and_we_train_the_same_network_on_the_same_images(compiler, small_mnist, name):
    pytest.importorskip("torch")
    from benchmarks.peers.ours import Ours
    from benchmarks.peers.with_torch import Torch

    setup = SETUPS[name]
    job = Job(threads=1, limit=256, size=setup.size, setup=name, data=str(small_mnist))
    ours, theirs = Ours(job), Torch(job)
    assert ours.x.shape[1:] == (setup.size, setup.size, setup.channels)
    assert (ours.x.transpose(0, 3, 1, 2) == theirs.x.numpy()).all()
    weights = [array.size for layer in ours.model.layers for array in layer.parameters.values()]
    assert sorted(weights) == sorted(parameter.numel() for parameter in theirs.model.parameters())
    assert type(ours.model.optimizer).__name__ == type(theirs.optimizer).__name__
    before = [array.copy() for array in ours.model.get_weights()], [each.clone() for each in theirs.model.parameters()]
    for contender in (ours, theirs):
        contender.epoch(0)
        assert 0 <= contender.accuracy() <= 1
    after = ours.model.get_weights(), theirs.model.parameters()
    assert all(
        (new != old).any() for each, former in zip(after, before, strict=True) for new, old in zip(each, former, strict=True)
    )


def test_the_rates_of_one_cycle_are_those_of_our_schedule(small_mnist):
    torch = pytest.importorskip("torch")
    from benchmarks.peers.ours import OursFast
    from benchmarks.peers.with_torch import Torch

    job = Job(threads=1, batch_size=64, limit=320, cycle=True, data=str(small_mnist))
    ours, theirs, rates = OursFast(job), Torch(job), []
    theirs.optimizer.register_step_pre_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    theirs.epoch(0)
    assert isinstance(theirs.optimizer, torch.optim.Adadelta)
    assert rates == pytest.approx([3, 5.25, 3.75, 2.25, 0.75])
    schedule = ours.model.optimizer.learning_rate
    assert rates == pytest.approx([schedule(step) for step in range(5)])


def test_networks_are_written_out():
    network = [("conv", 3, 2), ("pool",), ("flatten",), ("dense", 10)]
    assert with_activations(network) == [("conv", 3, 2), ("relu",), *network[1:], ("softmax",)]
    assert with_activations(normalized(network))[:3] == [("conv", 3, 2), ("norm",), ("relu",)]
    # 2 · (27 · 27 · 3 · 4) · 2 passes, and 2 · (13 · 13 · 3 · 10) · 3 passes
    assert training_flop(network) == training_flop(normalized(network)) == 34_992 + 30_420
    assert training_flop(network, 4, 3) == 2 * 2 * 9 * 3 * 4 * 3 + 3 * 2 * 3 * 10


def test_pytorchs_convolution_equals_ours():
    torch = pytest.importorskip("torch")
    from benchmarks.peers.conv_shapes import SHAPES, conv_shape, tensors
    from benchmarks.peers.convolutions_torch import ways
    from nn.layers import Conv2D

    shape = conv_shape("small", (3, 9, 8, 5), (3, 2), 7, strides=(2, 1), padding="same")
    assert shape not in SHAPES
    x, dout, kernel = tensors(shape)
    layer = Conv2D(shape.F, (3, 2), (2, 1), "same")
    layer.build(x.shape[1:], np.random.default_rng(0), np.float32)
    layer.parameters["kernel"][...] = kernel
    out, cache = layer.forward(x)
    dx, grads = layer.backward(dout, cache)
    for layout in (torch.channels_last, torch.contiguous_format):
        calls = ways(shape, layout)
        theirs = [calls["forward"](), *calls["backward"]()]
        orders = ((0, 2, 3, 1), (0, 2, 3, 1), (2, 3, 1, 0), (0,))
        for ours, tensor, order in zip((out, dx, grads["kernel"], grads["bias"]), theirs, orders, strict=True):
            np.testing.assert_allclose(ours, tensor.detach().numpy().transpose(order), rtol=1e-4, atol=1e-4)


def test_keras_network_and_optimizer_are_the_students(small_mnist):
    pytest.importorskip("keras")
    pytest.importorskip("tensorflow")
    from benchmarks.peers.with_keras import build

    model = build(Job(threads=1))
    assert model.count_params() == 233_162
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.3, 0.5]
    assert [layer.activation.__name__ for layer in model.layers if hasattr(layer, "kernel")] == ["linear"] * 5
    assert [layer.activation.__name__ for layer in model.layers if "activation" in layer.name] == ["relu"] * 4 + ["softmax"]
