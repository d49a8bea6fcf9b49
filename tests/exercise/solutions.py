"""Solutions as a student would write them, from the equations in the stubs: loops where these help,
nothing of the project's own code. `wrong.py` makes faults of them.
"""

NUMPY = "import numpy as np\n"

SOLUTIONS = {
    "dense": NUMPY
    + """
def dense_forward(x, kernel, bias):
    N, I = x.shape
    O = kernel.shape[1]
    out = np.zeros((N, O))
    for n in range(N):
        for o in range(O):
            total = bias[o]
            for i in range(I):
                total += x[n, i] * kernel[i, o]
            out[n, o] = total
    return out
""",
    "dense_backward": NUMPY
    + """
def dense_backward(dout, x, kernel):
    dbias = np.sum(dout, axis=0)
    dkernel = np.dot(x.T, dout)
    dx = np.dot(dout, kernel.T)
    return dx, dkernel, dbias
""",
    "conv2d": NUMPY
    + """
def conv2d_forward(x, kernel, bias):
    N, H, W, C = x.shape
    KH, KW, _, F = kernel.shape
    out = np.zeros((N, H - KH + 1, W - KW + 1, F))
    for n in range(N):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                for f in range(F):
                    patch = x[n, i : i + KH, j : j + KW, :]
                    out[n, i, j, f] = np.sum(patch * kernel[:, :, :, f]) + bias[f]
    return out
""",
    "conv2d_backward": NUMPY
    + """
def conv2d_backward(dout, x, kernel):
    KH, KW, C, F = kernel.shape
    dx = np.zeros(x.shape)
    dkernel = np.zeros(kernel.shape)
    dbias = np.zeros(F)
    N, OH, OW, _ = dout.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dout[n, i, j, f]
                    dbias[f] += d
                    dkernel[:, :, :, f] += d * x[n, i : i + KH, j : j + KW]
                    dx[n, i : i + KH, j : j + KW] += d * kernel[:, :, :, f]
    return dx, dkernel, dbias
""",
    "strides": NUMPY
    + """
def padding(size, window, stride):
    positions = int(np.ceil(size / stride))
    missing = (positions - 1) * stride + window - size
    if missing < 0:
        missing = 0
    before = missing // 2
    return before, missing - before


def same_forward(x, kernel, bias, strides):
    N, H, W, C = x.shape
    KH, KW, _, F = kernel.shape
    SH, SW = strides
    rows, columns = padding(H, KH, SH), padding(W, KW, SW)
    padded = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    OH, OW = -(-H // SH), -(-W // SW)
    out = np.zeros((N, OH, OW, F))
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                patch = padded[n, i * SH : i * SH + KH, j * SW : j * SW + KW]
                for f in range(F):
                    out[n, i, j, f] = (patch * kernel[..., f]).sum() + bias[f]
    return out


def same_backward(dout, x, kernel, strides):
    N, H, W, C = x.shape
    KH, KW, _, F = kernel.shape
    SH, SW = strides
    rows, columns = padding(H, KH, SH), padding(W, KW, SW)
    padded = np.pad(x, ((0, 0), rows, columns, (0, 0)))
    dpadded = np.zeros(padded.shape)
    dkernel = np.zeros(kernel.shape)
    for n in range(N):
        for i in range(dout.shape[1]):
            for j in range(dout.shape[2]):
                for f in range(F):
                    a, b = i * SH, j * SW
                    dkernel[..., f] += dout[n, i, j, f] * padded[n, a : a + KH, b : b + KW]
                    dpadded[n, a : a + KH, b : b + KW] += dout[n, i, j, f] * kernel[..., f]
    top, left = rows[0], columns[0]
    dx = dpadded[:, top : top + H, left : left + W]
    return dx, dkernel, dout.sum((0, 1, 2))
""",
    "relu": NUMPY
    + """
def relu_forward(x):
    out = np.zeros(x.shape)
    out[x > 0] = x[x > 0]
    return out


def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx
""",
    "maxpool": NUMPY
    + """
def maxpool_forward(x, size, stride):
    N, H, W, C = x.shape
    OH, OW = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.zeros((N, OH, OW, C))
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    best = -np.inf
                    for a in range(size):
                        for b in range(size):
                            best = max(best, x[n, i * stride + a, j * stride + b, c])
                    out[n, i, j, c] = best
    return out


def maxpool_backward(dout, x, size, stride):
    dx = np.zeros(x.shape)
    N, OH, OW, C = dout.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    window = x[n, i * stride : i * stride + size, j * stride : j * stride + size, c]
                    a, b = divmod(np.argmax(window), size)
                    dx[n, i * stride + a, j * stride + b, c] += dout[n, i, j, c]
    return dx
""",
    "batch_norm": NUMPY
    + """
def moments(x, epsilon):
    axes = tuple(range(x.ndim - 1))
    mu = np.mean(x, axis=axes)
    var = np.mean((x - mu) ** 2, axis=axes)
    return axes, mu, np.sqrt(var + epsilon)


def batch_norm_forward(x, gamma, beta, epsilon):
    axes, mu, s = moments(x, epsilon)
    y = (x - mu) / s
    return gamma * y + beta


def batch_norm_backward(dout, x, gamma, epsilon):
    axes, mu, s = moments(x, epsilon)
    y = (x - mu) / s
    M = x.size / x.shape[-1]
    dbeta = np.sum(dout, axis=axes)
    dgamma = np.sum(dout * y, axis=axes)
    dy = gamma * dout
    dx = (dy - np.sum(dy, axis=axes) / M - y * np.sum(dy * y, axis=axes) / M) / s
    return dx, dgamma, dbeta
""",
    "dropout": NUMPY
    + """
def dropout_forward(x, rate, training, rng):
    if not training:
        return x, None
    mask = rng.random(x.shape) >= rate
    scaled = mask / (1 - rate)
    return x * scaled, scaled


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    return dout * cache
""",
    "softmax_loss": NUMPY
    + """
def softmax_cross_entropy(logits, targets):
    N, K = logits.shape
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    log_p = shifted - log_sum
    loss = -np.sum(targets * log_p) / N
    dlogits = (np.exp(log_p) - targets) / N
    return loss, dlogits
""",
    "momentum": """
def momentum_step(w, g, v, rate, momentum):
    new_v = momentum * v - rate * g
    new_w = w + new_v
    return new_w, new_v
""",
    "adadelta": NUMPY
    + """
def adadelta_step(w, g, gg, dd, rate, rho, epsilon):
    new_gg = rho * gg + (1 - rho) * g * g
    delta = np.sqrt(dd + epsilon) / np.sqrt(new_gg + epsilon) * g
    new_dd = rho * dd + (1 - rho) * delta * delta
    return w - rate * delta, new_gg, new_dd
""",
    "adam": NUMPY
    + """
def adam_step(w, g, m, v, t, rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g * g
    fraction = np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    w = w - rate * fraction * m / (np.sqrt(v) + epsilon)
    return w, m, v
""",
    "glorot": "import math\n"
    + """
def glorot_uniform(shape, rng):
    positions = math.prod(shape[:-2])
    fan_in, fan_out = positions * shape[-2], positions * shape[-1]
    a = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, shape)
""",
    "training_step": NUMPY
    + """
def training_step(x, targets, parameters, rate):
    kernel1, bias1, kernel2, bias2 = parameters
    N = len(x)
    z = x @ kernel1 + bias1
    hidden = np.maximum(z, 0)
    logits = hidden @ kernel2 + bias2
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(targets * np.log(p)) / N
    dlogits = (p - targets) / N
    dkernel2, dbias2 = hidden.T @ dlogits, dlogits.sum(axis=0)
    dhidden = dlogits @ kernel2.T
    dz = dhidden * (z > 0)
    dkernel1, dbias1 = x.T @ dz, dz.sum(axis=0)
    new = (kernel1 - rate * dkernel1, bias1 - rate * dbias1, kernel2 - rate * dkernel2, bias2 - rate * dbias2)
    return loss, new
""",
    "idx": NUMPY
    + """
TYPES = {8: np.uint8, 9: np.int8, 11: np.int16, 12: np.int32, 13: np.float32, 14: np.float64}


def read_idx(content):
    dtype, rank = np.dtype(TYPES[content[2]]), content[3]
    shape = []
    for axis in range(rank):
        shape.append(int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big"))
    start = 4 + 4 * rank
    elements = np.frombuffer(content, dtype.newbyteorder(">"), count=int(np.prod(shape)), offset=start)
    return elements.astype(dtype).reshape(shape)
""",
    "kernel": "import numba\n"
    + """
@numba.njit
def conv2d_into(x, kernel, bias, out):
    N, OH, OW, F = out.shape
    KH, KW, C, _ = kernel.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    total = bias[f]
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                total += x[n, i + ki, j + kj, c] * kernel[ki, kj, c, f]
                    out[n, i, j, f] = total


@numba.njit
def conv2d_backward_into(dout, x, kernel, dx, dkernel, dbias):
    N, OH, OW, F = dout.shape
    KH, KW, C, _ = kernel.shape
    dx[:] = 0
    dkernel[:] = 0
    dbias[:] = 0
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    d = dout[n, i, j, f]
                    dbias[f] += d
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                dkernel[ki, kj, c, f] += d * x[n, i + ki, j + kj, c]
                                dx[n, i + ki, j + kj, c] += d * kernel[ki, kj, c, f]
""",
}
