"""An engine that trains nothing."""

import pytest


@pytest.fixture
def recorder(monkeypatch):
    """What `Trainer` takes for its engine."""
    from recorded_steps import Clock, Recorder

    from nn import training

    clock = Clock()
    monkeypatch.setattr(training, "time", clock)
    recorder = Recorder(clock)
    monkeypatch.setattr(training, "engine_for", lambda *_: recorder)
    return recorder
