"""Of layers, losses, optimizers and initializers."""

from benchmarks.audit.explained.words import ORDER

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/layers/batch_normalization.py", "('moving_variance', variance), ('moving_mean', mean))", ORDER),
    ("nn/layers/dropout.py", "self.rate == 0:  [0]  ->  1", "at rate 0 the kernel keeps everything too, only more slowly"),
    (
        "nn/losses/base.py",
        "targets.min(initial=0) < 0:  [0]  ->  1",
        "the minimum of an empty array is then 1 instead of 0, and neither is negative",
    ),
    ("nn/losses/categorical.py", "sum(axis=-1, dtype=np.float64)  [-1]  ->  1", "the last axis of a matrix is axis 1"),
)
