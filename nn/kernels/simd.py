"""Vectors for the inner loops: `total += splat(x, i) * load(w, j)` works on 16 or 32 neighbouring
sums at once.

A compiler vectorises a simple loop on its own, but then it stores the running sums to memory after
every iteration. In a fast inner loop the sums stay in registers while the loop runs over the
inputs. These few operations express that, and leave the choice of instructions to LLVM.

Each operation is an ordinary Python function over a NumPy slice. That is its definition, and what
runs with `NUMBA_DISABLE_JIT=1`. `simd_types.py` gives Numba their types, and `simd_llvm.py` what
each is compiled to: one LLVM instruction or a few. `jit.py` imports both.

The sums of a loop are a tuple of vectors, and one statement updates all of them: `sums =
add_products(sums, splat_each(x, i, offsets), load(w, j))`. That is shorter to read, and Numba
compiles it in half the time.

Offsets are flat: `load(a, i)` reads the elements a.flat[i], a.flat[i + 1], ... of a C-contiguous array
of any rank. The first element must lie in the array: in Python anything else is an IndexError; compiled
code checks nothing, as in C.

A vector is two machine registers wide: 64 bytes (16 float32) with AVX2, 128 bytes (32 float32)
with AVX-512. Lanes never interact, so the width changes no result.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core.codegen import get_host_cpu_features

from nn.kernels.memory import SLACK


def _machine_features() -> str:
    """The instructions that Numba may use. A named processor (NUMBA_CPU_NAME) has its own, not
    this machine's.
    """
    settings: dict[str, Any] = vars(numba.config)
    if settings["CPU_NAME"] is not None and settings["CPU_FEATURES"] is None:
        settings["CPU_FEATURES"] = ""
    chosen = settings["CPU_FEATURES"]
    return get_host_cpu_features() if chosen is None else str(chosen)


VECTOR_BYTES = 128 if "+avx512f" in _machine_features() else 64


def lanes(array):
    """The count of elements in a vector of `array`'s dtype."""
    return VECTOR_BYTES // array.itemsize


def zeros(array):
    """A vector of zeros, of `array`'s dtype."""
    return np.zeros(lanes(array), array.dtype)


def constant(value, like):
    """`value` in every lane of a vector of `like`'s dtype."""
    return np.full(lanes(like), value, like.dtype)


def _from(array, i, count=1, spare=0):
    """array.flat[i:], where `count` elements end at most `spare` bytes past the array."""
    if not 0 <= i <= array.size - count + spare // array.itemsize:
        raise IndexError(f"expected an offset in an array of {array.size}, got {i}")
    return array.reshape(-1)[i:]


def splat(array, i):
    """array.flat[i] in every lane."""
    return np.full(lanes(array), _from(array, i)[0])


def load(array, i):
    """The vector array.flat[i : i + lanes]. Past the array's end it is undefined: NaN here, so
    that nothing relies on it.
    """
    vector = np.full(lanes(array), np.nan, array.dtype)
    inside = _from(array, i, lanes(array), SLACK)[: lanes(array)]
    vector[: inside.size] = inside
    return vector


def load_first(array, i, count):
    """The vector array.flat[i : i + count], zeros in the remaining lanes."""
    vector = zeros(array)
    vector[:count] = _from(array, i)[: min(count, lanes(array))]
    return vector


def store(array, i, vector):
    """array.flat[i : i + lanes] = vector; what extends past the array's end lands in its slack
    (`memory.aligned`).
    """
    inside = _from(array, i, lanes(array), SLACK)[: lanes(array)]
    inside[:] = vector[: inside.size]


def store_first(array, i, count, vector):
    """array.flat[i : i + count] = vector[:count]; for a uint8 array the values are truncated to
    bytes.
    """
    _from(array, i)[:count] = vector[: min(count, vector.size)]


def load_bytes(array, i, like):
    """The vector array.flat[i : i + lanes] of a uint8 array, converted to `like`'s dtype."""
    vector = zeros(like)
    inside = _from(array, i)[: lanes(like)]
    vector[: inside.size] = inside
    return vector


def where_greater(a, b, chosen, otherwise):
    """Lane by lane: `chosen` where a > b, else `otherwise`."""
    return np.where(a > b, chosen, otherwise)


def where_equal(a, b, chosen, otherwise):
    """Lane by lane: `chosen` where a == b, else `otherwise`."""
    return np.where(a == b, chosen, otherwise)


def bits_greater(a, b):
    """An integer of 64 bits: bit k is set where a > b in lane k."""
    return _bits(a > b)


def bits_equal(a, b):
    """An integer of 64 bits: bit k is set where a == b in lane k."""
    return _bits(a == b)


def _bits(chosen):
    return np.uint64(sum(1 << k for k in np.flatnonzero(chosen).tolist()))


def lowest_bit(bits):
    """The index of the lowest bit that is set; undefined for 0."""
    return (int(bits) & -int(bits)).bit_length() - 1


def clear(array, i, count):
    """array.flat[i : i + count] = 0; all of it lies in the array."""
    if not 0 <= i <= i + count <= array.size:
        raise IndexError(f"expected offsets in an array of {array.size}, got {i} to {i + count}")
    array.reshape(-1)[i : i + count] = 0


def transpose_block(x, i, out, j):
    """Writes the 8 x 8 block of the matrix x that begins at x.flat[i], transposed, to the matrix
    `out` from out.flat[j] on.
    """
    row, column = divmod(i, x.shape[1])
    out_row, out_column = divmod(j, out.shape[1])
    for k in range(8):
        out[out_row + k, out_column : out_column + 8] = x[row : row + 8, column + k]


def multiples(step, count):
    """The tuple of `count` offsets 0, step, 2 · step, ...; compiled, `count` must be a literal."""
    return tuple(k * step for k in range(count))


def multiples_like(step, like):
    """As `multiples`, as many as the tuple `like` has elements."""
    return tuple(k * step for k in range(len(like)))


def multiples_until(step, last, count):
    """As `multiples`, with `last` in place of every greater offset."""
    return tuple(min(k * step, last) for k in range(count))


def load_each(array, i, offsets):
    """A tuple of the vectors that begin at i + offset, for each of the offsets."""
    return tuple(load(array, i + offset) for offset in offsets)


def splat_each(array, i, offsets):
    """A tuple: array.flat[i + offset] in every lane, for each of the offsets."""
    return tuple(splat(array, i + offset) for offset in offsets)


def store_each(array, i, offsets, vectors):
    """`store` each of the vectors at its offset from i."""
    for offset, vector in zip(offsets, vectors, strict=True):
        store(array, i + offset, vector)


def store_first_each(array, i, offsets, count, vectors):
    """`store_first` of `count` elements of each of the vectors at its offset from i."""
    for offset, vector in zip(offsets, vectors, strict=True):
        store_first(array, i + offset, count, vector)


def add_products(sums, many, one):
    """A tuple: each of the sums, plus its vector of `many` times the vector `one`."""
    return tuple(total + vector * one for total, vector in zip(sums, many, strict=True))


def relu_each(vectors):
    """A tuple: each vector with 0 in place of negative elements."""
    return tuple(where_greater(0 * vector, vector, 0 * vector, vector) for vector in vectors)
