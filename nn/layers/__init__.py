"""The layers, one family a file, each with its mathematics: start with `dense.py`, then `conv2d.py`; `stack.py` joins them."""

from typing import Any

from nn.layers.activations import ReLU, Softmax
from nn.layers.base import Layer
from nn.layers.conv2d import Conv2D
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.pooling import MaxPooling2D

__all__ = ["Conv2D", "Dense", "Dropout", "Flatten", "Layer", "MaxPooling2D", "ReLU", "Softmax"]


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member('nn.layers', name)
