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

from nn.errors import InputError
from nn.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D, ReLU, Softmax
from nn.models import Sequential

INPUT, OUTPUT, BATCH = "images", "probabilities", "batch"
# Any ONNX Runtime since 1.13 (2022) runs these.
OPSET, IR_VERSION = 17, 8
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def onnx_file(model: Sequential, name: str) -> bytes:
    """The bytes of an ONNX file that computes what `model.predict` computes, with the model's card
    as metadata.

    Input `images` has the shape (batch, *input_shape) and output `probabilities` (batch,
    *output_shape), float32, for any batch.

    Raises:
        InputError: a layer that has no counterpart in ONNX, or the package `onnx` is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise InputError("--onnx needs the package onnx: pip install onnx") from error
    from onnx import TensorProto, helper

    graph = _Graph(name)
    for layer in model.layers:
        graph.add_layer(layer)
    graph.finish()
    shapes = {INPUT: model.input_shape, OUTPUT: model.output_shape}
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
        self._channels_first = False

    def add_layer(self, layer: Layer) -> None:
        """What a layer computes when it predicts."""
        match layer:
            case Conv2D():
                self._turn(channels_first=True)
                kernel = self._weight(f"{layer.name}/kernel", layer.parameters["kernel"].transpose(3, 2, 0, 1))
                bias = self._weight(f"{layer.name}/bias", layer.bias())
                self._add("Conv", layer.name, [kernel, bias], **_window(layer, layer.kernel_size))
                self._activate(layer.activation_name, layer.name, ranks=len(layer.output_shape))
            case MaxPooling2D():
                self._turn(channels_first=True)
                self._add("MaxPool", layer.name, **_window(layer, layer.pool_size))
            case Dense():
                self._add("MatMul", layer.name, [self._weight(f"{layer.name}/kernel", layer.parameters["kernel"])])
                self._add("Add", f"{layer.name}/sum", [self._weight(f"{layer.name}/bias", layer.bias())])
                self._activate(layer.activation_name, layer.name, ranks=len(layer.output_shape))
            case Flatten():
                self._turn(channels_first=False)
                shape = np.array([-1, *layer.output_shape], np.int64)
                self._add("Reshape", layer.name, [self._weight(f"{layer.name}/shape", shape)])
            case ReLU():
                self._activate("relu", layer.name, ranks=len(layer.output_shape))
            case Softmax():
                self._activate("softmax", layer.name, ranks=len(layer.output_shape))
            case Dropout():
                pass  # it does nothing after training
            case _:
                kind = type(layer).__name__
                raise InputError(f"{self._model}: expected layers that ONNX export knows, got a {kind} layer")

    def finish(self) -> None:
        """Call the last value by its name in the file."""
        self._turn(channels_first=False)
        if self._value == INPUT:
            self._add("Identity", "end")
        self.nodes[-1].output[0] = OUTPUT

    def _activate(self, activation: str, name: str, ranks: int) -> None:
        if activation == "relu":
            self._add("Relu", f"{name}/relu")
        elif activation == "softmax" and ranks == 1:
            self._add("Softmax", f"{name}/softmax", axis=-1)
        elif activation != "linear":
            where = f"{name}, of {'a vector' if ranks == 1 else 'images'}"
            raise InputError(f"{self._model}: expected linear, relu or the softmax of a vector, got {activation} in {where}")

    def _turn(self, channels_first: bool) -> None:
        """Bring an image's axes into the order that the next node needs."""
        if channels_first == self._channels_first:
            return
        self._channels_first = channels_first
        self._add("Transpose", f"transpose_{len(self.nodes)}", perm=TO_CHANNELS_FIRST if channels_first else TO_CHANNELS_LAST)

    def _add(self, operator: str, name: str, weights: Sequence[str] = (), **attributes: Any) -> None:
        from onnx import helper

        output = f"{name}/out"
        self.nodes.append(helper.make_node(operator, [self._value, *weights], [output], name=name, **attributes))
        self._value = output

    def _weight(self, name: str, array: np.ndarray) -> str:
        from onnx import numpy_helper

        dtype = np.int64 if array.dtype == np.int64 else np.float32
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype), name))
        return name


def _window(layer: Conv2D | MaxPooling2D, size: tuple[int, int]) -> dict[str, Any]:
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
