import numpy as np
import pytest

from nn.errors import InputError
from nn.optimizers import OPTIMIZERS, SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, Optimizer, RMSprop, optimizer_named
from nn.optimizers.schedules import OneCycle

EVERY = {
    "adadelta": Adadelta,
    "sgd": SGD,
    "momentum": lambda **options: SGD(momentum=0.9, **options),
    "nesterov": lambda **options: SGD(momentum=0.8, nesterov=True, **options),
    "rmsprop": RMSprop,
    "rmsprop, centered, momentum": lambda **options: RMSprop(momentum=0.5, centered=True, epsilon=1e-3, **options),
    "rmsprop, centered": lambda **options: RMSprop(centered=True, epsilon=1e-3, **options),
    "rmsprop, momentum": lambda **options: RMSprop(momentum=0.5, **options),
    "adam": Adam,
    "adam, amsgrad": lambda **options: Adam(amsgrad=True, **options),
    "adamw": lambda **options: AdamW(**{"weight_decay": 0.0, **options}),
    "adagrad": Adagrad,
    "adamax": Adamax,
    "nadam": Nadam,
}
every_optimizer = pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY)


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
    # g = 2, ρ = 0.9, ε = 1: E[g²] = 0.1·4 = 0.4; Δ = √(1 / 1.4)·2 = 1.690309; E[Δ²] = 0.1·Δ² =
    # 0.285714; w = 5 - 0.5·Δ
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


@every_optimizer
def test_weight_decay_shrinks_the_weights_apart_from_the_gradient(kind):
    # η = 0.5, λ = 0.1: w ← w · 0.95, then the same step as without decay.
    w, plain = np.array([4.0, -2.0]), np.array([4.0, -2.0])
    gradient = np.array([0.3, 0.1])
    for weights, optimizer in ((w, kind(weight_decay=0.1)), (plain, kind())):
        optimizer.update(weights, gradient, tuple(np.zeros(2) for _ in optimizer.slots), 0.5)
    np.testing.assert_allclose(w, plain - 0.05 * np.array([4.0, -2.0]), rtol=1e-12)


def test_adadelta_step_does_not_depend_on_the_size_of_the_loss():
    # The ratio of the roots takes the unit of the gradient away: ten times the loss, nearly the
    # same step.
    steps = []
    for factor in (1.0, 10.0):
        w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
        for _ in range(20):
            Adadelta(epsilon=1e-12).update(w, np.array([factor]), slots, 1.0)
        steps.append(w[0])
    assert steps[1] == pytest.approx(steps[0], rel=1e-6)


@every_optimizer
def test_pieces_and_the_whole_get_the_same_bits(kind):
    optimizer = kind()
    rng = np.random.default_rng(0)
    gradient = rng.standard_normal((6, 5)).astype(np.float32)
    whole, pieces = np.ones((6, 5), np.float32), np.ones((6, 5), np.float32)
    whole_slots = tuple(np.zeros((6, 5), np.float32) for _ in optimizer.slots)
    piece_slots = tuple(np.zeros((6, 5), np.float32) for _ in optimizer.slots)
    for step in range(3):
        optimizer.update(whole, gradient, whole_slots, 0.5, step)
        for rows in (slice(0, 1), slice(1, 4), slice(4, 6)):
            optimizer.update(pieces[rows], gradient[rows], tuple(slot[rows] for slot in piece_slots), 0.5, step)
    np.testing.assert_array_equal(whole, pieces)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_update_leaves_the_gradient_alone_and_works_in_place(kind, dtype):
    optimizer = kind()
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
    # m = 0.75: the first weight itself; 0.75·2 + 0.25·6 = 3; 0.75·3 + 0.25·(-1) = 2. The other
    # weight is at rest.
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


@every_optimizer
def test_not_a_number_shows_in_the_weights(kind):
    optimizer = kind()
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
@every_optimizer
def test_wrong_rates_are_refused(kind, rate):
    name = type(kind()).__name__
    with pytest.raises(InputError, match=f"{name}: learning_rate must be a number above 0 or a schedule, got"):
        kind(learning_rate=rate)
    optimizer = kind()
    with pytest.raises(InputError, match=f"{name}: learning_rate must be a number above 0"):
        optimizer.lr = rate


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
    for name, kind in OPTIMIZERS.items():
        assert type(optimizer_named(name)) is kind
        assert optimizer_named(kind.name.upper()).config() == kind().config()
    for other in ("ftrl", None, 3, Adam):
        with pytest.raises(InputError, match="optimizer must be an Optimizer or one of adadelta, sgd, rmsprop, adam, "):
            optimizer_named(other)


def test_an_optimizer_without_update_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has no update"):
        Optimizer(0.1).update(np.ones(1), np.ones(1), (), 0.1)


# -- By hand: one weight, Python numbers -----------------------------------------------------------------------------------


def momentum_by_hand(w, g, kept, rate, t, mu=0.9, nesterov=False):
    kept["v"] = mu * kept.get("v", 0) - rate * g
    return w + (mu * kept["v"] - rate * g if nesterov else kept["v"])


def rmsprop_by_hand(w, g, kept, rate, t, rho=0.9, epsilon=1e-7, mu=0.0, centered=False):
    kept["s"] = rho * kept.get("s", 0) + (1 - rho) * g * g
    kept["m"] = rho * kept.get("m", 0) + (1 - rho) * g
    variance = kept["s"] - (kept["m"] ** 2 if centered else 0)
    kept["v"] = mu * kept.get("v", 0) + rate * g / (variance + epsilon) ** 0.5
    return w - kept["v"]


def adagrad_by_hand(w, g, kept, rate, t, start=0.1, epsilon=1e-7):
    kept["s"] = kept.get("s", start) + g * g
    return w - rate * g / (kept["s"] + epsilon) ** 0.5


def adam_by_hand(w, g, kept, rate, t, b1=0.9, b2=0.999, epsilon=1e-7, amsgrad=False):
    kept["m"] = b1 * kept.get("m", 0) + (1 - b1) * g
    kept["v"] = b2 * kept.get("v", 0) + (1 - b2) * g * g
    kept["largest"] = max(kept.get("largest", 0), kept["v"])
    v = kept["largest"] if amsgrad else kept["v"]
    return w - rate * (1 - b2**t) ** 0.5 / (1 - b1**t) * kept["m"] / (v**0.5 + epsilon)


def adamax_by_hand(w, g, kept, rate, t, b1=0.9, b2=0.999, epsilon=1e-7):
    kept["m"] = b1 * kept.get("m", 0) + (1 - b1) * g
    kept["u"] = max(b2 * kept.get("u", 0), abs(g))
    return w - rate / (1 - b1**t) * kept["m"] / (kept["u"] + epsilon)


def nadam_by_hand(w, g, kept, rate, t, b1=0.9, b2=0.999, epsilon=1e-7):
    def mu(t):
        return b1 * (1 - 0.5 * 0.96**t)

    kept["product"] = kept.get("product", 1.0) * mu(t)
    kept["m"] = b1 * kept.get("m", 0) + (1 - b1) * g
    kept["v"] = b2 * kept.get("v", 0) + (1 - b2) * g * g
    ahead = mu(t + 1) * kept["m"] / (1 - kept["product"] * mu(t + 1)) + (1 - mu(t)) * g / (1 - kept["product"])
    return w - rate * ahead / ((kept["v"] / (1 - b2**t)) ** 0.5 + epsilon)


BY_HAND = {
    "momentum": (SGD(momentum=0.9), momentum_by_hand, {}),
    "nesterov": (SGD(momentum=0.7, nesterov=True), momentum_by_hand, {"mu": 0.7, "nesterov": True}),
    "rmsprop": (RMSprop(rho=0.8, epsilon=0.01), rmsprop_by_hand, {"rho": 0.8, "epsilon": 0.01}),
    "rmsprop, momentum": (RMSprop(momentum=0.6), rmsprop_by_hand, {"mu": 0.6}),
    "rmsprop, centered": (RMSprop(centered=True, epsilon=0.1), rmsprop_by_hand, {"centered": True, "epsilon": 0.1}),
    "adagrad": (Adagrad(initial_accumulator_value=0.3, epsilon=0.1), adagrad_by_hand, {"start": 0.3, "epsilon": 0.1}),
    "adam": (Adam(beta_1=0.8, beta_2=0.9, epsilon=0.1), adam_by_hand, {"b1": 0.8, "b2": 0.9, "epsilon": 0.1}),
    "amsgrad": (Adam(beta_2=0.5, amsgrad=True), adam_by_hand, {"b2": 0.5, "amsgrad": True}),
    "adamw": (AdamW(weight_decay=0.0, beta_1=0.7), adam_by_hand, {"b1": 0.7}),
    "adamax": (Adamax(beta_1=0.8, beta_2=0.9, epsilon=0.1), adamax_by_hand, {"b1": 0.8, "b2": 0.9, "epsilon": 0.1}),
    "nadam": (Nadam(beta_1=0.8, beta_2=0.9, epsilon=0.1), nadam_by_hand, {"b1": 0.8, "b2": 0.9, "epsilon": 0.1}),
}


@pytest.mark.parametrize(("optimizer", "by_hand", "constants"), BY_HAND.values(), ids=BY_HAND)
def test_thirty_steps_follow_the_equations(optimizer, by_hand, constants):
    gradients = np.random.default_rng(0).standard_normal((30, 3))
    w, slots = np.array([1.0, -2.0, 0.0]), tuple(np.zeros(3) for _ in optimizer.slots)
    expected, kept = [1.0, -2.0, 0.0], [{}, {}, {}]
    for step, gradient in enumerate(gradients):
        optimizer.update(w, gradient, slots, 0.1, step)
        expected = [
            by_hand(each, g, own, 0.1, step + 1, **constants) for each, g, own in zip(expected, gradient, kept, strict=True)
        ]
    np.testing.assert_allclose(w, expected, rtol=1e-12)


def test_nadam_goes_on_long_after_its_momentum_has_settled():
    w, slots = np.zeros(1), (np.zeros(1), np.zeros(1))
    for step in (999, 1000, 10**6):
        before = w.copy()
        Nadam().update(w, np.ones(1), slots, 0.1, step)
        assert 0 < before[0] - w[0] < 10


# -- What an optimizer is told and asked -----------------------------------------------------------------------------------


def test_second_argument_of_sgd_is_momentum_as_in_keras():
    optimizer = SGD(0.1, 0.9)
    assert (optimizer.momentum, optimizer.weight_decay, optimizer.nesterov) == (0.9, 0, False)
    assert optimizer.slots == ("velocity",)


def test_older_spellings_have_keras_meaning():
    optimizer = SGD(lr=0.5, decay=0.1, momentum=0.9, nesterov=True)
    # η / (1 + d t)
    assert [optimizer.rate_at(step) for step in (0, 1, 10)] == pytest.approx([0.5, 0.5 / 1.1, 0.25])
    assert Adam(lr=OneCycle(2.0, 10)).rate_at(3) == OneCycle(2.0, 10)(3)
    assert optimizer.config()["decay"] == 0.1


@every_optimizer
def test_rate_and_decay_can_be_changed_at_any_time(kind):
    optimizer = kind()
    optimizer.learning_rate = 0.25
    assert optimizer.lr == optimizer.rate_at(7) == 0.25
    optimizer.lr = np.float32(0.5)
    assert optimizer.learning_rate == optimizer.rate_at(7) == 0.5
    optimizer.decay = 1
    assert optimizer.rate_at(1) == 0.25
    optimizer.learning_rate = OneCycle(2.0, 10)
    optimizer.decay = 0
    assert optimizer.rate_at(3) == OneCycle(2.0, 10)(3)
    with pytest.raises(InputError, match="decay must be a number of at least 0, got -1"):
        optimizer.decay = -1


@every_optimizer
def test_config_makes_the_same_optimizer_again(kind):
    optimizer = kind(learning_rate=0.3, weight_decay=0.1, use_ema=True, ema_momentum=0.5, decay=0.01)
    config = optimizer.config()
    again = OPTIMIZERS[config["name"]](**config)
    assert again.config() == config
    assert again.slots == optimizer.slots
    assert config["learning_rate"] == 0.3


@every_optimizer
def test_unknown_arguments_are_named_with_those_there_are(kind):
    with pytest.raises(InputError, match=r"there is no argument 'clipnorm', only learning_rate, .*weight_decay.*use_ema"):
        kind(clipnorm=1.0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SGD(momentum=1), "SGD: momentum must be at least 0 and below 1, got 1"),
        (lambda: SGD(momentum=-0.1), "momentum"),
        (lambda: SGD(nesterov=True), "nesterov=True needs momentum"),
        (lambda: RMSprop(rho=1), "rho"),
        (lambda: RMSprop(momentum=2), "momentum"),
        (lambda: RMSprop(epsilon=0), "RMSprop: epsilon must be a number above 0, got 0"),
        (lambda: Adam(beta_1=1), "beta_1"),
        (lambda: Adam(beta_2="high"), "beta_2"),
        (lambda: Adam(epsilon=np.nan), "epsilon"),
        (lambda: Adamax(beta_1=1), "beta_1"),
        (lambda: Adamax(beta_2=-1), "beta_2"),
        (lambda: Adamax(epsilon=-1), "epsilon"),
        (lambda: Nadam(beta_1=1), "beta_1"),
        (lambda: Nadam(beta_2=1), "beta_2"),
        (lambda: Nadam(epsilon=0), "epsilon"),
        (lambda: Adagrad(initial_accumulator_value=-1), "initial_accumulator_value must be a number of at least 0"),
        (lambda: Adagrad(epsilon=0), "epsilon"),
    ],
)
def test_constants_out_of_range_are_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_the_recipe_has_a_class_and_a_rate_for_every_optimizer():
    from nn.train.recipe import OPTIMIZERS as RATES

    assert {name: kind.__name__ for name, kind in OPTIMIZERS.items()} == {name: title for name, (title, _) in RATES.items()}
