"""Of the engine, the training loop and its callbacks."""

from benchmarks.audit.explained.words import ORDER, ROOM, SIZES, SPEED, UNBOUND

NUMBER = "this rule is the same in every step"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
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
    ("nn/optimizers/base.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
    ("nn/optimizers/sgd.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
    ("nn/optimizers/adadelta.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
)
