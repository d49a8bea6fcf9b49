"""The benchmarks that draw: numbers, invariance, doubt; what they draw, and their sums, with models that need no training."""

import numpy as np
import pytest

from benchmarks import doubt, invariance, numbers
from benchmarks.doodle_shapes import DOODLES
from benchmarks.hand import written
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


def test_row_has_the_gaps_asked_for():
    bar = [np.array([[0.0, 0.0], [0.0, 1.0]])]
    row, pen = numbers.in_a_row([bar] * 4, np.random.default_rng(0), (0.2, 0.3))
    gaps = np.diff([stroke[0, 0] for stroke in row]) - pen
    assert ((gaps >= 0.2) & (gaps <= 0.3)).all()
    ink = numbers.draw_row(row, pen, np.random.default_rng(1))
    assert ink.shape == (480, 640)
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()


def test_numbers_are_read_and_timed():
    results = numbers.read_numbers(Ones(), numbers.from_templates, 3, 0, (0.3, 0.5))
    for text, read, ink, seconds in results:
        assert 2 <= len(text) <= 8
        assert set(read) == {"1"}
        assert ink.any()
        assert seconds > 0


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
    for things in (doubt.scribble, doubt.doodles(), doubt.blotches):
        assert doubt.verdicts(Ones(), things, 4, 0)["sure"] == 1.0
    assert doubt.verdicts(Ones(), doubt.noise, 4, 0)["blank"] >= 0.75
