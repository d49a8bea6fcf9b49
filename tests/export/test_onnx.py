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
from nn.layers import Conv2D
from nn.layers.base import Layer
from nn.models import load_model
from nn.pretrained import BUNDLED

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="compares with ONNX Runtime")

RUN = """
import sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
[given], [wanted] = session.get_inputs(), session.get_outputs()
assert (given.name, wanted.name) == ("images", "probabilities"), (given.name, wanted.name)
assert given.shape[0] == wanted.shape[0] == "batch"
numpy.save(sys.argv[3], session.run(None, {"images": numpy.load(sys.argv[2])})[0])
"""


def in_their_runtime(content, x, folder):
    """What ONNX Runtime makes of inputs, in a process that knows nothing of this project."""
    (folder / "model.onnx").write_bytes(content)
    np.save(folder / "x.npy", x)
    words = [sys.executable, "-c", RUN, "model.onnx", "x.npy", "y.npy"]
    subprocess.run(words, cwd=folder, check=True, timeout=120)
    return np.load(folder / "y.npy")


@pytest.mark.parametrize("name", ODD_MODELS)
def test_every_layer_computes_the_same_in_onnx_runtime(name, tmp_path):
    model = ODD_MODELS[name]
    x = np.random.default_rng(1).normal(size=(3, *model.input_shape)).astype(np.float32)
    np.testing.assert_allclose(in_their_runtime(onnx_file(model, name), x, tmp_path), model.predict(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [1, 5])
def test_the_bundled_model_says_the_same_for_any_batch(count, tmp_path):
    model = load_model(BUNDLED)
    model.use_kernels = False
    x = np.random.default_rng(count).random((count, 28, 28, 1), np.float32)
    np.testing.assert_allclose(in_their_runtime(onnx_file(model, "bundled"), x, tmp_path), model.predict(x), rtol=0, atol=1e-5)


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


@pytest.mark.parametrize("layers", [[Cube()], [Conv2D(2, 3, activation="softmax")]], ids=["foreign", "softmax over images"])
def test_a_layer_that_onnx_export_does_not_know_is_refused(layers):
    with pytest.raises(ValueError, match="m: expected"):
        onnx_file(built(*layers, shape=(5, 5, 1)), "m")
