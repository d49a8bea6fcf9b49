"""Mutants that survive and may: each was looked at, and this is why no test can or should kill it."""

from __future__ import annotations

from benchmarks.mutation import Mutant

REST = "NumPy takes any negative length for the one that is left to compute, not only -1"
ORDER = "only looked through, and no two of them can fit"
BLOCK = "how much is worked on at once decides how fast it goes, not what comes out"
ROOM = "room that is never used"
CHANCE = "shows once in four thousand million random numbers"
EITHER = "both sides give the same number there"

# (path, a part of "before -> after", why). The first that fits counts.
EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/kernels/dense.py", "a.reshape(-1)  [1]  ->  2", REST),
    ("nn/kernels/dense.py", "total < 0:  [total < 0]  ->  total <= 0", EITHER),
    ("nn/kernels/dense.py", "max(K, 1), 64):  [1]  ->  2", "both are below a block, so that a product without terms takes one"),
    ("nn/kernels/dense.py", "if k_first > 0:  [0]  ->  1", "blocks begin at multiples of 64"),
    ("nn/kernels/elementwise.py", "[4294967296.0]  ->  4294967297.0", CHANCE),
    ("nn/kernels/elementwise.py", "[random_bits(key, e) >= threshold]  ->  random_bits(key, e) > threshold", CHANCE),
    (
        "nn/kernels/elementwise.py",
        "[z ^ z >> np.uint64(31)]  ->  z | z >> np.uint64(31)",
        "changes the lowest of 32 bits: " + CHANCE,
    ),
    ("nn/kernels/elementwise.py", ">> np.uint64(32))  [31]  ->  32", "changes the lowest of 32 bits: " + CHANCE),
    ("nn/kernels/memory.py", "reshape(-1, copy=False)  [1]  ->  2", REST),
    ("nn/kernels/winograd.py", "g = np.empty((4, 3, F), kernel.dtype)  [4]  ->  5", ROOM),
    ("nn/layers/base.py", "[('valid', 'same')]  ->  ('same', 'valid')", ORDER),
    ("nn/layers/conv2d.py", "z.reshape(rows, -1), 0, rows)  [1]  ->  2", REST),
    ("nn/layers/conv2d.py", "aligned((16, *kernel.shape[2:]), kernel.dtype)  [16]  ->  17", ROOM),
    ("nn/layers/conv2d.py", "reshape(len(kernel), -1, self.filters)  [1]  ->  2", REST),
    ("nn/layers/conv2d.py", "dz.reshape(-1, filters))  [1]  ->  2", REST),
    ("nn/layers/conv2d.py", "dx.reshape(-1, channels), 0, len(dz))  [1]  ->  2", REST),
    ("nn/layers/dropout.py", "self.rate == 0:  [0]  ->  1", "at rate 0 the kernel keeps everything too, more slowly"),
    ("nn/losses.py", "targets.min(initial=0) < 0:  [0]  ->  1", "of no targets at all, neither 0 nor 1 is negative"),
    ("nn/losses.py", "probabilities.shape[-1], 'y_true')  [-1]  ->  1", "the last axis of a matrix is axis 1"),
    ("nn/losses.py", "sum(axis=-1)  [-1]  ->  1", "the last axis of a matrix is axis 1"),
    ("nn/losses.py", "->  ('sparse_categorical_crossentropy', 'categorical_crossentropy')", ORDER),
    ("nn/optimizers.py", "[(Adadelta, SGD)]  ->  (SGD, Adadelta)", ORDER),
)


def reason(mutant: Mutant) -> str:
    """Why the mutant may survive, or nothing."""
    change = f"{mutant.before}  ->  {mutant.after}"
    return next((why for path, part, why in EXPLAINED if path == mutant.path and part in change), "")
