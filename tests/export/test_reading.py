"""The page's reading and its forward pass against Python's, on the same ink and the same inputs."""

import importlib
import json
import re

import numpy as np
import pytest
from agreement import Drawing, compare, loaded, numbers_with_strokes, rendered_numbers, rendered_strokes, test_images
from odd_models import ODD_MODELS

from nn.export.html import _file, describe, weights


@pytest.fixture
def reader(browser, bundled_page):
    """The browser with the page. It is opened anew for each test: tests run in any order, and those of the
    workbench leave it.
    """
    browser.open(bundled_page)
    return browser


KINDS = {
    "test images": (test_images, 300),
    "rendered strokes": (rendered_strokes, 100),
    "numbers": (rendered_numbers, 4),
    "numbers, strokes known": (numbers_with_strokes, 4),
}


@pytest.mark.parametrize(("make", "count"), KINDS.values(), ids=KINDS)
def test_the_page_reads_the_same_as_python(reader, bundled, make, count):
    drawings = make(count)
    agreeing, apart = compare(reader, bundled, drawings)
    assert agreeing == len(drawings)
    assert apart < 1e-3


MODULES = ["geometry", "grouping", "choice", "seams", "segmentation", "recognition", "corrections", "doubts"]


@pytest.mark.parametrize("module", MODULES)
def test_the_pages_constants_are_pythons(module):
    """Those of the same names, and the few that have another because the page's files share one
    scope.
    """
    constant = r"^(?:export )?const ([A-Z_]+) = (?:Math\.fround\()?([\d.]+|\[[\d, ]+\])\)?;"
    found = re.findall(constant, _file(f"{module}.js"), re.MULTILINE)
    renamed = {"INNER": "BOX", "WIDE_PEN": "BLOTCH", "LINE_OVER": "OVER"}
    python = vars(importlib.import_module(f"nn.reading.{module}"))
    assert len(found) > 3
    here = {name: np.array(json.loads(value)).tolist() for name, value in found}
    assert here == {name: np.array(python[renamed.get(name, name)]).tolist() for name, _ in found}
    if module in ("choice", "seams", "corrections"):
        costs = {name for name, value in python.items() if name.isupper() and isinstance(value, int | float | tuple)}
        assert costs == {renamed.get(name, name) for name, _ in found}


def test_ink_that_holds_no_digit_is_blank_in_both(reader, bundled):
    speck = np.zeros((480, 640), np.uint8)
    speck[100, 100] = 60
    assert compare(reader, bundled, [Drawing(np.zeros((480, 640), np.uint8)), Drawing(speck)]) == (2, 0.0)


@pytest.fixture
def workbench(browser):
    """The browser with the page's layers and pen, and no page."""
    if browser.evaluate("typeof buildNetwork") == "function":
        return browser
    browser.go("about:blank")
    loaded(browser, "activations.js", "layers.js", "network.js", "pen.js")
    return browser


@pytest.mark.parametrize("precision", ["single", "half"])
@pytest.mark.parametrize("name", ODD_MODELS)
def test_every_layer_computes_the_same_in_the_page(workbench, name, precision):
    model = ODD_MODELS[name]
    x = np.random.default_rng(2).normal(size=(1, *model.input_shape)).astype(np.float32)
    described, arrays = json.dumps(describe(model, precision)), json.dumps(weights(model, precision))
    image = f"{{ data: Float32Array.from({json.dumps(x.ravel().tolist())}) }}"
    out = workbench.evaluate(f"[...buildNetwork({described}, {arrays}).predict({image})]")
    tolerance = 1e-5 if precision == "single" else 2e-2
    np.testing.assert_allclose(out, model.predict(x).ravel(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scale", [1.0, 0.55, 2.3])
def test_the_pages_pen_leaves_the_same_ink_as_the_windows(workbench, scale):
    from apps.draw.drawing.raster import Raster
    from apps.draw.drawing.strokes import Stroke

    rng = np.random.default_rng(7)
    strokes = []
    for width, erases in ((20, False), (6, False), (64, False), (40, True), (1, False)):
        walk = 240 + np.cumsum(rng.normal(scale=25, size=(20, 2)), axis=0)
        strokes.append(Stroke(tuple(map(tuple, walk.round(2))), width, erases))
    ours = Raster(scale)
    ours.render(strokes)
    given = json.dumps([{"points": each.points, "width": each.width, "erases": each.erases} for each in strokes])
    lines = f"const raster = new Raster({scale}); raster.render({given});"
    width, height, *ink = workbench.evaluate(f"(() => {{ {lines} return [raster.width, raster.height, ...raster.ink]; }})()")
    assert (height, width) == ours.ink.shape
    assert np.abs(np.array(ink, int) - ours.ink.ravel()).max() <= 1
