"""Faults that show by chance alone are found every time: uninitialised memory, data races, and what
stays from one call to the next.
"""

import sys

import pytest

from nn.exercise.catalogue import EXERCISES
from nn.exercise.judge import judge


@pytest.fixture
def verdict(tmp_path, monkeypatch):
    """The verdict on a text as the file of an exercise."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def call(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return judge(EXERCISES[name], path)

    return call


def adding(head, make, arguments="x, kernel, bias", before=""):
    """A dense layer that adds to what `make` returns."""
    return f"""
{head}
def dense_forward({arguments}):
    {before}
    out = {make}((len(x), kernel.shape[1]))
    for n in range(len(x)):
        for o in range(kernel.shape[1]):
            for i in range(x.shape[1]):
                out[n, o] += x[n, i] * kernel[i, o]
            out[n, o] += bias[o]
    return out
"""


EMPTY = {
    "star": adding("from numpy import *", "empty"),
    "whole name": adding("import numpy", "numpy.empty"),
    "renamed": adding("from numpy import empty as e", "e"),
    "submodule": adding("import numpy.linalg", "numpy.empty"),
    "in the function": adding("", "np.empty", before="import numpy as np"),
    "class attribute": adding("import numpy as np\nclass Tools:\n    lib = np", "Tools.lib.empty"),
    "dictionary": adding("import numpy as np\nMAKE = {'empty': np.empty}", "MAKE['empty']"),
    "partial": adding("import functools\nimport numpy as np\nmake = functools.partial(np.empty, dtype=float)", "make"),
    "default argument": adding("import numpy as np", "make", arguments="x, kernel, bias, make=np.empty"),
    "numba in a comment": adding("import numpy as np  # not numba", "np.empty"),
    "with the project": adding("from nn.layers import Dense\nimport numpy as np", "np.empty"),
}


@pytest.mark.parametrize("how", EMPTY)
def test_uninitialised_memory_is_found_wherever_numpy_is_imported(verdict, how):
    assert "out starts from np.empty, which holds arbitrary values; += needs np.zeros" in verdict("dense", EMPTY[how]).text


PLAIN = "\ndef dense_forward(x, kernel, bias):\n    return x @ kernel + bias\n"
FAST = (
    "\nimport numba\nimport numpy as np\n@numba.njit\ndef ones():\n    out = np.empty(1)\n    out[:] = 1\n    return out\nones()"
)
FINE = {
    "a module": "import types\nimport numpy as np\nassert isinstance(np, types.ModuleType)\nassert np.__version__" + PLAIN,
    "classes": "import numpy as np\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    a: np.ndarray\nP(np.ones(1))"
    + PLAIN,
    "pickles": "import pickle\nimport numpy as np\nassert pickle.loads(pickle.dumps(np.zeros)) is np.zeros" + PLAIN,
    "other types": "import numpy as np\nnp.empty(2, bool), np.empty(2, object), np.empty(2, 'M8[D]'), np.empty_like([1])" + PLAIN,
    "an own name": "import numpy as np\nnp.mine = 3\nassert np.mine == 3" + PLAIN,
    "annotations": "from __future__ import annotations\ndef other(x: Nothing) -> Nowhere: ..." + PLAIN,
    "a neighbour": "from fast import ones\nimport numpy as np\nassert ones() == np.ones(1)" + PLAIN,
    "Numba": FAST + "\nassert ones() == 1" + PLAIN,
}


@pytest.mark.parametrize("how", FINE)
def test_a_file_can_do_with_numpy_what_it_likes(verdict, how, tmp_path, compiler):
    (tmp_path / "fast.py").write_text(FAST)
    found = verdict("dense", FINE[how])
    assert found.passed, found.text


def test_annotations_that_python_refuses_are_refused(verdict):
    found = verdict("dense", "def dense_forward(x: NDArray, kernel, bias):\n    return x @ kernel + bias\n")
    if sys.version_info < (3, 14):
        assert found.text == "dense.py, line 1: the file raised NameError: name 'NDArray' is not defined"
    else:  # it evaluates them only when they are asked for, and nobody asks
        assert found.passed


STAYS = {
    "a global variable": """
seen = []
def dense_forward(x, kernel, bias):
    seen.append(0)
    return x @ kernel + len(seen) * bias
""",
    "a default argument": """
def dense_forward(x, kernel, bias, seen=[]):
    seen.append(0)
    return x @ kernel + len(seen) * bias
""",
}


@pytest.mark.parametrize("how", STAYS)
def test_what_stays_from_one_call_to_the_next_is_named(verdict, how):
    assert "with the same arguments, out is another one the second time. Does something stay" in verdict("dense", STAYS[how]).text


def test_a_mask_that_is_kept_outside_of_the_cache_is_found(verdict):
    found = verdict(
        "dropout",
        """
def dropout_forward(x, rate, training, rng):
    global mask
    mask = (rng.random(x.shape) >= rate) / (1 - rate) if training else 1.0
    return x * mask, None
def dropout_backward(dout, cache):
    return dout * mask
""",
    )
    assert "the mask must be the one of dropout_forward (keep it in the cache)" in found.text


def test_a_number_of_zeros_that_never_varies_is_no_dropout(verdict):
    found = verdict(
        "dropout",
        """
import numpy as np
def dropout_forward(x, rate, training, rng):
    if not training:
        return x, 1.0
    mask = np.arange(x.size) >= rate * x.size
    mask = rng.permutation(mask).reshape(x.shape) / (1 - rate)
    return x * mask, mask
def dropout_backward(dout, cache):
    return dout * cache
""",
    )
    assert "always exactly 500 of 2000 values are set to 0" in found.text


KERNEL = """
import numba
import numpy as np
from numba import prange

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

@numba.njit(parallel=True)
def conv2d_backward_into(dout, x, kernel, dx, dkernel, dbias):
    N, OH, OW, F = dout.shape
    KH, KW, C, _ = kernel.shape
    dx[:], dkernel[:], dbias[:] = 0, 0, 0
    for n in prange(N):
        for i in range(OH):
            for j in range(OW):
                for f in range(F):
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                dx[n, i + ki, j + kj, c] += dout[n, i, j, f] * kernel[ki, kj, c, f]
    for f in numba.prange(F):
        for n in range(N):
            for i in range(OH):
                for j in range(OW):
                    dbias[f] += dout[n, i, j, f]
                    for ki in range(KH):
                        for kj in range(KW):
                            for c in range(C):
                                dkernel[ki, kj, c, f] += dout[n, i, j, f] * x[n, i + ki, j + kj, c]
"""


def test_a_parallel_kernel_without_a_race_passes(verdict, compiler):
    found = verdict("kernel", KERNEL)
    assert found.passed, found.text


def changed(*pieces):
    text = KERNEL
    for piece, instead in zip(pieces[::2], pieces[1::2], strict=True):
        assert piece in text
        text = text.replace(piece, instead)
    return text


FILTERS = "    for f in numba.prange(F):\n        for n in range(N):\n"
SAMPLES = "    for n in prange(N):\n        for f in range(F):\n"
WEIGHTS = "                for f in range(F):\n                    for ki"
RACES = {
    "dkernel[0, 0, 0, 0]": changed(FILTERS, SAMPLES),
    "dx[0, 0, 0, 0]": changed(
        *("    dx[:], dkernel[:]", "    FF = F\n    dx[:], dkernel[:]"),
        *("    for n in prange(N):\n        for i in range", "    for f in prange(FF):\n        for i in range"),
        *(WEIGHTS, WEIGHTS.replace("for f in range(F)", "for n in range(N)")),
    ),
}


@pytest.mark.parametrize("entry", RACES)
def test_a_data_race_is_found_and_named(verdict, compiler, entry):
    found = verdict("kernel", RACES[entry]).text
    assert "several iterations of the prange in line" in found
    assert f"write to {entry}. They run at the same time" in found


def test_the_same_loop_one_after_the_other_is_no_race(verdict, compiler):
    found = verdict("kernel", changed(FILTERS, SAMPLES, "(parallel=True)", ""))
    assert found.passed, found.text
