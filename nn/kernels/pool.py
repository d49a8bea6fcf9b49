"""Max-pooling by itself, forward and backward; `conv.py` and `winograd*.py` join it with a
convolution.

Shapes: x (N, H, W, C); out and winner (N, OH, OW, C); pool_size (PH, PW).
"""

from __future__ import annotations

from nn.kernels.jit import jit


@jit
def maxpool2d_forward(x, pool_size, strides, out, winner):
    """out[n,i,j,c] = max over the window of x[n, i·SH + a, j·SW + b, c]; winner = a·PW + b of the
    first greatest (int32).
    """
    N, OH, OW, C = out.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                row, column = i * strides[0], j * strides[1]
                for c in range(C):
                    out[n, i, j, c] = x[n, row, column, c]
                    winner[n, i, j, c] = 0
                for a in range(pool_size[0]):
                    for b in range(pool_size[1]):
                        for c in range(C):
                            value = x[n, row + a, column + b, c]
                            if value > out[n, i, j, c] or value != value:
                                out[n, i, j, c] = value
                                winner[n, i, j, c] = a * pool_size[1] + b


@jit
def maxpool2d_backward(dout, winner, pool_size, strides, dx):
    """Adds dout[n,i,j,c] to the input that won its window. An input that wins several overlapping
    windows gets the sum.
    """
    N, OH, OW, C = dout.shape
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                for c in range(C):
                    index = winner[n, i, j, c]
                    row = i * strides[0] + index // pool_size[1]
                    column = j * strides[1] + index % pool_size[1]
                    dx[n, row, column, c] += dout[n, i, j, c]


@jit
def maxpool2d_backward_apart(dout, winner, pool_size, strides, dx):
    """As `maxpool2d_backward` for windows that do not overlap, and without zeros in dx before:
    every window is written once.

    Only the pixels after the last windows, which no window covers, are set to 0 apart from that.
    """
    N, OH, OW, C = dout.shape
    H, W = dx.shape[1], dx.shape[2]
    for n in range(N):
        for i in range(OH):
            for j in range(OW):
                row, column = i * strides[0], j * strides[1]
                for a in range(pool_size[0]):
                    for b in range(pool_size[1]):
                        place = a * pool_size[1] + b
                        for c in range(C):
                            dx[n, row + a, column + b, c] = dout[n, i, j, c] if winner[n, i, j, c] == place else 0
            for column in range(OW * strides[1], W):
                for a in range(pool_size[0]):
                    for c in range(C):
                        dx[n, i * strides[0] + a, column, c] = 0
        for row in range(OH * strides[0], H):
            for column in range(W):
                for c in range(C):
                    dx[n, row, column, c] = 0
