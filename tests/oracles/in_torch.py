"""The same networks in PyTorch: its own convolution, pooling, autograd and Adadelta, in float64."""

import torch
from networks import EPSILON, RATE, RHO, STEPS
from torch.nn import functional

from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Softmax

# Small batches: more threads would only wait for each other.
torch.set_num_threads(1)


def tensors(task):
    """The parameters as leaves, in our layout."""
    return {name: torch.tensor(array, requires_grad=True) for name, array in task.parameters().items()}


def framed(x, layer, window, value):
    """TensorFlow's rule for `same`: ⌈size / stride⌉ outputs, the odd row or column of padding
    behind.
    """
    if layer.padding == "valid":
        return x
    amounts = []
    for axis in (3, 2):
        stride, size = layer.strides[axis - 2], x.shape[axis]
        total = max((-(-size // stride) - 1) * stride + window[axis - 2] - size, 0)
        amounts += [total // 2, total - total // 2]
    return functional.pad(x, amounts, value=value)


def logits_of(task, parameters, x, masks):
    """The scores before softmax; x (N, H, W, C) as ours, (N, C, H, W) inside."""
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2)
    for layer in task.layers:
        kernel, bias = (parameters.get(f"{layer.name}/{name}") for name in ("kernel", "bias"))
        if isinstance(layer, Conv2D):
            x = functional.conv2d(framed(x, layer, layer.kernel_size, 0.0), kernel.permute(3, 2, 0, 1), bias, layer.strides)
        elif isinstance(layer, MaxPooling2D):
            x = functional.max_pool2d(framed(x, layer, layer.pool_size, -torch.inf), layer.pool_size, layer.strides)
        elif isinstance(layer, Flatten):
            x = x.permute(0, 2, 3, 1).flatten(1)
        elif isinstance(layer, Dropout):
            x = x * torch.tensor(masks[layer.name])
        elif isinstance(layer, Dense):
            x = functional.linear(x, kernel.T, bias)
        else:
            assert isinstance(layer, Softmax)
        if getattr(layer, "activation_name", "") == "relu":
            x = functional.relu(x)
    return x


def torch_step(task, parameters, step):
    """Probabilities, loss and all gradients of one step."""
    x, targets = (torch.tensor(array) for array in task.batch(step))
    x.requires_grad_()
    for tensor in parameters.values():
        tensor.grad = None
    logits = logits_of(task, parameters, x, task.masks(step))
    loss = functional.cross_entropy(logits, targets)
    loss.backward()
    result = {"probabilities": logits.softmax(1).detach(), "loss": loss.detach(), "d x": x.grad}
    result |= {f"d {name}": tensor.grad for name, tensor in parameters.items()}
    return {name: tensor.numpy() for name, tensor in result.items()}


def torch_trained(task, steps=STEPS, make=None, epsilon_at=None):
    """The parameters after 100 steps of PyTorch's Adadelta, or of the optimizer that `make` makes
    of them.
    """
    parameters = tensors(task)
    if make is None:
        optimizer = torch.optim.Adadelta(parameters.values(), lr=RATE, rho=RHO, eps=EPSILON)
    else:
        optimizer = make(parameters.values())
    for step in range(steps):
        torch_step(task, parameters, step)
        if epsilon_at:
            optimizer.param_groups[0]["eps"] = epsilon_at(step)
        optimizer.step()
    return {name: tensor.detach().numpy() for name, tensor in parameters.items()}
