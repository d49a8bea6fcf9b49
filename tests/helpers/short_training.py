"""A training short enough for a test, interrupted wherever a test wants it: what the tests of
`python -m nn.train` share.
"""

import json
import signal

from nn.train.checkpoint import Checkpoints

SHORT = ("--classic", "--epochs", 2, "--batch-size", 64)  # of 320 images: 5 batches an epoch
LAST_LINE = r"test accuracy 0\.\d{4}, test loss \d+\.\d{4}, 2 epochs in \d+\.\d s"


def without_seconds(path):
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in json.loads(path.read_text())]


def at_batch(monkeypatch, number, action):
    """Do `action` when batch `number` (from 1, over all epochs) has been trained."""
    done = []
    plain = Checkpoints.on_batch_end

    def on_batch_end(self, batch, logs):
        plain(self, batch, logs)
        done.append(batch)
        if len(done) == number:
            action()

    monkeypatch.setattr(Checkpoints, "on_batch_end", on_batch_end)


def interrupt(number=signal.SIGINT):
    return lambda: signal.raise_signal(number)


def one_sentence(ended):
    assert ended.code == 2, ended
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    return ended.err
