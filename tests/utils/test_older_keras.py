"""What Keras 1 and 2 call the arguments of layers, of `fit` and of `compile`; the beginnings of a model."""

import pytest

from nn.errors import InputError
from nn.layers import Conv2D, Convolution2D, Dense, Dropout, Flatten, Input, InputLayer
from nn.models import Sequential
from nn.utils.inputs import shape_of
from nn.utils.older_keras import check_compile_options, fit_options, translated


@pytest.mark.parametrize(
    ("kind", "older", "today"),
    [
        ("Dense", {"output_dim": 3, "init": "zero"}, {"units": 3, "kernel_initializer": "zero"}),
        ("Dense", {"input_dim": 5, "units": 3}, {"input_shape": (5,), "units": 3}),
        ("Dense", {"batch_input_shape": (None, 28, 28, 1)}, {"input_shape": (28, 28, 1)}),
        ("Conv2D", {"nb_filter": 8, "border_mode": "same"}, {"filters": 8, "padding": "same"}),
        ("Conv2D", {"dim_ordering": "th"}, {"data_format": "channels_first"}),
        ("Flatten", {"dim_ordering": "tf"}, {"data_format": "channels_last"}),
        ("MaxPooling2D", {"dim_ordering": "default"}, {"data_format": None}),
        ("MaxPooling2D", {"dim_ordering": "NHWC"}, {"data_format": "NHWC"}),  # refused later, by the layer
        ("Dropout", {"p": 0.5, "noise_shape": None}, {"rate": 0.5}),
        ("LeakyReLU", {"alpha": 0.3, "dtype": "float32"}, {"negative_slope": 0.3}),
        ("Dense", {"dtype": "float64"}, {"dtype": "float64"}),  # asks for something, so the layer sees it
        ("BatchNormalization", {"mode": 0, "axis": 1}, {"axis": 1}),
    ],
)  # fmt: skip
def test_older_arguments_have_todays_names(kind, older, today):
    assert translated(kind, older) == today


def test_an_argument_under_both_names_is_refused():
    with pytest.raises(InputError, match="Dense: expected either units or its older name output_dim, got both"):
        Dense(output_dim=3, units=4)
    with pytest.raises(InputError, match="either input_shape or its older name input_dim"):
        Dense(3, input_dim=4, input_shape=(4,))


def test_layers_take_the_older_names():
    model = Sequential([Dropout(p=0.2, input_shape=(4,)), Dense(output_dim=3, W_regularizer=None)])
    assert (model.layers[0].rate, model.output_shape) == (0.2, (3,))


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({}, 7),
        ({"nb_epoch": 3}, 3),
        ({"validation_freq": 1, "nb_epoch": 4}, 4),
        ({"workers": 4, "use_multiprocessing": True, "max_queue_size": 1}, 7),
        ({"show_accuracy": True, "nb_epoch": 5}, 5),
    ],
)
def test_older_arguments_of_fit(options, epochs):
    assert fit_options(options, 7) == epochs


@pytest.mark.parametrize("options", [{"epoch": 1}, {"freq": True}, {"validation_freq": 2}, {"show_accuracy": False}])
def test_what_fit_does_not_know_is_refused(options):
    with pytest.raises(InputError, match=f"fit: .*{next(iter(options))}"):
        fit_options(options, 7)


def test_only_fit_has_epochs():
    with pytest.raises(InputError, match="evaluate: there is no argument 'nb_epoch'"):
        fit_options({"nb_epoch": 3}, 1, "evaluate")
    assert fit_options({"workers": 2}, 1, "evaluate") == 1


@pytest.mark.parametrize(
    "options",
    [{}, {"run_eagerly": True, "jit_compile": False}, {"loss_weights": None, "weighted_metrics": []}, {"loss_weights": ()}],
)
def test_compile_takes_what_changes_no_result(options):
    check_compile_options(options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss_weights": [0.5]}, "loss_weights is not supported"),
        ({"weighted_metrics": ["acc"]}, "weighted_metrics is not supported"),
        ({"loses": None}, "no argument 'loses'"),
    ],
)
def test_compile_refuses_the_rest(options, says):
    with pytest.raises(InputError, match=says):
        check_compile_options(options)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Input((4, 6, 1)),
        lambda: Input(shape=(4, 6, 1)),
        lambda: Input(batch_shape=(None, 4, 6, 1)),
        lambda: InputLayer(input_shape=(4, 6, 1)),
        lambda: InputLayer(batch_input_shape=(32, 4, 6, 1), dtype="float32"),
    ],
    ids=["positional", "shape", "batch_shape", "input_shape", "batch_input_shape"],
)
def test_a_model_may_begin_with_a_shape(made):
    assert shape_of(made()) == (4, 6, 1)
    assert Sequential([made(), Flatten(), Dense(3)]).input_shape == (4, 6, 1)


def test_a_single_size_is_a_shape():
    assert shape_of(Input(7)) == shape_of(InputLayer(7)) == (7,)


def test_only_a_beginning_gives_a_shape():
    assert shape_of(Dense(3, input_shape=(4,))) is None
    assert shape_of(Dense(3)(Input((4,)))) is None
    assert shape_of(Sequential()) is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "got 0 shapes"),
        ({"shape": (3,), "input_shape": (3,)}, "got 2 shapes"),
        ({"shape": (3,), "batch_shape": (None, 3)}, "got 2 shapes"),
        ({"shape": (3,), "dtype": "int8"}, "dtype"),
    ],
)
def test_a_beginning_needs_one_shape(options, says):
    with pytest.raises(InputError, match=says):
        InputLayer(**options)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Convolution2D(4, 3, 5, subsample=(2, 1)),
        lambda: Convolution2D(4, nb_row=3, nb_col=5, strides=(2, 1)),
        lambda: Convolution2D(nb_filter=4, nb_row=3, nb_col=5, strides=(2, 1)),
        lambda: Convolution2D(4, (3, 5), (2, 1)),
        lambda: Convolution2D(4, kernel_size=(3, 5), strides=(2, 1)),
        lambda: Convolution2D(filters=4, kernel_size=[3, 5], strides=(2, 1)),
    ],
    ids=["Keras 1", "named", "all named", "tuples", "Keras 2", "Keras 2 named"],
)
def test_convolutions_of_keras_1_have_rows_and_columns(made):
    layer = made()
    assert isinstance(layer, Conv2D)
    assert (layer.filters, tuple(layer.kernel_size), tuple(layer.strides)) == (4, (3, 5), (2, 1))


def test_a_convolution_with_one_size_has_a_square_kernel():
    assert Convolution2D(4, 3).kernel_size == (3, 3)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Convolution2D(4, 3, 5, "same"), "names for the arguments after the columns, got 'same'"),
        (lambda: Convolution2D(4, 3, 5, 2), "names for the arguments after the columns, got 2"),
        (lambda: Convolution2D(4, nb_row=3), "both nb_row and nb_col"),
        (lambda: Convolution2D(4, nb_col=3), "both nb_row and nb_col"),
    ],
    ids=["padding", "strides", "row", "column"],
)
def test_half_a_kernel_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()
