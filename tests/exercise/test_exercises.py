"""The exercises: blank stubs fail in one sentence, solutions pass, and mistakes are named."""

import ast
import re
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from solutions import SOLUTIONS
from wrong import WRONG, source

from nn.datasets.idx import read_idx
from nn.exercise.catalogue import EXERCISES
from nn.exercise.diagnosis import Answer, diagnose, same
from nn.exercise.judge import judge
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, MaxPooling2D, ReLU
from nn.layers.initializers import GlorotUniform
from nn.layers.windows import window_geometry
from nn.losses import CategoricalCrossentropy
from nn.optimizers import SGD, Adadelta, Adam

each_exercise = pytest.mark.parametrize("name", EXERCISES)
TASKS = [task for exercise in EXERCISES.values() for task in exercise.tasks if task.plain]


@pytest.fixture
def judged(tmp_path):
    """Judge a text as the file of an exercise."""

    def call(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return judge(EXERCISES[name], path)

    return call


@each_exercise
def test_a_blank_stub_fails_with_one_sentence(name, judged):
    verdict = judged(name, EXERCISES[name].stub(f"{name}.py"))
    first = EXERCISES[name].tasks[0].name
    assert not verdict.passed
    assert verdict.text == f"{name}.py: {first} is still to be written (a hint: python -m nn.exercise {name} --hint 1)"


@each_exercise
def test_a_stub_holds_no_line_of_a_solution(name):
    stub = ast.parse(EXERCISES[name].stub("mine.py"))
    functions = [node for node in stub.body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == len(EXERCISES[name].tasks)
    for function in functions:
        docstring, *rest = function.body
        assert isinstance(docstring, ast.Expr)
        assert [ast.unparse(statement) for statement in rest] == ["raise NotImplementedError"]


@each_exercise
def test_a_solution_passes(name, judged, compiler):
    verdict = judged(name, SOLUTIONS[name])
    assert verdict.passed, verdict.text
    for task in EXERCISES[name].tasks:
        assert task.name in verdict.text


def layer(kind, x, parameters):
    kind.build(x.shape[1:], np.random.default_rng(0), np.float64)
    for name, value in parameters.items():
        kind.parameters[name][...] = value
    return kind


def passed_back(kind, dout, x, **parameters):
    built = layer(kind, x, parameters)
    dx, gradients = built.backward(dout, built.forward(x, training=True)[1])
    return (dx, *gradients.values()) if gradients else dx


def dense(x, kernel, bias):
    return layer(Dense(len(bias)), x, {"kernel": kernel, "bias": bias}).forward(x)[0]


def dense_back(dout, x, kernel):
    return passed_back(Dense(kernel.shape[1]), dout, x, kernel=kernel)


def same_convolution(x, kernel, bias, strides):
    convolution = Conv2D(len(bias), kernel.shape[:2], strides, "same")
    return layer(convolution, x, {"kernel": kernel, "bias": bias}).forward(x)[0]


def same_convolution_back(dout, x, kernel, strides):
    return passed_back(Conv2D(kernel.shape[3], kernel.shape[:2], strides, "same"), dout, x, kernel=kernel)


def convolution(x, kernel, bias):
    return layer(Conv2D(len(bias), kernel.shape[:2]), x, {"kernel": kernel, "bias": bias}).forward(x)[0]


def convolution_back(dout, x, kernel):
    return passed_back(Conv2D(kernel.shape[3], kernel.shape[:2]), dout, x, kernel=kernel)


def normalized(x, gamma, beta, epsilon):
    built = layer(BatchNormalization(epsilon=epsilon or 1e-300), x, {"gamma": gamma, "beta": beta})
    return built.forward(x, training=True)[0]


def normalized_back(dout, x, gamma, epsilon):
    return passed_back(BatchNormalization(epsilon=epsilon), dout, x, gamma=gamma)


def updated(optimizer, w, g, slots, rate, step=0):
    arrays = [array.copy() for array in (w, *slots)]
    optimizer.update(arrays[0], g, tuple(arrays[1:]), rate, step)
    return tuple(arrays)


def dropped(x, rate, training, rng):
    return Dropout(rate).forward(x, training, rng)


def read(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "array")
        path.write_bytes(content)
        return read_idx(path)


PROJECT = {
    "dense": {"dense_forward": dense},
    "dense_backward": {"dense_backward": dense_back},
    "conv2d": {"conv2d_forward": convolution},
    "conv2d_backward": {"conv2d_backward": convolution_back},
    "strides": {
        "padding": lambda size, window, stride: window_geometry(size, window, stride, "same")[1:],
        "same_forward": same_convolution,
        "same_backward": same_convolution_back,
    },
    "relu": {"relu_forward": lambda x: ReLU().forward(x)[0], "relu_backward": lambda dout, x: passed_back(ReLU(), dout, x)},
    "maxpool": {
        "maxpool_forward": lambda x, size, stride: layer(MaxPooling2D(size, stride), x, {}).forward(x)[0],
        "maxpool_backward": lambda dout, x, size, stride: passed_back(MaxPooling2D(size, stride), dout, x),
    },
    "batch_norm": {"batch_norm_forward": normalized, "batch_norm_backward": normalized_back},
    "dropout": {
        "dropout_forward": dropped,
        "dropout_backward": lambda dout, cache: Dropout(0.25).backward(dout, cache)[0],
    },
    "softmax_loss": {"softmax_cross_entropy": CategoricalCrossentropy().with_softmax},
    "momentum": {
        "momentum_step": lambda w, g, v, rate, momentum: updated(SGD(momentum=momentum), w, g, (v,), rate),
    },
    "adadelta": {
        "adadelta_step": lambda w, g, gg, dd, rate, rho, epsilon: updated(
            Adadelta(rho=rho, epsilon=epsilon), w, g, (gg, dd), rate
        ),
    },
    "adam": {
        "adam_step": lambda w, g, m, v, t, rate, beta_1, beta_2, epsilon: updated(
            Adam(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon or 1e-300), w, g, (m, v), rate, t - 1
        ),
    },
    "glorot": {"glorot_uniform": lambda shape, rng: GlorotUniform()(shape, rng)},
    "idx": {"read_idx": read},
}


@pytest.mark.parametrize("name", PROJECT)
def test_the_projects_own_code_passes(name, judged, monkeypatch):
    monkeypatch.setitem(sys.modules, "project", SimpleNamespace(**PROJECT[name]))
    verdict = judged(name, "\n".join(["import project", *(f"{function} = project.{function}" for function in PROJECT[name])]))
    assert verdict.passed, verdict.text


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory, compiler):
    """(exercise, the words that name the fault, verdict) for each wrong solution."""
    folder = tmp_path_factory.mktemp("wrong")
    found = []
    for name, words, *pieces in WRONG:
        path = folder / f"{name}.py"
        path.write_text(source(name, *pieces), encoding="utf-8")
        found.append((name, words, judge(EXERCISES[name], path)))
    return found


def test_wrong_solutions_fail(verdicts):
    assert len(verdicts) >= 60
    assert [(name, words) for name, words, verdict in verdicts if verdict.passed] == []


def test_the_mistake_of_a_wrong_solution_is_named(verdicts):
    missed = [(name, words, verdict.text) for name, words, verdict in verdicts if words not in verdict.text]
    assert missed == []


def test_a_verdict_on_a_wrong_solution_is_short(verdicts):
    long = [verdict.text for _, _, verdict in verdicts if len(verdict.text.splitlines()) > 2 or len(verdict.text) > 500]
    assert long == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_mistake_of_the_table_makes_a_difference(task):
    cases = task.cases()
    right = [task.right(**case.arguments) for case in cases]
    lines = list(filter(None, task.mistakes.replace("\n    ", " ").splitlines()))
    for line in lines:
        _, *pieces = (part.strip() for part in line.split("|"))
        assert all(piece in task.plain for piece in pieces[::2]), line
    variants = list(task.variants())
    assert len(variants) == len(lines)
    for sentence, variant in variants:
        with np.errstate(all="ignore"):
            assert differs(variant, cases, right), sentence


def differs(variant, cases, right):
    for case, outputs in zip(cases, right, strict=True):
        try:
            made = variant(**case.arguments)
        except (ValueError, IndexError, ZeroDivisionError):
            return True
        if not all(same(one, other) for one, other in zip(made, outputs, strict=True)):
            return True
    return False


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_plain_solution_behind_the_table_is_right(task):
    for case in task.cases():
        made = task.function(task.plain)(**case.arguments)
        assert all(same(one, other) for one, other in zip(made, task.right(**case.arguments), strict=True)), case.title


def test_the_named_solutions_exist(pytestconfig):
    root = pytestconfig.rootpath
    for exercise in EXERCISES.values():
        paths = re.findall(r"nn/[\w/.]+\.(?:py|md)", exercise.solution)
        assert paths
        assert all((root / path).exists() for path in paths)
        for function, path in re.findall(r"(\w+) in (nn/[\w/.]+)", exercise.solution):
            assert f"def {function}(" in (root / path).read_text()


class Unwilling:
    """A thing that cannot be made an array or compared."""

    def __array__(self, *arguments, **options):
        raise RuntimeError

    def __eq__(self, other):
        raise RuntimeError


ODD = (
    *(object(), Unwilling(), {}, "text", b"x", (), [], ((1, 2), 3), 10**400, float("nan"), True, np.float32(3)),
    *(np.zeros(0), np.array(1 + 2j), np.array([1, "a"], object), np.array("x"), np.ma.masked_array([1.0, 2.0], [0, 1])),
)


@each_exercise
def test_odd_results_fail_and_never_break_the_judge(name, judged, monkeypatch):
    first = EXERCISES[name].tasks[0]
    for odd in ODD:
        for result in (odd, (odd,) * len(first.outputs)):
            monkeypatch.setitem(sys.modules, "project", SimpleNamespace(odd=lambda *arguments, result=result: result))
            assert not judged(name, f"import project\n{first.name} = project.odd\n").passed


def test_a_second_function_that_is_blank_is_named_with_its_own_hint(judged):
    stub = EXERCISES["dropout"].stub("dropout.py")
    written = SOLUTIONS["dropout"].partition("def dropout_backward")[0]
    blank = "def dropout_backward" + stub.partition("def dropout_backward")[2].replace("NDArray", "object")
    verdict = judged("dropout", written + blank)
    assert verdict.text == (
        "dropout.py: dropout_forward is right, but dropout_backward is still to be written "
        "(a hint: python -m nn.exercise dropout --hint 3)"
    )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_result_that_no_mistake_explains_gets_no_sentence(task):
    plain = task.function(task.plain)
    rng = np.random.default_rng(0)
    for index, output in enumerate(task.outputs):
        answers = []
        for case in task.cases():
            right, got = task.right(**case.arguments), list(plain(**case.arguments))
            noise = rng.uniform(3, 30, np.shape(got[index]))
            got[index] = got[index] + noise.astype(np.asarray(got[index]).dtype)
            answers.append(Answer(case, tuple(got), right))
        assert diagnose(task, [index], answers) == "", output
