"""Bugs of gradients, losses and optimizers that people have made, as pieces of our files and what
replaces them.
"""

from __future__ import annotations

CONV = "nn/kernels/conv.py"
BACKWARD = "nn/kernels/conv_backward.py"
ELEMENTWISE = "nn/kernels/elementwise.py"
POOL = "nn/kernels/pool.py"
CONV2D = "nn/layers/conv2d.py"
LOSSES = "nn/losses/categorical.py"
POOLING = "nn/layers/pooling.py"

# (what goes wrong, file, piece, what stands there instead), with more pieces where it takes more
GRADIENT_FAULTS: tuple[tuple[str, ...], ...] = (
    (
        "the kernel is flipped forward",
        CONV,
        "load(kernel, weights + k * F)",
        "load(kernel, ((KH - 1 - ki) * KW * C + (KW - 1 - k // C) * C + k % C) * F + f)",
    ),
    (
        "the filters are flipped backward",
        BACKWARD,
        "filters[f, ki, kj * C + c] = kernel[ki, kj, c, f]",
        "filters[f, ki, kj * C + c] = kernel[KH - 1 - ki, KW - 1 - kj, c, f]",
    ),
    (
        "the gradient goes to all tied maxima",
        POOLING,
        "return out, (winner, padded.shape)",
        "return out, ((padded, out), padded.shape)",
        "pool.maxpool2d_backward(np.ascontiguousarray(dout), winner, self.pool_size, self.strides, padded)",
        """for n, i, j, c in np.ndindex(dout.shape):
            (image, out), (a, b), (s, t) = winner, self.pool_size, self.strides
            window = (n, slice(i * s, i * s + a), slice(j * t, j * t + b), c)
            padded[window] += dout[n, i, j, c] * (image[window] == out[n, i, j, c])""",
    ),
    ("the gradient goes to the last tied maximum", POOL, "if value > out[n, i, j, c]", "if value >= out[n, i, j, c]"),
    ("an input that wins twice gets one gradient", POOL, "dx[n, row, column, c] += dout", "dx[n, row, column, c] = dout"),
    (
        "division by N twice",
        "nn/layers/dense.py",
        "dz.sum(axis=0)",
        "dz.mean(axis=0)",
    ),
    ("division by N never", LOSSES, "1.0 / len(logits)", "1.0"),
    (
        "division by N in the loss but not in its gradient",
        LOSSES,
        "np.maximum(probabilities, 1e-7) / len(probabilities)",
        "np.maximum(probabilities, 1e-7)",
    ),
    (
        "division by N again in the convolution",
        CONV2D,
        "return dx, self.gradients(dkernel, dbias)",
        "return dx, self.gradients(dkernel / len(dout), dbias)",
    ),
    (
        "softmax's maximum over the whole array",
        ELEMENTWISE,
        "            m = max(m, logits[n, k])",
        "            m = logits.max()",
    ),
    ("softmax without the maximum", ELEMENTWISE, "            m = max(m, logits[n, k])", "            m = logits.dtype.type(0)"),
    (
        "cross-entropy as the log of a rounded probability",
        LOSSES,
        "return total / len(logits), dlogits",
        "return self.forward(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), targets)[0], dlogits",
    ),
    (
        "softmax's gradient without its sum",
        "nn/layers/activations.py",
        "out * (dout - (dout * out).sum(axis=1, keepdims=True))",
        "out * (1 - out) * dout",
    ),
    ("dropout is not rescaled", ELEMENTWISE, "scale = x.dtype.type(1.0 / (1.0 - rate))", "scale = x.dtype.type(1.0)"),
    ("dropout is rescaled by what it drops", ELEMENTWISE, "x.dtype.type(1.0 / (1.0 - rate))", "x.dtype.type(1.0 / rate)"),
    ("dropout at test time", "nn/layers/dropout.py", "if not training or self.rate == 0:", "if self.rate == 0:"),
    (
        "backward draws another mask",
        "nn/layers/dropout.py",
        "elementwise.dropout(dout.ravel(), key,",
        "elementwise.dropout(dout.ravel(), key + np.uint64(1),",
    ),
    ("ReLU's slope from the gradient's sign", ELEMENTWISE, "dout[e] if out[e] > 0 else", "dout[e] if dout[e] > 0 else"),
    ("ReLU lets the gradient through at 0", ELEMENTWISE, "dout[e] if out[e] > 0 else", "dout[e] if out[e] >= 0 else"),
    (
        "the learning rate inside Adadelta's accumulator",
        ELEMENTWISE,
        "rest * update * update",
        "rest * lr * update * lr * update",
    ),
    (
        "epsilon outside the root",
        ELEMENTWISE,
        "np.sqrt((squared_updates[i] + e) / (squared_gradients[i] + e)) * g",
        "(np.sqrt(squared_updates[i]) + e) / (np.sqrt(squared_gradients[i]) + e) * g",
    ),
    ("Adadelta forgets its updates", ELEMENTWISE, "squared_updates[i] = r * squared_updates[i] +", "squared_updates[i] ="),
    ("Adadelta climbs", ELEMENTWISE, "parameter[i] -= lr * update", "parameter[i] += lr * update"),
    (
        "Adadelta uses the old average of the gradients",
        ELEMENTWISE,
        "        squared_gradients[i] = r * squared_gradients[i] + rest * g * g\n",
        "        s = squared_gradients[i]\n        squared_gradients[i] = r * s + rest * g * g if s > 0 else rest * g * g * 2\n",
    ),
    ("the bias gradient from one sample", "nn/layers/dense.py", "dz.sum(axis=0)", "dz[0]"),
    (
        "the convolution's bias gradient from one sample",
        BACKWARD,
        "                for f in range(F):\n                    dbias[f] += dz[n, i, j, f]\n",
        "                for f in range(F):\n                    dbias[f] += dz[0, i, j, f]\n",
    ),
    (
        "padding cropped off by one",
        "nn/kernels/convolution.py",
        "padded[:, above : above + shape[1], left :",
        "padded[:, above + 1 : above + 1 + shape[1], left :",
    ),
    (
        "padding: the odd zero goes before the image",
        "nn/layers/windows.py",
        "return positions, total // 2, total - total // 2",
        "return positions, total - total // 2, total // 2",
    ),
    (
        "strides swapped",
        CONV,
        "patch_start(x, n, i * strides[0], j * strides[1])\n                    right = strides[1]",
        "patch_start(x, n, i * strides[1], j * strides[0])\n                    right = strides[0]",
    ),
    (
        "strides swapped backward",
        BACKWARD,
        "p = (n * dx.shape[1] + i * strides[0]) * image_row + j * strides[1]",
        "p = (n * dx.shape[1] + i * strides[1]) * image_row + j * strides[0]",
    ),
    ("dx accumulated instead of overwritten", BACKWARD, "            clear(dx, n * image_size, image_size)\n", ""),
    (
        "the parameter gradient overwritten instead of accumulated",
        BACKWARD,
        "dbias[f] += dz[n, i, j, f]",
        "dbias[f] = dz[n, i, j, f]",
    ),
    (
        "backward writes into dout",
        POOLING,
        "        winner, shape = cache\n",
        "        winner, shape = cache\n        dout *= 2\n",
    ),
    (
        "backward also trains",
        "nn/layers/dense.py",
        "        x, activation_cache = cache\n",
        '        x, activation_cache = cache\n        self.parameters["bias"] -= 0.01\n',
    ),
    (
        "dense weights not transposed",
        "nn/layers/dense.py",
        'dense.product(dz, self.parameters["kernel"].T)',
        'dense.product(dz, self.parameters["kernel"].reshape(-1, dz.shape[1]).reshape(dz.shape[1], -1))',
    ),
    ("Glorot by the fan-in alone", "nn/layers/variance_scaling.py", "(fan_in + fan_out) / 2", "float(fan_in)"),
    (
        "Glorot's fans without the kernel's size",
        "nn/layers/variance_scaling.py",
        "positions * shape[-2], positions * shape[-1]",
        "shape[-2], shape[-1]",
    ),
    (
        "a race between threads",
        "nn/engine/conv_operation.py",
        "self.gap = -(-spill // math.prod(self.padded_shape))",
        "self.gap = 0",
    ),
    (
        "a chunk writes into another chunk's gradient",
        "nn/engine/conv_operation.py",
        "strides, dbias = self.layer.strides, self.dbiases[index]",
        "strides, dbias = self.layer.strides, self.dbiases[0]",
    ),
)
