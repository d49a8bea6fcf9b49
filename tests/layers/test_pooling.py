import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import MaxPooling2D


def pooled(image, *arguments, **options):
    """out, and dx for dout = 1, 2, 3, ... in reading order; one sample, one channel."""
    x = np.array(image, np.float64)[None, :, :, None]
    layer = MaxPooling2D(*arguments, **options)
    layer.build(x.shape[1:], np.random.default_rng(0), np.float64)
    out, cache = layer.forward(x)
    dout = np.arange(1.0, out.size + 1).reshape(out.shape)
    return out[0, :, :, 0].tolist(), layer.backward(dout, cache)[0][0, :, :, 0].tolist()


def test_hand_worked():
    out, dx = pooled([[1, 5, 2, 0], [4, 3, 9, 8]])
    assert out == [[5, 9]]
    assert dx == [[0, 1, 0, 0], [0, 0, 2, 0]]


def test_tie_sends_the_gradient_to_the_first_maximum_in_reading_order():
    assert pooled([[7, 7], [7, 7]]) == ([[7]], [[1, 0], [0, 0]])
    assert pooled([[1, 7], [7, 7]]) == ([[7]], [[0, 1], [0, 0]])
    assert pooled([[1, 2], [7, 7]]) == ([[7]], [[0, 0], [1, 0]])
    # Columns do not come before rows.
    assert pooled([[1, 7], [7, 1]]) == ([[7]], [[0, 1], [0, 0]])


def test_input_that_wins_two_overlapping_windows_gets_both_gradients():
    # Windows at columns (0,1), (1,2), (2,3): 9 wins the first two, 8 is only in the third.
    assert pooled([[1, 9, 2, 8]], (1, 2), strides=1) == ([[9, 9, 8]], [[0, 3, 0, 3]])


def test_overlapping_ties_each_window_has_its_own_first():
    assert pooled([[5, 5, 5]], (1, 2), strides=1) == ([[5, 5]], [[1, 2, 0]])


def test_remainder_that_fills_no_window_gets_nothing():
    assert pooled([[1, 2, 99], [3, 4, 99], [99, 99, 99]]) == ([[4]], [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_same_padding_never_wins_even_among_negative_numbers():
    assert pooled([[-5, -3, -4]], (1, 2), padding="same") == ([[-3, -4]], [[0, 1, 2]])
    # Total padding 3 for size 4 and window 5: one before, two behind.
    assert pooled([[-1, -2, -3, -4]], (1, 5), strides=4, padding="same") == ([[-1]], [[1, 0, 0, 0]])


def test_same_padding_with_overlap_crops_the_frame():
    # 3 wide, window 3, stride 2, same: windows (frame, -1, -2) and (-2, -9, frame).
    assert pooled([[-1, -2, -9]], (1, 3), strides=2, padding="same") == ([[-1, -2]], [[1, 2, 0]])


@pytest.mark.parametrize("size", [(3, 5), (4, 4), (5, 3)])
@pytest.mark.parametrize("window", [(2, 3), (3, 2), (4, 1)])
@pytest.mark.parametrize("strides", [(1, 2), (2, 1), (3, 2)])
def test_same_padding_looks_up_every_window(size, window, strides):
    # Window (i, j) begins `before` places above and left of input (i·SH, j·SW): half of what the
    # windows reach beyond the image.
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, *size, 3))
    layer = MaxPooling2D(window, strides, "same")
    layer.build(x.shape[1:], rng, np.float64)
    out, cache = layer.forward(x)
    dout = rng.standard_normal(out.shape)
    before = [
        max((places - 1) * s + w - n, 0) // 2 for places, s, w, n in zip(out.shape[1:3], strides, window, size, strict=True)
    ]
    expected = np.zeros_like(x)
    for _, i, j, c in np.ndindex(out.shape):
        top, left = i * strides[0] - before[0], j * strides[1] - before[1]
        rows, columns = (slice(max(start, 0), start + length) for start, length in zip((top, left), window, strict=True))
        patch = x[0, rows, columns, c]
        assert out[0, i, j, c] == patch.max()
        expected[0, rows, columns, c] += dout[0, i, j, c] * (patch == patch.max())
    np.testing.assert_allclose(layer.backward(dout, cache)[0], expected, rtol=1e-12)


def test_channels_and_samples_are_apart():
    x = np.arange(2 * 2 * 2 * 2, dtype=float).reshape(2, 2, 2, 2)
    x[1, :, :, 1] *= -1
    layer = MaxPooling2D()
    layer.build((2, 2, 2), np.random.default_rng(0), np.float64)
    out, cache = layer.forward(x)
    assert out.reshape(2, 2).tolist() == [[6, 7], [14, -9]]
    dx, _ = layer.backward(np.array([[1.0, 2], [3, 4]]).reshape(2, 1, 1, 2), cache)
    assert np.argwhere(dx).tolist() == [[0, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 0]]


def test_strides_default_to_the_window_and_rows_come_first():
    assert MaxPooling2D((2, 3)).strides == (2, 3)
    assert MaxPooling2D((2, 3)).compute_output_shape((6, 6, 1)) == (3, 2, 1)
    assert MaxPooling2D(2, strides=(1, 3)).compute_output_shape((6, 6, 1)) == (5, 2, 1)
    assert MaxPooling2D(2, padding="same").compute_output_shape((5, 4, 3)) == (3, 2, 3)


@pytest.mark.parametrize(
    ("options", "named"), [({"pool_size": 0}, "pool_size"), ({"strides": "x"}, "strides"), ({"padding": None}, "padding")]
)
def test_wrong_arguments_are_named(options, named):
    with pytest.raises(InputError, match=named):
        MaxPooling2D(**options)


@pytest.mark.parametrize("shape", [(1, 4, 1), (4, 1, 1), (4, 4)])
def test_an_input_it_cannot_take_is_refused(shape):
    with pytest.raises(InputError, match="MaxPooling2D"):
        MaxPooling2D().compute_output_shape(shape)
