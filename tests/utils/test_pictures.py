"""The picture of a chain of layers: boxes of one size, one under the other, joined by lines."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from nn.errors import InputError
from nn.layers import Dense, Flatten
from nn.models import Sequential
from nn.utils import model_to_dot, plot_model

# A box is 560 pixels wide and 44 high; 24 pixels lie around and between the boxes.
LEFT, RIGHT, MIDDLE = 24, 24 + 560, 24 + 560 // 2
TOPS = (24, 92, 160)


@pytest.fixture
def model():
    return Sequential([Flatten(input_shape=(2, 3)), Dense(5, name="hidden"), Dense(4)], seed=1)


def words(model, **options):
    """What stands in the boxes."""
    svg = ElementTree.fromstring(model_to_dot(model, **options).create())
    return [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_boxes_are_joined_by_lines_from_edge_to_edge(model, tmp_path):
    plot_model(model, tmp_path / "model.png")
    ink = np.asarray(Image.open(tmp_path / "model.png").convert("L")) < 255
    expected = np.zeros((3 * (44 + 24) + 24, 560 + 2 * 24), bool)
    inside = np.zeros_like(expected)
    for top in TOPS:
        expected[top : top + 45, LEFT : RIGHT + 1] = True
        inside[top + 1 : top + 44, LEFT + 1 : RIGHT] = True
    for top in TOPS[1:]:
        expected[top - 24 : top, MIDDLE] = True
    assert ink.shape == expected.shape
    np.testing.assert_array_equal(ink[~inside], expected[~inside])


def test_text_stands_in_the_middle_of_its_box(model, tmp_path):
    ink = np.asarray(plot_model(model, tmp_path / "model.png").convert("L")) < 255
    for top in TOPS:
        rows, columns = np.nonzero(ink[top + 1 : top + 44, LEFT + 1 : RIGHT])
        assert (rows.min() + rows.max()) / 2 == pytest.approx(21, abs=3)
        assert (columns.min() + columns.max()) / 2 == pytest.approx(279, abs=3)
        assert len(rows) > 50


def test_svg_has_the_same_boxes_and_lines(model):
    svg = ElementTree.fromstring(model_to_dot(model).create())
    assert (svg.get("width"), svg.get("height")) == ("608", "228")
    boxes, lines, texts = (list(svg.iter(f"{{http://www.w3.org/2000/svg}}{kind}")) for kind in ("rect", "line", "text"))
    assert [[int(box.get(side)) for side in ("x", "y", "width", "height")] for box in boxes] == [
        [LEFT, top, 560, 44] for top in TOPS
    ]
    assert [[int(line.get(end)) for end in ("x1", "y1", "x2", "y2")] for line in lines] == [
        [MIDDLE, top - 24, MIDDLE, top] for top in TOPS[1:]
    ]
    assert [text.get("x") for text in texts] == [str(MIDDLE)] * 3
    assert [top < int(text.get("y")) - 4 < top + 44 for text, top in zip(texts, TOPS, strict=True)] == [True] * 3


def test_names_shapes_and_types_stand_in_the_boxes_where_they_are_asked_for(model):
    assert words(model) == ["flatten (Flatten)", "hidden (Dense)", "dense (Dense)"]
    assert words(model, show_layer_names=False) == ["Flatten", "Dense", "Dense"]
    assert words(model, show_dtype=True)[0] == "flatten (Flatten)   float32"
    assert words(model, show_shapes=True, show_layer_names=False, show_dtype=True) == [
        "Flatten   float32   (None, 2, 3) to (None, 6)",
        "Dense   float32   (None, 6) to (None, 5)",
        "Dense   float32   (None, 5) to (None, 4)",
    ]


def test_a_layer_that_is_not_built_has_no_shapes_yet():
    assert words(Sequential([Dense(3, name="only")]), show_shapes=True) == ["only (Dense)"]


@pytest.mark.parametrize("defaults", [{}, {"show_layer_names": True, "show_shapes": False, "show_dtype": False}])
def test_names_alone_are_the_default_of_both(model, tmp_path, defaults):
    by_default = plot_model(model, tmp_path / "a.png", **defaults)
    assert by_default.tobytes() == plot_model(model, tmp_path / "b.png").tobytes()
    assert words(model, **defaults) == words(model)
    others = [plot_model(model, tmp_path / "c.png", **{name: True}) for name in ("show_shapes", "show_dtype")]
    others.append(plot_model(model, tmp_path / "c.png", show_layer_names=False))
    assert all(other.tobytes() != by_default.tobytes() for other in others)


@pytest.mark.parametrize(
    "options", [{"rankdir": "TB"}, {"dpi": 96}, {"dpi": 200}, {"dpi": 65}, {"expand_nested": False}, {"subgraph": None}]
)
def test_what_asks_for_this_picture_is_accepted(model, options):
    assert words(model, **options) == words(model)


@pytest.mark.parametrize("options", [{"rankdir": "LR"}, {"dpi": 97}, {"dpi": 201}, {"dpi": 66}, {"expand_nested": True}])
def test_what_asks_for_another_picture_is_refused(model, options, tmp_path):
    with pytest.raises(InputError, match=f"model_to_dot: {next(iter(options))} is not supported"):
        model_to_dot(model, **options)
    with pytest.raises(InputError, match=f"plot_model: {next(iter(options))} is not supported"):
        plot_model(model, tmp_path / "model.png", **options)
    assert not (tmp_path / "model.png").exists()
