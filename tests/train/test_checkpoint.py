"""A checkpoint holds a whole training, and is refused if it is not whole."""

import contextlib
import io
import os
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from damage import flips
from short_runs import StopAfter, new_trainer, state

from nn.errors import InputError
from nn.io import files
from nn.io.archive import read_archive, write_archive
from nn.layers import BatchNormalization, Dense, ReLU
from nn.optimizers import OPTIMIZERS, SGD, Adam, RMSprop
from nn.optimizers.schedules import OneCycle
from nn.train import checkpoint
from nn.training import Diverged, Progress

RUN = {"recipe": {"epochs": 3}, "data": "abc"}


@pytest.fixture
def written(tmp_path):
    trainer = new_trainer(callbacks=[StopAfter(6)])
    trainer.run()
    checkpoint.save(tmp_path / "c.npz", trainer, RUN)
    return tmp_path / "c.npz"


@pytest.mark.parametrize("batches", range(1, 13))
def test_resumed_training_is_the_undisturbed_one(tmp_path, batches):
    whole = new_trainer()
    whole.run()
    first = new_trainer(callbacks=[StopAfter(batches)])
    first.run()
    checkpoint.save(tmp_path / "c.npz", first, RUN)
    seen = StopAfter()
    second = new_trainer(callbacks=[seen])
    checkpoint.load(tmp_path / "c.npz").restore(second)
    assert state(second) == state(first)
    second.run()
    assert state(second) == state(whole)
    assert len(seen.seen) == 12 - batches


@pytest.mark.parametrize("batches", [1, 4, 7, 11])
def test_schedule_and_average_go_on_where_they_were(tmp_path, batches):
    def trainer(*callbacks):
        return new_trainer(SGD(OneCycle(0.5, 12), weight_decay=0.01, use_ema=True, ema_momentum=0.7), callbacks)

    whole, first, second = trainer(), trainer(StopAfter(batches)), trainer()
    whole.run()
    first.run()
    checkpoint.save(tmp_path / "c.npz", first, RUN)
    checkpoint.load(tmp_path / "c.npz").restore(second)
    second.run()
    assert state(second) == state(whole)


@pytest.mark.parametrize(
    "optimizer",
    [
        *OPTIMIZERS.values(),
        partial(SGD, momentum=0.9),
        partial(RMSprop, momentum=0.5, centered=True),
        partial(Adam, amsgrad=True),
    ],
)
def test_resumed_training_is_the_undisturbed_one_under_every_optimizer(tmp_path, optimizer):
    whole = new_trainer(optimizer(0.01))
    whole.run()
    first = new_trainer(optimizer(0.01), callbacks=[StopAfter(5)])
    first.run()
    checkpoint.save(tmp_path / "c.npz", first, RUN)
    second = new_trainer(optimizer(0.01))
    checkpoint.load(tmp_path / "c.npz").restore(second)
    assert state(second) == state(first)
    second.run()
    assert state(second) == state(whole)


@pytest.mark.parametrize("batches", [1, 5, 8])
def test_resumed_training_with_batch_normalization_is_the_undisturbed_one(tmp_path, batches):
    def layers():
        return [Dense(8, input_shape=(6,)), BatchNormalization(), ReLU(), Dense(3, activation="softmax")]

    whole = new_trainer(Adam(0.01), layers=layers())
    whole.run()
    first = new_trainer(Adam(0.01), callbacks=[StopAfter(batches)], layers=layers())
    first.run()
    checkpoint.save(tmp_path / "c.npz", first, RUN)
    second = new_trainer(Adam(0.01), layers=layers())
    checkpoint.load(tmp_path / "c.npz").restore(second)
    assert state(second) == state(first)
    second.run()
    assert state(second) == state(whole)


def test_what_was_asked_for_comes_back(written):
    found = checkpoint.load(written)
    assert found.run == RUN
    assert (found.progress.epoch, found.progress.step, len(found.progress.history)) == (1, 2, 1)


def test_another_network_or_optimizer_is_refused(written):
    found = checkpoint.load(written)
    with pytest.raises(InputError, match="other layers"):
        found.restore(new_trainer(layers=[Dense(3, activation="softmax", input_shape=(6,))]))
    with pytest.raises(InputError, match="optimizer"):
        found.restore(new_trainer(SGD()))
    with pytest.raises(InputError, match="those of another optimizer"):
        found.restore(new_trainer(Adam()))  # which keeps as many
    with pytest.raises(InputError, match="at most"):
        replace(found, progress=replace(found.progress, epoch=4)).restore(new_trainer())


@pytest.mark.parametrize("kind", ["weights", "squared_gradients", "squared_updates"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_nobody_could_go_on_from_never_replaces_a_good_checkpoint(written, kind, value):
    before = written.read_bytes()
    trainer = new_trainer()
    slots = dict(zip(("squared_gradients", "squared_updates"), trainer.model.slots()["dense_1/bias"], strict=True))
    {"weights": trainer.model.layers[2].parameters["bias"], **slots}[kind][1] = value
    with pytest.raises(Diverged, match="layer dense_1"):
        checkpoint.save(written, trainer, RUN)
    assert written.read_bytes() == before


def refused(path):
    with pytest.raises(InputError) as error:
        checkpoint.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.pop("progress"),
        lambda header: header.pop("run"),
        lambda header: header.update(run=[]),
        lambda header: header.update(library=3),
        lambda header: header.update(slots="squared_gradients"),
        lambda header: header.update(slots=["squared_gradients"]),
        lambda header: header.update(slots=["weights", "squared_gradients", "squared_updates"]),
        lambda header: header.update(slots=[["squared_gradients"], "squared_updates"]),
        lambda header: header.update(format="numba-cnn model"),
        lambda header: header["progress"].update(epoch=-1),
        lambda header: header["progress"].update(epoch=1.0),
        lambda header: header["progress"].update(epoch=2),
        lambda header: header["progress"].update(step=True),
        lambda header: header["progress"].update(step=2**70),
        lambda header: header["progress"].update(seconds="3"),
        lambda header: header["progress"].update(loss_sum=10**400),
        lambda header: header["progress"].update(extra=1),
        lambda header: header["progress"].update(history=[[]]),
        lambda header: header["progress"].update(history={}),
        lambda header: header["progress"]["history"][0].update(epoch=3),
        lambda header: header["progress"]["history"][0].update(colour=3),
        lambda header: header["progress"]["history"][0].update(loss=None),
        lambda header: header["layers"][0].update(type="LSTM"),
        lambda header: header.update(input_shape=[7]),
    ],
)
def test_tampered_header_is_refused(written, change):
    header, arrays = read_archive(written, checkpoint.FORMAT, checkpoint.VERSION)
    change(header)
    write_archive(written, {"version": checkpoint.VERSION, **header}, arrays)
    refused(written)


def test_missing_and_foreign_arrays_are_refused(written):
    header, arrays = read_archive(written, checkpoint.FORMAT, checkpoint.VERSION)
    for changed in (
        {name: array for name, array in arrays.items() if name != "squared_updates/dense/bias"},
        {**arrays, "weights/other": np.zeros(3)},
        {**arrays, "other": np.zeros(3)},
        {**arrays, "weights/dense/bias": np.zeros(9, np.float32)},
        {**arrays, "squared_updates/dense/bias": np.full(8, np.nan, np.float32)},
    ):
        write_archive(written, header, changed)
        refused(written)


def test_model_file_is_no_checkpoint(tmp_path):
    new_trainer().model.save(tmp_path / "model.npz")
    refused(tmp_path / "model.npz")


def test_truncated_and_flipped_checkpoints_are_refused_or_read_back_equal(written):
    original, size = checkpoint.load(written), written.stat().st_size
    for _ in flips(written, every=13):
        with contextlib.suppress(InputError):
            found = checkpoint.load(written)
            assert (found.progress, found.run) == (original.progress, original.run)
            assert all(array.tobytes() == original.weights[name].tobytes() for name, array in found.weights.items())
    for length in range(size - 1, -1, -13):
        os.truncate(written, length)
        refused(written)


def test_pickle_in_a_checkpoint_is_refused(written):
    content = io.BytesIO()
    np.save(content, np.array([{}], object), allow_pickle=True)
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("weights/more.npy", content.getvalue())
    refused(written)


# -- A file system that fails ----------------------------------------------------------------------------------------------------


class Failing(io.FileIO):
    """A file that takes `room` bytes and then fails with `error`; or, without an error, takes a
    few bytes at each call.
    """

    room, error = 0, None

    def write(self, data):
        if self.error is None:
            return super().write(bytes(data)[:1000])
        if self.tell() + len(data) > self.room:
            raise self.error
        return super().write(data)


def failing_files(monkeypatch, room=0, error=None):
    def fdopen(descriptor, mode):
        file = Failing(descriptor, mode)
        file.room, file.error = room, error
        return io.BufferedWriter(file, 512)

    monkeypatch.setattr(files.os, "fdopen", fdopen)


@pytest.mark.parametrize("number", [28, 5, 27])  # ENOSPC, EIO, EFBIG
@pytest.mark.parametrize("room", [0, 100, 1500, 4000])
def test_failing_write_leaves_the_former_checkpoint(written, monkeypatch, number, room):
    before = written.read_bytes()
    failing_files(monkeypatch, room, OSError(number, "failed"))
    with pytest.raises(OSError, match="failed"):
        checkpoint.save(written, new_trainer(), RUN)
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_failing_flush_or_rename_leaves_the_former_checkpoint(written, monkeypatch, call):
    def fail(*_, **__):
        raise OSError(5, "failed")

    before = written.read_bytes()
    monkeypatch.setattr(files.os, call, fail)
    with pytest.raises(OSError, match="failed"):
        checkpoint.save(written, new_trainer(), RUN)
    monkeypatch.undo()
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_short_writes_are_continued(written, monkeypatch):
    trainer = new_trainer()
    with monkeypatch.context() as patch:
        failing_files(patch)
        checkpoint.save(written, trainer, RUN)
    restored = new_trainer()
    checkpoint.load(written).restore(restored)
    assert state(restored) == state(trainer)


def test_numbers_survive_exactly(tmp_path):
    trainer = new_trainer()
    trainer.progress = Progress(0, 2, 0.1 + 0.2, 17, 32, 1e-300)
    checkpoint.save(tmp_path / "c.npz", trainer, RUN)
    assert checkpoint.load(tmp_path / "c.npz").progress == trainer.progress
