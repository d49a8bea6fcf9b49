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

from dataclasses import dataclass, field

import numpy as np
from plain_layers import Dropout, Softmax
from plain_rules import RULES

ORDER, KEYS = 1, 2


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
            layer.training = keys is not None
            x = layer.forward(x, keys.pop(0) if keys and isinstance(layer, Dropout) else None)
        return x

    def step(self, x, targets, counts, t, keys):
        """One batch, of which sample n counts `counts[n]` times: the sum of its losses, its right
        answers, and new weights.
        """
        probabilities = self.forward(x, list(keys))
        dout = -targets / probabilities / len(x)
        if isinstance(self.layers[-1], Softmax):
            # The chain rule through softmax and logarithm, without dividing by a probability that
            # may be 0.
            dout = (probabilities * targets.sum(axis=1, keepdims=True) - targets) / len(x)
        dout = dout * counts[:, None]
        for layer in reversed(self.layers[:-1] if isinstance(self.layers[-1], Softmax) else self.layers):
            dout = layer.backward(dout)
        self._update(t)
        return (counts * losses(probabilities, targets)).sum(), right(probabilities, targets)

    def _update(self, t):
        rate = self.rate(t) if callable(self.rate) else self.rate
        for layer, slots, averages in zip(self.layers, self.slots, self.averages, strict=True):
            for k, gradient in enumerate(layer.gradients):
                w = layer.weights[k] - rate * self.weight_decay * layer.weights[k]
                layer.weights[k], slots[k] = RULES[self.rule](w, gradient, slots[k], rate, t + 1, self.options)
                if self.ema_momentum is not None:
                    m, before = self.ema_momentum, averages[k]
                    averages[k] = layer.weights[k] if before is None else m * before + (1 - m) * layer.weights[k]

    def fit(self, x, targets, *, batch_size, epochs, seed, shuffle=True, validation=None, counts=None):
        """`epochs` epochs over x (N, ...) with targets (N, K), of which sample n counts `counts[n]`
        times; returns the final weights and averages, layer by layer.
        """
        counts = np.ones(len(x)) if counts is None else counts
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
                loss, count = self.step(x[batch], targets[batch], counts[batch], t, keys)
                loss_sum, hits = loss_sum + loss, hits + count
            if epoch + 1 == epochs and self.ema_momentum is not None:
                for layer, averages in zip(self.layers, self.averages, strict=True):
                    layer.weights[:] = averages
            self.history.append({"loss": loss_sum / len(x), "accuracy": hits / len(x)})
            if validation is not None:
                probabilities = self.forward(validation[0])
                self.history[-1]["val_loss"] = losses(probabilities, validation[1]).mean()
                self.history[-1]["val_accuracy"] = right(probabilities, validation[1]) / len(validation[0])
        return [array for layer in self.layers for array in (*layer.weights, *layer.state)]


def losses(probabilities, targets):
    """The loss of each sample: -Σ_k t_k log p_k."""
    return -np.where(targets > 0, targets * np.log(np.where(targets > 0, probabilities, 1)), 0).sum(axis=1)


def right(probabilities, targets):
    """How many samples have their greatest probability where the greatest target is."""
    return int((probabilities.argmax(axis=1) == targets.argmax(axis=1)).sum())
