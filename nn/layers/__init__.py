"""The layers, one family a file, each with its mathematics: start with `dense.py`, then
`conv2d.py`; `stack.py` joins them.
"""

from typing import Any

from nn.layers.activations import Activation, Linear, ReLU, Softmax
from nn.layers.average_pooling import AveragePooling2D
from nn.layers.base import Layer
from nn.layers.batch_normalization import BatchNormalization
from nn.layers.conv2d import Conv2D
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from nn.layers.pooling import MaxPooling2D
from nn.layers.rectifiers import ELU, GELU, SELU, LeakyReLU
from nn.layers.rescaling import Rescaling
from nn.layers.reshape import Reshape
from nn.layers.sigmoids import Sigmoid, SiLU, Softplus, Tanh
from nn.layers.zero_padding import ZeroPadding2D

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "ZeroPadding2D",
]
# What `from keras.layers import *` has besides.
__all__ += [
    "AvgPool2D", "Conv2DTranspose", "Convolution2D", "GaussianDropout", "GaussianNoise", "GlobalAvgPool2D", "GlobalMaxPool2D",
    "Input", "InputLayer", "MaxPool2D", "Permute", "SpatialDropout2D", "UpSampling2D",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The names of Keras that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.layers", name)
