"""A model as an ONNX file, for other programs.

Images are NHWC here and NCHW in ONNX. The file's input stays NHWC, as everywhere in this project;
the graph transposes where a convolution or a pooling needs it, and back before `Flatten`, so that
the weights of a `Dense` layer stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn.errors import InputError
from nn.io.model_file import PACKAGE_LAYERS
from nn.layers import (
    ELU,
    GELU,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    LeakyReLU,
    Linear,
    MaxPooling2D,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    ZeroPadding2D,
)
from nn.layers.arguments import Shape
from nn.layers.global_pooling import GlobalPooling2D
from nn.layers.pooling import Pooling2D
from nn.layers.stack import split_softmax
from nn.models import Sequential

INPUT, PROBABILITIES, OTHER_OUTPUT, BATCH = "images", "probabilities", "outputs", "batch"
# Any ONNX Runtime since 1.13 (2022) runs these.
OPSET, IR_VERSION = 17, 8
# Layers that are one ONNX operator without attributes.
OPERATORS: dict[type[Layer], str] = {ReLU: "Relu", Sigmoid: "Sigmoid", Softplus: "Softplus", Tanh: "Tanh"}
REDUCTIONS: dict[type[Layer], str] = {GlobalAveragePooling2D: "ReduceMean", GlobalMaxPooling2D: "ReduceMax"}


def onnx_file(model: Sequential, name: str) -> bytes:
    """The bytes of an ONNX file that computes what `model.predict` computes, with the model's card
    as metadata.

    Input `images` has the shape (batch, *input_shape), and the output (batch, *output_shape),
    float32, for any batch. The output is called `probabilities` if the model ends in softmax, else
    `outputs`.

    Raises:
        InputError: a layer that has no counterpart in ONNX, or the package `onnx` is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise InputError('--onnx needs the package onnx, which is not installed: pip install "numba-cnn[onnx]"') from error
    from onnx import TensorProto, helper

    output = PROBABILITIES if split_softmax(model.layers)[1] else OTHER_OUTPUT
    graph = _Graph(name)
    for layer in model.layers:
        graph.add_layer(layer)
    graph.finish(output)
    shapes = {INPUT: model.input_shape, output: model.output_shape}
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, [BATCH, *shape]) for end, shape in shapes.items()]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "numba-cnn", ends[:1], ends[1:], graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="numba-cnn",
        producer_version=_version(),
        doc_string="Images are (batch, height, width, channels), float32 in [0, 1], white ink on black.",
    )
    helper.set_model_props(made, {"card": json.dumps(model.card)})
    onnx.checker.check_model(made, full_check=True)
    content: bytes = made.SerializeToString()
    return content


class _Graph:
    """Nodes and weights as they are added, one layer after another."""

    def __init__(self, model: str) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._model = model
        self._value = INPUT
        self._layer = ""
        self._shape: Shape = ()
        self._channels_first = False

    def add_layer(self, layer: Layer) -> None:
        """What a layer computes when it predicts."""
        self._layer, self._shape = layer.name, layer.input_shape
        match layer:
            case _ if type(layer) not in PACKAGE_LAYERS.values():
                kind = type(layer).__name__
                raise InputError(f"{self._model}: expected layers of this package, got {layer.name}, which is a {kind}")
            case Conv2D():
                self._turn(channels_first=True)
                kernel = self._weight("kernel", layer.parameters["kernel"].transpose(3, 2, 0, 1))
                bias = self._weight("bias", layer.bias())
                self._add("Conv", [kernel, bias], **_window(layer, layer.kernel_size))
            case Dense():
                self._add("MatMul", [self._weight("kernel", layer.parameters["kernel"])])
                self._add("Add", [self._weight("bias", layer.bias())])
            case BatchNormalization():
                self._turn(channels_first=True)
                arrays = {"gamma": layer.gamma(), "beta": layer.beta(), **layer.state}
                weights = [self._weight(name, array) for name, array in arrays.items()]
                self._add("BatchNormalization", weights, epsilon=layer.epsilon)
            case MaxPooling2D():
                self._turn(channels_first=True)
                self._add("MaxPool", **_window(layer, layer.pool_size))
            case AveragePooling2D():
                self._turn(channels_first=True)
                self._add("AveragePool", count_include_pad=0, **_window(layer, layer.pool_size))
            case GlobalPooling2D():
                axes = [2, 3] if self._channels_first else [1, 2]
                self._add(REDUCTIONS[type(layer)], axes=axes, keepdims=int(layer.keepdims))
            case ZeroPadding2D():
                ends = zip(*layer.padding, strict=True)  # (above, left), then (below, right)
                sides = [[0, 0, *end] if self._channels_first else [0, *end, 0] for end in ends]
                self._add("Pad", [self._weight("padding", np.ravel(sides))])
            case Flatten() | Reshape():
                self._turn(channels_first=False)
                shape = np.array([0, *layer.output_shape], np.int64)  # 0 keeps the size of the batch
                self._add("Reshape", [self._weight("shape", shape)])
            case Dropout():
                pass  # it does nothing after training
            case _:
                self._activate(layer)
        self._shape = layer.output_shape
        if isinstance(layer, Conv2D | Dense):
            self._activate(layer.activation)

    def finish(self, output: str) -> None:
        """Call the last value by its name in the file."""
        self._turn(channels_first=False)
        if self._value == INPUT:
            self._add("Identity")
        self.nodes[-1].output[0] = output

    def _activate(self, activation: Layer) -> None:
        """An activation, whether it is a layer of its own or follows a layer's sum."""
        x = self._value
        match activation:
            case Linear():
                pass
            case Activation():
                self._activate(activation.activation)
            case LeakyReLU():
                self._add("LeakyRelu", alpha=activation.negative_slope)
            case ELU():
                self._add("Elu", alpha=activation.alpha)
            case SiLU():
                self._add("Sigmoid")
                self._add("Mul", [x])
            case GELU():  # x · (erf(x / √2) + 1) / 2
                self._add("Mul", [self._weight(f"number_{len(self.nodes)}", 0.5**0.5)])
                self._add("Erf")
                self._add("Add", [self._weight(f"number_{len(self.nodes)}", 1.0)])
                self._add("Mul", [x])
                self._add("Mul", [self._weight(f"number_{len(self.nodes)}", 0.5)])
            case Softmax():
                self._add("Softmax", axis=-1)
            case _:
                self._add(OPERATORS[type(activation)])

    def _turn(self, channels_first: bool) -> None:
        """Bring the axes of the value into the order that the next node needs."""
        if channels_first == self._channels_first:
            return
        self._channels_first = channels_first
        last = len(self._shape)
        if last > 1:
            places = range(1, last)
            self._add("Transpose", perm=[0, last, *places] if channels_first else [0, *(place + 1 for place in places), 1])

    def _add(self, operator: str, weights: Sequence[str] = (), **attributes: Any) -> None:
        from onnx import helper

        name = f"{self._layer}/{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self._value, *weights], [name], name=name, **attributes))
        self._value = name

    def _weight(self, name: str, values: ArrayLike) -> str:
        from onnx import numpy_helper

        array = np.asarray(values)
        dtype = np.int64 if array.dtype == np.int64 else np.float32
        full_name = f"{self._layer}/{name}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype, order="C"), full_name))
        return full_name


def _window(layer: Conv2D | Pooling2D, size: tuple[int, int]) -> dict[str, Any]:
    """A sliding window as ONNX describes it; its padding is rows above, columns left, rows below,
    columns right.
    """
    (above, below), (left, right) = layer.padding_sizes
    return {"kernel_shape": size, "strides": layer.strides, "pads": [above, left, below, right]}


def _version() -> str:
    try:
        return version("numba-cnn")
    except PackageNotFoundError:
        return ""
