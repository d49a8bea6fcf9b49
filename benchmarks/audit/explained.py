"""Mutants that may survive: somebody has examined each, and this is why no test can or should kill
it.
"""

from __future__ import annotations

from benchmarks.audit.mutation import Mutant

ORDER = "the alternatives are tried in order, and no two of them can match"
BLOCK = "overlapping blocks do some of the work twice, with the same result"
ROOM = "scratch memory that is never used"
SPEED = "another way to compute the same sums; only the time differs"
CHANCE = "shows once in 2³² random numbers"
BLANK = "an empty range: where the first index is not below the end, nothing is summed"
CONTIGUOUS = "the rows of the filters are contiguous, so v counts on across their ends"
BEYOND = "more tiles than the image needs: none of their outputs is stored"
SQUARE = "both sides of the kernel have the same length"
UNUSED = "the sums of these values are not used"
UNBOUND = "replaced when the operation gets its arrays"
SIZES = "all samples have the same size"
EITHER = "both sides give the same value there"

# (path, a part of "before -> after", why). The first match counts.
EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/kernels/dense.py", "[total < 0]  ->  total <= 0", EITHER),
    ("nn/kernels/dense.py", "max(K, 1), 64):  [1]  ->  2", "both are below a block, so a product without terms takes one block"),
    ("nn/kernels/dense.py", "if k_first > 0:  [0]  ->  1", "blocks begin at multiples of 64"),
    ("nn/kernels/dense.py", "range(0, C, 3 * L):  [3 * L]  ->  3 + L", BLOCK),
    ("nn/kernels/dense.py", "if rate > 0:  [rate > 0]  ->  rate >= 0", SPEED),
    ("nn/kernels/conv_backward.py", "starts[r] = 0  [0]  ->  1", BLANK),
    ("nn/kernels/conv_backward.py", "end = 0  [0]  ->  1", BLANK),
    ("nn/kernels/conv_backward.py", "if end > 0:  [end > 0]  ->  end >= 0", BLANK),
    ("nn/kernels/conv_backward.py", "six_vectors(v, vectors, row // L, row, L)  [row // L]  ->  row * L", CONTIGUOUS),
    ("nn/kernels/conv_backward.py", "range(most, most // 2, -1), key=lambda count: -vectors % count))  [2]  ->  3", SPEED),
    ("nn/kernels/conv_pool_backward.py", "bits = np.empty((windows * 4, -(-F // 64)), np.uint64)  [4]  ->  5", ROOM),
    ("nn/kernels/conv_pool_backward.py", "bits = np.empty((windows * 4, -(-F // 64)), np.uint64)  [-F // 64]  ->  -F * 64", ROOM),
    ("nn/kernels/elementwise.py", "[4294967296.0]  ->  4294967297.0", CHANCE),
    (
        "nn/kernels/elementwise.py",
        "[random_bits(key, first + e) >= threshold]  ->  random_bits(key, first + e) > threshold",
        CHANCE,
    ),
    ("nn/kernels/winograd.py", "kernel_shape[0]]) ** 2, kernel_shape[2], kernel_shape[3])  [0]  ->  1", SQUARE),
    ("nn/kernels/winograd.py", "taps = kernel.shape[0] * kernel.shape[1]  [0]  ->  1", SQUARE),
    ("nn/kernels/winograd3.py", "tiles = -(-rows // 5) * -(-columns // 5)", SPEED),
    ("nn/kernels/winograd3.py", "return 49 * tiles * (channels + TRANSFORMS) < 9 * rows * columns * channels", SPEED),
    ("nn/kernels/winograd3.py", "TRANSFORMS) <= 9 * rows * columns * channels", SPEED),
    ("nn/kernels/winograd3.py", "y = np.empty((5, 5, L), x.dtype)  [5]  ->  6", ROOM),
    ("nn/kernels/winograd3.py", "y = np.empty((10, 10, L), x.dtype)  [10]  ->  11", ROOM),
    ("nn/kernels/winograd3.py", "H + 4) // 5  [4]  ->  5", BEYOND),
    ("nn/kernels/winograd3.py", "W + 4) // 5  [4]  ->  5", BEYOND),
    ("nn/kernels/winograd3.py", "H + 4) * 5", BEYOND),
    ("nn/kernels/winograd3.py", "W + 4) * 5", BEYOND),
    ("nn/kernels/winograd3.py", "columns, TILES // 4):  [4]  ->  5", BLOCK),
    ("nn/kernels/winograd3.py", "for b in range(min(5, PW - 5 * j)):  [5]  ->  6", "the next block writes that column again"),
    ("nn/kernels/winograd3.py", "[x.shape[3] + L - 1]  ->  x.shape[3] + L + 1", ROOM),
    ("nn/kernels/winograd3.py", "[(x.shape[3] + L - 1) // L]  ->  (x.shape[3] + L - 1) * L", ROOM),
    ("nn/kernels/winograd3.py", "x.dtype)  [49]  ->  50", ROOM),
    (
        "nn/kernels/winograd3.py",
        "[(49, TILES + SPARE, L)]  ->  (49, L, TILES + SPARE)",
        "only the product of the last two sizes is used",
    ),
    ("nn/kernels/winograd3.py", "->  (quarter < 2 or rows > 2) or (quarter % 2 == 0 or columns > 2)", BEYOND),
    ("nn/kernels/winograd3.py", "[quarter < 2]  ->  quarter <= 2", BEYOND),
    ("nn/kernels/winograd3.py", "[rows > 2]  ->  rows >= 2", BEYOND),
    ("nn/kernels/winograd3.py", "[columns > 2]  ->  columns >= 2", BEYOND),
    ("nn/kernels/winograd3.py", "columns > 2)  [2]  ->  3", BEYOND),
    ("nn/kernels/winograd3.py", "clear(v, 0, v.size)  ->  (removed)", UNUSED),
    ("nn/kernels/winograd5.py", "clear(rows, 0, rows.size)", UNUSED),
    ("nn/kernels/winograd5.py", "room = (W + L - 1) // L * L + L", ROOM),
    ("nn/kernels/winograd5.py", "rows = np.empty((8, room), x.dtype)  [8]  ->  9", ROOM),
    ("nn/kernels/winograd5.py", "v = np.empty((64, room), x.dtype)  [64]  ->  65", ROOM),
    ("nn/kernels/winograd5.py", "m = np.empty((8, 4, L), x.dtype)", "only the size counts, and the rest of it is never used"),
    ("nn/kernels/winograd5.py", "clear(rows, r * room + W, 2)", "any values will do if they are the same for every batch"),
    ("nn/layers/batch_normalization.py", "('moving_variance', variance), ('moving_mean', mean))", ORDER),
    ("nn/kernels/batch_norm.py", "for a in range(2):  [2]  ->  3", "the window below writes that row again"),
    ("nn/engine/operations.py", "= np.empty(0)  [0]  ->  1", UNBOUND),
    ("nn/engine/operations.py", "first=chunk.rows.start * source[0].size, out=flat(target[chunk.rows]))  [0]  ->  1", SIZES),
    ("nn/engine/conv_operation.py", "spill = row - kernel.shape[1] * kernel.shape[2] if needs_dinput else 0", ROOM),
    ("nn/engine/conv_operation.py", "self.gap = -(-spill // math.prod(self.padded_shape))  [-spill //", ROOM),
    ("nn/engine/conv_operation.py", "->  needs_dinput or self.padded is not self.input", ROOM),
    ("nn/engine/conv_operation.py", "needs_dinput = (chunk.rows, self.dinput.size > 0)  [0]  ->  1", "images of one pixel"),
    ("nn/engine/conv_operation.py", "if not self.training:  [not self.training]  ->  self.training", SPEED),
    ("nn/engine/conv_operation.py", "->  needs_dinput or self.dpadded is not self.dinput", "then nothing is copied"),
    ("nn/engine/conv_operation.py", "->  width * channels <= conv_pool_backward.SHORT_ROW", SPEED),
    ("nn/engine/conv_operation.py", "< conv_pool_backward.SHORT_ROW  [width * channels]", SPEED),
    ("nn/engine/batch_norm_operation.py", "(('beta', self.dbeta), ('gamma', self.dgamma))", ORDER),
    ("nn/kernels/batch_norm.py", "[spread < 0]  ->  spread <= 0", EITHER),
    ("nn/kernels/batch_norm.py", "[value < 0]  ->  value <= 0", EITHER),
    ("nn/layers/dropout.py", "self.rate == 0:  [0]  ->  1", "at rate 0 the kernel keeps everything too, only more slowly"),
    (
        "nn/losses/base.py",
        "targets.min(initial=0) < 0:  [0]  ->  1",
        "the minimum of an empty array is then 1 instead of 0, and neither is negative",
    ),
    ("nn/losses/categorical.py", "sum(axis=-1, dtype=np.float64)  [-1]  ->  1", "the last axis of a matrix is axis 1"),
)


def reason(mutant: Mutant) -> str:
    """Why the mutant may survive; empty if nobody has explained it."""
    change = f"{mutant.before}  ->  {mutant.after}"
    return next((why for path, part, why in EXPLAINED if path == mutant.path and part in change), "")
