"""What all commands share: exit codes, one sentence for each failure, and names that print as they
are.
"""

import errno
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nn.errors import InputError
from nn.io import cli, launch

ROOT = Path(__file__).parents[2]


def ended(error, capsys):
    def main(arguments):
        raise error

    with pytest.raises(SystemExit) as end:
        cli.run(main, [])
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError("--out: expected a file"), "--out: expected a file"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "model.npz"), "model.npz: No such file or directory"),
        (MemoryError("Unable to allocate 17.2 GiB"), r"not enough memory.*\(Unable to allocate 17.2 GiB\)"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
    ],
)
def test_failures_are_one_sentence(error, words, capsys):
    code, said = ended(error, capsys)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert re.search(words, said)


def test_library_that_finds_no_memory_does_not_get_to_blame_permissions(capsys):
    """What llvmlite says where there is too little address space."""
    error = OSError("Could not find/load shared object file 'libllvmlite.so'. ... the permissions are incorrect ...")
    error.__context__ = OSError("libllvmlite.so: failed to map segment from shared object")
    code, said = ended(error, capsys)
    assert code == 2
    assert "not enough memory" in said
    assert "permissions" not in said


def test_warnings_are_one_sentence_too():
    code = "import warnings; from nn.io.cli import run; run(lambda _: warnings.warn('mnist: no ending') or 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "-c: mnist: no ending\n")


def test_other_import_errors_are_not_hidden():
    def main(arguments):
        raise ImportError("no module named something")

    with pytest.raises(ImportError, match="something"):
        cli.run(main, [])


def test_closed_pipe_is_no_failure_on_windows_either(monkeypatch):
    def main(arguments):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(cli.os, "dup2", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        cli.run(main, [])
    assert end.value.code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
@pytest.mark.parametrize("name", [b"caf\xc3\xa9.npz", b"caf\xe9.npz"])
def test_file_names_print_as_they_are(locale, name):
    script = """
import sys
from nn.errors import InputError
from nn.io.cli import run
def main(arguments):
    print(arguments[0])
    raise InputError(arguments[0])
run(main, sys.argv[1:])
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))}
    said = subprocess.run(
        [sys.executable, "-c", script, name],
        env={**environment, "PYTHONPATH": str(ROOT), **locale},
        capture_output=True,
        timeout=60,
    )
    assert said.stdout == name + b"\n"
    assert said.stderr == b"-c: " + name + b"\n"


def test_characters_that_the_terminal_lacks_are_written_as_escapes():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    cli.codecs.register_error("verbatim", cli._verbatim)
    stream.reconfigure(errors="verbatim")
    stream.write("28 \u00d7 28 \udce9")
    stream.flush()
    assert stream.buffer.getvalue() == b"28 \\xd7 28 \xe9"


@pytest.mark.parametrize(
    ("platform", "command"),
    [
        ("linux", "python -m nn.train --out 'my model.npz' --data 'C:\\a&b' --threads 2"),
        ("win32", 'python -m nn.train --out "my model.npz" --data "C:\\a&b" --threads 2'),
    ],
)
def test_command_to_go_on_is_quoted_for_the_shell_it_is_typed_into(monkeypatch, platform, command):
    monkeypatch.setattr(sys, "platform", platform)
    words = ["python", "-m", "nn.train", "--out", "my model.npz", "--data", "C:\\a&b", "--threads", "2"]
    assert cli.shell_command(words) == command


def test_a_folder_of_windows_ends_before_its_quote(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert cli.shell_command(["--data", "C:\\my data\\"]) == '--data "C:\\my data\\\\"'
    assert cli.shell_command(["--data", "C:\\data\\"]) == "--data C:\\data\\"


def test_installed_command_lists_and_runs_the_modules(tmp_path):
    def call(*words):
        code = "import sys; from nn.io.launch import main; sys.exit(main())"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-c", code, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    listed = call()
    assert listed.returncode == 0
    assert all(f"  {name} " in listed.stdout for name in launch.COMMANDS)
    wrong = call("trian")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert "--train-limit" in call("train", "--help").stdout
    failed = call("predict", "missing.png")
    assert failed.returncode == 2
    assert "missing.png" in failed.stderr


class Full(io.StringIO):
    """A stream to a disk that is full."""

    def __init__(self, descriptor):
        super().__init__()
        self.descriptor = descriptor

    def flush(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fileno(self):
        return self.descriptor


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (InputError("bad"), 2)])
def test_what_cannot_be_written_changes_no_exit_code(monkeypatch, tmp_path, raised, code):
    # Python flushes at its end, and ends with 120 if that fails: so the file becomes one that takes
    # everything.
    def main(arguments):
        raise raised

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Full(os.open(tmp_path / name, os.O_CREAT | os.O_WRONLY)))
    full = sys.stdout, sys.stderr
    with pytest.raises(SystemExit) as ended:
        cli.run(main, [])
    assert ended.value.code == code
    for stream in full:
        assert os.path.samestat(os.fstat(stream.fileno()), os.stat(os.devnull))
        os.close(stream.fileno())
