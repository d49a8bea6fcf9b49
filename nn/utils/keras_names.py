"""Where each name of Keras is found here. Everything is imported when it is first used.

`import nn.backend`, `from nn.preprocessing.image import load_img` and `from nn.layers.core import
Dense` name modules that Keras has, or had, and this package does not have as files.
`nn/__init__.py` asks `spec_of` for them, which leads to the module that holds the names. A name
that is not here is refused in one sentence that gives the reason, or lists what there is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Modules of Keras, by the module that holds their names.
MODULES = {
    "nn.activations": "nn.utils.keras_activations",
    "nn.backend": "nn.utils.keras_backend",
    "nn.data": "nn.utils.tf_data",
    "nn.engine.topology": "nn.utils.functional",
    "nn.engine.input_layer": "nn.utils.inputs",
    "nn.engine.saving": "nn.models",
    "nn.engine.training": "nn.utils.functional",
    "nn.initializations": "nn.layers.initializers",
    "nn.initializers": "nn.layers.initializers",
    "nn.keras": "nn",
    "nn.layers.activation": "nn.layers",
    "nn.layers.advanced_activations": "nn.layers",
    "nn.layers.convolutional": "nn.layers",
    "nn.layers.core": "nn.layers",
    "nn.layers.experimental": "nn.layers",
    "nn.layers.experimental.preprocessing": "nn.layers",
    "nn.layers.noise": "nn.layers",
    "nn.layers.normalization": "nn.layers",
    "nn.layers.pooling_layers": "nn.layers",
    "nn.math": "nn.utils.tensorflow.names",
    "nn.metrics": "nn.utils.keras_metrics",
    "nn.nn": "nn.utils.keras_activations",
    "nn.objectives": "nn.losses",
    "nn.optimizers.legacy": "nn.optimizers",
    "nn.preprocessing": "nn.utils.preprocessing",
    "nn.preprocessing.image": "nn.utils.preprocessing.image",
    "nn.random": "nn.utils.keras_backend",
    "nn.utils.np_utils": "nn.utils",
    "nn.utils.vis_utils": "nn.utils",
    "nn.utils.visualize_util": "nn.utils",
    "nn.utils.generic_utils": "nn.utils",
    "nn.python": "nn",
    "nn.python.keras": "nn",
    "nn.regularizers": "nn.utils.keras_regularizers",
    "nn.saving": "nn.models",
    "nn.src": "nn",
    "nn.wrappers": "nn.utils.scikit_learn",
    "nn.wrappers.scikit_learn": "nn.utils.scikit_learn",
}
# Where the files of Keras have layers, such as `nn.layers.core.dense`.
OLDER_FILES = ("nn.layers.core.", "nn.layers.convolutional.", "nn.layers.normalization.")
# Packages that hold all of Keras once more.
OUTER = ("nn.keras", "nn.python.keras", "nn.src")

# Names that a module is asked for, and where they are: "module:name", or a module alone.
NAMES: dict[str, dict[str, str]] = {
    "nn": {
        **{
            name: f"nn.{name}"
            for name in (
                "activations", "backend", "callbacks", "data", "datasets", "initializations", "initializers", "keras", "layers",
                "losses", "math", "metrics", "models", "nn", "optimizers", "preprocessing", "random", "regularizers", "saving",
                "train", "utils",
            )
        },
        **{
            name: f"nn.utils.tensorflow.names:{name}"
            for name in (
                "abs", "argmax", "bool", "cast", "clip_by_value", "compat", "concat", "config", "constant",
                "convert_to_tensor", "device", "enable_eager_execution", "equal", "executing_eagerly", "exp", "expand_dims",
                "float32", "float64", "get_logger", "greater", "int32", "int64", "less", "log", "logging", "maximum",
                "minimum", "newaxis", "one_hot", "ones", "pad", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod",
                "reduce_sum", "reshape", "round", "set_random_seed", "shape", "size", "sqrt", "square", "squeeze", "stack",
                "test", "transpose", "uint8", "version", "zeros",
            )
        },
        "Input": "nn.utils.inputs:Input",
        "InputLayer": "nn.utils.inputs:InputLayer",
        "Layer": "nn.layers:Layer",
        "Model": "nn.utils.functional:Model",
        "Sequential": "nn.models:Sequential",
        "wrappers": "nn.utils.scikit_learn",
    },
    "nn.backend": {
        "common": "nn.utils.keras_backend",
        **{name: f"nn.utils.tensorflow.names:{name}" for name in ("normal", "uniform")},
    },
    "nn.callbacks": {
        **{
            name: f"nn.utils.keras_callbacks:{name}"
            for name in ("CSVLogger", "LambdaCallback", "LearningRateScheduler", "TensorBoard", "TerminateOnNaN")
        },
        **{
            name: f"nn.utils.keras_monitors:{name}"
            for name in ("EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau")
        },
    },
    "nn.datasets": {"fashion_mnist": "nn.datasets.fashion_mnist", "mnist": "nn.datasets.mnist"},
    "nn.initializers": {name: f"nn.utils.tensorflow.names:scaled_{name}" for name in ("normal", "uniform")},
    "nn.layers": {
        "AvgPool2D": "nn.layers:AveragePooling2D",
        "Convolution2D": "nn.utils.inputs:Convolution2D",
        "GlobalAvgPool2D": "nn.layers:GlobalAveragePooling2D",
        "GlobalMaxPool2D": "nn.layers:GlobalMaxPooling2D",
        "Input": "nn.utils.inputs:Input",
        "InputLayer": "nn.utils.inputs:InputLayer",
        "MaxPool2D": "nn.layers:MaxPooling2D",
        **{
            name: f"nn.utils.keras_layers:{name}"
            for name in ("Conv2DTranspose", "GaussianDropout", "GaussianNoise", "Permute", "SpatialDropout2D", "UpSampling2D")
        },
        "Convolution2DTranspose": "nn.utils.keras_layers:Conv2DTranspose",
        # TensorFlow 2.3 to 2.5 kept Rescaling in layers.experimental.preprocessing.
        "experimental": "nn.layers",
        "preprocessing": "nn.layers",
    },
    "nn.models": {
        "Input": "nn.utils.inputs:Input",
        "Model": "nn.utils.functional:Model",
        "clone_model": "nn.utils.functional:clone_model",
        "model_from_json": "nn.utils.functional:model_from_json",
        "save_model": "nn.utils.keras_files:save_model",
    },
    "nn.preprocessing": {"image": "nn.preprocessing.image"},
    "nn.optimizers": {"schedules": "nn.optimizers.schedules"},
    "nn.optimizers.schedules": {
        name: f"nn.utils.keras_schedules:{name}"
        for name in ("CosineDecay", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay")
    },
    "nn.train": {
        name: f"nn.utils.tensorflow.optimizers:{name}"
        for name in ("AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "latest_checkpoint")
    },
    "nn.utils": {
        "Sequence": "nn.utils.generators:Sequence",
        "PyDataset": "nn.utils.generators:Sequence",
        "array_to_img": "nn.utils.preprocessing.image:array_to_img",
        "img_to_array": "nn.utils.preprocessing.image:img_to_array",
        "load_img": "nn.utils.preprocessing.image:load_img",
        "model_to_dot": "nn.utils.pictures:model_to_dot",
        "normalize": "nn.utils.arrays:normalize",
        "np_utils": "nn.utils",
        "plot": "nn.utils.pictures:plot_model",
        "plot_model": "nn.utils.pictures:plot_model",
        "save_img": "nn.utils.preprocessing.image:save_img",
        "vis_utils": "nn.utils",
        "visualize_util": "nn.utils",
    },
    "nn.wrappers": {"scikit_learn": "nn.utils.scikit_learn"},
}  # fmt: skip

# Well-known names of Keras that are not here, by the reason; those in lower case are looked for in
# the modules that have them in Keras.
ABSENT = {
    "branches and several inputs are not supported, only chains of layers are": (
        "Add Average Concatenate Dot Maximum Merge Minimum Multiply Subtract "
        "layers.add layers.average layers.concatenate layers.dot layers.maximum layers.merge layers.minimum layers.multiply "
        "layers.subtract"
    ),
    "layers for sequences, such as recurrent ones, are not supported": (
        "Attention Bidirectional ConvLSTM2D CuDNNGRU CuDNNLSTM Embedding GRU GRUCell LSTM LSTMCell MultiHeadAttention RNN "
        "RepeatVector SimpleRNN SimpleRNNCell TimeDistributed layers.recurrent preprocessing.sequence preprocessing.text"
    ),
    "only two-dimensional convolution and pooling are supported": (
        "AveragePooling1D AveragePooling3D Conv1D Conv1DTranspose Conv3D Conv3DTranspose Convolution1D Convolution3D "
        "GlobalAveragePooling1D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling3D MaxPooling1D MaxPooling3D MaxPool1D "
        "UpSampling1D UpSampling3D ZeroPadding1D ZeroPadding3D"
    ),
    "grouped and separable convolutions are not supported": "DepthwiseConv2D SeparableConv2D SeparableConvolution2D",
    "pretrained networks are not supported": "nn.applications nn.hub",
    "there is no automatic differentiation; fit trains, and a layer of your own has a backward pass": (
        "GradientTape Variable custom_gradient nn.Session nn.function nn.gradients nn.placeholder "
        "backend.function backend.gradients"
    ),
    "functions as layers are not supported; a layer of your own has forward and backward (nn/layers/base.py)": "Lambda",
    "layers that vary images are not supported; nn.preprocessing.image.ImageDataGenerator does that": (
        "RandomBrightness RandomContrast RandomCrop RandomFlip RandomHeight RandomRotation "
        "RandomTranslation RandomWidth RandomZoom"
    ),
}  # fmt: skip
REASONS = {name: reason for reason, names in ABSENT.items() for name in names.split()}


def member(module: str, name: str) -> Any:
    """What the attribute `name` of a module is, where the module itself has none: the body of its
    `__getattr__`.
    """
    if name.startswith("_"):  # Python itself asks for these
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    where = NAMES.get(module, {}).get(name)
    if where is None:
        raise AttributeError(refusal(module, name))
    home, _, attribute = where.partition(":")
    found = import_module(home)
    return getattr(found, attribute) if attribute else found


def getter(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module that has Keras' name `module`."""
    return lambda name: member(module, name)


def refusal(module: str, name: str) -> str:
    """The sentence for a name that is not here: the reason, or what there is instead."""
    shown = module
    if module.startswith("nn.utils."):
        shown = next((alias for alias, real in MODULES.items() if real == module), module)
    if reason := REASONS.get(name) or REASONS.get(f"{shown.rpartition('.')[2]}.{name}"):
        return f"{shown} has no {name!r}: {reason}; see docs/keras.md"
    holder = sys.modules.get(MODULES.get(module, module))
    own = set(vars(holder).get("__all__") or _public(holder) if holder else ())
    own |= NAMES.get(module, {}).keys() or NAMES.get(MODULES.get(module, ""), {}).keys()
    return f"{shown} has no {name!r}; it has {', '.join(sorted(own, key=str.lower))}"


def _public(module: ModuleType) -> set[str]:
    """The classes and functions that a module defines."""
    found = vars(module)
    return {name for name, value in found.items() if name[0] != "_" and getattr(value, "__module__", "") == module.__name__}


def spec_of(fullname: str) -> ModuleSpec | None:
    """The spec of a module under Keras' name; `ImportError` for a name of which nothing is known."""
    parent, _, name = fullname.rpartition(".")
    if name.startswith("_"):  # Python itself asks for these
        return None
    if fullname.startswith(OLDER_FILES):
        return ModuleSpec(fullname, _Alias("nn.layers"))
    for outer in OUTER:
        if fullname.startswith(outer + "."):
            inner = "nn" + fullname.removeprefix(outer)
            return ModuleSpec(fullname, _Alias(MODULES.get(inner, inner)))
    if fullname in MODULES:
        return ModuleSpec(fullname, _Alias(MODULES[fullname]))
    if name in NAMES.get(parent, {}):
        return None
    raise ImportError(refusal(parent, name), name=fullname)


class _Alias(Loader):
    """Loads a module by importing the one that holds its names; both are the same object."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself. The import system is about to write into it, so remember what it had."""
        module = import_module(self.name)
        self.spec, self.path = module.__spec__, getattr(module, "__path__", [])
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has been executed already: give it back what it had."""
        module.__spec__, module.__path__ = self.spec, self.path
