"""Vectors for the inner loops: `total += splat(x, i) * load(w, j)` works on 16 or 32 neighbouring sums at once.

A compiler vectorises a simple loop by itself, but then it stores its running sums to memory after every step. These few
operations say what a fast inner loop is made of, sums that stay in registers while the loop runs over the inputs, and leave the
choice of instructions to LLVM. Each one is an ordinary Python function over a NumPy slice: that is its definition, and what runs
with `NUMBA_DISABLE_JIT=1`. Below stands the one LLVM instruction that it is compiled to.

Offsets are flat: `load(a, i)` reads the elements a.flat[i], a.flat[i + 1], ... of a C-contiguous array of any rank. The callers
begin inside of the array: as Python an IndexError sees to that, compiled nothing is checked, as in C.

A vector is two machine registers wide: 64 bytes (16 float32) with AVX2, 128 bytes (32 float32) with AVX-512. Lanes never
meet, so the width does not change a result.
"""

from __future__ import annotations

import operator
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import lower_builtin, models, register_model, type_callable


def _machine_features() -> str:
    """What Numba may use here. A processor that was named (NUMBA_CPU_NAME) brings its own instructions, not this machine's."""
    settings: dict[str, Any] = vars(numba.config)
    if settings["CPU_NAME"] is not None and settings["CPU_FEATURES"] is None:
        settings["CPU_FEATURES"] = ""
    chosen = settings["CPU_FEATURES"]
    return get_host_cpu_features() if chosen is None else str(chosen)


VECTOR_BYTES = 128 if "+avx512f" in _machine_features() else 64

# -- The operations, in Python ----------------------------------------------------------------------------------------------


def lanes(array):
    """The number of elements in a vector of `array`'s dtype."""
    return VECTOR_BYTES // array.itemsize


def zeros(array):
    """A vector of zeros, of `array`'s dtype."""
    return np.zeros(lanes(array), array.dtype)


def constant(value, like):
    """The number `value` in every lane of a vector of `like`'s dtype."""
    return np.full(lanes(like), value, like.dtype)


def _from(array, i):
    if not 0 <= i < array.size:
        raise IndexError(f"expected a place in an array of {array.size}, got {i}")
    return array.reshape(-1)[i:]


def splat(array, i):
    """array.flat[i] in every lane."""
    return np.full(lanes(array), _from(array, i)[0])


def splat_two(array, i, j):
    """array.flat[i] in the first half of the lanes, array.flat[j] in the second."""
    return np.repeat(array.reshape(-1)[np.array([i, j])], lanes(array) // 2)


def second_half(vector):
    """The second half of the lanes in place of the first."""
    return np.roll(vector, len(vector) // 2)


def load(array, i):
    """The vector array.flat[i : i + lanes]. Behind the array's end lies whatever lies there: NaN, so that nobody relies on it."""
    vector = np.full(lanes(array), np.nan, array.dtype)
    inside = _from(array, i)[: lanes(array)]
    vector[: inside.size] = inside
    return vector


def load_first(array, i, count):
    """The vector array.flat[i : i + count], zeros in the remaining lanes."""
    vector = zeros(array)
    vector[:count] = _from(array, i)[: min(count, lanes(array))]
    return vector


def store(array, i, vector):
    """array.flat[i : i + lanes] = vector; what reaches behind the array's end falls into its slack (`memory.aligned`)."""
    inside = _from(array, i)[: lanes(array)]
    inside[:] = vector[: inside.size]


def store_first(array, i, count, vector):
    """array.flat[i : i + count] = vector[:count]; for a uint8 array the values are truncated to bytes."""
    _from(array, i)[:count] = vector[: min(count, vector.size)]


def load_bytes(array, i, like):
    """The vector array.flat[i : i + lanes] of a uint8 array, as numbers of `like`'s dtype."""
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


# -- The same for Numba -----------------------------------------------------------------------------------------------------


class VectorType(types.Type):
    """The Numba type of a vector of float32 or float64."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Vector({dtype} x {self.lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: VectorType) -> None:
        super().__init__(manager, vector, ir.VectorType(manager.lookup(vector.dtype).get_value_type(), vector.lanes))


def _of_array(array: Any) -> VectorType | None:
    return VectorType(array.dtype) if isinstance(array, types.Array) else None


def _like_operands(a: types.Type, b: types.Type) -> types.Type | None:
    return a if isinstance(a, VectorType) and a == b else None


@type_callable(lanes)
def _type_lanes(context: Any) -> Any:
    return lambda array: types.intp


@type_callable(zeros)
def _type_zeros(context: Any) -> Any:
    return lambda array: _of_array(array)


@type_callable(constant)
def _type_constant(context: Any) -> Any:
    return lambda value, like: _of_array(like)


@type_callable(splat)
@type_callable(load)
def _type_load(context: Any) -> Any:
    return lambda array, i: _of_array(array)


@type_callable(splat_two)
def _type_splat_two(context: Any) -> Any:
    return lambda array, i, j: _of_array(array)


@type_callable(second_half)
def _type_second_half(context: Any) -> Any:
    return lambda vector: vector


@type_callable(load_first)
def _type_load_first(context: Any) -> Any:
    return lambda array, i, count: _of_array(array)


@type_callable(store)
def _type_store(context: Any) -> Any:
    return lambda array, i, vector: types.none


@type_callable(store_first)
def _type_store_first(context: Any) -> Any:
    return lambda array, i, count, vector: types.none


@type_callable(load_bytes)
def _type_load_bytes(context: Any) -> Any:
    return lambda array, i, like: _of_array(like)


@type_callable(where_greater)
@type_callable(where_equal)
def _type_where_greater(context: Any) -> Any:
    return lambda a, b, chosen, otherwise: chosen


@type_callable(operator.add)
@type_callable(operator.iadd)
@type_callable(operator.sub)
@type_callable(operator.mul)
def _type_arithmetic(context: Any) -> Any:
    return _like_operands


def pointer(context: Any, builder: ir.IRBuilder, array_type: types.Array, array: ir.Value, i: ir.Value) -> ir.Value:
    """The address of array.flat[i]."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [i], inbounds=True)


def _at_most(builder: ir.IRBuilder, value: ir.Value, limit: int) -> ir.Value:
    constant = ir.Constant(value.type, limit)
    return builder.select(builder.icmp_signed("<", value, constant), value, constant)


def _copy_elements(builder: ir.IRBuilder, target: ir.Value, source: ir.Value, count: ir.Value, most: int) -> None:
    """Copy `count` elements, at most `most` (a power of two), in pieces of 1, 2, 4, ...: one for each bit of the count."""
    element = target.type.pointee
    done = cgutils.alloca_once_value(builder, ir.Constant(count.type, 0))
    size = most
    while size:
        piece = ir.VectorType(element, size).as_pointer()
        bit = builder.and_(count, ir.Constant(count.type, size))
        with builder.if_then(builder.icmp_signed("!=", bit, ir.Constant(count.type, 0))):
            offset = builder.load(done)
            from_pointer = builder.bitcast(builder.gep(source, [offset]), piece)
            to_pointer = builder.bitcast(builder.gep(target, [offset]), piece)
            builder.store(builder.load(from_pointer, align=1), to_pointer, align=1)
            builder.store(builder.add(offset, bit), done)
        size //= 2


def _splat_scalar(builder: ir.IRBuilder, scalar: ir.Value, vector_type: ir.VectorType) -> ir.Value:
    single = builder.insert_element(ir.Constant(vector_type, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    return shuffled(builder, single, single, [0] * vector_type.count)


def shuffled(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, numbers: list[int]) -> ir.Value:
    """The lanes with these numbers, those of b counted on from those of a."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), numbers))


@lower_builtin(lanes, types.Array)
def _lower_lanes(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return context.get_constant(types.intp, VECTOR_BYTES * 8 // signature.args[0].dtype.bitwidth)


@lower_builtin(zeros, types.Array)
def _lower_zeros(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return ir.Constant(context.get_value_type(signature.return_type), None)


@lower_builtin(constant, types.Number, types.Array)
def _lower_constant(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    scalar = context.cast(builder, args[0], signature.args[0], signature.return_type.dtype)
    return _splat_scalar(builder, scalar, context.get_value_type(signature.return_type))


@lower_builtin(splat, types.Array, types.Integer)
def _lower_splat(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    scalar = builder.load(pointer(context, builder, signature.args[0], *args))
    return _splat_scalar(builder, scalar, context.get_value_type(signature.return_type))


@lower_builtin(splat_two, types.Array, types.Integer, types.Integer)
def _lower_splat_two(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, *places = args
    half = ir.VectorType(context.get_value_type(signature.return_type.dtype), signature.return_type.lanes // 2)
    scalars = [builder.load(pointer(context, builder, signature.args[0], array, place)) for place in places]
    first, second = (_splat_scalar(builder, scalar, half) for scalar in scalars)
    return shuffled(builder, first, second, list(range(2 * half.count)))


@lower_builtin(second_half, VectorType)
def _lower_second_half(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    lanes = signature.return_type.lanes
    return shuffled(builder, args[0], args[0], [(lane + lanes // 2) % lanes for lane in range(lanes)])


@lower_builtin(load, types.Array, types.Integer)
def _lower_load(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    address = pointer(context, builder, signature.args[0], *args)
    vector_address = builder.bitcast(address, context.get_value_type(signature.return_type).as_pointer())
    return builder.load(vector_address, align=signature.args[0].dtype.bitwidth // 8)


@lower_builtin(load_first, types.Array, types.Integer, types.Integer)
def _lower_load_first(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, count = args
    vector_type = context.get_value_type(signature.return_type)
    vector = cgutils.alloca_once_value(builder, ir.Constant(vector_type, None))
    source = pointer(context, builder, signature.args[0], array, i)
    whole = _at_most(builder, count, vector_type.count)
    _copy_elements(builder, builder.bitcast(vector, source.type), source, whole, vector_type.count)
    return builder.load(vector)


@lower_builtin(store, types.Array, types.Integer, VectorType)
def _lower_store(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, vector = args
    address = pointer(context, builder, signature.args[0], array, i)
    builder.store(vector, builder.bitcast(address, vector.type.as_pointer()), align=signature.args[0].dtype.bitwidth // 8)
    return context.get_dummy_value()


@lower_builtin(store_first, types.Array, types.Integer, types.Integer, VectorType)
def _lower_store_first(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, count, vector = args
    element = signature.args[0].dtype
    if isinstance(element, types.Integer):
        vector = builder.fptoui(vector, ir.VectorType(ir.IntType(8), vector.type.count))
    target = pointer(context, builder, signature.args[0], array, i)
    whole = builder.icmp_signed(">=", count, ir.Constant(count.type, vector.type.count))
    with builder.if_else(whole, likely=True) as (store_all, store_some):
        with store_all:
            builder.store(vector, builder.bitcast(target, vector.type.as_pointer()), align=element.bitwidth // 8)
        with store_some:
            copy = cgutils.alloca_once_value(builder, vector)
            _copy_elements(builder, target, builder.bitcast(copy, target.type), count, vector.type.count // 2)
    return context.get_dummy_value()


@lower_builtin(load_bytes, types.Array, types.Integer, types.Array)
def _lower_load_bytes(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    vector_type = context.get_value_type(signature.return_type)
    address = pointer(context, builder, signature.args[0], args[0], args[1])
    bytes_type = ir.VectorType(ir.IntType(8), vector_type.count)
    return builder.uitofp(builder.load(builder.bitcast(address, bytes_type.as_pointer()), align=1), vector_type)


@lower_builtin(where_equal, VectorType, VectorType, VectorType, VectorType)
def _lower_where_equal(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    a, b, chosen, otherwise = args
    return builder.select(builder.fcmp_ordered("==", a, b), chosen, otherwise)


@lower_builtin(where_greater, VectorType, VectorType, VectorType, VectorType)
def _lower_where_greater(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    a, b, chosen, otherwise = args
    return builder.select(builder.fcmp_ordered(">", a, b), chosen, otherwise)


@lower_builtin(operator.add, VectorType, VectorType)
@lower_builtin(operator.iadd, VectorType, VectorType)
def _lower_add(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return builder.fadd(*args, flags=("contract",))


@lower_builtin(operator.sub, VectorType, VectorType)
def _lower_sub(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return builder.fsub(*args, flags=("contract",))


@lower_builtin(operator.mul, VectorType, VectorType)
def _lower_mul(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return builder.fmul(*args, flags=("contract",))
