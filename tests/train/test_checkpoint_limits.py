"""What a checkpoint may hold and what it may be restored into, from both sides of each limit."""

from dataclasses import replace

import numpy as np
import pytest
from short_runs import StopAfter, new_trainer, state

from nn.callbacks import Callback
from nn.errors import Diverged, InputError
from nn.io.archive import read_archive, write_archive
from nn.layers import Dense
from nn.train import checkpoint
from nn.training import Trainer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "c.npz"


@pytest.fixture
def written(path):
    """The checkpoint of a training stopped in its second epoch."""
    trainer = new_trainer(callbacks=[StopAfter(6)])
    trainer.run()
    checkpoint.save(path, trainer, {})
    return path


def changed(path, change=lambda header: None, without=(), more=None):
    """The checkpoint with another header or other arrays."""
    header, arrays = read_archive(path, checkpoint.FORMAT, checkpoint.VERSION)
    change(header)
    kept = {name: array for name, array in arrays.items() if name not in without}
    write_archive(path, {"version": checkpoint.VERSION, **header}, {**kept, **(more or {})})
    return path


class SaveAtTheLastBatch(Callback):
    """Writes a checkpoint when all batches of the second epoch are done, before it is validated."""

    def __init__(self, path):
        self.path = path

    def on_batch_end(self, batch, logs):
        if self.trainer.progress.epoch == 1 and batch == self.trainer.steps_in_epoch - 1:
            checkpoint.save(self.path, self.trainer, {})


def test_a_training_goes_on_between_the_last_batch_of_an_epoch_and_its_validation(path):
    whole = new_trainer(callbacks=[SaveAtTheLastBatch(path)])
    whole.run()
    found = checkpoint.load(path)
    assert (found.progress.epoch, found.progress.step, found.progress.seen) == (1, 4, 50)
    again = new_trainer()
    found.restore(again)
    again.run()
    assert state(again) == state(whole)


@pytest.mark.parametrize("changes", [{"epoch": 4, "step": 0, "seen": 0}, {"step": 5}, {"seen": 51}])
def test_a_training_that_is_shorter_than_what_was_done_is_refused(written, changes):
    found = checkpoint.load(written)
    with pytest.raises(InputError, match=r"expected at most 3 epochs of 4 batches"):
        replace(found, progress=replace(found.progress, **changes)).restore(new_trainer())


def test_a_history_without_validation_only_fits_a_training_without(path):
    def without_validation(epochs):
        trainer = new_trainer(epochs=epochs)
        return Trainer(trainer.model, trainer.source, batch_size=16, epochs=epochs, seed=2)

    first = without_validation(1)
    first.run()
    checkpoint.save(path, first, {})
    found = checkpoint.load(path)
    second, whole = without_validation(2), without_validation(2)
    found.restore(second)
    second.run()
    whole.run()
    assert state(second) == state(whole)
    with pytest.raises(InputError, match="expected a history with accuracy, epoch, loss, seconds, val_accuracy, val_loss"):
        found.restore(new_trainer())


def test_accumulators_of_some_parameters_are_not_enough(written):
    found = checkpoint.load(changed(written, without=["squared_gradients/dense/bias", "squared_updates/dense/bias"]))
    with pytest.raises(InputError, match="the accumulators are those of another optimizer"):
        found.restore(new_trainer())


@pytest.mark.parametrize(("kinds", "is_read"), [(0, True), (8, True), (9, False)])
def test_an_optimizer_keeps_at_most_eight_arrays_for_a_parameter(written, kinds, is_read):
    names = [f"kind{number}" for number in range(kinds)]
    _, arrays = read_archive(written, checkpoint.FORMAT, checkpoint.VERSION)
    weights = {name: array for name, array in arrays.items() if name.startswith("weights/")}
    slots = {f"{kind}/dense/bias": np.full(8, number, np.float32) for number, kind in enumerate(names)}
    changed(written, lambda header: header.update(slots=names), without=arrays, more={**weights, **slots})
    if is_read:
        found = checkpoint.load(written)
        assert found.kinds == tuple(names)
        # In the order of their names in the header.
        assert [array[0] for array in found.slots.get("dense/bias", ())] == list(range(kinds))
    else:
        with pytest.raises(InputError, match="expected the names of the optimizer's accumulators, got"):
            checkpoint.load(written)


@pytest.mark.parametrize("name", ["loss_sum", "seconds"])
def test_sums_are_below_two_to_the_power_of_62(written, name):
    largest = np.nextafter(2.0**62, 0).item()
    for value in (largest, -largest):
        changed(written, lambda header, value=value: header["progress"].update({name: value}))
        assert getattr(checkpoint.load(written).progress, name) == value
    for value in (2**62, 2.0**62, -(2**62), "1", True):
        changed(written, lambda header, value=value: header["progress"].update({name: value}))
        with pytest.raises(InputError, match="the training's progress does not make sense"):
            checkpoint.load(written)


@pytest.mark.parametrize("name", ["step", "right", "seen"])
def test_counts_are_whole_numbers_from_zero_to_below_two_to_the_power_of_62(written, name):
    for value in (0, 2**62 - 1):
        changed(written, lambda header, value=value: header["progress"].update({name: value}))
        assert getattr(checkpoint.load(written).progress, name) == value
    for value in (-1, 2**62, 1.0, True):
        changed(written, lambda header, value=value: header["progress"].update({name: value}))
        with pytest.raises(InputError, match="the training's progress does not make sense"):
            checkpoint.load(written)


@pytest.mark.parametrize("layer", ["dense", "block1/dense"])
def test_the_layer_of_a_weight_that_is_not_finite_is_named_whatever_its_name(path, layer):
    trainer = new_trainer(layers=[Dense(3, activation="softmax", name=layer, input_shape=(6,))])
    trainer.model.layers[0].parameters["kernel"][0, 0] = np.inf
    with pytest.raises(Diverged, match=f"the weights of layer {layer} are no longer finite"):
        checkpoint.save(path, trainer, {})


# -- When they are written -------------------------------------------------------------------------


class Clock:
    """Time as a test sets it."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(checkpoint, "time", clock)
    return clock


@pytest.fixture
def saved(monkeypatch):
    """The epoch and the step of every checkpoint that is written."""
    found = []
    monkeypatch.setattr(
        checkpoint, "save", lambda path, trainer, run: found.append((trainer.progress.epoch, trainer.progress.step))
    )
    return found


def trained(path, clock, every, seconds_for_a_batch=1.0):
    """Three epochs of four batches."""

    class Working(Callback):
        def on_train_batch_begin(self, batch, logs):
            clock.now += seconds_for_a_batch

    checkpoints = checkpoint.Checkpoints(path, {}, every)
    trainer = new_trainer(callbacks=[Working(), checkpoints])
    checkpoints.begin(trainer)
    trainer.run()
    return checkpoints


def test_one_is_written_before_the_first_batch_and_after_every_epoch(path, clock, saved):
    checkpoints = trained(path, clock, every=None)
    assert saved == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert checkpoints.kept == "after 3 epochs and 0 batches"


def test_between_them_one_is_written_when_the_interval_is_over(path, clock, saved):
    trained(path, clock, every=3.0)
    # After three batches, and after the fourth with the epoch, and so on.
    assert saved == [(0, 0), (0, 3), (1, 0), (1, 3), (2, 0), (2, 3), (3, 0)]


def test_a_failing_write_is_reported_and_tried_again_after_the_interval(path, clock, saved, monkeypatch, capsys):
    checkpoints = checkpoint.Checkpoints(path, {}, 3.0)
    trainer = new_trainer(callbacks=[checkpoints])
    checkpoints.begin(trainer)
    assert checkpoints.kept == "after 0 epochs and 0 batches"
    trainer.progress.step, clock.now = 1, 1003.0

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", fail)
        assert not checkpoints.write()
    assert capsys.readouterr().err == (
        f"{path}: the checkpoint could not be written (No space left on device); the training continues, and the last "
        "checkpoint is of its state after 0 epochs and 0 batches\n"
    )
    clock.now = 1005.9
    checkpoints.on_batch_end(1, {})
    assert saved == [(0, 0)]
    clock.now = 1006.0
    checkpoints.on_batch_end(2, {})
    assert saved == [(0, 0), (0, 1)]
    assert checkpoints.kept == "after 0 epochs and 1 batches"
    assert checkpoints.write()
