"""The first start compiles on two processors and says so; later ones do neither, and a helper that
fails costs only time.
"""

import gc
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from nn.engine import compiling

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
    with compiling.compiled_beside(STATEMENT) as wait:
        assert not processes
        compile_something()
        compile_something()
        wait()
        assert (tmp_path / "done").exists()
    assert len(processes) == 1


def test_no_helper_without_a_compilation_or_a_second_processor(helper, monkeypatch):
    processes = helper("")
    with compiling.compiled_beside(STATEMENT) as wait:
        wait()
    monkeypatch.setattr("nn.engine.executor.available_threads", lambda: 1)
    with compiling.compiled_beside(STATEMENT) as wait:
        compile_something()
        wait()
    assert not processes


def test_helper_that_fails_is_no_error_and_none_outlives_its_starter(helper):
    processes = helper("raise SystemExit(3)")
    with compiling.compiled_beside(STATEMENT) as wait:
        compile_something()
        wait()
    assert processes[0].returncode == 3
    helper("import time; time.sleep(600)")

    def interrupted():
        with compiling.compiled_beside(STATEMENT):
            compile_something()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert processes[1].returncode not in (None, 0)


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


def test_garbage_is_collected_as_before_once_the_kernels_are_there():
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()

    def broken():
        with compiling.compiled_beside(STATEMENT):
            # Python 3.14's own threshold is as high already.
            assert gc.get_threshold()[0] == max(2_000, thresholds[0])
            assert gc.get_freeze_count() > frozen
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)
