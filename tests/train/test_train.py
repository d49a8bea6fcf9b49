"""python -m nn.train: what it writes, the bad input it finds before work is thrown away, and a
disk that fills up.
"""

import gzip
import json
import os
import re
import shutil
import threading

import numpy as np
import pytest
from short_training import LAST_LINE, SHORT, at_batch, interrupt, one_sentence

from nn import training
from nn.datasets.collections import load_splits
from nn.datasets.idx import write_idx
from nn.io import files
from nn.models import load_model
from nn.train.recipe import Recipe
from nn.train.setup import trainer_for, warm_up

pytestmark = pytest.mark.usefixtures("compiler")


def test_model_history_and_closing_line(train, reference, tmp_path):
    ended = train(*SHORT)
    assert ended.code == 0
    assert re.fullmatch(LAST_LINE, ended.out.splitlines()[-1])
    history = json.loads((tmp_path / "mnist.history.json").read_text())
    assert [list(entry) for entry in history] == [["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]] * 2
    model = load_model("mnist.npz")
    assert model.count_params() == 233_162
    assert model.card["test_accuracy"] == history[-1]["val_accuracy"]
    assert sorted(os.listdir()) == ["mnist.history.json", "mnist.npz"]
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


@pytest.mark.parametrize("threads", [1, 3, 5])
def test_number_of_threads_changes_no_bit(train, reference, tmp_path, threads):
    train(*SHORT, "--threads", threads)
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_another_seed_gives_other_weights(train, reference, tmp_path):
    train(*SHORT, "--seed", 1)
    assert (tmp_path / "mnist.npz").read_bytes() != reference[0]


def test_best_recipe_is_the_default_and_resumes_to_the_bit(train, tmp_path, monkeypatch):
    options = ("--epochs", 1, "--train-limit", 160, "--batch-size", 32)
    assert train(*options, "--out", "whole.npz").code == 0
    assert load_model("whole.npz").card["recipe"]["schedule"] == "one-cycle"
    at_batch(monkeypatch, 3, interrupt())
    assert train(*options).code == 130
    assert train("--resume").code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_after_the_warm_up_nothing_is_compiled(small_mnist):
    from numba.core import event

    recipe = Recipe(epochs=1, train_limit=64, doodles=0.25)
    train, test = load_splits("mnist", str(small_mnist))
    warm_up(recipe, train)
    with event.install_recorder("numba:compile") as recorder:
        trainer_for(recipe, (train[0][:64], train[1][:64]), test).run()
    assert not recorder.buffer


# -- Bad input, found before work is thrown away -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--epochs", 0), "--epochs"),
        (("--epochs", "ten"), "--epochs"),
        (("--batch-size", -1), "--batch-size"),
        (("--learning-rate", 0), "--learning-rate"),
        (("--learning-rate", "nan"), "--learning-rate"),
        (("--schedule", "quick"), "--schedule"),
        (("--dataset", "cifar"), "--dataset"),
        (("--seed", -1), "--seed"),
        (("--seed", 2**63), "--seed"),
        (("--threads", 0), "--threads"),
        (("--train-limit", 0), "--train-limit"),
        (("--train-limit", 321), "--train-limit"),
        (("--checkpoint-every", -5), "--checkpoint-every"),
        (("--colour",), "--colour"),
        (("--out", "missing/mnist.npz"), "--out"),
        (("--out", "."), "--out"),
        (("--out", ""), "--out"),
        (("--out", "new/"), "--out"),
        (("--out", "/dev/null"), "--out"),
        (("--epochs", 10**20), "epochs"),
        (("--batch-size", 10**30), "batch_size"),
        (("--learning-rate", "1e400"), "--learning-rate"),
        (("--learning-rate", "1e-400"), "--learning-rate"),
        (("--data", "missing"), "missing"),
    ],
)
def test_impossible_options(train, words, says):
    assert says in one_sentence(train(*words))
    assert os.listdir() == []


def test_unwritable_out_is_found_before_the_data_are_read(command, tmp_path):
    message = one_sentence(command("nn.train", "--data", tmp_path / "none", "--out", tmp_path / "none" / "mnist.npz"))
    assert "--out" in message


def damaged(name, change):
    def apply(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))
        return name

    return apply


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(damaged(IMAGES, lambda content: b"\x1f\x00" + content[2:]), id="wrong magic"),
        pytest.param(damaged(IMAGES, lambda content: content[:-1]), id="truncated"),
        pytest.param(damaged(IMAGES, lambda content: content + b"x"), id="oversized"),
        pytest.param(damaged(IMAGES, lambda content: content[:4] + b"\xff" * 4 + content[8:]), id="header lies"),
        pytest.param(damaged(IMAGES, lambda content: gzip.compress(content)[:-9]), id="truncated gzip"),
        pytest.param(damaged(IMAGES, lambda content: b""), id="empty"),
        pytest.param(damaged(LABELS, lambda content: content[:4] + (319).to_bytes(4, "big") + content[8:-1]), id="counts differ"),
        pytest.param(damaged(LABELS, lambda content: content[:-1] + b"\x0a"), id="label 10"),
        pytest.param(damaged(LABELS, lambda content: content[:3]), id="header cut"),
    ],
)
def test_damaged_data(command, small_mnist, tmp_path, change):
    folder = tmp_path / "damaged"
    shutil.copytree(small_mnist, folder)
    name = change(folder)
    assert name in one_sentence(command("nn.train", "--data", folder, "--out", tmp_path / "mnist.npz"))
    assert sorted(os.listdir(tmp_path)) == ["damaged"]


def test_images_of_another_size(command, small_mnist, tmp_path):
    folder = tmp_path / "large"
    shutil.copytree(small_mnist, folder)
    for name, count in ((IMAGES, 320), ("t10k-images-idx3-ubyte", 100)):
        write_idx(folder / name, np.zeros((count, 32, 32), np.uint8))
    assert "28 x 28" in one_sentence(command("nn.train", "--data", folder, "--out", tmp_path / "mnist.npz"))


def test_second_training_of_the_same_file_is_told(train, tmp_path):
    with files.only_writer(tmp_path / "mnist.npz", "--out"):
        assert "another process is writing" in one_sentence(train(*SHORT))
        assert os.listdir() == [".mnist.npz.lock"], "the second one left something behind"
    assert train(*SHORT).code == 0


def test_diverging_training_names_the_layer_and_keeps_the_checkpoint(train, tmp_path):
    ended = train(*SHORT, "--learning-rate", 1e25)
    message = one_sentence(ended)
    assert re.search(r"layer (conv2d|dense)", message)
    assert "--learning-rate 5e+24" in message
    assert sorted(os.listdir()) == ["mnist.checkpoint.npz"]
    assert train("--resume").code == 2


# -- A disk that fills up -------------------------------------------------------------------------------------------------------


def full_disk(*_, **__):
    raise OSError(28, "No space left on device")


def test_full_disk_is_found_before_training(train, monkeypatch):
    monkeypatch.setattr("nn.io.archive.atomic_write", full_disk)
    monkeypatch.setattr(training.Trainer, "run", lambda self: pytest.fail("trained") if self.epochs == 2 else None)
    assert "mnist.checkpoint.npz: cannot be written: No space left" in one_sentence(train(*SHORT))
    assert os.listdir() == []


def test_full_disk_during_training_costs_no_epoch(train, reference, tmp_path, monkeypatch):
    at_batch(monkeypatch, 2, lambda: monkeypatch.setattr("nn.train.checkpoint.write_archive", full_disk))
    ended = train(*SHORT)
    assert ended.code == 0
    assert "could not be written" in ended.err
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_full_disk_at_the_end_keeps_the_training(train, reference, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("nn.io.model_file.write_archive", full_disk)
        assert "make room and run: python -m nn.train --resume" in one_sentence(train(*SHORT))
    assert os.listdir() == ["mnist.checkpoint.npz"]
    assert train("--resume").code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_training_outside_the_main_thread(small_mnist, tmp_path, reference):
    from nn.train.__main__ import main

    codes = []
    words = [*map(str, SHORT), "--data", str(small_mnist), "--out", str(tmp_path / "mnist.npz")]
    thread = threading.Thread(target=lambda: codes.append(main(words)))
    thread.start()
    thread.join()
    assert codes == [0]
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]
