"""Of data sets, files, checkpoints and recipes."""

from benchmarks.audit.explained.words import ORDER, SPEED

THROWN_AWAY = "a network that is thrown away: whatever runs, its kernels are the same"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/io/archive.py", "max(initial=0) <= LARGEST:  [0]  ->  1", "both are below the largest number"),
    ("nn/io/archive.py", "members.values())) >= size", "a directory follows the members, so they never fill their file"),
    ("nn/io/model_file.py", "try:  [(TypeError, ValueError)]", ORDER),
    ("nn/datasets/sources.py", "astype(np.float32, copy=False)  [False]  ->  True", SPEED),
    ("nn/train/checkpoint.py", "('weights', *kinds)}  [('weights', *kinds)]", "the weights are taken out again"),
    ("nn/train/checkpoint.py", "self._last = 0.0  [0.0]  ->  1.0", "replaced when the first checkpoint is written"),
    ("nn/train/setup.py", "batch_size=32, engine=recipe.engine, optimizer=recipe.optimizer)  [32]  ->  33", THROWN_AWAY),
    ("nn/train/setup.py", "few, few, threads=1)  [1]  ->  2", THROWN_AWAY),
)
