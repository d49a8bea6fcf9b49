"""The ONNX file against ONNX Runtime, which reads it in its own process: every layer, odd shapes,
and what is refused.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
from odd_models import ODD_MODELS, built

from nn.export.onnx import onnx_file
from nn.io.model_file import PACKAGE_LAYERS
from nn.layers.base import Layer
from nn.models import load_model
from nn.pretrained import BUNDLED

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="compares with ONNX Runtime")

RUN = """
import sys
import numpy, onnxruntime
for model, x, y in zip(*[iter(sys.argv[1:])] * 3):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    [given], [wanted] = session.get_inputs(), session.get_outputs()
    assert given.name == "images" and wanted.name in ("probabilities", "outputs"), (given.name, wanted.name)
    assert given.shape[0] == wanted.shape[0] == "batch"
    numpy.save(y, session.run(None, {"images": numpy.load(x)})[0])
"""


def in_their_runtime(cases, folder):
    """What ONNX Runtime makes of inputs: a list of (content of the file, x), in one process that
    knows nothing of this project.
    """
    files = [(folder / f"{k}.onnx", folder / f"{k}-x.npy", folder / f"{k}-y.npy") for k in range(len(cases))]
    for (content, x), (model, given, _) in zip(cases, files, strict=True):
        model.write_bytes(content)
        np.save(given, x)
    words = [sys.executable, "-c", RUN, *(file.name for each in files for file in each)]
    subprocess.run(words, cwd=folder, check=True, timeout=300)
    return [np.load(wanted) for *_, wanted in files]


def some_inputs(model):
    return np.random.default_rng(1).normal(scale=2, size=(3, *model.input_shape)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """What ONNX Runtime makes of every odd model."""
    cases = [(onnx_file(model, name), some_inputs(model)) for name, model in ODD_MODELS.items()]
    return dict(zip(ODD_MODELS, in_their_runtime(cases, tmp_path_factory.mktemp("odd")), strict=True))


@pytest.mark.parametrize("name", ODD_MODELS)
def test_every_layer_computes_the_same_in_onnx_runtime(name, theirs):
    model = ODD_MODELS[name]
    np.testing.assert_allclose(theirs[name], model.predict(some_inputs(model)), rtol=1e-5, atol=1e-5)


def test_the_odd_models_have_every_layer_of_the_package():
    assert {type(layer).__name__ for model in ODD_MODELS.values() for layer in model.layers} == set(PACKAGE_LAYERS)


@pytest.mark.parametrize("count", [1, 5])
def test_the_bundled_model_says_the_same_for_any_batch(count, tmp_path):
    model = load_model(BUNDLED)
    model.use_kernels = False
    x = np.random.default_rng(count).random((count, 28, 28, 1), np.float32)
    [theirs] = in_their_runtime([(onnx_file(model, "bundled"), x)], tmp_path)
    np.testing.assert_allclose(theirs, model.predict(x), rtol=0, atol=1e-5)


def test_the_file_names_its_ends_and_carries_the_card(command, model, tmp_path):
    ended = command("nn.export", model, "--onnx", tmp_path / "small.onnx")
    assert (ended.code, ended.err) == (0, "")
    written = onnx.load(tmp_path / "small.onnx")
    onnx.checker.check_model(written, full_check=True)
    assert written.producer_name == "numba-cnn"
    card = {each.key: json.loads(each.value) for each in written.metadata_props}["card"]
    assert card == load_model(model).card
    [given], [wanted] = written.graph.input, written.graph.output
    sizes = [[size.dim_param or size.dim_value for size in end.type.tensor_type.shape.dim] for end in (given, wanted)]
    assert sizes == [["batch", 28, 28, 1], ["batch", 10]]


class Cube(Layer):
    def forward(self, x, training=False, rng=None):
        return x**3, None


def test_a_layer_that_onnx_export_does_not_know_is_refused():
    with pytest.raises(ValueError, match="m: expected"):
        onnx_file(built(Cube(), shape=(5, 5, 1)), "m")
