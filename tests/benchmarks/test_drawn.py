"""The benchmark of drawn digits: its file format, its sheet, and its sums, on a collection of
three digits.
"""

import numpy as np
import pytest
from drawings import FOUR, ONE, SEVEN

from benchmarks.drawn import draw_sample, load_strokes, mean_over, read_collection, report
from nn.errors import InputError
from nn.reading import to_mnist
from nn.reading.recognition import Reading


def save(path, samples=((7, 0, SEVEN), (1, 0, ONE), (4, 1, FOUR)), **changes):
    strokes = [np.array(stroke, np.float32) for _, _, each in samples for stroke in each]
    parts = {
        "points": np.concatenate(strokes),
        "stroke_offsets": np.cumsum([0, *map(len, strokes)]),
        "sample_offsets": np.cumsum([0, *(len(each) for _, _, each in samples)]),
        "labels": np.array([label for label, _, _ in samples], np.uint8),
        "writers": np.array([writer for _, writer, _ in samples], np.int16),
    }
    np.savez(path, **{name: part for name, part in (parts | changes).items() if part is not None})
    return str(path)


def test_strokes_come_back_as_they_were_written(tmp_path):
    strokes = load_strokes(save(tmp_path / "strokes.npz"))
    assert len(strokes) == 3
    np.testing.assert_array_equal(strokes.sample(2)[1], np.array(FOUR[1], np.float32))
    assert [len(strokes.sample(k)) for k in range(3)] == [2, 1, 2]


@pytest.mark.parametrize("size", [0.1, 0.5, 0.9])
def test_drawing_has_the_size_asked_for_and_stays_on_the_sheet(tmp_path, size):
    strokes = load_strokes(save(tmp_path / "strokes.npz"))
    ink = draw_sample(strokes.sample(0), np.random.default_rng(0), brush=8, size=size)
    rows = np.flatnonzero(ink.max(axis=1) > 0.5)
    assert ink.shape == (480, 640)
    assert rows[-1] - rows[0] + 1 == pytest.approx(size * 480 + 8, abs=3)
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()


def test_places_differ_and_the_image_does_not(tmp_path):
    strokes = load_strokes(save(tmp_path / "strokes.npz"))
    one, other = (draw_sample(strokes.sample(2), np.random.default_rng(seed), size=0.5) for seed in (0, 1))
    assert np.abs(one - other).max() > 0.9
    assert np.abs(to_mnist(one) - to_mnist(other)).mean() < 0.01


def test_the_whole_path_is_walked_and_summed_by_writer_and_digit(tmp_path, capsys):
    class Sevens:
        card = {"sure_from": 0.5}  # noqa: RUF012

        def predict(self, x):
            return np.tile(np.eye(10, dtype=np.float32)[7], (len(x), 1))

    strokes = load_strokes(save(tmp_path / "strokes.npz"))
    readings, images = read_collection(Sevens(), strokes, np.arange(3), seed=0, brush=20.0)
    assert images.shape == (3, 28, 28)
    assert all(isinstance(reading, Reading) for reading in readings)
    assert report(strokes, np.arange(3), readings).tolist() == [True, False, False]
    assert "drawn accuracy 0.2500 (mean over 2 writers, 3 digits)" in capsys.readouterr().out


def test_mean_over_groups():
    assert mean_over(np.array([5, 5, 2]), np.array([True, False, True])) == {2: 1.0, 5: 0.5}


@pytest.mark.parametrize(
    "changes", [{"labels": None}, {"writers": np.zeros(2)}, {"points": np.zeros(4)}, {"labels": np.zeros(0)}]
)
def test_other_files_are_refused(tmp_path, changes):
    with pytest.raises(InputError, match=r"strokes\.npz: expected"):
        load_strokes(save(tmp_path / "strokes.npz", **changes))


def test_text_is_refused(tmp_path):
    (tmp_path / "strokes.npz").write_text("no archive")
    with pytest.raises(InputError, match=r"strokes\.npz: expected an \.npz file"):
        load_strokes(str(tmp_path / "strokes.npz"))
