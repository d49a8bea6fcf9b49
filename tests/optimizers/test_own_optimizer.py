"""An optimizer of one's own, as the checklist in nn/optimizers/base.py shows it."""

import textwrap

import numpy as np
import pytest

from nn.layers import Dense
from nn.models import Sequential
from nn.optimizers import SGD, base


def own_class():
    lines = textwrap.dedent(base.__doc__.partition("compile(Heavy(0.1))`:\n")[2].partition("A checklist")[0])
    assert len([line for line in lines.splitlines() if line]) == 9
    names = {}
    exec(lines, names)
    return names["Heavy"]


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_the_example_can_be_copied_and_is_momentum(engine):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 3)), rng.integers(0, 2, 70)
    weights = []
    for optimizer in (own_class()(0.1), SGD(0.1, momentum=0.9)):
        model = Sequential([Dense(2, activation="softmax", input_shape=(3,))], dtype=np.float64)
        model.compile(optimizer)
        model.fit(x, y, epochs=3, verbose=0, engine=engine)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(*weights, rtol=1e-12)
