import numpy as np
import pytest

from nn.errors import InputError
from nn.optimizers import SGD, Adadelta, Optimizer, optimizer_named
from nn.optimizers.schedules import OneCycle


def adadelta_by_hand(w, gradients, rate, rho, epsilon):
    """Zeiler's algorithm 1 in Python numbers, one weight."""
    squared_gradients = squared_updates = 0.0
    for g in gradients:
        squared_gradients = rho * squared_gradients + (1 - rho) * g * g
        update = (squared_updates + epsilon) ** 0.5 / (squared_gradients + epsilon) ** 0.5 * g
        squared_updates = rho * squared_updates + (1 - rho) * update * update
        w -= rate * update
    return w, squared_gradients, squared_updates


def test_first_step_worked_by_hand():
    # g = 2, ρ = 0.9, ε = 1: E[g²] = 0.1·4 = 0.4; Δ = √(1 / 1.4)·2 = 1.690309; E[Δ²] = 0.1·Δ² = 0.285714; w = 5 - 0.5·Δ
    w, slots = np.array([5.0]), (np.zeros(1), np.zeros(1))
    Adadelta(rho=0.9, epsilon=1.0).update(w, np.array([2.0]), slots, rate=0.5)
    assert w[0] == pytest.approx(5 - 0.5 * 2 / 1.4**0.5, rel=1e-15)
    assert slots[0][0] == pytest.approx(0.4, rel=1e-15)
    # The rate is not in the accumulator.
    assert slots[1][0] == pytest.approx(0.1 * 4 / 1.4, rel=1e-15)


@pytest.mark.parametrize(("rate", "rho", "epsilon"), [(1.0, 0.95, 1e-7), (0.3, 0.9, 1e-2), (2.0, 0.0, 1.0)])
def test_many_steps_follow_the_paper(rate, rho, epsilon):
    gradients = np.random.default_rng(0).standard_normal((50, 3))
    w, slots = np.array([1.0, -2.0, 0.0]), (np.zeros(3), np.zeros(3))
    optimizer = Adadelta(rho=rho, epsilon=epsilon)
    for gradient in gradients:
        optimizer.update(w, gradient, slots, rate)
    for i, start in enumerate((1.0, -2.0, 0.0)):
        expected = adadelta_by_hand(start, gradients[:, i], rate, rho, epsilon)
        assert (w[i], slots[0][i], slots[1][i]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", [Adadelta, SGD])
def test_weight_decay_shrinks_the_weights_apart_from_the_gradient(kind):
    # η = 0.5, λ = 0.1: w ← w · 0.95, then the same step as without decay.
    w, plain = np.array([4.0, -2.0]), np.array([4.0, -2.0])
    gradient = np.array([0.3, 0.1])
    for weights, optimizer in ((w, kind(weight_decay=0.1)), (plain, kind())):
        optimizer.update(weights, gradient, tuple(np.zeros(2) for _ in optimizer.slots), 0.5)
    np.testing.assert_allclose(w, plain - 0.05 * np.array([4.0, -2.0]), rtol=1e-12)


def test_adadelta_step_does_not_depend_on_the_size_of_the_loss():
    # The ratio of the roots takes the unit of the gradient away: ten times the loss, nearly the same step.
    steps = []
    for factor in (1.0, 10.0):
        w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        for _ in range(20):
            Adadelta(epsilon=1e-12).update(w, np.array([factor]), slots, 1.0)
        steps.append(w[0])
    assert steps[1] == pytest.approx(steps[0], rel=1e-6)


@pytest.mark.parametrize("optimizer", [Adadelta(), SGD()])
def test_pieces_and_the_whole_get_the_same_bits(optimizer):
    rng = np.random.default_rng(0)
    gradient = rng.standard_normal((6, 5)).astype(np.float32)
    whole, pieces = np.ones((6, 5), np.float32), np.ones((6, 5), np.float32)
    whole_slots = tuple(np.zeros((6, 5), np.float32) for _ in optimizer.slots)
    piece_slots = tuple(np.zeros((6, 5), np.float32) for _ in optimizer.slots)
    for _ in range(3):
        optimizer.update(whole, gradient, whole_slots, 0.5)
        for rows in (slice(0, 1), slice(1, 4), slice(4, 6)):
            optimizer.update(pieces[rows], gradient[rows], tuple(slot[rows] for slot in piece_slots), 0.5)
    np.testing.assert_array_equal(whole, pieces)


@pytest.mark.parametrize("optimizer", [Adadelta(), SGD()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_update_leaves_the_gradient_alone_and_works_in_place(optimizer, dtype):
    w, gradient = np.ones((2, 3), dtype), np.full((2, 3), 0.5, dtype)
    optimizer.update(w, gradient, tuple(np.zeros((2, 3), dtype) for _ in optimizer.slots), 1.0)
    assert (gradient == 0.5).all()
    assert (w < 1).all()
    assert w.dtype == dtype


def test_float32_adadelta_stays_close_to_float64():
    gradients = np.random.default_rng(0).standard_normal((100, 8))
    results = []
    for dtype in (np.float32, np.float64):
        w, slots = np.zeros(8, dtype), (np.zeros(8, dtype), np.zeros(8, dtype))
        for gradient in gradients.astype(np.float32):
            Adadelta().update(w, gradient.astype(dtype), slots, 1.0)
        results.append(w)
    # A hundred steps with a relative rounding error of some 2⁻²⁴ each.
    np.testing.assert_allclose(results[0], results[1], rtol=100 * 2**-22, atol=1e-7)


def test_sgd_hand_worked():
    w = np.array([1.0, 2.0])
    SGD().update(w, np.array([8.0, -8.0]), (), 0.125)
    np.testing.assert_allclose(w, [0, 3], rtol=1e-15)
    assert SGD.slots == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moving_average_hand_worked(dtype):
    # m = 0.75: the first weight itself; 0.75·2 + 0.25·6 = 3; 0.75·3 + 0.25·(-1) = 2. The other weight is at rest.
    optimizer, average = SGD(use_ema=True, ema_momentum=0.75), np.array([[100.0, 0.0]], dtype)
    found = []
    for step, weight in enumerate((2.0, 6.0, -1.0)):
        parameter = np.array([[weight, 0.1]], dtype)
        optimizer.average(parameter, average, step)
        found.append(average[0, 0])
        assert average[0, 1] == parameter[0, 1] == dtype(0.1)
        assert parameter[0, 0] == weight
    assert found == [2, 3, 2]
    assert optimizer.slots == ("average",)
    assert Adadelta(use_ema=True).slots == ("squared_gradients", "squared_updates", "average")
    assert Optimizer(1.0).slots == ()
    assert Optimizer(1.0).ema_momentum == 0.99
    assert Adadelta.slots == Adadelta().slots == ("squared_gradients", "squared_updates")
    assert SGD(use_ema=True, ema_momentum=0).ema_momentum == 0


@pytest.mark.parametrize("optimizer", [Adadelta(), SGD()])
def test_not_a_number_shows_in_the_weights(optimizer):
    w = np.ones(2)
    optimizer.update(w, np.array([np.nan, 1.0]), tuple(np.zeros(2) for _ in optimizer.slots), 1.0)
    assert np.isnan(w[0])
    assert np.isfinite(w[1])


def test_rate_is_constant_or_follows_a_schedule():
    assert [Adadelta(0.5).rate_at(step) for step in (0, 100)] == [0.5, 0.5]
    schedule = OneCycle(2.0, 10)
    assert [Adadelta(schedule).rate_at(step) for step in (0, 3)] == [schedule(0), schedule(3)]


def test_defaults_are_keras_but_for_the_rate():
    assert (Adadelta().rho, Adadelta().epsilon, Adadelta().rate_at(0)) == (0.95, 1e-7, 1.0)
    assert Adadelta().config() == {"name": "adadelta", "learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}
    assert SGD().config() == {"name": "sgd", "learning_rate": 0.01}
    assert SGD(weight_decay=0.5).config() == {"name": "sgd", "learning_rate": 0.01, "weight_decay": 0.5}
    assert SGD(use_ema=True).config() == {"name": "sgd", "learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.99}
    assert "OneCycle" in SGD(OneCycle(1.0, 5)).config()["learning_rate"]


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), "fast", None])
@pytest.mark.parametrize("make", [Adadelta, SGD])
def test_wrong_rates_are_refused(make, rate):
    with pytest.raises(InputError, match=f"{make.__name__}: learning_rate must be a number above 0"):
        make(rate)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"weight_decay": 1}, "weight_decay"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"rho": 1}, "rho"),
        ({"rho": -0.1}, "rho"),
        ({"epsilon": 0}, "epsilon"),
        ({"epsilon": np.inf}, "epsilon"),
        ({"ema_momentum": 1}, "ema_momentum"),
        ({"ema_momentum": -0.1}, "ema_momentum"),
    ],
)
def test_wrong_constants_are_refused(arguments, named):
    with pytest.raises(InputError, match=named):
        Adadelta(**arguments)


def test_zeros_are_allowed():
    assert Adadelta(rho=0).rho == 0
    assert SGD(weight_decay=0).weight_decay == 0


def test_optimizer_by_name_or_object():
    own = SGD(0.5)
    assert optimizer_named(own) is own
    assert isinstance(optimizer_named("Adadelta"), Adadelta)
    assert isinstance(optimizer_named("sgd"), SGD)
    for other in ("adam", None, 3):
        with pytest.raises(InputError, match="optimizer"):
            optimizer_named(other)


def test_an_optimizer_without_update_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has no update"):
        Optimizer(0.1).update(np.ones(1), np.ones(1), (), 0.1)
