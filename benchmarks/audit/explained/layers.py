"""Of layers, losses, optimizers and initializers."""

from benchmarks.audit.explained.words import EITHER, ORDER

SHAPES_ALONE = "only the shapes of the arrays are used, not their random values"
ABOVE = "used only where x is not above 0; the minimum keeps exp from overflowing elsewhere"
EMPTY = "the least and the greatest value of an empty array are then 1 instead of 0, and neither is refused"
MATRIX = "the last axis of a matrix is axis 1"
ONES = "sizes are -1 or at least 1, and a factor of 1 changes no product"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/layers/base.py", "probe.build(input_shape, np.random.default_rng(0), np.float32)  [0]  ->  1", SHAPES_ALONE),
    ("nn/layers/base.py", "->  (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)", ORDER),
    ("nn/layers/rectifiers.py", "np.where(x > 0, x, self.negative_slope * x), x)  [x > 0]  ->  x >= 0", EITHER),
    ("nn/layers/rectifiers.py", "expm1(np.minimum(x, 0)))  [x > 0]  ->  x >= 0", EITHER),
    ("nn/layers/rectifiers.py", "expm1(np.minimum(x, 0)))  [0]  ->  1", ABOVE),
    ("nn/layers/sigmoids.py", "np.where(x < 0, e, np.ones_like(e)) / (1 + e)  [x < 0]  ->  x <= 0", EITHER),
    ("nn/layers/rescaling.py", "->  (('offset', offset), ('scale', scale))", ORDER),
    ("nn/layers/initializers.py", "->  self.mean - self.stddev * ", "normal values are as often positive as negative"),
    ("nn/layers/variance_scaling.py", "kinds = ('uniform', 'truncated_normal', 'untruncated_normal')", ORDER),
    ("nn/layers/variance_scaling.py", "(np.abs(values) > 2)).any():  [np.abs(values) > 2]", "no number drawn is exactly 2"),
    ("nn/layers/variance_scaling.py", "[rows >= columns]  ->  rows > columns", "of a square matrix the transposed is as random"),
    ("nn/layers/regularizers.py", "(('l2', l2), ('l1', l1))", ORDER),
    ("nn/layers/reshape.py", "if each > 0)))  [each > 0]  ->  each >= 0", ONES),
    ("nn/layers/reshape.py", "if each > 0)))  [0]  ->  1", ONES),
    ("nn/layers/batch_normalization.py", "('moving_variance', variance), ('moving_mean', mean))", ORDER),
    ("nn/layers/dropout.py", "self.rate == 0:  [0]  ->  1", "at rate 0 the kernel keeps everything too, only more slowly"),
    ("nn/losses/base.py", "targets.min(initial=0) < 0:  [0]  ->  1", EMPTY),
    ("nn/losses/binary.py", "labels.max(initial=0) > 1:  [0]  ->  1", EMPTY),
    ("nn/losses/binary.py", "outputs.max(initial=0) > 1 + 1e-06:  [0]  ->  1", EMPTY),
    ("nn/losses/categorical.py", "outputs.min(initial=0) < 0:  [0]  ->  1", EMPTY),
    ("nn/losses/base.py", "self.joined_with == 'softmax' else 2)  [-1]  ->  1", MATRIX),
    ("nn/losses/base.py", "outputs.shape[-1], 'y_true')  [-1]  ->  1", MATRIX),
    ("nn/losses/__init__.py", "probabilities.shape[-1], 'y_true'))  [-1]  ->  1", MATRIX),
    ("nn/losses/categorical.py", "total = outputs.sum(axis=-1, keepdims=True)  [-1]  ->  1", MATRIX),
    ("nn/losses/categorical.py", "keepdims=True)) / total)  [-1]  ->  1", MATRIX),
)
