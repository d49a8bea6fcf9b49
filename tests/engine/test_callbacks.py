"""What callbacks are called by and told, what a history holds, and what a bar leaves on a terminal."""

import io
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from tqdm import tqdm

from nn.callbacks import Callback, History, ProgressBar, callbacks_of
from nn.datasets.sources import ScaledImages
from nn.errors import InputError
from nn.layers import Dense
from nn.models import Sequential
from nn.optimizers import SGD
from nn.training import Progress, Trainer

X = np.random.default_rng(0).random((10, 3), np.float32)
Y = np.arange(10) % 2


def network(metrics=("accuracy",)):
    model = Sequential([Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(optimizer=SGD(), metrics=list(metrics))
    return model


def fitted(*callbacks, **options):
    return network(options.pop("metrics", ["accuracy"])).fit(
        X, Y, callbacks=list(callbacks), **{"batch_size": 4, "epochs": 2, "verbose": 0, "engine": "layers", **options}
    )


# -- Events ----------------------------------------------------------------------------------------


def test_the_older_names_of_the_batch_events_are_called_too():
    class Older(Callback):
        def __init__(self):
            self.seen = []

        def on_batch_begin(self, batch, logs):
            self.seen.append(f"begin {batch}")

        def on_batch_end(self, batch, logs):
            self.seen.append(f"end {batch}")

    older = Older()
    fitted(older, epochs=1)
    assert older.seen == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]


def test_a_callback_knows_the_model_the_loop_and_its_sizes():
    class Watch(Callback):
        def on_epoch_end(self, epoch, logs):
            self.found = self.model, self.trainer.model, self.params

    watch = Watch()
    history = fitted(watch)
    assert watch.found == (history.model, history.model, {"epochs": 2, "steps": 3, "batch_size": 4, "samples": 10})
    assert history.params == watch.found[2]


def test_one_callback_several_or_none_may_be_given():
    one, other = Callback(), History()
    assert callbacks_of(None) == callbacks_of([]) == []
    assert callbacks_of(one) == [one]
    assert callbacks_of(each for each in (one, other)) == [one, other]
    with pytest.raises(InputError, match=r"callbacks must be nn.callbacks.Callback objects, got 3"):
        callbacks_of([one, 3])


def test_a_method_named_like_an_event_that_does_not_exist_is_told_where_fit_is_called():
    class Misspelt(Callback):
        def on_epoch_finish(self, epoch, logs):
            """Never called."""

    with pytest.warns(UserWarning, match="there is no event on_epoch_finish for Misspelt, only .*on_epoch_end") as found:
        network().fit(X, Y, verbose=0, engine="layers", callbacks=[Misspelt()])
    assert [warning.filename for warning in found] == [__file__]


def test_an_event_that_keras_has_and_this_loop_lacks_is_refused():
    class Testing(Callback):
        def on_test_batch_end(self, batch, logs):
            """Would never be called."""

    with pytest.raises(InputError, match="there is no event on_test_batch_end for Testing"):
        callbacks_of(Testing())


def test_events_of_predictions_and_other_attributes_are_nobodys_business():
    class Quiet(Callback):
        monitor = "loss"

        def on_predict_begin(self, logs):
            """Of another loop."""

        def helper(self):
            """No event."""

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        callbacks_of(Quiet())


# -- Histories -------------------------------------------------------------------------------------


def test_a_history_of_ones_own_has_the_values_of_the_one_that_is_returned():
    own = History()
    history = fitted(own, epochs=3, validation_data=(X, Y))
    assert own.history == history.history
    assert (own.epoch, history.epoch) == ([0, 1, 2], [0, 1, 2])
    assert own.seconds == history.seconds
    assert len(own.seconds) == 3
    # The model is the same, but its values go on, while the epochs are those of one training.
    fitted(own, validation_data=(X, Y))
    assert own.epoch == [0, 1]
    assert len(own.seconds) == 2
    assert len(own.history["loss"]) == 5


def test_the_accuracy_has_the_name_that_it_was_compiled_with():
    assert set(fitted(metrics=["acc"], validation_data=(X, Y)).history) == {"loss", "acc", "val_loss", "val_acc"}


# -- The bar ---------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A terminal, and what is seen on it in the end."""

    def isatty(self):
        return True

    def screen(self):
        """The lines that are not blank: a carriage return goes back to the beginning of a line."""
        lines = []
        for written in self.getvalue().split("\n"):
            line = ""
            for part in written.split("\r"):
                line = part + line[len(part) :]
            lines.append(line.rstrip())
        return [line for line in lines if line]


def lines_of(history, epochs):
    """What a bar leaves."""
    return [
        f"Epoch {number + 1}/{epochs}  loss {history.history['loss'][number]:.4f}  "
        f"accuracy {history.history['accuracy'][number]:.4f}  {history.seconds[number]:.1f} s"
        for number in history.epoch
    ]


def test_on_a_terminal_a_bar_comes_and_goes_and_a_line_for_each_epoch_stays():
    terminal = Terminal()
    history = fitted(ProgressBar(terminal))
    assert terminal.screen() == lines_of(history, 2)
    shown = terminal.getvalue()
    assert "Epoch 1/2 |" in shown
    assert "Epoch 2/2 |" in shown
    assert " %, " in shown


@pytest.mark.parametrize(("file", "bar"), [(io.StringIO, True), (Terminal, False)], ids=["no terminal", "not wanted"])
def test_elsewhere_only_the_lines_are_printed(file, bar):
    out = file()
    history = fitted(ProgressBar(out, bar=bar))
    assert out.getvalue().splitlines() == lines_of(history, 2)


def test_without_a_stdout_nothing_is_printed(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    bar = ProgressBar()
    assert not bar.shown
    fitted(bar)


def test_stdout_is_where_it_prints_unless_it_is_given_a_file(capsys):
    history = fitted(ProgressBar())
    assert capsys.readouterr().out.splitlines() == lines_of(history, 2)
    fitted(ProgressBar(io.StringIO()))
    assert capsys.readouterr().out == ""


def test_the_bar_of_an_epoch_that_is_not_finished_is_taken_away():
    class Stop(Callback):
        def on_batch_end(self, batch, logs):
            self.trainer.stop_requested = True

    terminal = Terminal()
    bar = ProgressBar(terminal)
    bar.on_train_end({})  # no epoch was begun
    fitted(Stop(), bar)
    assert "Epoch 1/2 |" in terminal.getvalue()
    assert terminal.screen() == []


def test_each_line_is_in_the_file_at_once(tmp_path):
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append((tmp_path / "log").read_text().count("\n"))

    with open(tmp_path / "log", "w") as log:
        fitted(ProgressBar(log), Look())
    assert seen == [1, 2]


@pytest.mark.parametrize(("step", "shown"), [(0, 0), (2, 8), (3, 10)])
def test_the_bar_of_a_resumed_epoch_begins_where_it_was(step, shown):
    trainer = Trainer(network(), ScaledImages(X, Y, 1.0, 2), batch_size=4, epochs=2)
    trainer.progress = Progress(0, step)
    bar = ProgressBar(Terminal())
    bar.trainer = trainer
    bar.on_epoch_begin(0, {})
    assert (bar.bar.n, bar.bar.total) == (shown, 10)
    bar.on_train_end({})


def big_epoch(file, samples=40_000, batch_size=3000):
    """The bar of an epoch of as many samples as in real trainings."""
    bar = ProgressBar(file)
    bar.model = network()
    bar.trainer = SimpleNamespace(source=range(samples), batch_size=batch_size, epochs=1, progress=Progress())
    bar.on_epoch_begin(0, {})
    return bar


def test_the_bar_moves_by_the_samples_of_each_batch_and_shows_the_means():
    bar = big_epoch(Terminal())
    found = []
    for batch in range(14):
        bar.on_batch_end(batch, {"loss": 1.25, "accuracy": 0.5})
        found.append(bar.bar.n)
    assert found == [*range(3000, 40_000, 3000), 40_000]
    # 20,000 images in ten seconds are 2,000 a second, shown in thousands.
    line = tqdm.format_meter(**{**bar.bar.format_dict, "n": 20_000, "elapsed": 10.0, "initial": 0, "ncols": 120})
    bar.on_train_end({})
    assert line.startswith("Epoch 1/1 |")
    assert line.endswith("|  50 %, 2.00k images/s, 00:10 left, loss 1.2500, accuracy 0.5000")


def test_the_bar_is_drawn_now_and_then_not_after_every_batch():
    terminal = Terminal()
    bar = big_epoch(terminal, batch_size=20)
    for batch in range(2000):
        bar.on_batch_end(batch, {"loss": 1.0, "accuracy": 0.5})
    bar.on_train_end({})
    assert terminal.getvalue().count("Epoch 1/1 |") < 500
