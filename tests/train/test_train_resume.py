"""A training that is interrupted resumes to the same bits, and one that does not fit its
checkpoint is refused.
"""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from short_training import LAST_LINE, SHORT, at_batch, interrupt, one_sentence, without_seconds

from nn.datasets.idx import read_idx, write_idx
from nn.train.checkpoint import Checkpoints

pytestmark = pytest.mark.usefixtures("compiler")


# -- Interruptions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("batch", [1, 4, 5, 6, 9])
def test_interrupted_and_resumed_ends_in_the_same_bits(train, reference, tmp_path, monkeypatch, number, batch):
    at_batch(monkeypatch, batch, interrupt(number))
    ended = train(*SHORT)
    assert ended.code == 130
    assert "python -m nn.train --resume" in ended.err
    assert not (tmp_path / "mnist.npz").exists()
    ended = train("--resume")
    assert ended.code == 0
    assert re.fullmatch(LAST_LINE, ended.out.splitlines()[-1])
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]
    assert without_seconds(tmp_path / "mnist.history.json") == reference[1]
    assert sorted(os.listdir()) == ["mnist.history.json", "mnist.npz"]


def test_interruption_of_the_last_batch_comes_too_late(train, reference, tmp_path, monkeypatch):
    at_batch(monkeypatch, 10, interrupt())
    assert train(*SHORT).code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_interrupted_again_and_again(train, reference, tmp_path, monkeypatch):
    for _ in range(3):
        with monkeypatch.context() as patch:
            at_batch(patch, 2, interrupt())
            assert train("--resume" if (tmp_path / "mnist.checkpoint.npz").exists() else SHORT[0], *SHORT[1:]).code == 130
    assert train("--resume").code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_second_interruption_stops_at_once_and_the_checkpoint_is_whole(train, reference, tmp_path, monkeypatch):
    def twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    at_batch(monkeypatch, 7, twice)
    ended = train(*SHORT)
    assert ended.code == 130
    assert "at once" in ended.err
    ended = train("--resume")
    assert "in epoch 2 of 2, after batch 0 of 5" in ended.out
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_handlers_of_signals_are_put_back(train, monkeypatch):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    at_batch(monkeypatch, 2, interrupt())
    train(*SHORT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_checkpoint_every_so_many_seconds(train, tmp_path, monkeypatch):
    seen = []
    at_batch(monkeypatch, 3, lambda: seen.append((tmp_path / "mnist.checkpoint.npz").stat().st_mtime_ns))
    monkeypatch.setattr("nn.train.checkpoint.time.monotonic", iter(range(10**6)).__next__)
    started = []
    begin = Checkpoints.begin
    monkeypatch.setattr(
        Checkpoints, "begin", lambda self, trainer: (begin(self, trainer), started.append(self.path.stat().st_mtime_ns))
    )
    train(*SHORT, "--checkpoint-every", 2)
    assert seen[0] > started[0]


@pytest.mark.skipif(sys.platform == "win32", reason="no signal that ends a process at once")
def test_killed_process_leaves_a_checkpoint_that_resumes(reference, small_mnist, tmp_path):
    # The child kills itself, without warning, in its seventh batch.
    script = """
import os, signal, sys
from nn.train.checkpoint import Checkpoints
from nn.train.__main__ import main
count = 0
def on_batch_end(self, batch, logs):
    global count
    count += 1
    if count == 7:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoints.on_batch_end = on_batch_end
main(sys.argv[1:])
"""
    words = [*map(str, SHORT), "--data", str(small_mnist), "--out", str(tmp_path / "mnist.npz")]
    assert subprocess.run([sys.executable, "-c", script, *words], capture_output=True, check=False).returncode == -signal.SIGKILL
    words = ["--resume", "--data", str(small_mnist), "--out", str(tmp_path / "mnist.npz")]
    done = subprocess.run([sys.executable, "-m", "nn.train", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]
    assert sorted(os.listdir(tmp_path)) == ["mnist.history.json", "mnist.npz"]


def test_new_training_keeps_the_unfinished_one_aside(train, tmp_path, monkeypatch):
    at_batch(monkeypatch, 7, interrupt())
    train(*SHORT)
    unfinished = (tmp_path / "mnist.checkpoint.npz").read_bytes()
    ended = train(*SHORT)
    assert ended.code == 0
    assert "unfinished" in ended.out
    assert (tmp_path / "mnist.checkpoint.previous.npz").read_bytes() == unfinished


# -- Resuming what does not fit ----------------------------------------------------------------------------------------------


@pytest.fixture
def interrupted(train, monkeypatch):
    with monkeypatch.context() as patch:
        at_batch(patch, 3, interrupt())
        assert train(*SHORT).code == 130


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("--epochs", 3), "epochs"),
        (("--batch-size", 32), "batch-size"),
        (("--learning-rate", 0.5), "learning-rate"),
        (("--schedule", "cosine"), "schedule"),
        (("--augment",), "augment"),
        (("--seed", 5), "seed"),
        (("--train-limit", 100), "train-limit"),
        (("--dataset", "fashion-mnist"), "dataset"),
    ],
)
def test_resume_with_another_option_is_refused(train, interrupted, tmp_path, words, names):
    before = (tmp_path / "mnist.checkpoint.npz").read_bytes()
    message = one_sentence(train("--resume", *words))
    assert names in message
    assert "--resume" in message
    assert (tmp_path / "mnist.checkpoint.npz").read_bytes() == before


def test_resume_with_the_same_options_given_again(train, interrupted, reference, tmp_path):
    assert train("--resume", *SHORT).code == 0
    assert (tmp_path / "mnist.npz").read_bytes() == reference[0]


def test_resume_with_other_data_is_refused(command, interrupted, small_mnist, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(small_mnist, other)
    labels = read_idx(other / "train-labels-idx1-ubyte")
    labels[0] = (labels[0] + 1) % 10
    write_idx(other / "train-labels-idx1-ubyte", labels)
    assert "other data" in one_sentence(command("nn.train", "--resume", "--data", other))


def test_resume_without_a_checkpoint_is_refused(train):
    assert "there is no checkpoint" in one_sentence(train("--resume"))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a checkpoint" * 100])
def test_resume_from_a_damaged_checkpoint_is_refused(train, tmp_path, content):
    (tmp_path / "mnist.checkpoint.npz").write_bytes(content)
    assert "mnist.checkpoint.npz" in one_sentence(train("--resume"))
