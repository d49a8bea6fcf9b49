"""Numba's types for the operations of `simd.py`: the type of each result, from the types of the
arguments.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import models, register_model, type_callable

from nn.kernels import simd


class VectorType(types.Type):
    """The Numba type of a vector of float32 or float64."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        self.lanes = simd.VECTOR_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype} x {self.lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: VectorType) -> None:
        super().__init__(manager, vector, ir.VectorType(manager.lookup(vector.dtype).get_value_type(), vector.lanes))


def _of_array(array: Any) -> VectorType | None:
    return VectorType(array.dtype) if isinstance(array, types.Array) else None


@type_callable(simd.lanes)
def _type_lanes(context: Any) -> Any:
    return lambda array: types.intp


@type_callable(simd.zeros)
def _type_zeros(context: Any) -> Any:
    return lambda array: _of_array(array)


@type_callable(simd.constant)
def _type_constant(context: Any) -> Any:
    return lambda value, like: _of_array(like)


@type_callable(simd.splat)
@type_callable(simd.load)
def _type_load(context: Any) -> Any:
    return lambda array, i: _of_array(array)


@type_callable(simd.load_first)
def _type_load_first(context: Any) -> Any:
    return lambda array, i, count: _of_array(array)


@type_callable(simd.clear)
def _type_clear(context: Any) -> Any:
    return lambda array, i, count: types.none


@type_callable(simd.store)
def _type_store(context: Any) -> Any:
    return lambda array, i, vector: types.none


@type_callable(simd.store_first)
def _type_store_first(context: Any) -> Any:
    return lambda array, i, count, vector: types.none


@type_callable(simd.load_bytes)
def _type_load_bytes(context: Any) -> Any:
    return lambda array, i, like: _of_array(like)


@type_callable(simd.where_greater)
@type_callable(simd.where_equal)
def _type_where_greater(context: Any) -> Any:
    return lambda a, b, chosen, otherwise: chosen


@type_callable(simd.bits_greater)
@type_callable(simd.bits_equal)
def _type_bits(context: Any) -> Any:
    return lambda a, b: types.uint64


@type_callable(simd.lowest_bit)
def _type_lowest_bit(context: Any) -> Any:
    return lambda bits: types.intp


@type_callable(simd.transpose_block)
def _type_transpose_block(context: Any) -> Any:
    return lambda x, i, out, j: types.none


def _several(vector: types.Type, count: types.Type) -> types.UniTuple | None:
    # Numba first asks with the plain integer type, then with the literal.
    return types.UniTuple(vector, count.literal_value) if isinstance(count, types.IntegerLiteral) else None


@type_callable(simd.multiples)
def _type_multiples(context: Any) -> Any:
    return lambda step, count: _several(types.intp, count)


@type_callable(simd.multiples_like)
def _type_multiples_like(context: Any) -> Any:
    return lambda step, like: types.UniTuple(types.intp, len(like))


@type_callable(simd.multiples_until)
def _type_multiples_until(context: Any) -> Any:
    return lambda step, last, count: _several(types.intp, count)


@type_callable(simd.load_each)
@type_callable(simd.splat_each)
def _type_load_each(context: Any) -> Any:
    return lambda array, i, offsets: types.UniTuple(_of_array(array), len(offsets))


@type_callable(simd.store_each)
def _type_store_each(context: Any) -> Any:
    return lambda array, i, offsets, vectors: types.none


@type_callable(simd.store_first_each)
def _type_store_first_each(context: Any) -> Any:
    return lambda array, i, offsets, count, vectors: types.none


@type_callable(simd.add_products)
def _type_add_products(context: Any) -> Any:
    return lambda sums, many, one: sums


@type_callable(simd.relu_each)
def _type_relu_each(context: Any) -> Any:
    return lambda vectors: vectors


@infer_global(operator.add)
@infer_global(operator.iadd)
@infer_global(operator.sub)
class _Sum(AbstractTemplate):
    """Of two vectors, lane by lane.

    Numba tries templates made for one target first. Without that it would try numbers, arrays, strings,
    lists, ... for every sum.
    """

    metadata = {"target": "cpu"}  # noqa: RUF012 - as in the base class

    def generic(self, args: Any, kws: Any) -> Any:
        a, b = args
        return a(a, b) if isinstance(a, VectorType) and a == b else None


@infer_global(operator.mul)
class _Product(_Sum):
    """Of two vectors, or of a scalar and a vector."""

    def generic(self, args: Any, kws: Any) -> Any:
        a, b = args
        return b(a, b) if isinstance(a, types.Float) and isinstance(b, VectorType) else super().generic(args, kws)
