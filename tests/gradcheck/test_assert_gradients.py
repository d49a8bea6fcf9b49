"""assert_gradients: silent for right gradients, an AssertionError with names and numbers for wrong ones."""

import re
import textwrap

import numpy as np
import pytest

from nn.errors import InputError
from nn.gradcheck import assert_gradients
from nn.layers import BatchNormalization, Dense, Layer, base


class Shift(Layer):
    """out = x + offset."""

    def build(self, input_shape, rng, dtype):
        super().build(input_shape, rng, dtype)
        self.add_parameter("offset", np.zeros(input_shape), dtype)

    def forward(self, x, training=False, rng=None):
        return x + self.parameters["offset"], None

    def backward(self, dout, cache):
        return dout, {"offset": dout.sum(axis=0)}


X = np.random.default_rng(0).standard_normal((3, 4))


def test_right_gradients_pass_silently(capsys):
    assert_gradients(Shift(), X)
    assert_gradients(Dense(2, activation="relu"), X.tolist())
    assert_gradients(BatchNormalization(), X, training=False)
    assert capsys.readouterr().out == ""


def test_the_message_names_tensor_entry_and_both_numbers():
    class Wrong(Shift):
        """One entry is a tenth too large."""

        def backward(self, dout, cache):
            dx, gradients = super().backward(dout, cache)
            gradients["offset"][2] *= 1.1
            return dx, gradients

    with pytest.raises(AssertionError) as caught:
        assert_gradients(Wrong(), X)
    found = re.fullmatch(
        r"Wrong: the gradient of offset\[2\] is wrong: backward gives (\S+), the slope of the forward pass is (\S+); "
        r"1 of 4 compared entries are wrong",
        str(caught.value),
    )
    assert float(found[1]) == pytest.approx(1.1 * float(found[2]), rel=1e-8)


def test_every_wrong_tensor_and_broken_rule_has_a_line():
    class Wrong(Shift):
        """A mean where a sum belongs, dx doubled, and a gradient for nothing."""

        def backward(self, dout, cache):
            return 2 * dout, {"offset": dout.mean(axis=0), "scale": dout}

    with pytest.raises(AssertionError) as caught:
        assert_gradients(Wrong(), X)
    lines = str(caught.value).splitlines()
    assert lines[0] == "Wrong: there is a gradient for scale, which is not a parameter"
    assert [re.search(r"gradient of (\w+)\[", line)[1] for line in lines[1:]] == ["x", "offset"]
    assert "12 of 12 compared entries are wrong" in lines[1]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.ones(4), r"x: expected a batch of samples \(N, ...\), got an array of shape \(4,\)"),
        (np.ones((0, 4)), "batch: expected at least 1 sample, got 0"),
        ("text", "x: expected an array of numbers, got str"),
    ],
)
def test_inputs_that_are_no_batch_are_refused(x, said):
    with pytest.raises(InputError, match=said):
        assert_gradients(Shift(), x)


def test_a_layer_that_breaks_the_contract_is_refused_in_words():
    class OnlyDx(Shift):
        """No dictionary."""

        def backward(self, dout, cache):
            return dout

    with pytest.raises(InputError, match=r"OnlyDx: backward must return \(dx, gradients\), got ndarray"):
        assert_gradients(OnlyDx(), X)
    with pytest.raises(InputError, match="layer: expected an instance"):
        assert_gradients(Shift, X)


def test_the_example_of_a_layer_can_be_copied():
    """The checklist in nn/layers/base.py begins with it."""
    lines = base.__doc__.partition("fifteen lines:\n")[2].partition("A checklist")[0]
    names = {}
    exec(textwrap.dedent(lines), names)
    assert_gradients(names["Scale"](), X)
    assert len(textwrap.dedent(lines).strip().splitlines()) == 15


def test_pytest_shows_the_line_of_the_test_that_failed():
    class Wrong(Shift):
        def backward(self, dout, cache):
            return 2 * dout, super().backward(dout, cache)[1]

    with pytest.raises(AssertionError) as caught:
        assert_gradients(Wrong(), X)
    *_, last = caught.traceback
    assert last.name == "assert_gradients"
    assert last.ishidden(caught)
