"""However a training ends, nothing is lost: a reader that goes away, a signal at the last moment,
a name that is taken.
"""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from short_training import SHORT

from nn.io import files
from nn.io.archive import read_archive, write_archive
from nn.train import checkpoint
from nn.training import Diverged

pytestmark = pytest.mark.usefixtures("compiler")


def started(small_mnist, folder, *words, **options):
    command = [sys.executable, "-m", "nn.train", "--data", small_mnist, "--out", folder / "mnist.npz", *words]
    return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, **options)


def test_training_goes_on_when_nobody_reads_what_it_says(small_mnist, tmp_path):
    child = started(small_mnist, tmp_path, *SHORT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.close()
    child.stderr.close()
    assert child.wait() == 0
    assert sorted(os.listdir(tmp_path)) == ["mnist.history.json", "mnist.npz"]


def test_training_without_any_output(small_mnist, tmp_path, monkeypatch):
    """As after `>&- 2>&-`."""
    from nn.io.cli import run
    from nn.train.__main__ import main

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    words = [*SHORT, "--data", small_mnist, "--out", tmp_path / "mnist.npz"]
    with pytest.raises(SystemExit) as ended:
        run(main, [str(word) for word in words])
    assert ended.value.code == 0
    assert sorted(os.listdir(tmp_path)) == ["mnist.history.json", "mnist.npz"]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no terminals that hang up")
def test_closed_terminal_ends_in_a_checkpoint_that_resumes(small_mnist, tmp_path):
    ours, theirs = os.openpty()
    words = ("--classic", "--epochs", 1000)
    # Under `nohup` the tests, and so their children, would ignore it.
    hears = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)}
    child = started(small_mnist, tmp_path, *words, stdout=theirs, stderr=theirs, start_new_session=True, **hears)
    os.close(theirs)
    seen = b""
    while b"loss" not in seen:
        seen += os.read(ours, 1000)
    child.send_signal(signal.SIGHUP)
    os.close(ours)
    assert child.wait() == 130
    found = checkpoint.load(tmp_path / "mnist.checkpoint.npz")
    assert found.progress.epoch or found.progress.step


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no signal that is sent when a terminal is closed")
def test_ignored_signals_stay_ignored(small_mnist, tmp_path):
    """As `nohup` has it."""
    child = started(
        small_mnist,
        tmp_path,
        *SHORT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    assert child.stdout.readline()
    hanging_up = threading.Thread(target=lambda: [(child.send_signal(signal.SIGHUP), time.sleep(0.05)) for _ in range(3)])
    hanging_up.start()
    child.communicate()
    hanging_up.join()
    assert child.returncode == 0


def test_interruption_while_the_results_are_written_is_no_interruption(train, tmp_path, monkeypatch):
    def write(path, *rest):
        signal.raise_signal(signal.SIGINT)
        return write_archive(path, *rest)

    monkeypatch.setattr("nn.io.model_file.write_archive", write)
    assert train(*SHORT).code == 0
    assert sorted(os.listdir()) == ["mnist.history.json", "mnist.npz"]


def test_second_interruption_while_the_checkpoint_is_written_leaves_the_former_one(train, tmp_path, monkeypatch):
    plain = files.os.replace

    def replace(source, target):
        if str(target).endswith("checkpoint.npz") and os.path.exists(target):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        plain(source, target)

    monkeypatch.setattr(files.os, "replace", replace)
    ended = train(*SHORT)
    monkeypatch.undo()
    assert ended.code == 130
    assert "continue from the last checkpoint with" in ended.err
    assert os.listdir(tmp_path) == ["mnist.checkpoint.npz"]
    assert checkpoint.load(tmp_path / "mnist.checkpoint.npz").progress.epoch == 0


def test_weights_that_break_in_the_batch_of_the_interruption(train, monkeypatch):
    """The loss does not show it yet, only the checkpoint that is to be written."""

    def write(self):
        signal.raise_signal(signal.SIGINT)
        raise Diverged("the weights of layer dense are no longer finite; try a smaller learning rate")

    monkeypatch.setattr(checkpoint.Checkpoints, "write", write)
    ended = train(*SHORT)
    assert ended.code == 2
    assert "try a smaller learning rate, such as --learning-rate 0.5; the last good checkpoint is" in ended.err


def test_batches_that_do_not_fit_into_memory(train, monkeypatch):
    def aligned(*_, **__):
        raise MemoryError("Unable to allocate 17.2 GiB")

    monkeypatch.setattr("nn.engine.plan.aligned", aligned)
    ended = train(*SHORT)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert "memory" in ended.err
    assert os.listdir() == []


@pytest.mark.filterwarnings("ignore:mnist. written in this package's own format")
@pytest.mark.parametrize(("held", "asked"), [("mnist", "mnist.npz"), ("mnist.npz", "mnist")])
def test_trainings_whose_checkpoints_have_one_name_do_not_mix(train, tmp_path, held, asked):
    name = tmp_path / "mnist.checkpoint.npz"
    assert train(*SHORT, "--out", held).code == 0
    with files.only_writer(name, "--out"):
        ended = train(*SHORT, "--out", asked)
    assert ended.code == 2
    assert "another process is writing" in ended.err


@pytest.mark.parametrize("name", ["mnist.checkpoint.npz", "mnist.checkpoint.previous-3.npz", "mnist.history.json"])
def test_name_of_another_trainings_checkpoint_or_history_is_refused(train, tmp_path, name):
    (tmp_path / name).write_bytes(b"precious")
    ended = train(*SHORT, "--out", name)
    assert ended.code == 2
    assert "--out" in ended.err
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(name, b"precious")]


def test_every_unfinished_training_is_kept(train, tmp_path):
    for content in (b"first", b"second", b"third"):
        (tmp_path / "mnist.checkpoint.npz").write_bytes(content)
        assert train(*SHORT, "--train-limit", 64).code == 0
    kept = [tmp_path / f"mnist.checkpoint.previous{number}.npz" for number in ("", "-2", "-3")]
    assert [path.read_bytes() for path in kept] == [b"first", b"second", b"third"]


def test_checkpoint_without_validation_in_its_history_is_refused(train, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "nn.io.model_file.write_archive", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    assert train(*SHORT).code == 2
    monkeypatch.undo()
    path = tmp_path / "mnist.checkpoint.npz"
    header, arrays = read_archive(path, checkpoint.FORMAT, checkpoint.VERSION)
    del header["progress"]["history"][1]["val_accuracy"]
    write_archive(path, {"version": checkpoint.VERSION, **header}, arrays)
    ended = train("--resume", "--out", path.with_name("mnist.npz"))
    assert ended.code == 2
    assert "expected a history with" in ended.err
