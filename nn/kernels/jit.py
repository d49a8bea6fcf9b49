"""`@jit`: compiles every Numba function of this package, caches it, and compiles it again when a
source changes.

Importing compiles nothing. The first call with new argument types compiles the function and stores
the machine code on disk (`cache.py`); later processes load it.

Numba on its own checks only the source *file of the function itself*. A function that inlined a
helper from another file would keep running the helper's old code after an edit. Here the stamp is
a digest of all kernel files, so that an edit to any of them makes every kernel compile again.

`fastmath={"contract"}` allows a·b + c as one fused multiply-add and nothing else: no sum is
reordered, and NaN stays NaN.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

# Importing it tells Numba how the vectors of `simd.py` are compiled, before anything is.
from nn.kernels import simd_llvm  # noqa: F401
from nn.kernels.cache import KernelCache


@functools.cache
def sources_digest() -> str:
    """SHA-256 over the names and contents of all kernel files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def jit(function: Callable[..., Any] | None = None, *, inline: bool = False) -> Any:
    """Compile `function` with Numba: releases the GIL, IEEE semantics but for fused multiply-add,
    cached on disk.

    Args:
        function: plain Python over arrays and numbers.
        inline: merge its source into that of each kernel that calls it, and compile it there. For
            a function that is short or has one such caller. Python can call it like any other
            kernel.
    """
    if function is None:
        return functools.partial(jit, inline=inline)
    # No kernel is called from C: one wrapper less to compile.
    options: dict[str, Any] = {"nogil": True, "no_cfunc_wrapper": True, "error_model": "numpy", "fastmath": {"contract"}}
    compiled = numba.njit(inline="always" if inline else "never", **options)(function)
    if compiled is function:
        # NUMBA_DISABLE_JIT=1: everything runs as the Python it is.
        return compiled
    # RuntimeError: no folder to write to, neither beside the sources nor in the user's cache. Then
    # each process compiles anew.
    with contextlib.suppress(RuntimeError):
        compiled._cache = KernelCache(function, sources_digest())
    return compiled
