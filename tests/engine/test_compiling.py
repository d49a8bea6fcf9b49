"""The first start compiles on two processors and says so; later ones do neither, and a helper that
fails costs only time.
"""

import contextlib
import gc
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from nn.engine import compiling
from nn.engine import plan as plan_module
from nn.engine.plan import Plan
from nn.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU
from nn.models import Sequential

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
STATEMENT = "pass"
ROOT = Path(__file__).resolve().parents[2]


def compile_something():
    numba.njit(lambda x: x + 1)(1)


@pytest.fixture
def helper(monkeypatch):
    """What the second process runs instead; a list of its processes."""
    processes = []
    popen = subprocess.Popen

    def use(code):
        def start(command, **options):
            assert command[:2] == [sys.executable, "-c"]
            assert STATEMENT in command[2]
            processes.append(popen([sys.executable, "-c", code], **options))
            return processes[-1]

        monkeypatch.setattr(compiling, "_is_beside", False)
        monkeypatch.setattr(compiling.subprocess, "Popen", start)
        monkeypatch.setattr("nn.engine.executor.available_threads", lambda: 2)
        return processes

    return use


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}


def damage(folder):
    """Empty, truncate, swap, or replace by a folder every file of compiled kernels, in turns."""
    paths = sorted(folder.rglob("*.nb?"))
    for first, second in itertools.pairwise(paths[::2]):
        contents = first.read_bytes(), second.read_bytes()
        first.write_bytes(contents[1])
        second.write_bytes(contents[0])
    for index, path in enumerate(paths[1::2]):
        if index % 3 < 2:
            path.write_bytes(path.read_bytes()[: -1 if index % 3 else 0])
        else:
            path.unlink()
            path.mkdir()


def test_first_training_compiles_and_says_so_later_ones_do_neither_unless_the_files_are_damaged(small_mnist, tmp_path):
    cache = tmp_path / "cache"
    command = [sys.executable, "-m", "nn.train", "--epochs", "1", "--train-limit", "64", "--data", str(small_mnist)]

    def start():
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(cache)}
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
        assert ended.returncode == 0, ended.stderr
        return "compiling" in ended.stderr

    assert start()
    compiled = files(cache)
    assert compiled
    model = (tmp_path / "mnist.npz").read_bytes()
    assert not start()
    assert files(cache) == compiled
    damage(cache)
    assert start()
    assert (tmp_path / "mnist.npz").read_bytes() == model


def test_helper_starts_once_with_the_first_compilation_and_is_waited_for(helper, tmp_path):
    processes = helper(f"import time; time.sleep(0.3); open({str(tmp_path / 'done')!r}, 'w')")
    with compiling.compiled_beside(lambda: STATEMENT) as wait:
        assert not processes
        compile_something()
        compile_something()
        wait()
        assert (tmp_path / "done").exists()
    assert len(processes) == 1


def test_no_helper_without_a_compilation_or_a_second_processor(helper, monkeypatch):
    processes = helper("")
    with compiling.compiled_beside(lambda: STATEMENT) as wait:
        wait()
    monkeypatch.setattr("nn.engine.executor.available_threads", lambda: 1)
    with compiling.compiled_beside(lambda: STATEMENT) as wait:
        compile_something()
        wait()
    assert not processes


def test_helper_that_fails_is_no_error_and_none_outlives_its_starter(helper):
    processes = helper("raise SystemExit(3)")
    with compiling.compiled_beside(lambda: STATEMENT) as wait:
        compile_something()
        wait()
    assert processes[0].returncode == 3
    assert not compiling._is_beside
    helper("import time; time.sleep(600)")

    def interrupted():
        with compiling.compiled_beside(lambda: STATEMENT):
            compile_something()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert processes[1].returncode not in (None, 0)


def test_only_the_first_statement_is_waited_for(helper, tmp_path):
    helper(f"import time; print(flush=True); time.sleep(60); open({str(tmp_path / 'done')!r}, 'w')")
    with compiling.compiled_beside(lambda: STATEMENT, lambda: STATEMENT) as wait:
        compile_something()
        wait()
        assert not (tmp_path / "done").exists()


@pytest.mark.parametrize(("threads", "parts"), [(2, [["a()", "b()"]]), (3, [["a()"], ["b()"]]), (16, [["a()"], ["b()"]])])
def test_each_statement_gets_a_process_where_there_are_processors_enough(monkeypatch, threads, parts):
    started = []
    monkeypatch.setattr(compiling, "_is_beside", False)
    monkeypatch.setattr(compiling, "_start", lambda statements: started.append(list(statements)))
    monkeypatch.setattr(compiling, "_stop", lambda process: None)
    monkeypatch.setattr("nn.engine.executor.available_threads", lambda: threads)
    with compiling.compiled_beside(lambda: "a()", lambda: "b()"):
        compile_something()
    assert started == parts


def test_inside_another_such_context_and_in_a_frozen_program_nothing_is_started(helper, monkeypatch):
    processes = helper("")
    with compiling.compiled_beside(lambda: STATEMENT), compiling.compiled_beside(lambda: STATEMENT):
        compile_something()
    assert len(processes) == 1
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with compiling.compiled_beside(lambda: STATEMENT):
        compile_something()
    assert len(processes) == 1


REVERSED = {
    "Keras' classics": lambda: [
        Conv2D(3, 3, activation="relu", input_shape=(9, 9, 1)),
        MaxPooling2D(),
        Flatten(),
        Dense(8, activation="relu"),
        Dropout(0.5),
        Dense(3, activation="softmax"),
    ],
    "normalized": lambda: [
        Conv2D(3, 3, input_shape=(9, 9, 1)),
        BatchNormalization(),
        ReLU(),
        MaxPooling2D(),
        Flatten(),
        Dense(3, activation="sigmoid"),
        BatchNormalization(),
        Dense(3, activation="softmax"),
    ],
}


@pytest.mark.parametrize("layers", REVERSED.values(), ids=REVERSED)
def test_from_the_end_every_operation_is_called(monkeypatch, layers):
    model = Sequential(layers())
    model.compile("adam", "categorical_crossentropy")
    before = [array.copy() for array in model.get_weights()]
    called = []

    def noted(operation, name, method):
        return lambda *arguments: (called.append((name, operation.layers[0].name)), method(*arguments))

    def operations(*arguments, make=plan_module._operations, **options):
        made = make(*arguments, **options)
        for operation in made:
            for name in ("forward", "backward", "update"):
                setattr(operation, name, noted(operation, name, getattr(operation, name)))
        return made

    monkeypatch.setattr(plan_module, "_operations", operations)
    exec(compiling.in_reverse(model))
    plan = Plan(model.layers, 1, model.dtype, model.loss)
    first, last = ([operation.layers[0].name for operation in operations] for operations in (plan.learning, plan.operations))
    updates = [("update", operation.layers[0].name) for operation, _ in plan.updates()]
    assert called[: len(updates)] == updates
    assert [name for what, name in called if what == "backward"] == first
    assert [name for what, name in called[-len(last) :] if what == "forward"] == last[::-1]
    for array, unchanged in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, unchanged)


def test_what_was_compiled_from_the_end_is_not_compiled_again(tmp_path):
    script = """
import sys
from nn.engine import compiling
from nn.engine import plan as plan_module
from nn.layers import Dense
from nn.models import Sequential
import numpy as np
model = Sequential([Dense(3, activation="softmax", input_shape=(4,))])
model.compile("adam", "categorical_crossentropy")
if "reverse" in sys.argv:
    exec(compiling.in_reverse(model))
else:
    compiling._is_beside = True
    model.fit(np.ones((4, 4), np.float32), np.array([0, 1, 2, 0]), epochs=1, verbose=2)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}

    def run(*arguments):
        words = [sys.executable, "-c", script, *arguments]
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stderr

    run("reverse")
    compiled = files(tmp_path)
    assert len(compiled) > 4
    assert "compiling" not in run()
    assert files(tmp_path) == compiled


def test_a_fit_reports_what_it_compiles_unless_it_is_to_be_silent(monkeypatch, capsys):
    reported = []
    monkeypatch.setattr(compiling, "report_compilation", lambda: contextlib.nullcontext(reported.append(1)))
    for verbose, expected in ((0, 0), (1, 1), (2, 2)):
        model = Sequential([Dense(3, activation="softmax", input_shape=(4,))])
        model.fit(np.ones((9, 4), np.float32), np.arange(9) % 3, batch_size=2, epochs=2, verbose=verbose)
        assert len(reported) == expected


def test_telling_ends_with_the_time_unless_it_fails(capfd):
    with compiling.report_compilation():
        pass
    assert capfd.readouterr().err == ""
    with compiling.report_compilation():
        compile_something()
    assert re.fullmatch(r"compiling the kernels .* \.\.\. done in \d+ s\n", capfd.readouterr().err)

    def broken():
        with compiling.report_compilation():
            compile_something()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert "done" not in capfd.readouterr().err


def test_garbage_is_collected_as_before_once_the_kernels_are_there(monkeypatch):
    monkeypatch.setattr(compiling, "_is_beside", False)
    frozen = gc.get_freeze_count()

    def broken():
        with compiling.compiled_beside(lambda: STATEMENT):
            assert gc.get_freeze_count() > frozen
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert gc.get_freeze_count() == 0
