"""`python -m nn.exercise`: what it writes, what it refuses, and files that misbehave."""

import os
import re
import sys
from pathlib import Path

import pytest
from solutions import SOLUTIONS

from nn.datasets.collections import load_splits
from nn.datasets.sources import plain_source
from nn.exercise.catalogue import EXERCISES
from nn.exercise.judge import judge
from nn.exercise.network import Own, network, standard
from nn.exercise.sandbox import judge_apart
from nn.models import load_model


@pytest.fixture
def exercise(command, tmp_path, monkeypatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.exercise", *words)


@pytest.fixture
def dense(exercise, tmp_path):
    """Judge a text as dense.py, by the command."""

    def call(text):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "dense.py").write_bytes(content)
        return exercise("dense", "dense.py")

    return call


def test_the_list_names_every_exercise_and_marks_those_that_are_here(exercise):
    Path("adam.py").touch()
    ended = exercise()
    assert ended.code == 0
    rows = [line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")]
    assert rows == [*EXERCISES, "network"]
    assert [line.split()[0] for line in ended.out.splitlines() if "here:" in line] == ["adam"]


def test_a_stub_is_written_once_and_never_overwritten(exercise):
    assert exercise("dense").code == 0
    stub = Path("dense.py").read_text()
    assert stub == EXERCISES["dense"].stub("dense.py")
    Path("dense.py").write_text("mine")
    ended = exercise("dense")
    assert (ended.code, ended.out) == (2, "")
    assert "dense.py exists already" in ended.err
    assert Path("dense.py").read_text() == "mine"


def test_a_hint_for_each_step(exercise):
    hints = [exercise("conv2d", "--hint", number).out for number in (1, 2, 3)]
    assert hints == [f"{hint}\n" for hint in EXERCISES["conv2d"].hints]
    assert list(Path().iterdir()) == []


def test_a_right_file_passes_with_0(dense):
    ended = dense(SOLUTIONS["dense"])
    assert ended.code == 0
    assert ended.out.startswith("dense.py: right\n")
    assert "nn/layers/dense.py" in ended.out


def test_a_wrong_file_fails_with_1(dense):
    ended = dense(SOLUTIONS["dense"].replace("total = bias[o]", "total = 0"))
    assert (ended.code, ended.err) == (1, "")
    assert "the bias is missing" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("convolution",), "expected one of dense, dense_backward"),
        (("dense", "nowhere.py"), "nowhere.py: there is no such file"),
        (("dense", "."), "expected a Python file, got a folder"),
        (("dense", "--hint", "4"), "--hint: expected 1, 2 or 3, got 4"),
        (("dense", "--hint", "0"), "at least 1"),
        (("conv2", "conv2d.py"), "got 'conv2'; did you mean conv2d?"),
        (("maxpool_forwards",), "did you mean maxpool?"),
        (("conv2d.py",), "expected the name of an exercise before the file conv2d.py: python -m nn.exercise conv2d conv2d.py"),
        (("--hint", "1"), "--hint: expected the name of an exercise before it, got none"),
        (("network", "--hint", "1"), "--hint: expected the name of an exercise before it, got network"),
        (("dense", "dense.py", "--hint", "1"), "--hint: it gives a hint and judges nothing; leave out either --hint or dense.py"),
        (("dense", "--out", "x.npz"), "--out: it belongs to network, which trains what you have written; got dense"),
        (("--epochs", "2"), "--epochs: it belongs to network, which trains what you have written; got no name"),
        (("dense", "dense.py", "--images", "9"), "--images: it belongs to network"),
        (("network", ".", "--images", "60001"), "--images: expected at most 60000, as many as MNIST has for training, got 60001"),
        (("network", ".", "--out", "mine.txt"), "--out mine.txt: expected a name that ends in .npz"),
        (("network", "."), ".: expected a folder with a file that you have written, one of dense.py, dense_backward.py"),
        (("network", "nowhere"), "nowhere: expected the folder of your files"),
        (("network", ".", "--out", "nowhere/mine.npz"), "--out: cannot write"),
    ],
)
def test_bad_usage_is_refused_with_2_in_one_sentence(exercise, words, said):
    ended = exercise(*words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_file_that_is_not_utf8_is_refused(dense):
    ended = dense("# é\n".encode("latin-1"))
    assert (ended.code, ended.out) == (2, "")
    assert "dense.py: expected text in UTF-8, got the byte 0xe9 at 2" in ended.err


FUNCTION = "import numpy as np\ndef dense_forward(x, kernel, bias):\n    "

BROKEN = {
    "a syntax error": ("def dense_forward(:\n", r"dense.py, line 1: Python cannot read this: "),
    "a null byte": ("\0", r"dense.py: Python cannot read this: "),
    "no function": ("x = 1\n", r"dense.py: there is no function dense_forward; the stub says"),
    "something else of that name": ("dense_forward = 3\n", r"dense.py: dense_forward must be a function, got an int"),
    "other parameters": ("def dense_forward(x):\n    pass\n", r"dense_forward must take x, kernel and bias, but takes x$"),
    "an exception at the top": ("import nowhere\n", r"dense.py, line 1: the file raised ModuleNotFoundError: No module"),
    "blank at the top": ("raise NotImplementedError\n", r"dense.py: the file is still to be written"),
    "an exception": (FUNCTION + "return x @ kernel @ x\n", r"dense.py, line 3: dense_forward raised ValueError: matmul"),
    "an exception deep inside": (
        "def deep(n):\n    return 1 / n if n == 0 else deep(n - 1)\ndef dense_forward(x, kernel, bias):\n    return deep(9)\n",
        r"dense.py, line 2: dense_forward raised ZeroDivisionError: division by zero",
    ),
    "endless recursion": (
        FUNCTION + "return dense_forward(x, kernel, bias)\n",
        r"dense.py, line 3: dense_forward raised Recursion",
    ),
    "sys.exit": (FUNCTION + "raise SystemExit(3)\n", r"dense.py, line 3: dense_forward raised SystemExit: 3"),
    "None": (FUNCTION + "pass\n", r"dense_forward returned None instead of out; is there a return at its end\?"),
    "a list": (FUNCTION + "return (x @ kernel + bias).tolist()\n", r"dense_forward: out must be a NumPy array, got a list"),
    "a text": (FUNCTION + "return 'out'\n", r"dense_forward: out must be a NumPy array, got a str"),
    "float32": (FUNCTION + "return np.float32(x @ kernel + bias)\n", r"out has the type float32 and must have float64"),
    "ints": (FUNCTION + "return np.int64(x @ kernel + bias)\n", r"out has the type int64 and must have float64"),
    "two outputs": (FUNCTION + "return x @ kernel + bias, x\n", r"dense_forward: out must be a NumPy array, got a tuple"),
    "a changed input": (
        FUNCTION + "x *= 2\n    return x @ kernel\n",
        r"dense_forward changes its input x, which must stay as it is",
    ),
    "a wrong shape": (FUNCTION + "return (x @ kernel + bias)[0]\n", r"out has the shape \(2,\), expected \(1, 2\)"),
    "an empty file": ("", r"there is no function dense_forward"),
    "NaN": (FUNCTION + "return x @ kernel + bias * np.nan\n", r"out\[0, 0\] is nan, expected 23"),
}


APART = {
    "a question": (FUNCTION + "return input()\n", r"dense.py, line 3: dense_forward raised EOFError"),
    "the end of Python": ("import os\n" + FUNCTION + "os._exit(0)\n", r"dense_forward ended Python itself \(exit code 0\)"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_misbehaves_gets_a_sentence(what, tmp_path):
    text, said = BROKEN[what]
    path = tmp_path / "dense.py"
    path.write_text(text)
    verdict = judge(EXERCISES["dense"], path)
    assert not verdict.passed
    assert re.search(said, verdict.text, re.MULTILINE), verdict.text
    assert "Traceback" not in verdict.text
    assert len(verdict.text.splitlines()) <= 2


@pytest.mark.parametrize("what", APART)
def test_a_file_that_misbehaves_fails_with_1(dense, what):
    text, said = APART[what]
    ended = dense(text)
    assert (ended.code, ended.err) == (1, "")
    assert re.search(said, ended.out)
    assert len(ended.out.splitlines()) == 1


def test_what_a_file_prints_is_shown_and_cut_short(dense):
    ended = dense("print('hello')\n" + SOLUTIONS["dense"])
    assert ended.code == 0
    assert ended.out.startswith("printed:\n  hello\ndense.py: right\n")
    ended = dense(FUNCTION + "print('x' * 1000 + '\\n' * 100_000)\n    return x @ kernel + bias\n")
    assert ended.code == 0
    assert len(ended.out) < 10_000


def test_an_endless_loop_is_ended_and_its_line_named(tmp_path):
    path = tmp_path / "dense.py"
    path.write_text(FUNCTION + "while True:\n        print('again')\n")
    (verdict,) = judge_apart({"dense": path}, seconds=0.5)
    assert not verdict.passed
    *printed, sentence = verdict.text.splitlines()
    assert re.fullmatch(
        r"dense\.py, line [34]: dense_forward did not return within 0.5 seconds; is there a loop that never ends\?", sentence
    )
    assert printed[:2] == ["printed:", "  again"]
    assert len(printed) < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_crash_of_python_is_told(tmp_path):
    path = tmp_path / "dense.py"
    path.write_text("import ctypes\n" + FUNCTION + "ctypes.string_at(0)\n")
    (verdict,) = judge_apart({"dense": path})
    assert verdict.text.startswith("dense.py, line 4: dense_forward crashed Python (Segmentation fault")


def test_a_file_may_import_its_neighbours_and_leaves_nothing_behind(exercise):
    Path("dense.py").write_text(SOLUTIONS["dense"])
    Path("step.py").write_text("from dense import dense_forward\n")
    assert exercise("dense", "step.py").code == 0
    assert sorted(os.listdir()) == ["dense.py", "step.py"]


def test_judging_ends_at_the_first_wrong_file(tmp_path):
    files = {name: tmp_path / f"{name}.py" for name in ("dense", "relu", "momentum")}
    for name, path in files.items():
        path.write_text(SOLUTIONS[name] if name != "relu" else "import os; os._exit(1)")
    verdicts = judge_apart(files)
    assert [verdict.passed for verdict in verdicts] == [True, False]
    assert verdicts[1].text == "relu.py: the file ended Python itself (exit code 1); it must return"


@pytest.fixture
def mine(tmp_path):
    """A folder with a solution of every exercise."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in SOLUTIONS.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_a_network_of_own_functions_learns_and_its_model_can_be_loaded(exercise, mine, small_mnist, compiler):
    (mine / "conv2d.py").unlink()  # the loops of Python; `kernel` takes their place
    ended = exercise("network", mine, "--images", 200, "--epochs", 4, "--data", small_mnist)
    assert ended.code == 0, ended.out + ended.err
    assert "dense.py: right" in ended.out
    assert "stands in" not in ended.out  # kernel.py has the convolution
    assert "optimizer: adam.py\n" in ended.out
    assert "adadelta.py, momentum.py and conv2d_backward.py are right but not used; adam.py and kernel.py come first" in ended.out
    assert "strides.py, batch_norm.py, training_step.py and idx.py have no place in this network" in ended.out
    assert re.search(r"network: Conv2D \(8 filters of 5x5\), .*, Dense \(10\)\n", ended.out)
    assert re.search(r"47 batches left, about \d+ (s|minutes)\n", ended.out)
    accuracy = float(re.search(r"test accuracy (0\.\d+)", ended.out)[1])
    assert accuracy > 0.5
    model = load_model("mine.npz")
    x, y = load_splits("mnist", str(small_mnist))[1]
    assert model.evaluate(plain_source(x, y))[1] == pytest.approx(accuracy, abs=1e-4)


def test_the_network_runs_the_functions_of_the_folder(mine, small_mnist, compiler):
    """The student's functions are what trains: one that is changed after it was judged changes the weights."""
    (mine / "kernel.py").unlink()
    x, y = load_splits("mnist", str(small_mnist))[0]

    def weights():
        own = Own(mine)
        own.load()
        model = network(own)
        model.fit(plain_source(x[:8], y[:8]), batch_size=8, verbose=0, engine="layers")
        return standard(model).get_weights()

    before = weights()
    for name, piece, instead in (
        ("dense_backward", "return dx, dkernel", "return dx, 2 * dkernel"),
        ("maxpool", "return dx", "return 2 * dx"),
        ("conv2d", "+ bias[f]", "+ 1 + bias[f]"),
        ("conv2d_backward", "dbias[f] += d", "dbias[f] += 2 * d"),
        ("glorot", "6 /", "5 /"),
        ("adam", "w - rate", "w - 2 * rate"),
        ("dropout", "return x * scaled", "return 2 * x * scaled"),
        ("relu", "return dx", "return -dx"),
        ("softmax_loss", "/ N\n    return", "/ N * (targets + 1)\n    return"),
    ):
        (mine / f"{name}.py").write_text(SOLUTIONS[name].replace(piece, instead))
        after = weights()
        assert any((one != other).any() for one, other in zip(before, after, strict=True)), name
        (mine / f"{name}.py").write_text(SOLUTIONS[name])


def test_a_network_with_a_wrong_file_is_not_trained(exercise, mine):
    (mine / "relu.py").write_text(SOLUTIONS["relu"].replace("x <= 0", "x < 0"))
    ended = exercise("network", mine)
    assert ended.code == 1
    assert "the gradient passes at x = 0" in ended.out
    assert not Path("mine.npz").exists()


def test_a_stub_that_is_not_begun_counts_as_missing(exercise, mine, small_mnist, compiler):
    for name in ("dense_backward", "kernel", "adam"):
        (mine / f"{name}.py").write_text(EXERCISES[name].stub(f"{name}.py"))
    for name in ("conv2d", "conv2d_backward", "maxpool"):
        (mine / f"{name}.py").unlink()
    ended = exercise("network", mine, "--images", 100, "--epochs", 1, "--data", small_mnist)
    assert ended.code == 0, ended.out + ended.err
    assert "dense_backward.py: dense_backward is still to be written; the project's code stands in\n" in ended.out
    assert "kernel.py: conv2d_into is still to be written; it is left out\n" in ended.out
    assert "stands in for: dense_backward, conv2d, conv2d_backward, maxpool.\n" in ended.out
    assert "optimizer: adadelta.py\n" in ended.out
    assert "momentum.py is right but not used; adadelta.py comes first\n" in ended.out


def test_a_folder_of_stubs_is_not_trained(exercise):
    exercise("dense")
    exercise("idx")
    ended = exercise("network", ".")
    assert ended.code == 2
    assert ".: expected at least one file that you have written" in ended.err
    assert not Path("mine.npz").exists()


def test_names_are_understood_in_any_case(exercise):
    assert exercise("Dense-Backward").out.startswith("written: dense_backward.py")


def test_the_file_of_another_exercise_is_recognized(exercise):
    exercise("relu")
    ended = exercise("dense", "relu.py")
    assert ended.code == 1
    assert "there is no function dense_forward" in ended.out
    assert "It has relu_forward, which belongs to the exercise relu" in ended.out


STEP = """from dense import dense_forward
def training_step(x, targets, parameters, rate):
    return dense_forward(x, *parameters[:2])
"""
NEIGHBOURS = {
    "a blank one": (
        "def dense_forward(x, kernel, bias):\n    raise NotImplementedError\n",
        "dense.py, line 2: dense_forward is still to be written; training_step calls it",
    ),
    "an exception": (
        "def dense_forward(x, kernel, bias):\n    y = x\n    return y[9]\n",
        "dense.py, line 3: dense_forward, called by training_step, raised IndexError: ",
    ),
    "an exception at its top": (
        "\nx = 1 / 0\n",
        "dense.py, line 2: the file, imported by training_step.py, raised ZeroDivisionError: division by zero",
    ),
    "a syntax error": ("\n\ndef dense_forward(:\n", "dense.py, line 3: Python cannot read this: "),
}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_a_fault_in_a_file_that_is_imported_names_that_file(exercise, what):
    text, said = NEIGHBOURS[what]
    Path("training_step.py").write_text(STEP)
    Path("dense.py").write_text(text)
    (verdict,) = judge_apart({"training_step": Path("training_step.py").absolute()})
    assert not verdict.passed
    assert verdict.text.startswith(said)
