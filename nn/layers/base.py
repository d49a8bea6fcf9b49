"""What every layer is: parameters, perhaps state, a forward pass and a backward pass.

A layer keeps its parameters and nothing of a pass. `forward` returns its output and a cache of
exactly what `backward` needs; `backward` returns the gradient for the input and one for each
parameter. So several chunks of a batch can pass through the same layer at once, and a layer of
your own takes fifteen lines:

    import numpy as np
    from nn.layers import Layer

    class Scale(Layer):
        def build(self, input_shape, rng, dtype):
            super().build(input_shape, rng, dtype)
            self.add_parameter("factor", np.ones(input_shape[-1]), dtype)

        def forward(self, x, training=False, rng=None):
            return x * self.parameters["factor"], x

        def backward(self, dout, cache):
            x = cache
            dfactor = (dout * x).sum(axis=tuple(range(x.ndim - 1)))
            return dout * self.parameters["factor"], {"factor": dfactor}

A checklist for a new layer:

1. `forward` and `backward`, derived in the docstring. Both leave their inputs and the layer as
   they are. Gradients are sums over the batch; the loss has divided by N already.
2. `build` calls `super().build` first, then `add_parameter` for what is trained and `add_state`
   for what is only kept.
3. `compute_output_shape`, if it differs from the input's; it raises `InputError` for inputs that
   the layer cannot take.
4. If it has arguments, `__init__` and `config` as in `Clip` below. `config` returns the arguments,
   merged into `super().config()`: a saved model makes the layer again from these, so what is
   missing is lost, such as the layer's name, `trainable` and the regularizers.
5. `random = True`, if `forward` draws random numbers when training. `rng` is then a number that is
   new in every batch: `np.random.default_rng(rng)` is a generator.
6. `whole_batch = True`, if an output depends on more than its own sample, as in batch
   normalization.
7. State changes in `update_state`, from the cache, once a batch; never in `forward`.
8. `check_layer(MyLayer(), input_shape=(5, 4))` of `nn.gradcheck` passes.

A layer with arguments keeps its own and passes the others on:

    class Clip(Layer):
        def __init__(self, most, **options):
            super().__init__(**options)
            self.most = float(most)

        def forward(self, x, training=False, rng=None):
            return np.minimum(x, self.most), x < self.most

        def backward(self, dout, cache):
            passes = cache
            return dout * passes, {}

        def config(self):
            return {**super().config(), "most": self.most}

Such a layer trains with `Sequential.fit` in both engines; `load_model(path,
custom_layers=[Scale])` reads it back. A layer of the package also needs

- in `nn/layers/__init__.py`, its import and its name in `__all__`, where model files look it up;
- `array_shapes`, if it has parameters or state, so that a file is checked before anything is
  allocated;
- cases in `nn/gradcheck/cases.py` and in `tests/layers/layer_table.py`, and tests of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nn.errors import InputError
from nn.kernels.memory import aligned_copy
from nn.layers.arguments import Shape, sizes
from nn.layers.initializers import Initializer, initializer_named
from nn.layers.regularizers import Regularizer, regularizer_named
from nn.utils.signatures import signature_of
from nn.utils.symbols import LayerHabits

Gradients = dict[str, NDArray]
# What a random layer is given when training: a key, or a generator to draw one from. None draws
# from the operating system.
RandomKey = np.random.Generator | int | None


class Layer(LayerHabits):
    """The base of all layers. Shapes given to `build` are those of one sample; arrays have the
    sample axis N in front.

    Attributes:
        name: unique in its model, which numbers its layers where no name is given.
        parameters: arrays by name, changed in place by the optimizer.
        state: arrays by name that no optimizer touches, such as moving averages; saved and
            restored with the parameters.
        input_shape, output_shape: of one sample, known once built.
        trainable: whether a training changes the parameters; read when it starts.
        regularizers: what large values of a parameter cost, by its name
            (`nn/layers/regularizers.py`).
        random: whether `forward` draws random numbers when training.
        whole_batch: whether an output depends on other samples of the batch when training.
    """

    random = False
    whole_batch = False

    def __init__(
        self, *, name: str | None = None, input_shape: Shape | None = None, trainable: bool = True, **unknown: object
    ) -> None:
        if unknown:
            known = ", ".join(_arguments(type(self)))
            raise InputError(f"{type(self).__name__}: there is no argument {next(iter(unknown))!r}, only {known}")
        self.name = name or ""
        self.trainable = bool(trainable)
        self.regularizers: dict[str, Regularizer] = {}
        self.given_input_shape = None if input_shape is None else sizes(input_shape, type(self).__name__)
        self.parameters: dict[str, NDArray] = {}
        self.state: dict[str, NDArray] = {}
        self.input_shape: Shape = ()
        self.output_shape: Shape = ()
        self.built = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Copies and unpickled layers: their arrays, too, are aligned as the kernels need it."""
        vars(self).update(state)
        self.parameters = {name: aligned_copy(array) for name, array in self.parameters.items()}
        self.state = {name: aligned_copy(array) for name, array in self.state.items()}

    def build(self, input_shape: Shape, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Store the shapes. Layers with parameters or state override this, and create them."""
        self.input_shape = tuple(input_shape)
        self.output_shape = self.compute_output_shape(self.input_shape)
        self.parameters, self.state = {}, {}
        self.built = True

    def add_parameter(self, name: str, value: ArrayLike, dtype: DTypeLike) -> None:
        """Keep a copy of `value` as the trained parameter `name`."""
        self._check_free(name)
        self.parameters[name] = aligned_copy(np.asarray(value), dtype)

    def add_state(self, name: str, value: ArrayLike, dtype: DTypeLike) -> None:
        """Keep a copy of `value` as `state[name]`: saved and restored, but not trained."""
        self._check_free(name)
        self.state[name] = aligned_copy(np.asarray(value), dtype)

    def _check_free(self, name: str) -> None:
        if name in self.arrays():
            raise InputError(f"{type(self).__name__}: there is a parameter or state {name!r} already")

    def arrays(self) -> dict[str, NDArray]:
        """Parameters, then state, by name: all that a file keeps of a layer."""
        return {**self.parameters, **self.state}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output sample; `InputError` if the layer cannot take such an input."""
        return input_shape

    def array_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shapes of the parameters and the state that `build` will create.

        Layers of the package state them, so that a file is checked before anything is allocated. A
        layer of your own is built to find out.
        """
        if type(self).build is Layer.build:
            return {}
        probe = type(self)(**self.config())
        probe.build(input_shape, np.random.default_rng(0), np.float32)
        return {name: array.shape for name, array in probe.arrays().items()}

    def forward(self, x: NDArray, training: bool = False, rng: RandomKey = None) -> tuple[NDArray, Any]:
        """The output for x (N, *input_shape), and the cache for `backward`. Only random layers use
        `rng`, when training.
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward pass")

    def backward(self, dout: NDArray, cache: Any) -> tuple[NDArray, Gradients]:
        """The gradients for x and for each parameter from dout = ∂loss/∂out. Changes neither dout,
        the cache nor the layer.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward pass")

    def update_state(self, cache: Any) -> None:
        """Change `state` in place, from the cache of a training pass over the whole batch. Called
        once a batch.
        """

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, as JSON can hold them; those at their defaults
        may be left out.
        """
        frozen = {} if self.trainable else {"trainable": False}
        regularizers = {f"{name}_regularizer": each.config() for name, each in self.regularizers.items()}
        return {"name": self.name, **frozen, **regularizers}

    def regularize(self, **regularizers: Any) -> None:
        """Keep the given regularizers: objects or names, by the parameter's name."""
        for name, given in regularizers.items():
            if (regularizer := regularizer_named(given, type(self).__name__)) is not None:
                self.regularizers[name] = regularizer

    def penalty(self) -> float:
        """What the regularizers add to the loss."""
        return sum(regularizer(self.parameters[name]) for name, regularizer in self.regularizers.items())

    def count_parameters(self) -> int:
        """The number of values, trained or kept, as Keras counts them."""
        return sum(array.size for array in self.arrays().values())


def initializer_configs(initializers: Mapping[str, Initializer], defaults: Mapping[str, str]) -> dict[str, Any]:
    """For a `config`: the initializers of those parameters that have another than the default."""
    return {
        f"{name}_initializer": each.config()
        for name, each in initializers.items()
        if each.config() != initializer_named(defaults[name], name).config()
    }


def _arguments(kind: type[Layer]) -> list[str]:
    """The names of the arguments of a layer's constructor, then those that all layers have."""
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    parameters = [*signature_of(kind).parameters.values(), *signature_of(Layer).parameters.values()]
    return list(dict.fromkeys(each.name for each in parameters if each.kind in named))
