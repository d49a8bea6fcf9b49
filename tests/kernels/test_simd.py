"""Every vector operation as compiled does what its Python definition says."""

import os
import platform
import subprocess
import sys

import numba
import numpy as np
import pytest

from nn.kernels import simd
from nn.kernels.memory import SLACK, aligned, aligned_copy
from nn.kernels.simd import (
    add_products,
    bits_equal,
    bits_greater,
    clear,
    lanes,
    load,
    load_bytes,
    load_each,
    load_first,
    lowest_bit,
    multiples,
    multiples_like,
    multiples_until,
    relu_each,
    splat,
    splat_each,
    store,
    store_each,
    store_first,
    store_first_each,
    where_equal,
    where_greater,
    zeros,
)


def program(a, b, small, count, out, out_bytes):
    """Uses every operation; each result lands in its own row of `out` (12, lanes)."""
    width = lanes(a)
    x = load(a, 0)
    y = load(b, 1)
    results = out.reshape(-1)
    store(results, 0, x)
    store(results, width, x + y)
    store(results, 2 * width, x - y)
    store(results, 3 * width, x * y)
    store(results, 4 * width, splat(a, 3))
    store(results, 5 * width, zeros(a))
    store(results, 6 * width, load_first(a, 2, count))
    store_first(results, 7 * width, count, x)
    store(results, 8 * width, where_greater(x, y, x, y))
    store(results, 9 * width, where_equal(x, y, splat(a, 0), zeros(a)))
    store(results, 10 * width, load_bytes(small, 1, a))
    total = zeros(a)
    for _ in range(3):
        total += x
    store(results, 11 * width, total)
    store_first(out_bytes, 0, count, load_bytes(small, 0, a))
    return width


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_operations_do_what_python_says(dtype):
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    width = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    rng = np.random.default_rng(0)
    a = aligned_copy(rng.integers(-3, 4, 3 * width), dtype)
    b = aligned_copy(rng.integers(-3, 4, 3 * width), dtype)
    small = aligned_copy(rng.integers(0, 256, 3 * width), np.uint8)
    compiled = numba.njit(program)
    for count in (1, 3, width - 1, width):
        results = []
        for run in (program, compiled):
            out, out_bytes = aligned_copy(np.full((12, width), 77, dtype)), np.full(2 * width, 77, np.uint8)
            results.append((run(a, b, small, count, out, out_bytes), out, out_bytes))
        assert results[0][0] == results[1][0] == width
        np.testing.assert_array_equal(results[0][1], results[1][1])
        np.testing.assert_array_equal(results[0][2][:count], results[1][2][:count])
        assert (results[1][2][count:] == 77).all()


def program_of_bits(a, b, out):
    """Uses every operation on bits."""
    x = load(a, 0)
    y = load(b, 0)
    out[0] = bits_greater(x, y)
    out[1] = bits_equal(x, y)
    out[2] = lowest_bit(out[1])
    out[3] = lowest_bit(out[1] << np.uint64(63 - lowest_bit(out[1])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_operations_on_bits_do_what_python_says(dtype):
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    width = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    rng = np.random.default_rng(0)
    compiled = numba.njit(program_of_bits)
    for _ in range(5):
        a, b = (aligned_copy(rng.integers(0, 3, width), dtype) for _ in range(2))
        a[-1], a[0], b[0] = b[-1], np.nan, np.nan
        results = np.zeros((2, 4), np.uint64)
        program_of_bits(a, b, results[0])
        compiled(a, b, results[1])
        assert results[0].tolist() == results[1].tolist()
        assert results[0, 1] >> np.uint64(width - 1) == 1
        assert results[0, 3] == 63


def test_operations_on_bits_in_python_worked_by_hand():
    one, two = np.array([1.0, 2.0, 3.0, np.nan]), np.array([0.0, 2.0, 1.0, np.nan])
    assert bits_greater(one, two) == 0b0101
    assert bits_equal(one, two) == 0b0010
    assert [lowest_bit(np.uint64(bits)) for bits in (1, 0b0110, 1 << 63)] == [0, 1, 63]


def program_of_several(a, step, count, out):
    """Uses every operation on several vectors; each result lands in a row of its own of `out` (12,
    lanes).
    """
    width = lanes(a)
    rows = multiples(width, 3)
    x = load_each(a, 1, multiples_like(step, rows))
    y = load_each(a, 2, multiples_until(step, 5, 3))
    z = splat_each(a, 0, (0, step, 2 * step))
    store_each(out, 0, rows, add_products(x, y, z[1]))
    store_each(out, 3 * width, rows, relu_each(y))
    clear(out, 6 * width, 2 * width)
    store_first_each(out, 6 * width, rows, count, z)
    store(out, 9 * width, 2.5 * x[0] - x[1])
    store_each(out, 10 * width, multiples(width, 2), (x[2], y[2]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_operations_on_several_vectors_do_what_python_says(dtype):
    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    width = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    a = aligned_copy(np.random.default_rng(0).integers(-3, 4, 3 * width), dtype)
    compiled = numba.njit(program_of_several)
    for step, count in ((3, 1), (2, width), (0, width - 1)):
        results = []
        for run in (program_of_several, compiled):
            out = aligned_copy(np.full((12, width), 77, dtype))
            run(a, step, count, out)
            results.append(out)
        np.testing.assert_array_equal(results[0], results[1])


def test_operations_on_several_vectors_in_python_worked_by_hand():
    a = np.arange(20.0)
    assert multiples(4, 3) == (0, 4, 8)
    assert multiples_like(4, (0, 0, 0)) == (0, 4, 8)
    assert multiples_until(4, 6, 3) == (0, 4, 6)
    assert [vector[0] for vector in load_each(a, 1, (0, 4, 6))] == [1, 5, 7]
    assert [vector.tolist() for vector in splat_each(a, 1, (0, 4))] == [[1] * lanes(a), [5] * lanes(a)]
    ones, twos = np.full(2, 1.0), np.full(2, 2.0)
    assert [vector.tolist() for vector in add_products((ones, twos), (twos, ones), -3 * ones)] == [[-5, -5], [-1, -1]]
    assert [vector.tolist() for vector in relu_each((np.array([-1.0, 2.0]), np.array([0.0, -0.5])))] == [[0, 2], [0, 0]]
    store_first_each(a, 2, (0, 5), 1, (-ones, -twos))
    assert a[[1, 2, 3, 6, 7, 8]].tolist() == [1, -1, 3, 6, -2, 8]
    clear(a, 1, 3)
    assert a[:5].tolist() == [0, 0, 0, 0, 4]
    clear(a, a.size, 0)
    for i, count in ((-1, 1), (19, 2), (4, -1)):
        with pytest.raises(IndexError, match="20"):
            clear(a, i, count)
    width = lanes(a)
    b = np.arange(2.0 * width + 1)
    store_each(b, 0, (0, width), (np.full(width, 9.0), np.full(width, 7.0)))
    assert b[[0, width - 1, width, 2 * width - 1, 2 * width]].tolist() == [9, 9, 7, 7, 2 * width]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_operations_in_python_worked_by_hand(dtype):
    width = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    a = np.arange(2.0 * width, dtype=dtype).reshape(2, width)
    assert lanes(a) == width
    assert load(a, 3).tolist() == list(range(3, 3 + width))
    assert zeros(a).tolist() == [0] * width
    assert splat(a, width + 1).tolist() == [width + 1] * width
    assert load_first(a, 5, 2).tolist() == [5, 6] + [0] * (width - 2)
    assert load_bytes(np.array([7, 200], np.uint8), 0, a)[:2].tolist() == [7, 200]
    store(a, 1, zeros(a))
    assert a.ravel()[: width + 2].tolist() == [0] * (width + 1) + [width + 1]
    store_first(a, 0, 2, splat(a, 2 * width - 1))
    assert a.ravel()[:3].tolist() == [2 * width - 1, 2 * width - 1, 0]
    one, two = splat(np.ones(1, dtype), 0), 2 * splat(np.ones(1, dtype), 0)
    assert where_greater(two, one, two, one).tolist() == two.tolist()
    assert where_greater(one, one, two, one).tolist() == one.tolist()
    assert where_equal(one, one, two, one).tolist() == two.tolist()


def test_past_the_end_python_reads_nan_and_writes_nothing():
    a = np.ones(3)
    assert np.isnan(load(a, 1)[2:]).all()
    store(a, 2, np.full(lanes(a), 5.0))
    assert a.tolist() == [1, 1, 5]


def test_the_slack_of_an_aligned_array_holds_one_vector_from_its_last_element():
    assert simd.VECTOR_BYTES - aligned((1,), np.float32).itemsize <= SLACK


def test_not_a_number_is_neither_greater_nor_equal():
    nan, one = np.full(4, np.nan), np.ones(4)
    assert where_greater(nan, one, nan, one).tolist() == one.tolist()
    assert where_equal(nan, nan, nan, one).tolist() == one.tolist()


def test_machine_features_can_be_overridden(monkeypatch):
    monkeypatch.setattr(numba.config, "CPU_FEATURES", "+sse2")
    assert simd._machine_features() == "+sse2"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names a processor of that kind")
def test_a_named_processor_brings_its_own_instructions():
    """NUMBA_CPU_NAME=haswell on a machine with AVX-512 is a machine without."""
    code = """
import numba, numpy as np
from nn.kernels import simd
@numba.njit(fastmath={"contract"})
def add_products(a, b, out):
    for i in range(out.size):
        out[i] += a[i] * b[i]
add_products(*np.ones((3, 64), np.float32))
assembly = next(iter(add_products.inspect_asm().values()))
print(simd.VECTOR_BYTES, "vfmadd" in assembly, "zmm" in assembly)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment["NUMBA_CPU_NAME"] = "haswell"
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300, check=True
    )
    assert result.stdout.split() == ["64", "True", "False"]


@pytest.mark.parametrize("offset", [-1, 6, 99])
def test_in_python_an_offset_outside_the_array_is_an_error(offset):
    a = np.arange(6.0).reshape(2, 3)
    operations = [
        lambda: load_first(a, offset, 1),
        lambda: splat(a, offset),
        lambda: store_first(a, offset, 1, zeros(a)),
        lambda: load_bytes(a.astype(np.uint8), offset, a),
    ]
    if offset != 6:  # whole vectors may lie in the spare bytes after the array
        operations += [lambda: load(a, offset), lambda: store(a, offset, zeros(a))]
    for operation in operations:
        with pytest.raises(IndexError, match=f"array of 6, got {offset}"):
            operation()


def test_in_python_the_spare_bytes_hold_nothing_to_rely_on():
    a = np.arange(6.0)
    assert np.isnan(load(a, 6)).all()
    store(a, 6, zeros(a))
    assert a.tolist() == [0, 1, 2, 3, 4, 5]
