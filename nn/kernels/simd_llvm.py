"""The LLVM instructions that Numba compiles each operation of `simd.py` to."""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin

from nn.kernels import simd
from nn.kernels.simd_types import VectorType


def _pointer(context: Any, builder: ir.IRBuilder, array_type: types.Array, array: ir.Value, i: ir.Value) -> ir.Value:
    """The address of array.flat[i]."""
    data = context.data_model_manager[array_type].get(builder, array, "data")
    return builder.gep(data, [i], inbounds=True)


def _at_most(builder: ir.IRBuilder, value: ir.Value, limit: int) -> ir.Value:
    constant = ir.Constant(value.type, limit)
    return builder.select(builder.icmp_signed("<", value, constant), value, constant)


def _copy_elements(builder: ir.IRBuilder, target: ir.Value, source: ir.Value, count: ir.Value, most: int) -> None:
    """Copy `count` elements, at most `most` (a power of two), in pieces of 1, 2, 4, ...: one for
    each bit of the count.
    """
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
    return _shuffled(builder, single, single, [0] * vector_type.count)


def _shuffled(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, indices: list[int]) -> ir.Value:
    """The lanes with these indices; the lanes of b are counted after those of a."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices))


@lower_builtin(simd.lanes, types.Array)
def _lower_lanes(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return context.get_constant(types.intp, simd.VECTOR_BYTES * 8 // signature.args[0].dtype.bitwidth)


@lower_builtin(simd.zeros, types.Array)
def _lower_zeros(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return ir.Constant(context.get_value_type(signature.return_type), None)


@lower_builtin(simd.constant, types.Number, types.Array)
def _lower_constant(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    scalar = context.cast(builder, args[0], signature.args[0], signature.return_type.dtype)
    return _splat_scalar(builder, scalar, context.get_value_type(signature.return_type))


@lower_builtin(simd.splat, types.Array, types.Integer)
def _lower_splat(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    scalar = builder.load(_pointer(context, builder, signature.args[0], *args))
    return _splat_scalar(builder, scalar, context.get_value_type(signature.return_type))


@lower_builtin(simd.load, types.Array, types.Integer)
def _lower_load(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    address = _pointer(context, builder, signature.args[0], *args)
    vector_address = builder.bitcast(address, context.get_value_type(signature.return_type).as_pointer())
    return builder.load(vector_address, align=signature.args[0].dtype.bitwidth // 8)


@lower_builtin(simd.load_first, types.Array, types.Integer, types.Integer)
def _lower_load_first(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, count = args
    vector_type = context.get_value_type(signature.return_type)
    vector = cgutils.alloca_once_value(builder, ir.Constant(vector_type, None))
    source = _pointer(context, builder, signature.args[0], array, i)
    whole = _at_most(builder, count, vector_type.count)
    _copy_elements(builder, builder.bitcast(vector, source.type), source, whole, vector_type.count)
    return builder.load(vector)


@lower_builtin(simd.store, types.Array, types.Integer, VectorType)
def _lower_store(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, vector = args
    address = _pointer(context, builder, signature.args[0], array, i)
    builder.store(vector, builder.bitcast(address, vector.type.as_pointer()), align=signature.args[0].dtype.bitwidth // 8)
    return context.get_dummy_value()


@lower_builtin(simd.store_first, types.Array, types.Integer, types.Integer, VectorType)
def _lower_store_first(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    array, i, count, vector = args
    element = signature.args[0].dtype
    if isinstance(element, types.Integer):
        vector = builder.fptoui(vector, ir.VectorType(ir.IntType(8), vector.type.count))
    target = _pointer(context, builder, signature.args[0], array, i)
    whole = builder.icmp_signed(">=", count, ir.Constant(count.type, vector.type.count))
    with builder.if_else(whole, likely=True) as (store_all, store_some):
        with store_all:
            builder.store(vector, builder.bitcast(target, vector.type.as_pointer()), align=element.bitwidth // 8)
        with store_some:
            copy = cgutils.alloca_once_value(builder, vector)
            _copy_elements(builder, target, builder.bitcast(copy, target.type), count, vector.type.count // 2)
    return context.get_dummy_value()


@lower_builtin(simd.clear, types.Array, types.Integer, types.Integer)
def _lower_clear(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    start = _pointer(context, builder, signature.args[0], args[0], args[1])
    count = _index(context, builder, args[2], signature.args[2])
    size = builder.mul(count, context.get_constant(types.intp, signature.args[0].dtype.bitwidth // 8))
    cgutils.memset(builder, start, size, 0)
    return context.get_dummy_value()


@lower_builtin(simd.transpose_block, types.Array, types.Integer, types.Array, types.Integer)
def _lower_transpose_block(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    x, i, out, j = args
    x_type, out_type = signature.args[0], signature.args[2]
    rows = _rows(context, builder, x_type, x, i)
    vectors = [builder.load(row, align=x_type.dtype.bitwidth // 8) for row in rows]
    first_half = [index for lane in range(4) for index in (lane, lane + 8)]
    second_half = [index + 4 for index in first_half]
    for _ in range(3):
        pairs = zip(vectors[:4], vectors[4:], strict=True)
        vectors = [_shuffled(builder, a, b, half) for a, b in pairs for half in (first_half, second_half)]
    for vector, row in zip(vectors, _rows(context, builder, out_type, out, j), strict=True):
        builder.store(vector, row, align=out_type.dtype.bitwidth // 8)
    return context.get_dummy_value()


def _rows(context: Any, builder: ir.IRBuilder, array_type: types.Array, array: ir.Value, i: ir.Value) -> list[ir.Value]:
    """The addresses of eight vectors, one below the other in a matrix, from array.flat[i] on."""
    start = _pointer(context, builder, array_type, array, i)
    length = builder.extract_value(context.data_model_manager[array_type].get(builder, array, "shape"), 1)
    vector = ir.VectorType(start.type.pointee, 8).as_pointer()
    offsets = [builder.mul(length, ir.Constant(length.type, row)) for row in range(8)]
    return [builder.bitcast(builder.gep(start, [offset]), vector) for offset in offsets]


@lower_builtin(simd.load_bytes, types.Array, types.Integer, types.Array)
def _lower_load_bytes(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    vector_type = context.get_value_type(signature.return_type)
    address = _pointer(context, builder, signature.args[0], args[0], args[1])
    bytes_type = ir.VectorType(ir.IntType(8), vector_type.count)
    return builder.uitofp(builder.load(builder.bitcast(address, bytes_type.as_pointer()), align=1), vector_type)


@lower_builtin(simd.where_equal, VectorType, VectorType, VectorType, VectorType)
def _lower_where_equal(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    a, b, chosen, otherwise = args
    return builder.select(builder.fcmp_ordered("==", a, b), chosen, otherwise)


@lower_builtin(simd.where_greater, VectorType, VectorType, VectorType, VectorType)
def _lower_where_greater(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    a, b, chosen, otherwise = args
    return builder.select(builder.fcmp_ordered(">", a, b), chosen, otherwise)


@lower_builtin(simd.bits_equal, VectorType, VectorType)
def _lower_bits_equal(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return _bits(builder, builder.fcmp_ordered("==", *args))


@lower_builtin(simd.bits_greater, VectorType, VectorType)
def _lower_bits_greater(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return _bits(builder, builder.fcmp_ordered(">", *args))


def _bits(builder: ir.IRBuilder, chosen: ir.Value) -> ir.Value:
    return builder.zext(builder.bitcast(chosen, ir.IntType(chosen.type.count)), ir.IntType(64))


@lower_builtin(simd.lowest_bit, types.Integer)
def _lower_lowest_bit(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))


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


@lower_builtin(operator.mul, types.Float, VectorType)
def _lower_scaled(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    scalar = context.cast(builder, args[0], signature.args[0], signature.return_type.dtype)
    return builder.fmul(_splat_scalar(builder, scalar, args[1].type), args[1], flags=("contract",))


def _index(context: Any, builder: ir.IRBuilder, value: ir.Value, value_type: types.Type) -> ir.Value:
    return context.cast(builder, value, value_type, types.intp)


def _multiples(context: Any, builder: ir.IRBuilder, signature: Any, step: ir.Value) -> list[ir.Value]:
    step = _index(context, builder, step, signature.args[0])
    return [builder.mul(step, ir.Constant(step.type, k), flags=("nsw",)) for k in range(len(signature.return_type))]


@lower_builtin(simd.multiples, types.Integer, types.Integer)
@lower_builtin(simd.multiples_like, types.Integer, types.BaseTuple)
def _lower_multiples(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    return context.make_tuple(builder, signature.return_type, _multiples(context, builder, signature, args[0]))


@lower_builtin(simd.multiples_until, types.Integer, types.Integer, types.Integer)
def _lower_multiples_until(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    last = _index(context, builder, args[1], signature.args[1])
    values = _multiples(context, builder, signature, args[0])
    least = [builder.select(builder.icmp_signed("<", value, last), value, last) for value in values]
    return context.make_tuple(builder, signature.return_type, least)


def _offsets(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> list[ir.Value]:
    """i plus each of the offsets, for the arguments (array, i, offsets, ...)."""
    start = _index(context, builder, args[1], signature.args[1])
    offsets = [_index(context, builder, builder.extract_value(args[2], k), each) for k, each in enumerate(signature.args[2])]
    return [builder.add(start, offset, flags=("nsw",)) for offset in offsets]


@lower_builtin(simd.load_each, types.Array, types.Integer, types.BaseTuple)
def _lower_load_each(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    one = signature.return_type.dtype(signature.args[0], types.intp)
    vectors = [_lower_load(context, builder, one, (args[0], offset)) for offset in _offsets(context, builder, signature, args)]
    return context.make_tuple(builder, signature.return_type, vectors)


@lower_builtin(simd.splat_each, types.Array, types.Integer, types.BaseTuple)
def _lower_splat_each(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    one = signature.return_type.dtype(signature.args[0], types.intp)
    vectors = [_lower_splat(context, builder, one, (args[0], offset)) for offset in _offsets(context, builder, signature, args)]
    return context.make_tuple(builder, signature.return_type, vectors)


@lower_builtin(simd.store_each, types.Array, types.Integer, types.BaseTuple, types.UniTuple)
def _lower_store_each(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    one = types.none(signature.args[0], types.intp, signature.args[3].dtype)
    for k, offset in enumerate(_offsets(context, builder, signature, args)):
        _lower_store(context, builder, one, (args[0], offset, builder.extract_value(args[3], k)))
    return context.get_dummy_value()


@lower_builtin(simd.store_first_each, types.Array, types.Integer, types.BaseTuple, types.Integer, types.UniTuple)
def _lower_store_first_each(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    one = types.none(signature.args[0], types.intp, signature.args[3], signature.args[4].dtype)
    for k, offset in enumerate(_offsets(context, builder, signature, args)):
        _lower_store_first(context, builder, one, (args[0], offset, args[3], builder.extract_value(args[4], k)))
    return context.get_dummy_value()


@lower_builtin(simd.add_products, types.UniTuple, types.UniTuple, VectorType)
def _lower_add_products(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    sums, many, one = args
    totals = []
    for k in range(len(signature.return_type)):
        product = builder.fmul(builder.extract_value(many, k), one, flags=("contract",))
        totals.append(builder.fadd(builder.extract_value(sums, k), product, flags=("contract",)))
    return context.make_tuple(builder, signature.return_type, totals)


@lower_builtin(simd.relu_each, types.UniTuple)
def _lower_relu_each(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> ir.Value:
    zero = ir.Constant(context.get_value_type(signature.return_type.dtype), None)
    vectors = [builder.extract_value(args[0], k) for k in range(len(signature.return_type))]
    kept = [builder.select(builder.fcmp_ordered(">", zero, vector), zero, vector) for vector in vectors]
    return context.make_tuple(builder, signature.return_type, kept)
