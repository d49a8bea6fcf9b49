"""A whole training in plain NumPy, written from the mathematics: no kernel, no plan, no layer of
the package.

It takes a model's layers only as a description (`config()`) and its weights as arrays. What it
shares with the package is what the package documents as functions of seed, epoch and step:

- The order of epoch e is `default_rng([1, seed, e]).permutation(N)`; batches are taken from it in
  turn, and the last one may be smaller.
- In step t, counted over the whole training, the random layers get the keys
  `default_rng([2, seed, t]).integers(2**63, size=number of random layers)`, in their order.
- Dropout keeps element i of the flattened batch if `random_bits(key, i) >= rate * 2**32`; those
  that are kept are divided by 1 - rate.
- A schedule is called with t.

Axis letters as in the layers: n, i, j are sample, row and column of the output, ki and kj of the
kernel, c and f channels. The loss is the mean over the batch's samples, so the division by N
happens once, there.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ORDER, KEYS = 1, 2


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


# -- Layers: forward keeps what backward needs, backward fills `gradients` -------------------------------------------------------


class Plain:
    """A layer without parameters; here the one that changes nothing."""

    def __init__(self, config, weights=()):
        self.config, self.weights, self.gradients = config, list(weights), []

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


ACTIVATIONS = {"relu": ReLU, "softmax": Softmax}
KINDS = {kind.__name__: kind for kind in (Dense, Conv2D, MaxPooling2D, Dropout, Flatten, ReLU, Softmax)}


def network_of(model):
    """The layers of a built model, with copies of its weights in float64; an activation is a layer
    of its own here.
    """
    weights, layers = iter(np.array(array, np.float64) for array in model.get_weights()), []
    for layer in model.layers:
        config = layer.config()
        kind = KINDS[type(layer).__name__]
        layers.append(kind(config, [next(weights), next(weights)] if kind in (Dense, Conv2D) else []))
        if config.get("activation", "linear") != "linear":
            layers.append(ACTIVATIONS[config["activation"]]({}))
    return layers


# -- Optimizers: a function of (weight, gradient, slots, rate) that returns the new weight and slots -----------------------------


def sgd(w, g, slots, rate, options):
    """w - η g."""
    return w - rate * g, slots


def adadelta(w, g, slots, rate, options):
    """Zeiler 2012, algorithm 1."""
    rho, epsilon = options.get("rho", 0.95), options.get("epsilon", 1e-7)
    squares, updates = slots or (np.zeros_like(w), np.zeros_like(w))
    squares = rho * squares + (1 - rho) * g**2
    update = np.sqrt(updates + epsilon) / np.sqrt(squares + epsilon) * g
    return w - rate * update, (squares, rho * updates + (1 - rho) * update**2)


RULES = {"sgd": sgd, "adadelta": adadelta}


# -- Training --------------------------------------------------------------------------------------------------------------------


@dataclass
class Training:
    """A training that can be continued.

    Attributes:
        layers: as `network_of` makes them.
        rule, rate, options: the optimizer's name, its learning rate (a number or a function of t), and its constants.
        weight_decay: λ; every step begins with w ← w - η λ w.
        ema_momentum: m of the weights' moving average, which replaces them at the end; None for none.
        history: loss and accuracy of each epoch, and those of the validation.
    """

    layers: list
    rule: str = "adadelta"
    rate: object = 1.0
    options: dict = field(default_factory=dict)
    weight_decay: float = 0.0
    ema_momentum: float | None = None
    history: list = field(default_factory=list)

    def __post_init__(self):
        self.slots = [[() for _ in layer.weights] for layer in self.layers]
        self.averages = [[None for _ in layer.weights] for layer in self.layers]

    def forward(self, x, keys=None):
        """The network's output; with keys for the dropout layers it is a training pass."""
        for layer in self.layers:
            x = layer.forward(x, keys.pop(0) if keys and isinstance(layer, Dropout) else None)
        return x

    def step(self, x, targets, t, keys):
        """One batch: the sum of its losses, its right answers, and new weights."""
        probabilities = self.forward(x, list(keys))
        dout = -targets / probabilities / len(x)
        if isinstance(self.layers[-1], Softmax):
            # The chain rule through softmax and logarithm, without dividing by a probability that
            # may be 0.
            dout = (probabilities * targets.sum(axis=1, keepdims=True) - targets) / len(x)
        for layer in reversed(self.layers[:-1] if isinstance(self.layers[-1], Softmax) else self.layers):
            dout = layer.backward(dout)
        self._update(t)
        return losses(probabilities, targets).sum(), right(probabilities, targets)

    def _update(self, t):
        rate = self.rate(t) if callable(self.rate) else self.rate
        for layer, slots, averages in zip(self.layers, self.slots, self.averages, strict=True):
            for k, gradient in enumerate(layer.gradients):
                w = layer.weights[k] - rate * self.weight_decay * layer.weights[k]
                layer.weights[k], slots[k] = RULES[self.rule](w, gradient, slots[k], rate, self.options)
                if self.ema_momentum is not None:
                    m, before = self.ema_momentum, averages[k]
                    averages[k] = layer.weights[k] if before is None else m * before + (1 - m) * layer.weights[k]

    def fit(self, x, targets, *, batch_size, epochs, seed, shuffle=True, validation=None):
        """`epochs` epochs over x (N, ...) with targets (N, K); returns the final weights, layer by
        layer.
        """
        batch_size = min(batch_size, len(x))
        steps = -(-len(x) // batch_size)
        dropouts = sum(isinstance(layer, Dropout) for layer in self.layers)
        for epoch in range(epochs):
            order = np.random.default_rng([ORDER, seed, epoch]).permutation(len(x)) if shuffle else np.arange(len(x))
            loss_sum, hits = 0.0, 0
            for step in range(steps):
                t = epoch * steps + step
                keys = np.random.default_rng([KEYS, seed, t]).integers(2**63, size=dropouts)
                batch = order[step * batch_size : (step + 1) * batch_size]
                loss, count = self.step(x[batch], targets[batch], t, keys)
                loss_sum, hits = loss_sum + loss, hits + count
            if epoch + 1 == epochs and self.ema_momentum is not None:
                for layer, averages in zip(self.layers, self.averages, strict=True):
                    layer.weights[:] = averages
            self.history.append({"loss": loss_sum / len(x), "accuracy": hits / len(x)})
            if validation is not None:
                probabilities = self.forward(validation[0])
                self.history[-1]["val_loss"] = losses(probabilities, validation[1]).mean()
                self.history[-1]["val_accuracy"] = right(probabilities, validation[1]) / len(validation[0])
        return [array for layer in self.layers for array in layer.weights]


def losses(probabilities, targets):
    """The loss of each sample: -Σ_k t_k log p_k."""
    return -np.where(targets > 0, targets * np.log(np.where(targets > 0, probabilities, 1)), 0).sum(axis=1)


def right(probabilities, targets):
    """How many samples have their greatest probability where the greatest target is."""
    return int((probabilities.argmax(axis=1) == targets.argmax(axis=1)).sum())
