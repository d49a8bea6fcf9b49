"""What counts as batches, and how many of them are an epoch."""

import numpy as np
import pytest

from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential
from nn.utils import generators
from nn.utils.generators import Batches, BatchSource, makes_batches, validation_source

X = np.arange(24, dtype=np.float32).reshape(12, 2) / 24
Y = np.arange(12) % 3
PARTS = [(X[first : first + 4], Y[first : first + 4]) for first in (0, 4, 8)]


@pytest.fixture
def model():
    model = Sequential([Dense(3, activation="softmax", input_shape=(2,))], seed=1)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


class Again:
    """An iterable that begins anew each time."""

    def __init__(self, parts=PARTS):
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)


class Sized(Again):
    """One that knows its length and has no indices."""

    def __len__(self):
        return len(self.parts)


class Indexed(generators.Sequence):
    """Batches by their index."""

    def __init__(self, parts=PARTS):
        super().__init__()
        self.parts = parts

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, index):
        return self.parts[index]


class Tensor:
    """An array of another library, which can be iterated over."""

    def __array__(self):
        return X

    def __iter__(self):
        return iter(X)


def sums(batches, count):
    """The sums of the samples of some batches."""
    return [float(next(batches)[0].sum()) for _ in range(count)]


EXPECTED = [float(x.sum()) for x, _ in PARTS]


@pytest.mark.parametrize(
    "x", [Again(), Sized(), Indexed(), iter(PARTS), (each for each in PARTS)], ids=lambda x: type(x).__name__
)
def test_what_makes_batches(x):
    assert makes_batches(x)


@pytest.mark.parametrize(
    "x", [X, X.tolist(), tuple(X), range(3), "abc", b"abc", {"a": X}, {1}, Tensor(), 3, None], ids=lambda x: type(x).__name__
)
def test_what_is_an_array_or_nothing_of_the_kind(x):
    assert not makes_batches(x)


@pytest.mark.parametrize("kind", [Again, Sized, Indexed])
def test_batches_begin_again_after_the_last(kind):
    batches = Batches(kind(), 3, "x")
    assert sums(batches, 7) == (EXPECTED * 3)[:7]


def test_an_epoch_goes_on_where_the_one_before_it_stopped():
    batches = Batches(Again(), 2, "x")
    epochs = [[float(x.sum()) for x, _, _ in batches.epoch()] for _ in range(3)]
    assert epochs == [EXPECTED[:2], [EXPECTED[2], EXPECTED[0]], EXPECTED[1:]]


@pytest.mark.parametrize("empty", [Again([]), Sized([]), Indexed([]), iter([])], ids=lambda x: type(x).__name__)
def test_what_is_empty_ends(empty):
    """Without a search that never ends."""
    with pytest.raises(InputError, match="the generator ended before the last batch of an epoch"):
        next(Batches(empty, 3, "x"))


@pytest.mark.parametrize(
    ("generator", "given", "steps"),
    [
        (Again(), 1, 1),
        (Again(), 0.5, 1),
        (Again(), 60000 / 32000, 2),
        (Again(), np.float32(3), 3),
        (Again(), 2**31 - 1, 2**31 - 1),
        (Sized(), None, 3),
        (Sized(), 5, 5),
        (Indexed(), None, 3),
    ],
)
def test_steps_of_an_epoch(generator, given, steps):
    assert Batches(generator, given, "x").steps == steps


@pytest.mark.parametrize(
    ("generator", "steps", "says"),
    [
        (Again(), None, "expected steps_per_epoch"),
        (Again(), 0, "at least one batch in an epoch, got 0"),
        (Again(), -1, "at least one batch"),
        (Again(), float("nan"), "at least one batch"),
        (Again(), 2**31, "at least one batch"),
        (Again(), "3", "at least one batch"),
        (Sized([]), None, "at least one batch in an epoch, got 0"),
    ],
)
def test_an_epoch_without_end_or_without_batches_is_refused(generator, steps, says):
    with pytest.raises(InputError, match=f"x: .*{says}"):
        Batches(generator, steps, "x")


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ("ab", "expected batches"),
        (X, "expected batches"),
        ((X,), "expected batches"),
        ((X, Y, Y, Y), "expected batches"),
        ((3, Y), "as many labels"),
        ((X, 3), "as many labels"),
        ((X, Y[:3]), "as many labels"),
        ((X[:0], Y[:0]), "as many labels"),
    ],
)
def test_what_is_no_batch_is_refused(batch, says):
    with pytest.raises(InputError, match=f"validation_data: .*{says}"):
        next(Batches(iter([batch]), 1, "validation_data"))


def test_a_batch_may_be_a_list_of_lists_with_weights():
    x, y, weights = next(Batches(iter([[[1.0, 2.0], [0, 1], [0.5, 2]]]), 1, "x"))
    assert (x.tolist(), y.tolist(), weights.tolist()) == ([1, 2], [0, 1], [0.5, 2])
    assert next(Batches(Again(), 1, "x"))[2] is None


def test_a_source_of_batches_is_as_long_as_an_epoch(model):
    source = BatchSource(model, Batches(Again(), 5, "x"))
    assert (len(source), source.image_shape, source.batch_size) == (20, (2,), 4)
    out = np.empty((2, 2), np.float32)
    for part in PARTS:
        source.load((*part, None))
        source.fill(out, np.array([3, 1]), 0)
        np.testing.assert_array_equal(out, part[0][[3, 1]])
        np.testing.assert_array_equal(source.targets(np.array([3, 1]), 0).argmax(axis=1), part[1][[3, 1]])
        assert source.weights(np.array([0])) is None
    assert source.load((X[:3], Y[:3], np.array([1, 2, 4]))) == 3
    assert source.weights(np.array([2, 0])).tolist() == [4, 1]


def test_arguments_that_go_with_others_are_refused():
    generators.check_unused({"steps_per_epoch": None, "batch_size": None})
    with pytest.raises(InputError, match="fit: steps_per_epoch goes with a generator only; expected None, got int"):
        generators.check_unused({"steps_per_epoch": 3})
    with pytest.raises(InputError, match="evaluate: batch_size goes with arrays only; expected None, got int"):
        generators.check_unused({"batch_size": 0}, "evaluate")


def test_an_evaluation_gathers_the_batches_of_an_epoch(model):
    source = generators.gathered(model, Again([(*part, part[1] + 1.0) for part in PARTS]), 2, "x")
    out = np.empty((8, 2), np.float32)
    source.fill(out, np.arange(8), 0)
    np.testing.assert_array_equal(out, X[:8])
    assert source.targets(np.arange(8), 0).argmax(axis=1).tolist() == Y[:8].tolist()
    assert source.weights(np.arange(8)).tolist() == (Y[:8] + 1.0).tolist()
    assert not hasattr(generators.gathered(model, Again(), 3, "x"), "weights")
    assert not hasattr(generators.gathered(model, iter(PARTS[:1]), 1, "x"), "weights")


@pytest.mark.parametrize(
    ("data", "steps", "batch_size", "taken"),
    [
        ((X, Y), None, None, 12),
        ([X, Y], None, 4, 12),
        ((X, Y), 2, 4, 8),
        ((X.tolist(), Y.tolist()), 1.5, 4, 8),
        ((X, Y), 1, 3, 3),
        ((X, Y), 9, 4, 12),
        ((X, Y), 2, None, 12),
        ((X, Y, Y), 2, 5, 10),
        (Again(), 2, None, 8),
        (Sized(), None, 4, 12),
    ],
)  # fmt: skip
def test_validation_takes_so_many_batches(model, data, steps, batch_size, taken):
    source = validation_source(model, data, steps, batch_size)
    assert len(source) == taken
    if isinstance(data, tuple) and len(data) == 3:
        assert source.weights(np.arange(taken)).tolist() == Y[:taken].tolist()


def test_validation_may_be_left_out_or_a_source(model):
    assert validation_source(model, None, None) is None
    source = validation_source(model, (X, Y), None)
    assert validation_source(model, source, None) is source
    with pytest.raises(InputError, match="validation_steps goes with a generator only"):
        validation_source(model, source, 2)


@pytest.mark.parametrize("steps", [0, -1, "all"])
def test_validation_needs_a_number_of_batches(model, steps):
    with pytest.raises(InputError, match="validation_steps: expected a number of batches above 0"):
        validation_source(model, (X, Y), steps, 4)


@pytest.mark.parametrize("parts", [1, 4])
def test_validation_has_two_parts_or_three(model, parts):
    with pytest.raises(InputError, match=f"got {parts} parts"):
        validation_source(model, (X,) * parts, None)


@pytest.mark.parametrize(
    ("generator", "steps", "expected"),
    [
        (Indexed(), None, X),
        (Indexed(), 2, X[:8]),
        (Indexed(), 4, np.concatenate([X, X[:4]])),
        (Sized(), None, X),
        (Again(), 1, X[:4]),
        (iter([X[:3], X[3:5]]), 2, X[:5]),  # without labels
    ],
)
def test_predictions_are_made_for_the_inputs_of_an_epoch(generator, steps, expected):
    np.testing.assert_array_equal(generators.inputs_of(generator, steps), expected)


def test_predictions_of_a_generator_need_steps():
    with pytest.raises(InputError, match="predict: a generator has no length"):
        generators.inputs_of(Again(), None)


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "expected batches of one shape, got none"),
        ([X[:2], X[:2, :1]], r"expected batches of one shape, got \(samples, .*\) and \(samples, 1.*\)"),
        ([5], r"a batch: expected shape \(samples, \.\.\.\), got a single int"),
    ],
    ids=["none", "unequal", "no array"],
)
def test_predictions_of_what_gives_no_batches_are_refused(batches, message):
    with pytest.raises(InputError, match=message):
        generators.inputs_of(iter(batches), 2)


@pytest.mark.parametrize("engine", ["fused", "layers"])
def test_shorter_batches_train_and_longer_ones_are_refused(model, engine):
    model.fit(iter([PARTS[0], (X[:4], Y[:4]), (X[:1], Y[:1])]), steps_per_epoch=3, verbose=0, engine=engine)
    assert model.iterations == 3
    with pytest.raises(InputError, match="no batch larger than the first, 4 samples, got 5"):
        model.fit(iter([PARTS[0], (X[:5], Y[:5])]), steps_per_epoch=2, verbose=0, engine=engine)


def test_a_sequence_takes_only_what_changes_no_result():
    assert isinstance(generators.Sequence(workers=4, use_multiprocessing=True, max_queue_size=2), generators.Sequence)
    with pytest.raises(InputError, match="no argument 'worker'"):
        generators.Sequence(worker=4)
    for ask in (len, lambda sequence: sequence[0]):
        with pytest.raises(NotImplementedError, match="Sequence has no __"):
            ask(generators.Sequence())
