"""The on-disk cache: nothing compiles at import, nothing compiles twice, and nothing stale ever
runs.
"""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import nn
from nn.kernels import jit

PACKAGE = Path(nn.__file__).parent

HELPER = """
from nn.kernels.jit import jit

@jit(inline=True)
def scaled(value):
    return 2.0 * value
"""
USER = """
from nn.kernels.helper import scaled
from nn.kernels.jit import jit

@jit
def total(array):
    result = 0.0
    for value in array:
        result += scaled(value)
    return result
"""
START = """
import numpy as np
from nn.kernels.user import total
print(total(np.ones(5)), sum(total.stats.cache_hits.values()), sum(total.stats.cache_misses.values()))
"""


def run(code, folder, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture
def small_package(tmp_path):
    """A package with this one's jit.py and two tiny kernels, one of which inlines the other, from
    another file.
    """
    kernels = tmp_path / "nn" / "kernels"
    kernels.mkdir(parents=True)
    for folder in (kernels.parent, kernels):
        (folder / "__init__.py").touch()
    for name in ("jit.py", "cache.py", "memory.py", "simd.py", "simd_types.py", "simd_llvm.py"):
        shutil.copy(PACKAGE / "kernels" / name, kernels)
    (kernels / "helper.py").write_text(HELPER)
    (kernels / "user.py").write_text(USER)
    return tmp_path


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_an_edited_helper_never_runs_stale_and_no_start_after_the_first_compiles(small_package):
    cache = small_package / "cache"

    def start():
        total, hits, misses = run(START, small_package, NUMBA_CACHE_DIR=str(cache))
        return float(total), int(hits), int(misses)

    assert start() == (10.0, 0, 1)
    files = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb*")}
    assert files
    assert start() == (10.0, 1, 0)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb*")} == files
    (small_package / "nn" / "kernels" / "helper.py").write_text(HELPER.replace("2.0", "3.0"))
    assert start() == (15.0, 0, 1)
    assert start() == (15.0, 1, 0)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_an_inlined_helper_called_from_python_is_kept_as_any_kernel(small_package):
    code = """
from nn.kernels.helper import scaled
print(scaled(2.5), sum(scaled.stats.cache_hits.values()), sum(scaled.stats.cache_misses.values()))
"""
    cache = str(small_package / "cache")
    assert run(code, small_package, NUMBA_CACHE_DIR=cache) == ["5.0", "0", "1"]
    assert run(code, small_package, NUMBA_CACHE_DIR=cache) == ["5.0", "1", "0"]


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_importing_compiles_nothing(tmp_path):
    code = """
import importlib, pkgutil, nn.kernels, nn.layers, nn.losses, nn.optimizers, nn.gradcheck
for module in pkgutil.iter_modules(nn.kernels.__path__):
    for value in vars(importlib.import_module("nn.kernels." + module.name)).values():
        if getattr(value, "signatures", None):
            print(value)
"""
    assert run(code, PACKAGE.parent, NUMBA_CACHE_DIR=str(tmp_path)) == []
    assert list(tmp_path.rglob("*.nb*")) == []


def imports_of(path):
    """The kernel files that a kernel file imports, by name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {other.stem for other in path.parent.glob("*.py") if f"nn.kernels.{other.stem}" in names}


def test_imports_among_the_kernels_point_one_way():
    left = {path.stem: imports_of(path) for path in (PACKAGE / "kernels").glob("*.py")}
    assert left["memory"] == set()
    assert left["simd"] == {"memory"}
    assert "simd_llvm" in left["jit"]
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert left == {}


def test_light_modules_load_no_compiler(tmp_path):
    code = """
import sys, nn, nn.errors, nn.io.cli, nn.io.files, nn.utils
print(*(name for name in ("numba", "scipy", "matplotlib", "pygame") if name in sys.modules))
"""
    assert run(code, PACKAGE.parent) == []


def test_plain_python_computes_what_the_compiler_does(tmp_path):
    code = """
import numpy as np
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from nn.losses import CategoricalCrossentropy
layers = [Conv2D(3, 3, activation="relu"), MaxPooling2D(), Conv2D(2, 2, 2, "same"), Flatten(), Dropout(0.3), Dense(3)]
shape, rng = (7, 6, 1), np.random.default_rng(0)
for layer in layers:
    layer.build(shape, rng, np.float64)
    shape = layer.output_shape
x, caches, results = rng.standard_normal((2, 7, 6, 1)), [], []
for layer in layers:
    x, cache = layer.forward(x, True, 5)
    caches.append(cache)
    results.append(x)
dout = CategoricalCrossentropy().with_softmax(x, np.eye(3)[[0, 2]])[1]
for layer, cache in zip(layers[::-1], caches[::-1]):
    dout, grads = layer.backward(dout, cache)
    results += [dout, *grads.values()]
np.savez(FILE, *results)
"""
    for name, environment in (("compiled", {}), ("plain", {"NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"})):
        run(code.replace("FILE", repr(str(tmp_path / name))), PACKAGE.parent, **environment)
    compiled, plain = np.load(tmp_path / "compiled.npz"), np.load(tmp_path / "plain.npz")
    assert len(compiled.files) == 6 + 6 + 6
    for name in compiled.files:
        np.testing.assert_allclose(plain[name], compiled[name], rtol=1e-12, atol=1e-14)


def test_digest_follows_names_and_contents():
    assert len(jit.sources_digest()) == 64
    assert jit.sources_digest() == jit.sources_digest()


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_without_a_folder_to_write_to_kernels_are_compiled_in_memory(monkeypatch):
    def refuse(*_):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(jit, "KernelCache", refuse)

    @jit.jit
    def reciprocal(x):
        return 1.0 / x

    assert reciprocal(4.0) == 0.25
    # IEEE semantics instead of ZeroDivisionError.
    assert reciprocal(0.0) == np.inf
