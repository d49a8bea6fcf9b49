"""`ModelCheckpoint`: which models it saves, when, and under which names."""

import numpy as np
import pytest
from given_values import begun, epochs, new_model, weight

from nn.callbacks import Callback, ModelCheckpoint
from nn.errors import InputError
from nn.models import load_model

X = np.random.default_rng(1).random((20, 3), np.float32)
Y = np.arange(20) % 2


def saved(folder):
    """The epochs whose model was saved last under each name."""
    return {path.stem: weight(load_model(path)) for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("options", "values", "kept"),
    [
        ({}, [3, 1, 2], 2),
        ({"save_best_only": True}, [3, 1, 2], 1),
        ({"save_best_only": True}, [3, 2.999999, 5], 1),
        ({"save_best_only": True, "mode": "max"}, [1, 3, 2], 1),
        ({"save_best_only": True, "initial_value_threshold": 2.5}, [2.6, 2.4, 2.4], 1),
        ({"period": 2}, [3, 1, 2], 1),
        ({"period": 3}, [3, 1, 2, 5, 5], 2),
    ],
)
def test_a_checkpoint_has_the_weights_of_its_epoch(options, values, kept, tmp_path):
    callback = begun(ModelCheckpoint(tmp_path / "model.npz", **options))
    epochs(callback, values)
    assert saved(tmp_path) == {"model": kept}


def test_the_best_model_is_saved_into_a_new_folder_or_beside_the_script(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    callback = begun(ModelCheckpoint("deep/down/{epoch}.npz", save_best_only=True, verbose=1))
    epochs(callback, [3, 4, 2])
    assert saved(tmp_path / "deep" / "down") == {"1": 0, "3": 2}
    assert capsys.readouterr().out.splitlines() == ["Epoch 1: saved deep/down/1.npz", "Epoch 3: saved deep/down/3.npz"]
    epochs(begun(ModelCheckpoint("model.npz")), [1])
    assert (tmp_path / "model.npz").exists()
    assert capsys.readouterr().out == ""


def test_a_worse_training_later_does_not_replace_the_best_model(tmp_path):
    callback = begun(ModelCheckpoint(tmp_path / "model.npz", save_best_only=True))
    epochs(callback, [3, 2])
    callback.on_train_begin({})
    epochs(callback, [5, 4, 3])
    assert saved(tmp_path) == {"model": 1}


def test_a_whole_model_or_its_weights_alone_are_saved(tmp_path):
    for name, alone in (("whole.npz", False), ("weights.npz", True)):
        new_model().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / name, save_weights_only=alone)])
    assert load_model(tmp_path / "whole.npz").optimizer.name == "sgd"
    assert (tmp_path / "weights.npz").stat().st_size != (tmp_path / "whole.npz").stat().st_size


def test_models_are_saved_after_every_so_many_batches(tmp_path):
    """Counted on through the epochs: of 2 · 5 batches after the third, sixth and ninth."""
    seen = []

    class Watch(Callback):
        def on_batch_end(self, batch, logs):
            seen.append(sorted(path.stem for path in tmp_path.iterdir()))

    saver = ModelCheckpoint(tmp_path / "{epoch}-{loss:.9f}.npz", save_freq=3)
    new_model().fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[saver, Watch()])
    assert [len(names) for names in seen] == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert [name[0] for name in seen[-1]] == ["1", "2", "2"]
    every = ModelCheckpoint(tmp_path / "last.npz", save_freq=1)
    new_model().fit(X, Y, batch_size=4, verbose=0, callbacks=[every, Watch()])
    assert all("last" in names for names in seen[10:])


@pytest.mark.parametrize(
    "options", [{"save_freq": 0}, {"save_freq": 1.5}, {"save_freq": "batch"}, {"period": 0}, {"period": 1.0}]
)
def test_a_checkpoint_after_no_whole_number_is_refused(options):
    with pytest.raises(InputError, match=next(iter(options))):
        ModelCheckpoint("model.npz", **options)


@pytest.mark.parametrize("name", ["accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"])
def test_a_file_may_be_named_after_each_name_of_the_accuracy(name, tmp_path):
    callback = begun(ModelCheckpoint(tmp_path / f"{{epoch:02d}}-{{{name}:.2f}}-{{val_{name}:.2f}}-{{val_loss}}.npz"))
    callback.on_epoch_end(4, {"loss": 3, "accuracy": 0.25, "val_loss": 2, "val_accuracy": 0.75})
    assert [path.name for path in tmp_path.iterdir()] == ["05-0.25-0.75-2.npz"]


@pytest.mark.parametrize("path", ["{val_accuracy}.npz", "{epoch:s}.npz", "{}.npz", "{epoch"])
def test_a_file_named_after_what_is_not_there_is_refused(path):
    callback = begun(ModelCheckpoint(path))
    with pytest.raises(InputError, match="may name loss, accuracy, epoch, acc, binary_accuracy, categorical_accuracy, "):
        callback.on_epoch_end(0, {"loss": 3, "accuracy": 0.25})
