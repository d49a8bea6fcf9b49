"""Every new layer, forward and backward, against Keras and PyTorch in float64."""

import os

import numpy as np
import pytest

from nn import layers

RNG = np.random.default_rng(4)
X = RNG.standard_normal((5, 7, 6, 3))

# Ours and Keras' have the same name and arguments.
SAME = {
    "average": ("AveragePooling2D", {"pool_size": 2}),
    "average, same": ("AveragePooling2D", {"pool_size": (3, 2), "strides": (2, 3), "padding": "same"}),
    "global average": ("GlobalAveragePooling2D", {}),
    "global average, keepdims": ("GlobalAveragePooling2D", {"keepdims": True}),
    "global max": ("GlobalMaxPooling2D", {}),
    "zero padding": ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}),
    "zero padding, one size": ("ZeroPadding2D", {"padding": 2}),
    "reshape": ("Reshape", {"target_shape": (6, -1)}),
    "leaky": ("LeakyReLU", {"negative_slope": 0.1}),
    "leaky by default": ("LeakyReLU", {}),
    "elu": ("ELU", {"alpha": 0.7}),
    "rescaling": ("Rescaling", {"scale": 0.3125, "offset": -1.5}),  # exact in float32, as Keras keeps them
    **{
        name: ("Activation", {"activation": name})
        for name in ("sigmoid", "tanh", "softplus", "silu", "swish", "gelu", "elu", "selu", "leaky_relu", "relu", "linear")
    },
    "batch normalization": ("BatchNormalization", {}),
    "batch normalization, plain": ("BatchNormalization", {"center": False, "scale": False, "momentum": 0.7, "epsilon": 0.1}),
    "frozen batch normalization": ("BatchNormalization", {"trainable": False}),
    "convolution": ("Conv2D", {"filters": 4, "kernel_size": 3, "use_bias": False, "activation": "tanh"}),
}


def passes(layer, training):
    out, cache = layer.forward(X, training)
    dx, gradients = layer.backward(np.cos(np.arange(out.size)).reshape(out.shape), cache)
    layer.update_state(cache)
    return {"out": out, "dx": dx, **gradients}


def own(kind, options):
    layer = getattr(layers, kind)(**options)
    layer.build(X.shape[1:], np.random.default_rng(0), np.float64)
    for array in layer.arrays().values():
        array += np.abs(RNG.standard_normal(array.shape))
    return layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("kind", "options"), SAME.values(), ids=SAME)
def test_as_in_keras(kind, options, training):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed (the extra 'keras')")
    keras = pytest.importorskip("keras", reason="Keras is not installed (the extra 'keras')")
    layer = own(kind, options)
    other = getattr(keras.layers, kind)(**options, dtype="float64")
    other.build(X.shape)
    other.set_weights(list(layer.arrays().values()))
    x = tf.constant(X)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        values = [variable.value for variable in other.weights[: len(layer.parameters)]]
        for value in values:
            tape.watch(value)
        out = other(x, training=training)
        loss = tf.reduce_sum(out * tf.reshape(tf.cos(tf.range(tf.size(out), dtype=out.dtype)), out.shape))
    expected = dict(zip(["dx", *layer.parameters], tape.gradient(loss, [x, *values]), strict=True)) | {"out": out}
    found = passes(layer, training)
    assert found.keys() == expected.keys()
    # TensorFlow keeps the constants of these in float32.
    tolerance = 1e-6 if "leaky" in repr((kind.lower(), options)) or "gelu" in repr(options) else 1e-9
    for name, array in found.items():
        theirs = expected[name].numpy()
        np.testing.assert_allclose(array, theirs, rtol=0, atol=tolerance * max(1, np.abs(theirs).max()), err_msg=name)
    if training:
        for array, theirs in zip(layer.arrays().values(), other.get_weights(), strict=True):
            np.testing.assert_allclose(array, theirs, rtol=0, atol=1e-6)
    assert [each.shape for each in layer.arrays().values()] == [each.shape for each in other.get_weights()]
    assert layer.count_parameters() == other.count_params()


def in_torch(kind, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'torch')")
    functional = torch.nn.functional
    named = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": functional.softplus,
        "silu": functional.silu,
        "swish": functional.silu,
        "gelu": functional.gelu,
        "elu": functional.elu,
        "leaky_relu": lambda x: functional.leaky_relu(x, 0.2),
        "relu": torch.relu,
        "selu": functional.selu,
        "linear": lambda x: x,
    }
    if kind == "Activation":
        return named[options["activation"]]
    return {
        "LeakyReLU": lambda x: functional.leaky_relu(x, options.get("negative_slope", 0.3)),
        "ELU": lambda x: functional.elu(x, 0.7),
        "AveragePooling2D": lambda x: functional.avg_pool2d(x, 2),
        "GlobalAveragePooling2D": lambda x: x.mean(dim=(2, 3)),
        "GlobalMaxPooling2D": lambda x: x.amax(dim=(2, 3)),
    }.get(kind)


@pytest.mark.parametrize(("kind", "options"), SAME.values(), ids=SAME)
def test_as_in_torch(kind, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'torch')")
    function = in_torch(kind, options)
    if function is None or "padding" in options or "keepdims" in options:
        pytest.skip("PyTorch has another layer there")
    x = torch.tensor(X, requires_grad=True)
    out = function(x.permute(0, 3, 1, 2))
    out = out.permute(0, 2, 3, 1) if out.ndim == 4 else out
    out.mul(torch.cos(torch.arange(out.numel(), dtype=torch.float64)).reshape(out.shape)).sum().backward()
    found = passes(own(kind, options), True)
    np.testing.assert_allclose(found["out"], out.detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["dx"], x.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_batch_normalization_as_in_torch(training):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (the extra 'torch')")
    layer = own("BatchNormalization", {"momentum": 0.9})
    names = ("gamma", "beta")
    weight, bias = (torch.tensor(layer.parameters[name], requires_grad=True) for name in names)
    mean, variance = (torch.tensor(layer.state[name]) for name in ("moving_mean", "moving_variance"))
    x = torch.tensor(X, requires_grad=True)
    out = torch.nn.functional.batch_norm(x.permute(0, 3, 1, 2), mean, variance, weight, bias, training, 0.1, 1e-3)
    out = out.permute(0, 2, 3, 1)
    out.mul(torch.cos(torch.arange(out.numel(), dtype=torch.float64)).reshape(out.shape)).sum().backward()
    before = layer.state["moving_variance"].copy()
    found = passes(layer, training)
    np.testing.assert_allclose(found["out"], out.detach().numpy(), rtol=0, atol=1e-11)
    for name, tensor in (("dx", x), ("gamma", weight), ("beta", bias)):
        np.testing.assert_allclose(found[name], tensor.grad.numpy(), rtol=0, atol=1e-11)
    np.testing.assert_allclose(layer.state["moving_mean"], mean.numpy(), rtol=0, atol=1e-12)
    if training:
        # PyTorch keeps the unbiased variance, Σ / (M - 1), Keras and we Σ / M.
        count = X.size // X.shape[-1]
        theirs = before * 0.9 + (variance.numpy() - before * 0.9) * (count - 1) / count
        np.testing.assert_allclose(layer.state["moving_variance"], theirs, rtol=0, atol=1e-12)
