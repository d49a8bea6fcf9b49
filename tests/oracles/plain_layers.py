"""Layers in plain NumPy, written from the mathematics, each with its weights and its gradients."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def random_bits(key, count):
    """32 random bits for each of the indices 0 ... count - 1: the finaliser of SplitMix64, in
    integers modulo 2^64.
    """
    with np.errstate(over="ignore"):
        z = np.uint64(key) + np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))) >> np.uint64(32)


def mask(key, rate, shape):
    """What dropout multiplies by: 0, or 1 / (1 - rate)."""
    kept = random_bits(key, math.prod(shape)) >= np.uint64(int(rate * 2**32))
    return kept.reshape(shape) / (1 - rate)


def padding(size, window, stride, mode):
    """Zeros before and after one axis: "same" gives ceil(size / stride) positions, and an odd zero
    goes to the end.
    """
    if mode == "valid":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def windows_of(x, size, strides):
    """(N, OH, OW, C, KH, KW): every window of x (N, H, W, C)."""
    return sliding_window_view(x, size, axis=(1, 2))[:, :: strides[0], :: strides[1]]


def softmax(z):
    """exp(z) / Σ exp(z) over the last axis."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Plain:
    """A layer without parameters; here the one that changes nothing."""

    def __init__(self, config, weights=()):
        self.config, self.weights, self.state, self.gradients = config, list(weights)[:2], list(weights)[2:], []
        self.training = True

    def forward(self, x, key):
        return x

    def backward(self, dout):
        return dout


class Dropout(Plain):
    def forward(self, x, key):
        self.mask = np.ones(x.shape) if key is None else mask(key, self.config["rate"], x.shape)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Flatten(Plain):
    def forward(self, x, key):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


class ReLU(Plain):
    def forward(self, x, key):
        self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, dout):
        return dout * self.positive


class Softmax(Plain):
    def forward(self, x, key):
        self.out = softmax(x)
        return self.out

    def backward(self, dout):
        return self.out * (dout - (dout * self.out).sum(axis=-1, keepdims=True))


class Dense(Plain):
    def forward(self, x, key):
        self.x = x
        return x @ self.weights[0] + self.weights[1]

    def backward(self, dout):
        self.gradients = [self.x.T @ dout, dout.sum(axis=0)]
        return dout @ self.weights[0].T


class Conv2D(Plain):
    def forward(self, x, key):
        kernel, bias = self.weights
        self.strides = self.config["strides"]
        self.pads = [
            padding(x.shape[axis + 1], kernel.shape[axis], self.strides[axis], self.config["padding"]) for axis in (0, 1)
        ]
        self.x = np.pad(x, ((0, 0), *self.pads, (0, 0)))
        windows = windows_of(self.x, kernel.shape[:2], self.strides)
        return np.tensordot(windows, kernel.transpose(2, 0, 1, 3), axes=3) + bias

    def backward(self, dout):
        kernel, _ = self.weights
        windows = windows_of(self.x, kernel.shape[:2], self.strides)
        dkernel = np.tensordot(windows, dout, axes=((0, 1, 2), (0, 1, 2))).transpose(1, 2, 0, 3)
        self.gradients = [dkernel, dout.sum(axis=(0, 1, 2))]
        dx = np.zeros_like(self.x)
        (rows, columns), (down, across) = dout.shape[1:3], self.strides
        for ki, kj in np.ndindex(*kernel.shape[:2]):
            dx[:, ki : ki + down * rows : down, kj : kj + across * columns : across][:, :rows, :columns] += (
                dout @ kernel[ki, kj].T
            )
        (above, below), (left, right) = self.pads
        return dx[:, above : dx.shape[1] - below, left : dx.shape[2] - right]


class MaxPooling2D(Plain):
    def forward(self, x, key):
        size, self.strides = self.config["pool_size"], self.config["strides"]
        self.pads = [padding(x.shape[axis + 1], size[axis], self.strides[axis], self.config["padding"]) for axis in (0, 1)]
        padded = np.pad(x, ((0, 0), *self.pads, (0, 0)), constant_values=-np.inf)
        self.shape = padded.shape
        windows = windows_of(padded, tuple(size), self.strides)
        flat = windows.reshape(*windows.shape[:4], -1)
        self.winner = flat.argmax(axis=-1)  # the first of equal maxima, in reading order
        return flat.max(axis=-1)

    def backward(self, dout):
        n, i, j, c = np.indices(dout.shape)
        a, b = np.divmod(self.winner, self.config["pool_size"][1])
        dx = np.zeros(self.shape)
        np.add.at(dx, (n, i * self.strides[0] + a, j * self.strides[1] + b, c), dout)
        (above, below), (left, right) = self.pads
        return dx[:, above : dx.shape[1] - below, left : dx.shape[2] - right]


class BatchNormalization(Plain):
    """Ioffe, Szegedy 2015, algorithms 1 and 2. The gradient for x follows the chain rule through the
    variance and the mean, as in the paper's section 3.
    """

    def forward(self, x, key):
        gamma, beta = self.weights
        self.axes = tuple(range(x.ndim - 1))
        mean, variance = (self.state[:2]) if not self.training else (x.mean(axis=self.axes), x.var(axis=self.axes))
        if self.training:
            m = self.config["momentum"]
            self.state[:] = [m * old + (1 - m) * new for old, new in zip(self.state, (mean, variance), strict=True)]
        self.centred, self.root = x - mean, np.sqrt(variance + self.config["epsilon"])
        return gamma * self.centred / self.root + beta

    def backward(self, dout):
        count = dout.size // dout.shape[-1]
        self.gradients = [(dout * self.centred / self.root).sum(axis=self.axes), dout.sum(axis=self.axes)]
        dnormal = dout * self.weights[0]
        dvariance = (dnormal * self.centred).sum(axis=self.axes) * -0.5 / self.root**3
        dmean = -(dnormal / self.root).sum(axis=self.axes) - 2 * dvariance * self.centred.mean(axis=self.axes)
        return dnormal / self.root + 2 * dvariance * self.centred / count + dmean / count


ACTIVATIONS = {"relu": ReLU, "softmax": Softmax}
KINDS = {kind.__name__: kind for kind in (Dense, Conv2D, MaxPooling2D, Dropout, Flatten, ReLU, Softmax, BatchNormalization)}


def network_of(model):
    """The layers of a built model, with copies of its weights in float64; an activation is a layer
    of its own here.
    """
    weights, layers = iter(np.array(array, np.float64) for array in model.get_weights()), []
    for layer in model.layers:
        config = layer.config()
        kind = KINDS[type(layer).__name__]
        layers.append(kind(config, [next(weights) for _ in range({Dense: 2, Conv2D: 2, BatchNormalization: 4}.get(kind, 0))]))
        if config.get("activation", "linear") != "linear":
            layers.append(ACTIVATIONS[config["activation"]]({}))
    return layers
