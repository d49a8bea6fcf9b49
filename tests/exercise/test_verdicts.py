"""Verdicts that must not depend on chance, on the project's code, or contradict themselves."""

import re

import numpy as np
import pytest
from solutions import NUMPY, SOLUTIONS

from nn.exercise.catalogue import EXERCISES
from nn.exercise.diagnosis import apart
from nn.exercise.judge import judge
from nn.layers import Conv2D, Dense, ReLU
from nn.losses import CategoricalCrossentropy
from nn.optimizers import Adam


@pytest.fixture
def verdict(tmp_path):
    """The verdict on a text as the file of an exercise."""

    def call(name, text, *pieces):
        for piece, instead in zip(pieces[::2], pieces[1::2], strict=True):
            assert piece in text
            text = text.replace(piece, instead)
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return judge(EXERCISES[name], path)

    return call


@pytest.mark.parametrize(
    ("kind", "method", "names"),
    [
        (ReLU, "backward", ["relu"]),
        (ReLU, "forward", ["relu", "training_step"]),
        (Dense, "forward", ["dense", "dense_backward"]),
        (Dense, "backward", ["dense_backward"]),
        (Conv2D, "forward", ["conv2d", "conv2d_backward", "strides"]),
        (CategoricalCrossentropy, "with_softmax", ["training_step", "softmax_loss"]),
        (Adam, "update", ["adam"]),
    ],
)
def test_a_broken_layer_of_the_project_condemns_no_solution(verdict, monkeypatch, kind, method, names):
    """Stop 9 of docs/study.md asks the reader to break one."""

    def broken(self, *arguments, **options):
        raise ValueError("broken")

    before = {name: verdict(name, SOLUTIONS[name]) for name in names}
    monkeypatch.setattr(kind, method, broken)
    for name in names:
        after = verdict(name, SOLUTIONS[name])
        assert after.passed, after.text
        assert "git restore nn" not in before[name].text
    assert "differs from the definition" in verdict(names[0], SOLUTIONS[names[0]]).text


def test_the_fault_of_the_study_guide_is_noticed(verdict, monkeypatch):
    monkeypatch.setattr(ReLU, "backward", lambda self, dout, cache: (dout, {}))
    right = verdict("relu", SOLUTIONS["relu"])
    assert right.passed
    assert right.text.endswith(
        "nn/layers/activations.py, or something that it calls, differs from the definition of relu_backward. "
        "To undo that: git restore nn"
    )
    wrong = verdict("relu", SOLUTIONS["relu"], "    dx[x <= 0] = 0\n", "")
    assert "the gradient passes everywhere" in wrong.text


LOOPS = (
    NUMPY
    + """
def dense_forward(x, kernel, bias):
    out = np.empty((len(x), kernel.shape[1]))
    for n in range(len(x)):
        for o in range(kernel.shape[1]):
            for i in range(x.shape[1]):
                out[n, o] += x[n, i] * kernel[i, o]
            out[n, o] += bias[o]
    return out
"""
)


@pytest.mark.parametrize("make", ["np.empty((len(x), kernel.shape[1]))", "np.empty_like(x @ kernel)"])
def test_adding_to_uninitialised_memory_is_named_always(verdict, make):
    for _ in range(5):
        wrong = verdict("dense", LOOPS, "np.empty((len(x), kernel.shape[1]))", make)
        assert not wrong.passed
        assert "out starts from np.empty, which holds arbitrary values; += needs np.zeros" in wrong.text


def test_uninitialised_memory_that_is_written_is_right(verdict):
    assert verdict("dense", LOOPS, "out[n, o] += bias[o]", "pass", "for i in", "out[n, o] = bias[o]\n            for i in").passed
    assert verdict("conv2d", SOLUTIONS["conv2d"], "np.zeros", "np.empty").passed


def test_a_mistake_besides_uninitialised_memory_is_named(verdict):
    wrong = verdict("dense", LOOPS, "out[n, o] += bias[o]", "pass")
    assert "np.empty" in wrong.text
    assert "the bias is missing" in wrong.text
    assert "With np.zeros: in the example of the docstring, out[0, 0] is 13, expected 23" in wrong.text
    rows = verdict(
        "conv2d",
        SOLUTIONS["conv2d"],
        *("np.zeros", "np.empty"),
        *("range(out.shape[1])", "range(out.shape[1] - 1)"),
        *("range(out.shape[2])", "range(out.shape[2] - 1)"),
    )
    assert "the last row and column stay 0" in rows.text


def test_numpy_itself_stays_as_it_is_for_everybody_else(verdict):
    probe = "    import sys\n    assert type(sys.modules['numpy'].empty).__name__ == 'builtin_function_or_method'\n"
    wrong = verdict("dense", LOOPS, "    out = np.empty", probe + "    out = np.empty")
    assert "starts from np.empty" in wrong.text


def test_two_numbers_are_told_apart():
    assert apart(0.2876820724517, 0.2876819391184) == ("0.2876821", "0.2876819")
    assert apart(12, 12.5) == ("12", "12.5")
    assert apart(np.int32(-419353845), np.int32(187367911)) == ("-419353845", "187367911")


@pytest.mark.parametrize("epsilon", [1e-3, 3e-6, 1e-7, 1e-10, 1e-15])
def test_any_epsilon_in_the_logarithm_is_named(verdict, epsilon):
    wrong = verdict("softmax_loss", SOLUTIONS["softmax_loss"], "targets * log_p", f"targets * np.log(np.exp(log_p) + {epsilon})")
    assert f"p is kept away from 0 by {epsilon:.2g}, which changes the loss" in wrong.text
    found, expected = re.search(r"is (\S+), expected (\S+)", wrong.text).groups()
    assert found != expected


def test_the_factor_and_its_evidence_are_of_one_case(verdict):
    wrong = verdict("conv2d_backward", SOLUTIONS["conv2d_backward"], "return dx, dkernel, dbias", "return dx, dkernel / N, dbias")
    factor, found, measured = re.search(r"factor of 1/(\d).* is (\S+), the measured slope (\S+)$", wrong.text, re.DOTALL).groups()
    assert float(measured) / float(found) == pytest.approx(int(factor), rel=1e-4)


def test_arguments_in_the_plural(verdict):
    wrong = verdict("training_step", SOLUTIONS["training_step"], "    new = (", "    kernel1 -= rate * dkernel1\n    new = (")
    assert "changes its input parameters, which must stay as they are; work on copies" in wrong.text


@pytest.mark.parametrize(
    ("name", "pieces", "said"),
    [
        ("dense", ("    N, I = x.shape\n", "    return kernel @ x + bias\n    N, I = x.shape\n"), "Are they in the right order?"),
        ("relu", ("out = np.zeros(x.shape)", "out = np.max(x, 0 * x)"), "np.maximum(x, y) compares the elements"),
        ("relu", ("out = np.zeros(x.shape)", "out = max(x, 0)"), "take a single truth value"),
        ("adam", ("beta_2**t", "beta_2^t"), "A power is written with **."),
        ("idx", ('"big"', '"little"'), "Are sizes read little-endian?"),
    ],
)
def test_the_commonest_cause_of_an_exception_is_named(verdict, name, pieces, said):
    wrong = verdict(name, SOLUTIONS[name], *pieces)
    assert not wrong.passed
    assert said in wrong.text.splitlines()[1]


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (("range(KH)", "range(KH + 1)"), "kernel.py, line 15: conv2d_into raised IndexError: "),
        (
            ("total = bias[f]", "total = biass[f]"),
            "kernel.py, line 11: conv2d_into raised NameError: name 'biass' is not defined",
        ),
        (("total = bias[f]", "total = bias[f] + 'a'"), "kernel.py, line 11: conv2d_into raised "),
    ],
)
def test_exceptions_in_a_kernel_come_with_their_line(verdict, compiler, pieces, said):
    wrong = verdict("kernel", SOLUTIONS["kernel"], *pieces)
    assert wrong.text.startswith(said)


def test_what_only_the_compiler_refuses_is_said_in_a_sentence(verdict, compiler):
    wrong = verdict("kernel", SOLUTIONS["kernel"], "total = bias[f]", "total = bias[f] + 0 * len(x.tolist())")
    assert "conv2d_into raised TypingError: " in wrong.text
    assert "pipeline" not in wrong.text
    assert len(wrong.text) < 400
