"""Saliency, occlusion and what-if against plain passes, finite differences and sums."""

import itertools

import numpy as np
import pytest

from nn.errors import InputError
from nn.inspection import attribution
from nn.inspection.attribution import ENOUGH, STEP, WORTH, blurred, evidence, evidence_gradient, occlusion, saliency, what_if
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Softmax
from nn.models import Sequential

SIDE, CLASSES = 8, 4


def small_network(dtype=np.float64, separate_softmax=False):
    """Every kind of layer of the student's network, in small."""
    model = Sequential(seed=3, dtype=dtype)
    model.add(Conv2D(4, (3, 3), activation="relu", input_shape=(SIDE, SIDE, 1)))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(6, activation="relu"))
    model.add(Dropout(0.3))
    if separate_softmax:
        model.add(Dense(CLASSES))
        model.add(Softmax())
    else:
        model.add(Dense(CLASSES, activation="softmax"))
    return model


def pictures(count=3, dtype=np.float64):
    """Pictures with ink in the middle and empty edges, as digits are."""
    images = np.zeros((count, SIDE, SIDE), dtype)
    images[:, 2:6, 2:6] = np.random.default_rng(1).uniform(0.1, 1, (count, 4, 4))
    return images


def plain_gradient(model, images, k):
    """The gradient of log p_k - log (1 - p_k), written once more: through the softmax layer and
    its own backward pass.
    """
    array, caches = images[..., None], []
    for layer in model.layers:
        array, cache = layer.forward(array)
        caches.append(cache)
    rest = 1 - array[:, k : k + 1]
    gradient = 1 / np.where(np.arange(CLASSES) == k, array, -rest)
    for layer, cache in zip(reversed(model.layers), reversed(caches), strict=True):
        gradient, _ = layer.backward(gradient, cache)
    return gradient[..., 0]


@pytest.mark.parametrize("separate_softmax", [False, True])
def test_the_gradient_is_that_of_a_plain_backward_pass(separate_softmax):
    model, images = small_network(separate_softmax=separate_softmax), pictures()
    for k in range(CLASSES):
        found, gradient = evidence_gradient(model, images, k)
        p = model.predict(images)[:, k]
        np.testing.assert_allclose(found, np.log(p / (1 - p)), rtol=1e-9)
        np.testing.assert_allclose(gradient, plain_gradient(model, images, k), rtol=1e-9, atol=1e-12)


def test_the_gradient_is_the_slope_that_finite_differences_measure():
    model, image, step = small_network(), pictures(1)[0], 1e-6
    _, gradient = evidence_gradient(model, image[None], 2)
    for i, j in np.argwhere(image > 0):
        bump = np.zeros_like(image)
        bump[i, j] = step
        above, below = evidence(model.logits(np.stack([image + bump, image - bump])), 2)
        assert gradient[0, i, j] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-7)


def test_evidence_of_a_certain_answer_is_finite_and_grows_with_its_logit():
    found = evidence(np.array([[800.0, 0.0, 0.0], [900.0, 0.0, 0.0]]), 0)
    np.testing.assert_allclose(found, [800 - np.log(2), 900 - np.log(2)])


def test_saliency_in_one_step_is_the_ink_times_the_gradient_half_way():
    model, image = small_network(), pictures(1)[0]
    _, gradient = evidence_gradient(model, 0.5 * image[None], 1)
    np.testing.assert_array_equal(saliency(model, image, 1, steps=1), image * gradient[0])


def test_saliency_adds_up_to_what_all_the_ink_says():
    model, image = small_network(), pictures(1)[0]
    said = evidence(model.logits(np.stack([image, 0 * image])), 0)
    for steps, error in ((50, 0.02), (1000, 0.001)):
        assert saliency(model, image, 0, steps).sum() == pytest.approx(said[0] - said[1], abs=error)


def test_where_there_is_no_ink_nothing_speaks():
    model, image = small_network(), pictures(1)[0]
    assert not saliency(model, image, 0)[image == 0].any()
    assert not occlusion(model, image, 0)[image == 0].any()


def test_occlusion_is_the_difference_of_two_plain_predictions():
    model, image = small_network(), pictures(1)[0]
    found = occlusion(model, image, 3, side=3)
    for i, j in np.argwhere(image > 0):
        less = image.copy()
        less[i - 1 : i + 2, j - 1 : j + 2] = 0
        whole, rest = model.predict(np.stack([image, less]))[:, 3]
        assert found[i, j] == pytest.approx(np.log(whole / (1 - whole)) - np.log(rest / (1 - rest)), rel=1e-9)


@pytest.mark.parametrize("side", [1, 3, 5, 7])
def test_occlusion_blanks_a_square_around_every_pixel(side):
    model, image = small_network(), np.ones((SIDE, SIDE))
    rows, columns = np.indices(image.shape)
    less = [image * (np.maximum(abs(rows - i), abs(columns - j)) > side / 2) for i, j in np.ndindex(*image.shape)]
    drops = evidence(model.logits(image[None]), 2) - evidence(model.logits(np.stack(less)), 2)
    np.testing.assert_allclose(occlusion(model, image, 2, side).ravel(), drops, atol=1e-12)


def test_occlusion_reaches_over_the_edge_of_the_picture():
    model, image = small_network(), np.ones((SIDE, SIDE))
    corner = image.copy()
    corner[:3, :3] = 0
    before, after = evidence(model.logits(np.stack([image, corner])), 0)
    assert occlusion(model, image, 0)[0, 0] == pytest.approx(before - after)


@pytest.mark.parametrize("k", range(CLASSES))
def test_what_if_makes_the_network_take_the_picture_for_the_other_class(k):
    model, image = small_network(np.float32), pictures(1, np.float32)[0]
    found = what_if(model, image, k)
    assert found.image.min() >= 0
    assert found.image.max() <= 1
    assert found.before == pytest.approx(model.predict(image[None])[0, k], rel=1e-4)
    assert found.after == pytest.approx(model.predict(found.image[None])[0, k], rel=1e-4)
    assert found.after > found.before


def test_what_if_changes_nothing_where_the_class_is_reached_already():
    model, image = small_network(), pictures(1)[0]
    k = int(model.predict(image[None]).argmax())
    found = what_if(model, image, k, enough=float(model.predict(image[None])[0, k]) - 0.01)
    np.testing.assert_array_equal(found.image, image)
    assert found.before == found.after


def test_what_if_ends_where_the_network_has_no_gradient():
    model, image = small_network(), pictures(1)[0]
    model.layers[0].parameters["kernel"][...] = 0
    found = what_if(model, image, 0, ENOUGH)
    np.testing.assert_array_equal(found.image, image)


def test_what_if_stops_at_the_first_step_that_is_enough(monkeypatch):
    model, image = small_network(), pictures(1)[0]
    k = int(model.predict(image[None]).argmin())
    reached = []
    for steps in range(6):
        monkeypatch.setattr(attribution, "MOST_STEPS", steps)
        reached.append(what_if(model, image, k, enough=0.999).after)
    monkeypatch.undo()
    assert sorted(set(reached)) == reached
    for before, after in itertools.pairwise(reached):
        assert what_if(model, image, k, enough=(before + after) / 2).after == after


def two_pixels():
    """A picture of two equal pixels, of which one speaks for class 0 and the other against it."""
    model = Sequential([Flatten(input_shape=(1, 2, 1)), Dense(2, activation="softmax")], dtype=np.float64)
    model.set_weights([np.array([[2.0, 1.0], [1.0, 2.0]]), np.zeros(2)])
    return model, np.full((1, 2), 0.5)


def test_what_if_is_content_with_exactly_enough():
    model, image = two_pixels()
    np.testing.assert_array_equal(what_if(model, image, 0, enough=0.5).image, image)


def test_a_step_of_what_if_changes_the_most_important_pixels_and_none_by_more_than_a_step(monkeypatch):
    model, image = small_network(), np.random.default_rng(2).uniform(0.3, 0.7, (SIDE, SIDE))
    monkeypatch.setattr(attribution, "MOST_STEPS", 1)
    changes = abs(what_if(model, image, 1, enough=0.999).image - image)
    assert changes.max() == pytest.approx(STEP)
    assert changes[changes > 0].min() >= WORTH * STEP - 1e-12
    assert 1 < np.count_nonzero(changes) < SIDE * SIDE
    monkeypatch.setattr(attribution, "WORTH", 1.0)
    only = abs(what_if(model, image, 1, enough=0.999).image - image)
    np.testing.assert_allclose(only, np.where(changes == changes.max(), STEP, 0), atol=1e-12)


def test_the_way_is_the_blurred_slope_of_the_mean_over_nine_positions():
    model, image, step = small_network(), np.random.default_rng(2).uniform(0.3, 0.7, (SIDE, SIDE)), 1e-6

    def mean_evidence(picture):
        moved = [np.roll(np.roll(picture, down, axis=0), right, axis=1) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        return evidence(model.logits(np.stack(moved)), 1).mean()

    slopes = np.empty_like(image)
    for at in np.ndindex(*image.shape):
        bump = np.zeros_like(image)
        bump[at] = step
        slopes[at] = (mean_evidence(image + bump) - mean_evidence(image - bump)) / (2 * step)
    _, way = attribution._way_towards(model, image, 1)
    np.testing.assert_allclose(way, blurred(slopes, attribution.PEN), atol=1e-6 * abs(slopes).max())


@pytest.mark.parametrize(("k", "free"), [(0, (True, True, False)), (1, (False, True, True))])
def test_a_pixel_goes_no_further_than_paper_and_full_ink(k, free):
    # All ink speaks for class 0 and against class 1.
    model = Sequential([Flatten(input_shape=(1, 3, 1)), Dense(2, activation="softmax")], dtype=np.float64)
    model.set_weights([np.array([[0.1, 0.0]] * 3), np.zeros(2)])
    paper_gray_ink = np.array([[0.0, 0.5, 1.0]])
    _, way = attribution._way_towards(model, paper_gray_ink, k)
    np.testing.assert_array_equal(way[0] != 0, free)
    assert (way >= 0).all() if k == 0 else (way <= 0).all()


def test_a_picture_moves_down_and_to_the_right():
    picture = np.zeros((3, 4))
    picture[0, 0] = 1
    assert np.argwhere(attribution._moved(picture, 2, 3)).tolist() == [[2, 3]]


def test_a_blur_keeps_the_sum_and_the_middle():
    spot = np.zeros((21, 21))
    spot[10, 10] = 1
    soft = blurred(spot, 1.2)
    assert soft.sum() == pytest.approx(1)
    np.testing.assert_allclose(soft, soft[::-1, ::-1])
    assert np.average(np.arange(21) ** 2, weights=soft.sum(axis=0)) - 100 == pytest.approx(1.2**2, rel=0.02)


def test_bad_arguments_are_named():
    model, image = small_network(), pictures(1)[0]
    for question in (saliency, occlusion, what_if):
        with pytest.raises(InputError, match=r"image: expected shape \(8, 8\), got \(7, 8\)"):
            question(model, image[:-1], 0)
    with pytest.raises(InputError, match="steps"):
        saliency(model, image, 0, steps=0)
    with pytest.raises(InputError, match="side"):
        occlusion(model, image, 0, side=4)
