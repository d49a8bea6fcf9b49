"""python -m nn.gradcheck mine.py:Layer: a layer or a loss in anybody's file, and what can be wrong
with the file.
"""

import pytest

MINE = """import numpy as np

from nn.layers import Dense, Layer
from nn.losses import Loss


class Huber(Loss):
    name = "huber"

    def __init__(self, delta=0.25):
        super().__init__()
        self.delta = delta

    def each(self, outputs, targets):
        distance = np.abs(outputs - targets)
        far = self.delta * (distance - self.delta / 2)
        return np.where(distance < self.delta, distance**2 / 2, far).mean(axis=-1)

    def backward(self, cache):
        outputs, targets = cache
        return np.clip(outputs - targets, -self.delta, self.delta) / outputs.size


class NotDivided(Huber):
    def backward(self, cache):
        return super().backward(cache) * len(cache[0])


class NoMean(Huber):
    def each(self, outputs, targets):
        return (outputs - targets) ** 2

    def backward(self, cache):
        return 2 * (cache[0] - cache[1]) / len(cache[0])


class NoBackward(Loss):
    def each(self, outputs, targets):
        return np.square(outputs - targets).mean(axis=-1)


class Scale(Layer):
    def __init__(self, power=1, **options):
        super().__init__(**options)
        self.power = power

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("factor", np.ones(input_shape[-1]), dtype)

    def forward(self, x, training=False, rng=None):
        return x**self.power * self.parameters["factor"], x

    def backward(self, dout, x):
        dfactor = (dout * x**self.power).sum(axis=tuple(range(x.ndim - 1)))
        return dout * self.power * x ** (self.power - 1) * self.parameters["factor"], {"factor": dfactor}


class Wrong(Scale):
    def backward(self, dout, x):
        dx, gradients = super().backward(dout, x)
        gradients["factor"][1] *= 1.001
        return dx, gradients


class Units(Scale):
    def __init__(self, units):
        super().__init__()


class Raises(Scale):
    def forward(self, x, training=False, rng=None):
        return x @ np.ones((7, 7)), x


NOT_YET = "not\\n  yet"


class RaisesBack(Scale):
    def backward(self, dout, x):
        raise RuntimeError(NOT_YET)


class Exits(Scale):
    def forward(self, x, training=False, rng=None):
        raise SystemExit


class Sums(Scale):
    def forward(self, x, training=False, rng=None):
        return x.sum(axis=-1), x


class NoCache(Scale):
    def forward(self, x, training=False, rng=None):
        return x * self.parameters["factor"]


class OutputsList(Scale):
    def forward(self, x, training=False, rng=None):
        return x.tolist(), x


class OnlyDx(Scale):
    def backward(self, dout, x):
        return dout


class NoDx(Scale):
    def backward(self, dout, x):
        return None, {}


class InAList(Scale):
    def backward(self, dout, x):
        return dout, [dout]


class Missing(Scale):
    def backward(self, dout, x):
        return dout, {}


class OtherShape(Scale):
    def backward(self, dout, x):
        return dout, {"factor": dout}


class NoArray(Scale):
    def backward(self, dout, x):
        return dout, {"factor": "much"}


class NoSuper(Scale):
    def build(self, input_shape, rng, dtype):
        self.add_parameter("factor", np.ones(input_shape[-1]), dtype)


class Narrow(Scale):
    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, np.float32)


class Nan(Scale):
    def forward(self, x, training=False, rng=None):
        return x * np.nan, x


class Noise(Scale):
    def forward(self, x, training=False, rng=None):
        return x * np.random.default_rng().random(), x


class WritesX(Scale):
    def forward(self, x, training=False, rng=None):
        x *= 1.5
        return x * self.parameters["factor"], x


class WritesDout(Scale):
    def backward(self, dout, x):
        dfactor = (dout * x).sum(axis=tuple(range(x.ndim - 1)))
        dout *= self.parameters["factor"]
        return dout, {"factor": dfactor}


class Trains(Scale):
    def backward(self, dout, x):
        dx, gradients = super().backward(dout, x)
        self.parameters["factor"] -= 0.1 * gradients["factor"]
        return dx, gradients


class Remembers(Scale):
    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_state("mean", np.zeros(input_shape), dtype)

    def forward(self, x, training=False, rng=None):
        self.state["mean"] += x.mean(axis=0)
        return super().forward(x)


class NoLayer:
    pass


layer = Dense(3, input_shape=(4,))
built = Dense(3)
built.build((4,), np.random.default_rng(0), np.float64)
"""


def line(text):
    """The number of the line in mine.py with this text."""
    (number,) = [number for number, each in enumerate(MINE.splitlines(), 1) if each.strip() == text]
    return number


# What the contract asks for, and a layer that is right, fail alike in both modes.
CONTRACT = {
    "Raises": f"mine.py, line {line('return x @ np.ones((7, 7)), x')}, in forward: ValueError: matmul",
    "RaisesBack": f"mine.py, line {line('raise RuntimeError(NOT_YET)')}, in backward: RuntimeError: not yet",
    "Exits": f"mine.py, line {line('raise SystemExit')}, in forward: SystemExit\n",
    "Sums": "forward gives the shape (BATCH, 5), but compute_output_shape says (BATCH, 5, 4)",
    "NoCache": "NoCache: forward must return (out, cache), got ndarray",
    "OutputsList": "OutputsList: forward must return (out, cache) with an array in front, got list there",
    "OnlyDx": "OnlyDx: backward must return (dx, gradients), got ndarray",
    "NoDx": "NoDx: backward must return (dx, gradients) with an array in front, got None there",
    "InAList": "with a dictionary of gradients by their parameters' names, got list there",
    "NoArray": "NoArray: the gradient for factor must be an array, got str",
    "OtherShape": "the gradient for OWNERfactor has shape (BATCH, 5, 4), expected (4,)",
    "Missing": "",
    "NoSuper": "NoSuper: build must call super().build(input_shape, rng, dtype) first",
    "Narrow": "expected float64 for gradient checks, but factor is float32",
    "Nan": "the outputs are not finite",
    "WritesX": "the passes write into their input",
    "WritesDout": "backward writes into dout",
    "Trains": "the passes change the parameter factor; only an optimizer may",
    "Remembers": "the passes change the state mean; that belongs in update_state",
    "Noise": "two forward passes with the same input and key differ",
}
DIRECTIONAL = {"BATCH": "32", "OWNER": "other_shape/"}
ENTRIES = {"BATCH": "3", "OWNER": ""}


@pytest.fixture
def check(command, tmp_path, monkeypatch):
    """Run `python -m nn.gradcheck WORDS...` in a folder with mine.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return lambda *words: command("nn.gradcheck", *words)


def refused(ended, said):
    """The command ended with one sentence that says this."""
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert "WRONG" not in ended.out


@pytest.mark.parametrize("mode", [[], ["--directional"]], ids=["entries", "directional"])
@pytest.mark.parametrize("expression", ["Scale", "Scale(power=2)", " Scale ( power = 3 ) "])
def test_a_right_layer_passes(check, expression, mode):
    ended = check(f"mine.py:{expression}", "--input-shape", 5, 4, *mode)
    assert (ended.code, ended.err) == (0, "")
    assert "1 of 1 right" in ended.out


def test_a_loss_is_checked_too(check):
    for words in (["mine.py:Huber"], ["mine.py:Huber(delta=0.5)", "--input-shape", 3]):
        ended = check(*words)
        assert (ended.code, ended.err) == (0, "")
        assert "1 of 1 right" in ended.out
    assert " 12 " in ended.out
    ended = check("mine.py:NotDivided")
    assert (ended.code, ended.err) == (1, "")
    assert "wrong: mine.py:NotDivided" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mine.py:NoMean"], "mine.py:NoMean: each gives the shape (4, 5), expected (4,), a loss for each sample"),
        (["mine.py:NoBackward"], "NoBackward has no backward pass"),
        (["mine.py:Huber", "--input-shape", 5, 4], "--input-shape: expected one size, the number of outputs, for the loss"),
        (["mine.py:Huber", "--directional"], "--directional: expected a layer, got the loss mine.py:Huber"),
    ],
)
def test_losses_that_break_a_rule_are_one_sentence(check, words, said):
    refused(check(*words), said)


@pytest.mark.parametrize("mode", [[], ["--directional"]], ids=["entries", "directional"])
def test_a_long_name_has_a_line_of_its_own_and_moves_no_column(check, mode):
    tables = []
    for name in ("mine.py:Scale", f"mine.py:Scale(power={'0 + ' * 9}1)"):
        *_, table, _ = check(name, "--input-shape", 4, *mode).out.split("\n\n")
        tables.append(table.splitlines())
    assert tables[1][1].strip() == f"mine.py:Scale(power={'0 + ' * 9}1)"
    assert [line[44:] for line in tables[0][1:]] == [line[44:] for line in tables[1][2:]]


def test_layers_that_know_their_shape_need_no_other(check):
    assert check("mine.py:layer").code == 0
    assert check("mine.py:built").code == 0
    assert check("mine.py:built", "--input-shape", 4).code == 0
    refused(
        check("mine.py:built", "--input-shape", 5), "--input-shape: expected (4,), for which mine.py:built was built, got (5,)"
    )


def test_a_wrong_gradient_exits_with_1_and_names_entry_and_numbers(check):
    ended = check("mine.py:Wrong", "--input-shape", 5, 4)
    assert (ended.code, ended.err) == (1, "")
    assert "worst: factor[1] analytic" in ended.out
    ended = check("mine.py:Wrong", "--input-shape", 5, 4, "--directional")
    assert (ended.code, ended.err) == (1, "")
    assert "wrong/factor[1]: backward gives" in ended.out
    assert "All other entries of this tensor are right." in ended.out


@pytest.mark.parametrize("name", CONTRACT)
def test_broken_rules_are_one_sentence(check, name):
    for mode, words in (([], ENTRIES), (["--directional"], DIRECTIONAL)):
        said = CONTRACT[name]
        for placeholder, word in words.items():
            said = said.replace(placeholder, word)
        refused(check(f"mine.py:{name}", "--input-shape", 5, 4, *mode), said)


def test_a_missing_gradient_is_named(check):
    refused(check("mine.py:Missing", "--input-shape", 5, 4), "mine.py:Missing: there is no gradient for factor")
    refused(
        check("mine.py:Missing", "--input-shape", 5, 4, "--directional"),
        "backward must return gradients for ['factor'], got []",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mine.py"], "expected FILE.py:CLASS, such as mine.py:Scale or 'mine.py:Scale(units=3)', got 'mine.py'"),
        (["mine.py:"], "expected FILE.py:CLASS"),
        (["other.py:Scale", "--input-shape", 4], "other.py: there is no such file"),
        (
            ["mine.py:Scales", "--input-shape", 4],
            "mine.py: there is no 'Scales', only Huber, NotDivided, NoMean, NoBackward, Scale, Wrong",
        ),
        (["mine.py:NoLayer", "--input-shape", 4], "mine.py:NoLayer: expected a subclass of nn.layers.Layer"),
        (
            ["mine.py:np", "--input-shape", 4],
            "expected a subclass of nn.layers.Layer or nn.losses.Loss or an instance of one, got an object of the type module",
        ),
        (["mine.py:Scale(", "--input-shape", 4], "expected a class, a call or a name after mine.py, got 'Scale('"),
        (["mine.py:Units", "--input-shape", 4], "missing 1 required positional argument: 'units'; give the arguments"),
        (["mine.py:Scale(size=2)", "--input-shape", 4], "Scale: there is no argument 'size', only power"),
        (["mine.py:Scale"], "--input-shape: expected the shape of one sample for mine.py:Scale, such as --input-shape 5 4"),
        (["mine.py:Scale", "--input-shape", 0], "--input-shape: expected a whole number of at least 1, got '0'"),
        (["mine.py:Scale", "--input-shape", "5,4"], "expected sizes with spaces between them, got '5,4': write 5 4"),
        (["mine.py:Scale", "--input-shape", "28x28x1"], "write 28 28 1"),
        (["mine.py:Scale", "--input-shape", "five"], "--input-shape: expected a whole number of at least 1, got 'five'"),
        (["mine.py:Scale", "--input-shape", 4, "--layer", "Dense"], "--layer: expected either"),
        (["--input-shape", 4], "--input-shape: it belongs to a layer of your own"),
        (["mine.py:Scale", "--directional", "--verbose"], "--verbose: it shows the worst entry of each tensor"),
        (["--directional", "--layer", "MeanSquaredError"], "--directional: expected a layer or the network, got the loss"),
    ],
)
def test_command_lines_that_do_not_fit_are_refused(check, words, said):
    refused(check(*words), said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class A(:\n", "broken.py, line 1: SyntaxError: invalid syntax"),
        ("\n\nx = 1 / 0\n", "broken.py, line 3: ZeroDivisionError: division by zero"),
        ("import nowhere\n", "broken.py, line 1: ModuleNotFoundError: No module named 'nowhere'"),
        ("def f():\n    g()\n\n\nf()\n", "broken.py, line 2, in f: NameError: name 'g' is not defined"),
        ("", "broken.py: there is no 'A', nor any other layer"),
        ("raise SystemExit('good bye')\n", "broken.py, line 1: SystemExit: good bye"),
        ("x = 'ü'\n".encode("latin-1"), "broken.py"),
        (
            "from nn.layers import Dense\nDense(0)\n",
            "broken.py, line 2: Dense: units must be a whole number",
        ),
    ],
)
def test_a_file_that_does_not_run_is_named_with_its_line(check, tmp_path, text, said):
    (tmp_path / "broken.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(check("broken.py:A", "--input-shape", 4), said)


def test_a_file_may_import_its_neighbours_and_hold_dataclasses(check, tmp_path):
    (tmp_path / "mine_too.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom mine import Scale\n\n\n"
        "@dataclass\nclass Settings:\n    power: int = 2\n\n\nclass Square(Scale):\n"
        "    def __init__(self):\n        super().__init__(Settings().power)\n"
    )
    assert check(tmp_path / "mine_too.py:Square", "--input-shape", 4).code == 0
