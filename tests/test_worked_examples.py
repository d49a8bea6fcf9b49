"""The worked examples in the docstrings are right, and nothing that a reader studies is without
one.
"""

import doctest
import importlib
import inspect

import pytest

from nn import losses
from nn.layers import (
    Layer,
    activations,
    average_pooling,
    batch_normalization,
    conv2d,
    dense,
    dropout,
    flatten,
    global_pooling,
    initializers,
    pooling,
    rectifiers,
    regularizers,
    rescaling,
    reshape,
    sigmoids,
    variance_scaling,
    zero_padding,
)
from nn.losses import base as losses_base
from nn.losses import binary, categorical, distance
from nn.optimizers import OPTIMIZERS, base, schedules
from nn.utils import arrays
from nn.utils.keras_layers import noise, permute, transposed, up_sampling

LAYERS = (
    *(activations, average_pooling, batch_normalization, conv2d, dense, dropout, flatten),
    *(global_pooling, pooling, rectifiers, rescaling, reshape, sigmoids, zero_padding),
)
# They compute nothing, or what another layer does.
WITHOUT_SOURCE = {"Linear", "Activation", "Reshape", "Flatten"}
BASES = (pooling.Pooling2D, global_pooling.GlobalPooling2D)
UPDATES = tuple(
    importlib.import_module(f"nn.optimizers.{name}")  # `nn.optimizers.adam` itself is the class, as in Keras
    for name in ("sgd", "adadelta", "adagrad", "adam", "adamax", "nadam", "rmsprop")
)
OF_KERAS = (arrays, noise, permute, transposed, up_sampling)
MODULES = (
    *(*LAYERS, losses_base, binary, categorical, distance, base, *UPDATES, schedules),
    *(initializers, variance_scaling, regularizers, *OF_KERAS),
)
STUDIED = [
    *(
        layer
        for module in LAYERS
        for layer in vars(module).values()
        if inspect.isclass(layer) and layer.__module__ == module.__name__ and layer not in BASES
    ),
    *losses.LOSSES.values(),
    *(
        *OPTIMIZERS.values(),
        schedules.OneCycle,
        schedules.Cosine,
        variance_scaling.fans,
        variance_scaling.VarianceScaling,
        regularizers.Regularizer,
    ),
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_worked_examples_of(module):
    ended = doctest.testmod(importlib.import_module(module.__name__))
    assert ended.attempted > 0
    assert ended.failed == 0


@pytest.mark.parametrize("studied", STUDIED, ids=lambda studied: studied.__name__)
def test_everything_to_be_studied_has_an_example(studied):
    assert doctest.DocTestParser().get_examples(inspect.getdoc(studied))


@pytest.mark.parametrize(
    "layer", [each for each in STUDIED if inspect.isclass(each) and issubclass(each, Layer)], ids=lambda each: each.__name__
)
def test_every_layer_says_its_shapes_both_passes_and_what_it_saves(layer):
    words = ["Shapes:", "Forward", "Backward", "Saved:", "Example:"]
    if layer.__name__ not in WITHOUT_SOURCE:
        words.append("References:")
    assert [word for word in words if word not in layer.__doc__] == []


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=lambda each: each.__name__)
def test_every_optimizer_says_its_equation_its_shapes_its_arguments_and_its_source(optimizer):
    assert [word for word in ("←", "Shapes:", "Args:", "Example:", "References:") if word not in optimizer.__doc__] == []


@pytest.mark.parametrize("loss", dict.fromkeys(losses.LOSSES.values()), ids=lambda each: each.__name__)
def test_every_loss_says_its_shapes_and_its_source(loss):
    assert [word for word in ("Shapes:", "Example:", "References:") if word not in loss.__doc__] == []
