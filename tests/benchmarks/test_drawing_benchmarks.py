"""The benchmarks that draw: numbers, invariance, doubt; what they draw, and their sums, with
models that need no training.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from benchmarks import doubt, invariance, numbers, pictures
from benchmarks.drawing.doodle_shapes import DOODLES
from benchmarks.drawing.hand import written
from benchmarks.drawn import rendered
from nn.errors import InputError
from nn.strokes.templates import digit_templates, other_templates, templates_of


class Ones:
    """Calls everything a 1, and is sure of it."""

    card = {"sure_from": 0.5}  # noqa: RUF012

    def predict(self, x):
        return np.tile(np.eye(10, dtype=np.float32)[1], (len(x), 1))


def test_hand_writes_every_stroke_and_never_twice_alike():
    templates = digit_templates()
    seven = templates.names.index("crossed")
    one, other = written(templates, seven, 0, 1), written(templates, seven, 0, 2)
    assert [len(stroke) > 1 for stroke in one] == [True] * len(one)
    assert one[0].shape[1] == 2
    assert not np.array_equal(one[0], other[0])
    np.testing.assert_array_equal(written(templates, seven, 0, 1)[0], one[0])


def test_doodles_of_the_test_are_none_of_the_training():
    assert not set(templates_of(DOODLES).names) & set(other_templates().names)


def test_row_has_the_gaps_and_heights_asked_for():
    bar = [np.array([[0.0, 0.0], [0.0, 1.0]])]
    condition = numbers.Condition((1, 0.5, 1, 0.5), (0.2, 0.3))
    row, pen = numbers.in_a_row([bar] * 4, np.random.default_rng(0), condition)
    gaps = np.diff([stroke[0, 0] for stroke in row]) - pen
    assert ((gaps >= 0.2) & (gaps <= 0.3)).all()
    heights = [np.ptp(stroke[:, 1]) for stroke in row]
    assert max(heights[1::2]) < 0.75 * min(heights[::2])
    placed, width = numbers.on_the_sheet(row, pen, np.random.default_rng(1))
    ink = rendered(placed, width)
    assert ink.shape == (480, 640)
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()


@pytest.mark.parametrize("with_strokes", [False, True])
def test_numbers_are_read_and_timed(with_strokes):
    condition = numbers.CONDITIONS["two, apart"]
    for result in numbers.read_numbers(Ones(), numbers.from_templates, condition, 3, 0, with_strokes=with_strokes):
        assert len(result.written) == 2
        assert set(result.read) == {"1"}
        assert result.ink.any()
        assert result.seconds > 0


def test_there_are_ten_conditions_and_their_table_parts_right_from_surely_wrong(capsys):
    assert len(numbers.CONDITIONS) == 10
    assert numbers.main(["--count", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "surely wrong" in lines[0]
    assert lines[11].startswith("mean")


def test_pictures_of_a_folder_are_read_and_summed_by_kind(tmp_path, capsys):
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "blank.png")
    ink = invariance.place([np.array([[0.0, 0.0], [0.0, 3.0]])], 0.5, 10.0)
    Image.fromarray((255 * (1 - ink)).astype(np.uint8)).save(tmp_path / "one.png")
    (tmp_path / "cases.tsv").write_text("file\tanswer\twhat\none.png\t1\ta bar\nblank.png\t\tnothing\n")
    assert pictures.main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "a bar" in out
    assert "2 pictures: right and sure 2 (100.0 %)" in out
    (tmp_path / "cases.tsv").write_text("file\tanswer\twhat\none.png\t7\ta bar\n")
    assert pictures.main([str(tmp_path)]) == 1
    assert "surely wrong 1 (100.00 %)" in capsys.readouterr().out


def test_folder_without_a_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a table"):
        pictures.main([str(tmp_path)])


@pytest.mark.parametrize("size", [0.1, 0.9])
def test_invariance_draws_at_the_size_and_place_asked_for(size):
    ink = invariance.place([np.array([[0.0, 0.0], [0.0, 3.0]])], size, 10.0, (1.0, 0.0))
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.5), np.flatnonzero(ink.max(axis=0) > 0.5)
    assert rows[-1] - rows[0] + 1 == pytest.approx(size * 480 + 10, abs=2)
    assert columns[-1] == 639
    assert rows[0] == 0


def test_scenes_are_brightness_of_the_sheets_size_or_half_of_it():
    ink = invariance.place([np.array([[0.0, 0.0], [1.0, 3.0]])], 0.5, 10.0)
    for name, scene in invariance.scenes().items():
        grey = scene(ink, np.random.default_rng(0))
        assert grey.shape in ((480, 640), (120, 160)), name
        assert np.ptp(grey) > 0.2, name


def test_a_changed_answer_fails_the_invariance(capsys):
    assert invariance._report({"place": [False] * 99 + [True], "pen": [False] * 100}) == 0
    assert invariance._report({"place": [False] * 98 + [True] * 2, "pen": [False] * 100}) == 1
    assert "2.00 %   of 100" in capsys.readouterr().out


def test_verdicts_are_shares():
    shares = doubt.verdicts(Ones(), doubt.empty, 4, 0)
    assert shares == {"sure": 0.0, "unsure": 0.0, "blank": 1.0}
    # What is so wide that it may be two digits, and a blotch, are unsure whatever the model says.
    for things, least in ((doubt.scribble, 0.5), (doubt.doodles(), 0.5), (doubt.blotches, 0.0)):
        shares = doubt.verdicts(Ones(), things, 4, 0)
        assert shares["blank"] == 0.0
        assert shares["sure"] >= least
        assert sum(shares.values()) == 1.0
    assert doubt.verdicts(Ones(), doubt.noise, 4, 0)["blank"] >= 0.75


@pytest.mark.parametrize(
    ("module", "words"),
    [("benchmarks.window", ["--seconds", "0.5"]), ("benchmarks.audit.soak", ["--minutes", "0.05", "--rest", "0.5"])],
)
def test_the_window_is_used_and_measured(module, words):
    command = [sys.executable, "-m", module, "--child", *words]
    environment = os.environ | {"SDL_VIDEODRIVER": "dummy"}
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(ended.stdout.splitlines()[-1])
    if module == "benchmarks.window":
        assert result["driver"] == "dummy"
        assert result["frames"] > 0
        assert 0 < result["interval median"] <= result["interval p99"]
    else:
        assert result["digits"] + sum(result["actions"].values()) > 0
        assert 0 < result["before"] <= result["most"]
        assert result["after"] > 0
