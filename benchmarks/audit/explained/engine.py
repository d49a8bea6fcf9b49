"""Of the engine, the training loop and its callbacks."""

from benchmarks.audit.explained.words import ORDER, UNBOUND

NUMBER = "this rule is the same in every step"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/engine/operations.py", "= np.empty(0)  [0]  ->  1", UNBOUND),
    ("nn/engine/conv_operation.py", "->  needs_dinput or self.dpadded is not self.dinput", "then nothing is copied"),
    (
        "nn/engine/dense_operation.py",
        "if self.dropout else 0), rate=self.rate, out=self.out, start=chunk.rows.start, ",
        "no dropout, no key",
    ),
    (
        "nn/engine/executor.py",
        "if self.threads > 1 else None  [self.threads - 1]  ->  self.threads + 1",
        "no run has work for more",
    ),
    ("nn/engine/batch.py", "->  (*self._gradients.values(), *self._arrivals)", "all are opened, in any order"),
    ("nn/engine/plan.py", "activation.build(layer.output_shape, np.random.default_rng(0), np.float32)  [0]", "it draws nothing"),
    ("nn/engine/head.py", "flatten, rng = (Flatten(), np.random.default_rng(0))  [0]", "neither layer draws from it"),
    ("nn/engine/batch_norm_operation.py", "(('beta', self.dbeta), ('gamma', self.dgamma))", ORDER),
    ("nn/optimizers/base.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
    ("nn/optimizers/sgd.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
    ("nn/optimizers/adadelta.py", "rate: float, step: int=0) -> None:  [0]  ->  1", NUMBER),
)
