"""The peers train the same network with the same recipe. Each test needs its framework."""

import pytest

from benchmarks.peers.contender import Job
from benchmarks.peers.network import student_network


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


def test_pytorchs_convolution_equals_ours():
    torch = pytest.importorskip("torch")
    import numpy as np

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

    model = build(student_network(), 28)
    assert model.count_params() == 233_162
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.3, 0.5]
    assert [layer.activation.__name__ for layer in model.layers if hasattr(layer, "kernel")] == ["relu"] * 4 + ["softmax"]
