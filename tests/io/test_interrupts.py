"""A signal ends a command at any moment: one sentence, 130, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to processes")
BEGIN = """
import os, signal, sys
from nn.io import interrupts
interrupts.leave_at_once()
def hit(name="SIGINT"):
    os.kill(os.getpid(), getattr(signal, name))
"""


def ended(code, folder, *options, heed=True, **environment):
    """The exit code, stdout and stderr of a script."""

    def before():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(getattr(signal, name), signal.SIG_DFL if heed else signal.SIG_IGN)

    process = subprocess.run(
        [sys.executable, *options, *(["-c", code] if code else [])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=before,
    )
    return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_sentence_and_what_was_said_before(tmp_path, name):
    assert ended(f"{BEGIN}\nprint('before')\nhit({name!r})\nprint('after')", tmp_path) == (130, "before\n", "-c: interrupted\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_while_the_modules_of_a_command_are_imported(tmp_path, name):
    (tmp_path / "numba.py").write_text(f"import os, signal\nos.kill(os.getpid(), signal.{name})\n")
    assert ended("", tmp_path, "-m", "nn.train")[::2] == (130, "nn.train: interrupted\n")
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["numba.py"]


def test_locks_and_unfinished_files_are_removed(tmp_path):
    code = f"""{BEGIN}
from nn.io.files import atomic_write, only_writer
with only_writer("model", "--out"), atomic_write("model") as file:
    file.write(b"half")
    print(sorted(os.listdir()))
    hit()
"""
    code, said, _ = ended(code, tmp_path)
    assert code == 130
    assert ".model.lock" in said
    assert ".part" in said
    assert os.listdir(tmp_path) == []


def test_a_temporary_folder_is_removed(tmp_path):
    code = f"""{BEGIN}
from nn.io.files import temporary_folder
with temporary_folder() as folder:
    (folder / "file").write_text("half")
    print(os.listdir({str(tmp_path)!r}) == [folder.name])
    hit()
"""
    assert ended(code, tmp_path, TMPDIR=str(tmp_path)) == (130, "True\n", "-c: interrupted\n")
    assert os.listdir(tmp_path) == []


def test_second_process_that_compiles_ends_too_while_it_is_waited_for(tmp_path):
    code = f"""{BEGIN}
import threading
from nn.engine import compiling
from nn.engine import executor
executor.available_threads = lambda: 2
import numba
popen = compiling.subprocess.Popen
def started(*arguments, **options):
    process = popen(*arguments, **options)
    if "sleep(600)" in str(arguments):  # libraries may start processes of their own
        print(process.pid, flush=True)
    return process
compiling.subprocess.Popen = started
with compiling.report_compilation(), compiling.compiled_beside(lambda: "import time; time.sleep(600)") as wait:
    numba.njit(lambda x: x + 1)(1)
    threading.Timer(0.5, hit).start()
    wait()
"""
    code, pid, said = ended(code, tmp_path)
    assert code == 130
    assert said.splitlines()[-1] == "-c: interrupted"
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid.strip()}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_ignored_signals_stay_ignored(tmp_path):
    code = f"{BEGIN}\nfor name in ('SIGINT', 'SIGTERM', 'SIGHUP'):\n    hit(name)\nprint('after')"
    assert ended(code, tmp_path, heed=False) == (0, "after\n", "")


def test_a_script_that_imports_the_library_keeps_its_own_handlers(tmp_path):
    code = "import signal, nn, nn.models; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert ended(code, tmp_path) == (0, "True\n", "")
    package = tmp_path / "theirs"
    package.mkdir()
    (package / "__init__.py").write_text("import nn")
    (package / "__main__.py").write_text(code)
    assert ended("", tmp_path, "-m", "theirs") == (0, "True\n", "")


def test_while_the_window_is_imported(tmp_path):
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    assert ended("", tmp_path, "-m", "apps.draw") == (130, "", "apps.draw: interrupted\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_window_closes_and_remembers_its_settings(tmp_path, name):
    code = f"""{BEGIN}
from apps.draw.app import App
from apps.draw.__main__ import main
from nn.io.cli import run
frame = App.frame
def frame_with_a_signal(self):
    frame(self)
    hit({name!r})
App.frame = frame_with_a_signal
run(main, ["--lessons", "lessons"])
"""
    environment = {"SDL_VIDEODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1", "NN_WINDOW": str(tmp_path / "window.json")}
    assert ended(code, tmp_path, **environment) == (130, "", "-c: interrupted\n")
    assert (tmp_path / "window.json").exists()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_windows_group_does_not_end_its_helper(tmp_path, name):
    (tmp_path / "script.py").write_text(f"""
import os, signal
from apps.draw.background.process import Helper
def work(connection):
    connection.recv()
    os.kill(os.getpid(), signal.{name})
    connection.send(("still here",))
    connection.send(("done",))
    connection.recv()  # until the window is gone
if __name__ == "__main__":
    helper = Helper(work)
    print(*helper.ask("begin"))
    helper.close()
""")
    assert ended("", tmp_path, "script.py") == (0, "('still here',)\n", "")


def test_the_second_signal_does_not_wait_for_the_first(tmp_path):
    code = f"""{BEGIN}
from nn.io.cli import run
def main(arguments):
    with interrupts.ask_to_stop(lambda: print("asked")):
        hit()
        print("going on")
        hit()
        print("after")
run(main)
"""
    assert ended(code, tmp_path) == (130, "asked\ngoing on\n", "-c: interrupted\n")


def test_a_kernel_that_is_being_written_leaves_no_temporary_file(tmp_path):
    code = f"""{BEGIN}
from nn.kernels import cache
def replace_and_stop(source, target):
    print(os.path.exists(source))
    hit()
cache.os.replace = replace_and_stop
cache.SealedFiles(".", "kernel", "stamp").save("signature", {{"code": 1}})
"""
    assert ended(code, tmp_path) == (130, "True\n", "-c: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_the_console_command_ends_in_the_same_way(tmp_path):
    (tmp_path / "numba.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    code = "import sys; sys.argv = ['numba-cnn', 'train']; from nn.io.launch import main; main()"
    assert ended(code, tmp_path)[::2] == (130, "nn.train: interrupted\n")


def test_the_console_command_ends_so_from_its_first_imports_on(tmp_path):
    (tmp_path / "numba-cnn").write_text("import os, signal, nn\nos.kill(os.getpid(), signal.SIGINT)\n")
    assert ended("", tmp_path, "numba-cnn", "train") == (130, "", "numba-cnn: interrupted\n")


def test_a_reader_that_has_stopped_reading_does_not_hold_the_process(tmp_path):
    code = f"{BEGIN}\nos.set_blocking(1, False)\n"
    code += "while True:\n    try:\n        os.write(1, b'x')\n    except BlockingIOError:\n        break\n"
    code += "os.set_blocking(1, True)\nprint('unread')\nhit()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_after_the_work_is_done_its_exit_code_stays(tmp_path, name):
    code = f"""{BEGIN}
class Late:
    def __del__(self, kill=os.kill, process=os.getpid(), number=signal.{name}):
        kill(process, number)
late = Late()  # ends after Python has removed all handlers
from nn.io.cli import run
run(lambda arguments: print("done") or 1)
"""
    assert ended(code, tmp_path) == (1, "done\n", "")
