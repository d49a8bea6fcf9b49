import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Dense, initializers
from nn.layers.initializers import INITIALIZERS, GlorotUniform, HeNormal, Zeros, initializer_named
from nn.layers.variance_scaling import fans
from nn.models import Sequential


@pytest.mark.parametrize(
    ("shape", "expected"), [((7, 3), (7, 3)), ((5, 4, 2, 8), (5 * 4 * 2, 5 * 4 * 8)), ((1, 1, 3, 2), (3, 2))]
)
def test_fans_count_inputs_and_outputs_of_dense_and_convolution(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("shape", [(300, 100), (5, 5, 20, 40)])
def test_glorot_is_uniform_in_its_range(shape):
    values = GlorotUniform()(shape, np.random.default_rng(0)).ravel()
    limit = np.sqrt(6 / sum(fans(shape)))
    assert np.abs(values).max() <= limit
    # Kolmogorov-Smirnov: the largest gap between the sample's and the uniform distribution; 2/√n
    # is passed once in 1500 times.
    ordered = np.sort(values)
    expected = (ordered + limit) / (2 * limit)
    gap = np.abs(expected - np.arange(1, values.size + 1) / values.size).max()
    assert gap < 2 / np.sqrt(values.size)
    # The variance is 2 / (fan_in + fan_out), limit²/3; its sample varies by limit²·√(4/45 / n).
    assert values.var() == pytest.approx(2 / sum(fans(shape)), abs=5 * limit**2 * np.sqrt(4 / 45 / values.size))


def test_same_seed_same_weights_other_seed_others():
    one, same, other = (GlorotUniform()((4, 4), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_zeros():
    assert Zeros()((2, 3), np.random.default_rng(0)).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (200 + 300)),
        ("glorot_normal", 2 / (200 + 300)),
        ("he_uniform", 2 / 200),
        ("he_normal", 2 / 200),
        ("lecun_uniform", 1 / 200),
        ("lecun_normal", 1 / 200),
        ("variance_scaling", 1 / 200),
        ("random_normal", 0.05**2),
        ("truncated_normal", 0.05**2 * 0.87962566103423978**2),
        ("random_uniform", 0.05**2 / 3),
    ],
)
def test_variances_are_those_of_the_papers(name, variance):
    values = initializer_named(name, "Dense")((200, 300), np.random.default_rng(0))
    # The variance of a sample of 60,000 normal values is off by √(2 / 60,000) = 0.6 %, one time in
    # three.
    assert values.var() == pytest.approx(variance, rel=0.03)
    assert values.mean() == pytest.approx(0, abs=5 * np.sqrt(variance / values.size))
    assert values.shape == (200, 300)
    if "truncated" in name or name in ("he_normal", "glorot_normal", "lecun_normal"):
        assert 2.2 < np.abs(values).max() / values.std() < 2.28  # 2 / 0.8796


def test_modes_and_distributions_of_variance_scaling():
    rng = np.random.default_rng(0)
    assert initializers.VarianceScaling(3.0, "fan_out", "untruncated_normal")((200, 300), rng).var() == pytest.approx(
        0.01, rel=0.03
    )
    assert initializers.VarianceScaling(1.0, "fan_avg", "uniform")((200, 300), rng).var() == pytest.approx(1 / 250, rel=0.03)


def test_constants():
    assert initializer_named("ones", "Dense")((2,)).tolist() == [1, 1]
    assert initializers.Constant(0.5)((2, 1)).tolist() == [[0.5], [0.5]]
    assert initializers.Constant()((2,)).tolist() == [0, 0]
    assert initializers.RandomNormal(3.0, 0.0)((2,)).tolist() == [3, 3]
    assert initializers.RandomUniform(1.0, 1.0)((2,)).tolist() == [1, 1]


def test_a_seed_of_its_own_counts_more_than_the_models():
    kernels = [
        Sequential([Dense(4, kernel_initializer=initializer, input_shape=(3,))], seed=seed).get_weights()[0]
        for initializer in (HeNormal(seed=5), "he_normal")
        for seed in (1, 2)
    ]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[2] != kernels[3]).all()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_names_classes_objects_and_configs_mean_the_same(name):
    kind = INITIALIZERS[name]
    expected = kind()((3, 4), np.random.default_rng(1))
    for given in (name, kind, kind(), kind().config(), kind.__name__):
        np.testing.assert_array_equal(initializer_named(given, "Dense")((3, 4), np.random.default_rng(1)), expected)


@pytest.mark.parametrize("wrong", ["identity", None, 3, {"class": "os.system"}, {}])
def test_others_are_refused_with_those_there_are(wrong):
    with pytest.raises(InputError, match=r"Conv2D: an initializer must be one of glorot_uniform, .*, ones or an object"):
        Conv2D(3, 3, kernel_initializer=wrong)


@pytest.mark.parametrize(
    ("options", "said"), [({"scale": 0}, "scale"), ({"mode": "fan"}, "mode"), ({"distribution": "flat"}, "distribution")]
)
def test_wrong_arguments_of_variance_scaling(options, said):
    with pytest.raises(InputError, match=said):
        initializers.VarianceScaling(**options)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: HeNormal(seed=-1), "HeNormal: seed must be None or a whole number of at least 0, got -1"),
        (lambda: HeNormal(seed=0.5), "seed"),
        (lambda: initializers.VarianceScaling(np.inf), "scale"),
        (lambda: initializers.RandomNormal(np.nan), "RandomNormal: expected finite numbers"),
        (lambda: initializers.TruncatedNormal(stddev=-1), "TruncatedNormal: expected finite numbers, stddev at least 0"),
        (lambda: initializers.RandomUniform(1, 0), "greater maxval, got 1 to 0"),
        (lambda: initializers.RandomUniform(-1e308, 1e308), "finite"),
        (lambda: initializers.Constant(np.inf), "finite"),
    ],
)
def test_what_no_weights_could_be_drawn_from_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_orthogonal_kernels_have_columns_or_rows_at_right_angles():
    for shape in ((6, 4), (4, 6), (3, 3, 2, 5)):
        matrix = initializers.Orthogonal(gain=2, seed=1)(shape).reshape(-1, shape[-1])
        product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)
    with pytest.raises(InputError, match="two axes"):
        Dense(3, bias_initializer="orthogonal").build((2,), np.random.default_rng(0), np.float32)
    with pytest.raises(InputError, match="gain"):
        initializers.Orthogonal(np.nan)


def test_function_of_the_shape_is_an_initializer(tmp_path):
    layer = Dense(3, kernel_initializer=lambda shape, dtype=None: np.full(shape, 0.5))
    layer.build((2,), np.random.default_rng(0), np.float32)
    assert layer.parameters["kernel"].tolist() == [[0.5] * 3] * 2
    with pytest.raises(InputError, match=r"expected finite numbers of the shape \(2, 3\), got an array of \(3,\)"):
        Dense(3, kernel_initializer=lambda shape: np.ones(3)).build((2,), np.random.default_rng(0), np.float32)
    model = Sequential([Dense(3, kernel_initializer=lambda shape: np.ones(shape), input_shape=(2,))])
    with pytest.raises(InputError, match="could not be loaded again"):
        model.save(tmp_path / "model.npz")


def test_functions_of_keras_1_draw_arrays():
    from nn import initializations

    np.random.seed(1)  # noqa: NPY002
    drawn = initializations.normal((400, 50), scale=0.01, name="W")
    assert drawn.std() == pytest.approx(0.01, rel=0.05)
    assert (initializations.normal((2, 2)) != initializations.normal((2, 2))).all()
    assert np.abs(initializations.uniform((400, 50), scale=0.2)).max() == pytest.approx(0.2, rel=0.01)


def test_without_a_seed_or_a_generator_values_are_new_every_time():
    assert (HeNormal()((3, 3)) != HeNormal()((3, 3))).all()
    np.testing.assert_array_equal(HeNormal(seed=0)((3, 3)), HeNormal(seed=np.int64(0))((3, 3)))


def test_a_bias_has_as_many_inputs_as_outputs():
    assert fans((5,)) == (5, 5)


def test_orthogonal_kernels_point_in_every_direction():
    corners = [initializers.Orthogonal(seed=seed)((3, 3))[0, 0] for seed in range(100)]
    assert 30 < sum(corner > 0 for corner in corners) < 70
    matrix = initializers.Orthogonal(seed=1)((4, 4))
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(4), atol=1e-12)


def test_classes_that_are_no_initializers_and_functions_without_finite_values_are_refused():
    with pytest.raises(InputError, match="Dense: an initializer must be one of"):
        initializer_named(dict, "Dense")
    with pytest.raises(InputError, match="expected finite numbers"):
        initializer_named(lambda shape: np.full(shape, np.nan), "Dense")((2, 2))
