"""Scripts in the manner of each era of Keras run here once `keras.` has become `nn.`, and give
what they give in Keras.
"""

import itertools
import textwrap
from pathlib import Path

import numpy as np
import pytest
from keras_snippets import SNIPPETS as ERAS
from public_snippets import PUBLIC

from nn import utils
from nn.datasets import mnist

SNIPPETS = ERAS + PUBLIC
RNG = np.random.default_rng(3)
DATA = (
    (RNG.integers(0, 256, (60, 8, 8), np.uint8), np.arange(60) % 10),
    (RNG.integers(0, 256, (20, 8, 8), np.uint8), np.arange(20) % 10),
)


def run(script, name):
    found = {"__name__": "script"}
    exec(compile(script, name, "exec"), found)
    return found["model"], found


@pytest.fixture
def _tiny_data(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(utils, "_seeds", itertools.repeat(0))  # a script may seed all that follows
    monkeypatch.setattr(mnist, "load_data", lambda: DATA)


def test_there_are_at_least_forty():
    assert len(SNIPPETS) >= 40
    assert len({snippet.name for snippet in SNIPPETS}) == len(SNIPPETS)


@pytest.mark.filterwarnings("error:.*does nothing")
@pytest.mark.usefixtures("_tiny_data")
@pytest.mark.parametrize("snippet", SNIPPETS, ids=[snippet.name for snippet in SNIPPETS])
def test_snippet_runs(snippet):
    model, names = run(snippet.script, snippet.name)
    assert model.count_params() == snippet.parameters
    output = model.predict(names["x_test"].reshape(20, *model.input_shape))
    assert output.shape == (20, *model.output_shape)
    assert np.isfinite(output).all()
    assert model.iterations > 0


@pytest.mark.usefixtures("_tiny_data")
@pytest.mark.parametrize("snippet", [each for each in SNIPPETS if each.modern], ids=lambda snippet: snippet.name)
def test_the_same_script_in_keras_makes_the_same_network(snippet, monkeypatch):
    keras = pytest.importorskip("keras")
    if not hasattr(keras, "Sequential"):
        pytest.skip("keras is not installed")
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: DATA)
    own, names = run(snippet.script, snippet.name)
    script = snippet.script.replace("nn.keras", "keras").replace("import nn as", "import keras as")
    theirs, _ = run(script.replace("from nn", "from keras"), snippet.name)
    assert own.count_params() == theirs.count_params()
    theirs.set_weights(own.get_weights())
    x = names["x_test"].reshape(20, *own.input_shape).astype(np.float32)
    assert theirs.output_shape == (None, *own.output_shape)
    np.testing.assert_allclose(own.predict(x), theirs.predict(x, verbose=0), atol=1e-5)


@pytest.mark.usefixtures("_tiny_data")
def test_lenet_of_the_page_runs(monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "keras.md").read_text()
    section = page.split("## LeNet-5 in thirty lines")[1].split("\n## ")[0]
    script = textwrap.dedent("\n".join(line for line in section.splitlines() if line.startswith("    ") or not line))
    assert len([line for line in script.splitlines() if line]) <= 31
    images = RNG.integers(0, 256, (60, 28, 28), np.uint8)
    monkeypatch.setattr(mnist, "load_data", lambda: ((images, DATA[0][1]), (images[:20], DATA[1][1])))
    model, _ = run(script.replace("64, 12", "20, 1"), "LeNet-5")
    assert model.count_params() == 61_706
