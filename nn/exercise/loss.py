"""Exercises `softmax_loss` and `training_step`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.exercise.base import EXAMPLE, Case, Exercise, Outputs, Task, Wrong, defined, normal, random_case
from nn.exercise.diagnosis import Answer, same
from nn.layers import Dense
from nn.layers.stack import Stack
from nn.losses import CategoricalCrossentropy
from nn.optimizers import SGD

LOG = "take log p as logits - m - log Σ exp(logits - m)"
LARGE = "the case of scores from -1000 to 1000"


def softmax_cross_entropy(logits: NDArray, targets: NDArray) -> tuple[float, NDArray]:
    """Softmax and cross-entropy, differentiated together.

    Shapes: logits and targets (N, K), each row of targets a one among zeros; returns the loss, a
    number, and dlogits (N, K), its gradient.

        p[n,k] = exp(logits[n,k]) / Σ_l exp(logits[n,l])
        loss   = -(1/N) Σ_n Σ_k targets[n,k] · log p[n,k]

    Scores of 1000 must neither overflow nor give log(0). The division by N happens here, in the
    loss and so in its gradient, and nowhere else in a network.

    Example: logits = ((0, log 3),) and targets = ((0, 1),) have p = ((1/4, 3/4),), the loss
    log(4/3) = 0.287682, and dlogits = ((1/4, -1/4),).
    """
    # Step 1: log p, row by row, without overflow.
    # Step 2: the loss.
    # Step 3: dlogits. Differentiate -Σ_k targets[k] · log p[k] for one row with pencil and paper.
    raise NotImplementedError


def training_step(
    x: NDArray, targets: NDArray, parameters: tuple[NDArray, ...], rate: float
) -> tuple[float, tuple[NDArray, ...]]:
    """One step of gradient descent for a network of two dense layers, with ReLU between them and
    softmax and cross-entropy at the end.

    Shapes: x (N, I), targets (N, K), parameters (kernel1 (I, H), bias1 (H,), kernel2 (H, K), bias2
    (K,)); returns the loss before the step, and a tuple of the four new parameters. The arrays
    that came in stay as they are.

        hidden = max(0, x · kernel1 + bias1),    logits = hidden · kernel2 + bias2
        w      ← w - rate · ∂loss/∂w

    You may import your own functions: `from dense import dense_forward`.
    """
    # Step 1: forward, and the loss.
    # Step 2: backward, with the parameters that the forward pass has used.
    # Step 3: the new parameters.
    raise NotImplementedError


def _loss_cases() -> list[Case]:
    first = {"logits": np.log([[1.0, 3.0]]), "targets": np.array([[0.0, 1.0]])}
    levels = np.array([[0.0, 1.0, 2.0], [1000.0, 1001.0, 999.0]])
    wide = np.array([[-1000.0, 0.0, 1000.0], [1.0, 2.0, 0.0]])
    note = "only large differences are wrong: p is 0 in float64 where log p is -2000; " + LOG
    return [
        Case(EXAMPLE, first),
        random_case("the case of three samples", {"logits": (3, 3)}, targets=np.eye(3)),
        Case("the case of two rows near 1000", {"logits": levels[[1, 1]], "targets": np.eye(3)[[0, 2]]}),
        Case("the case of one row near 0 and one near 1000", {"logits": levels, "targets": np.eye(3)[[0, 2]]}),
        Case(LARGE, {"logits": wide, "targets": np.eye(3)[:2]}, note=note),
        random_case("the case of four samples", {"logits": (4, 3)}, targets=np.eye(3)[[2, 0, 1, 1]]),
    ]


def _step_cases() -> list[Case]:
    one = (np.array([[1.0, -1.0]]), np.zeros(2), np.eye(2), np.zeros(2))
    first = {"x": np.ones((1, 1)), "targets": np.array([[0.0, 1.0]]), "parameters": one, "rate": 1.0}
    parameters = tuple(normal(3, (4, 6), (6,), (6, 3), (3,)))
    targets = np.eye(3)[[0, 1, 2, 1, 0]]
    second = random_case("the case of five samples", {"x": (5, 4)}, targets=targets, parameters=parameters, rate=0.5)
    return [Case("the case of one sample and two hidden units", first), second]


def _right_step(x: NDArray, targets: NDArray, parameters: tuple[NDArray, ...], rate: float) -> Outputs:
    """The step by the project's own layers, loss and optimizer."""
    stack = Stack((Dense(len(parameters[1]), "relu"), Dense(len(parameters[3]))), dtype=np.float64)
    stack.build(x.shape[1:])
    stack.set_weights(list(parameters))
    scores, caches = stack.forward(x, training=True)
    loss, dscores = CategoricalCrossentropy().with_softmax(scores, targets)
    _, gradients = stack.backward(dscores, caches)
    for name, parameter in stack.parameters().items():
        SGD().update(parameter, gradients[name], (), rate)
    return (loss, *stack.get_weights())


def _flattened(function: Callable[..., Any]) -> Callable[..., Any]:
    """The loss and the four parameters as one tuple; anything else as it is."""

    def call(*arguments: Any) -> Any:
        result = function(*arguments)
        if isinstance(result, tuple | list) and len(result) == 5:
            raise Wrong("it returns five values; it should be two, the loss and a tuple of the four new parameters")
        try:
            loss, parameters = result
            return (loss, *parameters)
        except (TypeError, ValueError):
            return result

    return call


JOINED = """
def plain(logits, targets):
    m = logits.max(axis=1, keepdims=True)
    powers = np.exp(logits - m)
    sums = powers.sum(axis=1, keepdims=True)
    p = powers / sums
    log_p = logits - m - np.log(sums)
    loss = -(targets * log_p).sum() / len(logits)
    return loss, (p - targets) / len(logits)
"""
softmax_loss = defined(JOINED)


def _epsilon(answers: Sequence[Answer]) -> str:
    """The sentence for log(p + ε), whatever the ε.

    The case of two samples, one of which has p = 0, gives it: 2 · loss = -log ε - log(p + ε), with
    the p of the other sample. A p that is clipped at ε gives nearly the same.
    """

    def added(answer: Answer, epsilon: float) -> float:
        logits, targets = answer.case.arguments["logits"], answer.case.arguments["targets"]
        p = softmax_loss(logits, 0 * targets)[1] * len(logits)
        return float(-(targets * np.log(p + epsilon)).sum() / len(logits))

    for answer in answers:
        loss = answer.got[0]
        if answer.case.title != LARGE or not np.isfinite(loss):
            continue
        other = softmax_loss(answer.case.arguments["logits"], answer.case.arguments["targets"])[1][1, 1] * 2 + 1
        epsilon = 0.0
        for _ in range(30):
            epsilon = float(np.exp(min(-2 * loss, 0.0))) / (other + epsilon)
        if 0 < epsilon < 0.1 and all(same(each.got[0], added(each, epsilon)) for each in answers):
            return f"p is kept away from 0 by {epsilon:.2g}, which changes the loss; {LOG}"
    return ""


SOFTMAX_LOSS = Exercise(
    name="softmax_loss",
    title="softmax and cross-entropy, joined",
    solution="nn/losses/categorical.py",
    hints=(
        "With m the greatest score of the row, p = exp(logits - m) / Σ exp(logits - m): m cancels, and no exponential exceeds 1."
        " Take the logarithm of that on paper, before NumPy rounds p: what is log(exp(a) / b)?",
        "Multiply targets by log p, sum over everything, divide by -N. N is len(logits).",
        "For the row with the right class r: the loss is log Σ_l exp(z_l) - z_r. The derivative of the first part for z_k is"
        " exp(z_k) / Σ_l exp(z_l), which has a name; that of the second is -1 for k = r and else 0.",
    ),
    tasks=(
        Task(
            softmax_cross_entropy,
            outputs=("loss", "dlogits"),
            right=CategoricalCrossentropy().with_softmax,
            cases=_loss_cases,
            forward=lambda logits, targets: np.array([softmax_loss(logits, targets)[0]]),
            plain=JOINED,
            explain=_epsilon,
            mistakes="""
exp overflows for large scores; subtract the greatest score of each row first | logits - m) | logits)
    | logits - m - np.log(sums) | np.log(p)
exp overflows for large scores; subtract the greatest score of each row first | logits - m) | logits)
    | logits - m - np.log(sums) | logits - np.log(sums)
the greatest score is taken over the whole array; each row needs its own | logits.max(axis=1, keepdims=True) | logits.max()
    | logits - m - np.log(sums) | np.log(p)
the greatest score is taken over the whole array; each row needs its own | logits.max(axis=1, keepdims=True) | logits.max()
the logarithm is taken of a rounded p; take log p as logits - m - log Σ exp(logits - m)
    | logits - m - np.log(sums) | np.log(p)
softmax runs over the samples; it should run over the classes, row by row | max(axis=1 | max(axis=0 | sum(axis=1 | sum(axis=0
    | logits - m - np.log(sums) | np.log(p)
softmax runs over the samples; it should run over the classes, row by row | max(axis=1 | max(axis=0 | sum(axis=1 | sum(axis=0
the mean is taken over all N·K entries; divide by N, the number of samples | sum() / len(logits) | sum() / targets.size
the mean is taken over all N·K entries; divide by N, the number of samples | targets) / len(logits) | targets) / targets.size
the division by N is in the loss but not in its gradient | (p - targets) / len(logits) | p - targets
the loss is not divided by N | sum() / len(logits) | sum()
the gradient's sign is wrong: it is p - targets | p - targets | targets - p
dlogits takes log p in place of p | (p - targets) | (log_p - targets)
dlogits is 0 for the wrong classes; it is p - targets for all | (p - targets) | targets * (p - 1)
the loss is the squared error; it should be -log p of the right class | -(targets * log_p) | ((targets - p) ** 2)
the loss counts the wrong classes, too; it should be -log p of the right one | (targets * log_p) | log_p
the loss adds log(1 - p) of the wrong classes; it should be -log p of the right one
    | (targets * log_p) | (targets * log_p + (1 - targets) * np.log(1 - p))
the greatest score is taken over the samples; each row needs its own: axis=1 | max(axis=1 | max(axis=0
keepdims=True is missing: the sums of the rows are set against the columns | sum(axis=1, keepdims=True) | sum(axis=1)
    | powers / sums | np.exp(logits - m - np.log(sums))
dlogits is p alone; the targets have to be subtracted | p - targets | p
the logarithm has the base 2; it should be the natural one | loss = - | loss = -1 / np.log(2) *
the logarithm has the base 10; it should be the natural one | loss = - | loss = -1 / np.log(10) *
dlogits is the gradient for p; go on through softmax | (p - targets) | (-targets / p)
dlogits has only the diagonal of softmax's derivative: p[k] touches every logit of its row | (p - targets) | (-targets * (1 - p))
""",
        ),
    ),
)

TRAINING_STEP = Exercise(
    name="training_step",
    title="a whole training step",
    solution="nn/engine/textbook.py",
    hints=(
        "Keep z = x · kernel1 + bias1, hidden and logits: the way back needs them. The loss and dlogits are the exercise"
        " softmax_loss.",
        "dlogits gives the gradients of kernel2 and bias2, and dhidden; where z > 0, dhidden passes on and gives those of kernel1"
        " and bias1.",
        "w - rate * dw makes a new array; w -= rate * dw would change the one that came in. Compute all four gradients first.",
    ),
    tasks=(
        Task(
            training_step,
            outputs=("loss", "kernel1", "bias1", "kernel2", "bias2"),
            right=_right_step,
            cases=_step_cases,
            adapt=_flattened,
            plain="""
def plain(x, targets, parameters, rate, again=True):
    kernel1, bias1, kernel2, bias2 = parameters
    z = x @ kernel1 + bias1
    hidden = np.maximum(z, 0)
    powers = np.exp(hidden @ kernel2 + bias2)
    p = powers / powers.sum(axis=1, keepdims=True)
    loss = -(targets * np.log(p)).sum() / len(x)
    dlogits = (p - targets) / len(x)
    dkernel2 = hidden.T @ dlogits
    dz = dlogits @ kernel2.T * (z > 0)
    changes = x.T @ dz, dz.sum(axis=0), dkernel2, dlogits.sum(axis=0)
    new = [w - rate * dw for w, dw in zip(parameters, changes)]
    return loss, *new
""",
            mistakes="""
ReLU is missing | np.maximum(z, 0) | z | * (z > 0) |
ReLU is missing on the way forward | np.maximum(z, 0) | z
ReLU is missing on the way back: the gradient passes only where z > 0 | * (z > 0) |
kernel2 is changed before the gradient has passed through it; compute all gradients first
    | dlogits @ kernel2.T | dlogits @ (kernel2 - rate * dkernel2).T
the gradient of kernel2 is taken with z; its input is what ReLU has made of z | hidden.T | z.T
the gradient of a bias is the mean over the samples; it should be the sum | dlogits.sum(axis=0) | dlogits.mean(axis=0)
the gradient of a bias is the mean over the samples; it should be the sum | dz.sum(axis=0) | dz.mean(axis=0)
the gradient of a bias is taken from the first sample alone | dlogits.sum(axis=0) | dlogits[0]
the gradient of a bias is taken from the first sample alone | dz.sum(axis=0) | dz[0]
the gradients are not divided by N | (p - targets) / len(x) | p - targets
the gradients are divided by N twice | (p - targets) / len(x) | (p - targets) / len(x) ** 2
ReLU's slope is taken from the sign of the gradient; it depends on z | (z > 0) | (dlogits @ kernel2.T > 0)
the step goes up the gradient; it must go down | w - rate | w + rate
the learning rate is missing | w - rate * dw | w - dw
the parameter is not changed | w - rate * dw | w
the gradient is returned in place of the new parameter | w - rate * dw | dw
the loss is that after the step; it should be the one before
    | return loss | return plain(x, targets, new, rate, False)[0] if again else loss
the loss is not divided by N | sum() / len(x) | sum()
""",
        ),
    ),
)
