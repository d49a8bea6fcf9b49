"""A matrix with rows and columns exchanged.

Number by number this is slow, five cycles each: what lies side by side in one matrix lies far apart in the other. Instead, eight
rows of eight numbers are taken at a time, as vectors. Interleaving row r with row r + 4 moves the highest bit of a number's row
behind the bits of its column: (r2 r1 r0 | c2 c1 c0) becomes (r1 r0 c2 | c1 c0 r2). After three times they have changed places.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import lower_builtin, type_callable

from nn.kernels.jit import kernel
from nn.kernels.simd import pointer, shuffled


@kernel
def transpose_rows(x, first, last, out):
    """out[j, i] = x[i, j] for the rows first <= i < last, in blocks of 8 x 8."""
    C, R = x.shape[1], out.shape[1]
    for i0 in range(first, last, 8):
        for j0 in range(0, C, 8):
            if i0 + 8 <= last and j0 + 8 <= C:
                transpose_block(x, i0 * C + j0, out, j0 * R + i0)
            else:
                for i in range(i0, min(i0 + 8, last)):
                    for j in range(j0, min(j0 + 8, C)):
                        out[j, i] = x[i, j]


def transpose_block(x, i, out, j):
    """The 8 x 8 numbers of the matrix x from x.flat[i] on, transposed, into the matrix `out` from out.flat[j] on."""
    row, column = divmod(i, x.shape[1])
    out_row, out_column = divmod(j, out.shape[1])
    out[out_row : out_row + 8, out_column : out_column + 8] = x[row : row + 8, column : column + 8].T


@type_callable(transpose_block)
def _type_transpose_block(context: Any) -> Any:
    return lambda x, i, out, j: types.none


@lower_builtin(transpose_block, types.Array, types.Integer, types.Array, types.Integer)
def _lower_transpose_block(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    x, i, out, j = args
    x_type, out_type = signature.args[0], signature.args[2]
    rows = _rows(context, builder, x_type, x, i)
    vectors = [builder.load(row, align=x_type.dtype.bitwidth // 8) for row in rows]
    first_half = [number for lane in range(4) for number in (lane, lane + 8)]
    second_half = [number + 4 for number in first_half]
    for _ in range(3):
        pairs = zip(vectors[:4], vectors[4:], strict=True)
        vectors = [shuffled(builder, a, b, half) for a, b in pairs for half in (first_half, second_half)]
    for vector, row in zip(vectors, _rows(context, builder, out_type, out, j), strict=True):
        builder.store(vector, row, align=out_type.dtype.bitwidth // 8)
    return context.get_dummy_value()


def _rows(context: Any, builder: ir.IRBuilder, array_type: types.Array, array: ir.Value, i: ir.Value) -> list[ir.Value]:
    """The addresses of eight vectors, one below the other, from array.flat[i] on."""
    start = pointer(context, builder, array_type, array, i)
    length = builder.extract_value(context.make_array(array_type)(context, builder, array).shape, 1)
    vector = ir.VectorType(start.type.pointee, 8).as_pointer()
    steps = [builder.mul(length, ir.Constant(length.type, number)) for number in range(8)]
    return [builder.bitcast(builder.gep(start, [step]), vector) for step in steps]
