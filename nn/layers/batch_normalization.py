"""BatchNormalization: every channel with mean 0 and variance 1 over the batch, then scaled and
shifted as training likes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.errors import InputError
from nn.layers.arguments import Shape
from nn.layers.base import Gradients, Layer, RandomKey, initializer_configs
from nn.layers.initializers import Initializer, initializer_named
from nn.layers.regularizers import Regularizer


class BatchNormalization(Layer):
    """Gives each channel the mean β and the standard deviation γ, whatever the layers before it
    do.

    Shapes: x and out (N, ..., C); γ, β and the two moving averages (C,). There are M values of a
    channel: N samples, or N·H·W pixels. Below, r counts them.

    Forward, training, channel by channel:

        μ = Σ_r x_r / M,    σ² = Σ_r (x_r - μ)² / M,    y_r = (x_r - μ) / √(σ² + ε),    out_r = γ y_r + β

    Forward, otherwise: the same with moving averages in place of μ and σ², so that a sample's output does not depend on its
    neighbours. They are state: after each batch, average ← m · average + (1 - m) · (μ or σ²), m = `momentum`.

    Backward: with s = √(σ² + ε). β touches every out_r with factor 1, γ with factor y_r:

        dβ = Σ_r dout_r,    dγ = Σ_r dout_r y_r

    x_r touches its own y_r with factor 1/s. It also touches every y_q through μ, with factor -1 /
    (M s), and through σ²: from ∂σ²/∂x_r = 2 (x_r - μ) / M and ∂y_q/∂σ² = -y_q / (2 s²), with
    factor -y_q y_r / (M s). The sum of the three is

        dx_r = γ / s · (dout_r - dβ / M - y_r dγ / M).

    So dx has no mean and no part along y: moving or scaling all x_r together changes nothing, and
    costs nothing. Outside of training μ and σ² are constants, and dx_r = γ / s · dout_r.

    Saved: y, s, μ and σ².

    A layer with `trainable = False` uses its moving averages in training too, and leaves them as
    they are, as in Keras.

    Args:
        axis: of the channels; the last is the one there is.
        momentum: m.
        epsilon: ε, which keeps s from 0.
        center, scale: whether there is a β and a γ.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer:
            where they start.
        beta_regularizer, gamma_regularizer: see `nn/layers/regularizers.py`.

    Example: x = (1, 5) has μ = 3 and σ² = 4, so with ε = 0 y = (-1, 1). γ = 10 and β = 7 give (-3,
    17). dout = (1, 0) gives dβ = 1, dγ = -1 and dx = 10 / 2 · (1 - 1/2 - 1/2, 0 - 1/2 + 1/2) = 0:
    two values are always normalized to ±1.

        >>> layer = BatchNormalization(epsilon=1e-12)
        >>> layer.build((1,), np.random.default_rng(0), np.float64)
        >>> layer.parameters["gamma"][:], layer.parameters["beta"][:] = 10, 7
        >>> out, cache = layer.forward(np.array([[1.0], [5.0]]), training=True)
        >>> dx, gradients = layer.backward(np.array([[1.0], [0.0]]), cache)
        >>> out.round(6).tolist(), np.abs(dx).round(6).tolist(), {name: g.round(6).tolist() for name, g in gradients.items()}
        ([[-3.0], [17.0]], [[0.0], [0.0]], {'gamma': [-1.0], 'beta': [1.0]})
        >>> layer.update_state(cache)
        >>> {name: array.round(6).tolist() for name, array in layer.state.items()}
        {'moving_mean': [0.03], 'moving_variance': [1.03]}

    References:
        S. Ioffe, C. Szegedy: Batch normalization: accelerating deep network training by reducing
            internal covariate shift, 2015.
    """

    whole_batch = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        moving_mean_initializer: str | Initializer = "zeros",
        moving_variance_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if isinstance(axis, list | tuple) and len(axis) == 1:
            axis = axis[0]
        if not isinstance(momentum, int | float) or not 0 <= momentum < 1:
            raise InputError(f"BatchNormalization: momentum must be at least 0 and below 1, got {momentum!r}")
        if not isinstance(epsilon, int | float) or not 0 < epsilon < np.inf:
            raise InputError(f"BatchNormalization: epsilon must be a number above 0, got {epsilon!r}")
        self.axis, self.momentum, self.epsilon = axis, float(momentum), float(epsilon)
        self.center, self.scale = bool(center), bool(scale)
        self.initializers = {
            "gamma": initializer_named(gamma_initializer, "BatchNormalization"),
            "beta": initializer_named(beta_initializer, "BatchNormalization"),
            "moving_mean": initializer_named(moving_mean_initializer, "BatchNormalization"),
            "moving_variance": initializer_named(moving_variance_initializer, "BatchNormalization"),
        }
        self.regularize(gamma=gamma_regularizer if scale else None, beta=beta_regularizer if center else None)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's, if the axis is its last."""
        if self.axis not in (-1, len(input_shape)):
            expected = f"-1 or {len(input_shape)}, the last axis of samples of shape {input_shape}"
            raise InputError(f"BatchNormalization: axis must be {expected}, got {self.axis!r}")
        return input_shape

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """γ and β, if there are any, and the moving averages: (C,)."""
        names = ["gamma"] * self.scale + ["beta"] * self.center + ["moving_mean", "moving_variance"]
        return dict.fromkeys(names, (input_shape[-1],))

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """γ = 1 and β = 0, a moving mean of 0 and a moving variance of 1, unless other
        initializers are given.
        """
        super().build(input_shape, rng, dtype)
        for name, shape in self.array_shapes(input_shape).items():
            add = self.add_state if name.startswith("moving") else self.add_parameter
            add(name, self.initializers[name](shape, rng), dtype)

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """out = γ (x - μ) / s + β."""
        x = np.ascontiguousarray(x)  # so that the order of the sums does not depend on how x lies in memory
        of_batch = training and self.trainable
        axes = tuple(range(x.ndim - 1))
        mean = x.mean(axis=axes) if of_batch else self.state["moving_mean"]
        variance = ((x - mean) ** 2).mean(axis=axes) if of_batch else self.state["moving_variance"]
        s = np.sqrt(variance + self.epsilon)
        y = (x - mean) / s
        return self.gamma() * y + self.beta(), (y, s, (mean, variance) if of_batch else None)

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """dx = γ / s · (dout - dβ / M - y dγ / M); dγ = Σ dout y and dβ = Σ dout."""
        y, s, moments = cache
        dout, axes = np.ascontiguousarray(dout), tuple(range(y.ndim - 1))
        dgamma, dbeta = (dout * y).sum(axis=axes), dout.sum(axis=axes)
        gradients = {"gamma": dgamma} if self.scale else {}
        gradients |= {"beta": dbeta} if self.center else {}
        factor = self.gamma() / s
        if moments is None:
            return factor * dout, gradients
        count = y.size // y.shape[-1]
        return factor * (dout - dbeta / count - y * (dgamma / count)), gradients

    def update_state(self, cache: Any) -> None:
        """Move both averages towards the batch's mean and variance."""
        *_, moments = cache
        if moments is not None:
            self.move_averages(*moments)

    def move_averages(self, mean: NDArray, variance: NDArray) -> None:
        """average ← m · average + (1 - m) · value."""
        for name, value in (("moving_mean", mean), ("moving_variance", variance)):
            average = self.state[name]
            average[...] = self.momentum * average + (1 - self.momentum) * value

    def gamma(self) -> NDArray:
        """γ, or ones."""
        return self.parameters["gamma"] if self.scale else np.ones_like(self.state["moving_mean"])

    def beta(self) -> NDArray:
        """β, or zeros."""
        return self.parameters["beta"] if self.center else np.zeros_like(self.state["moving_mean"])

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        defaults = {"gamma": "ones", "beta": "zeros", "moving_mean": "zeros", "moving_variance": "ones"}
        own = {"axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon, "center": self.center, "scale": self.scale}
        return {**super().config(), **own, **initializer_configs(self.initializers, defaults)}
