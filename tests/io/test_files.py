"""Files appear whole or not at all, where their name leads, and by one writer at a time."""

import errno
import os
import stat
import sys
import types

import pytest

from nn.errors import InputError
from nn.io import files
from nn.io.files import atomic_write, check_writable, only_writer, remove_leftovers

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes, pipes or links for everyone")


def write(path, content=b"new"):
    with atomic_write(path) as file:
        file.write(content)


def interrupted_write(path):
    with atomic_write(path) as file:
        file.write(b"half of")
        raise KeyboardInterrupt


def test_nothing_else_stays_in_the_folder(tmp_path):
    write(tmp_path / "file", b"old")
    write(tmp_path / "file")
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(tmp_path / "file")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"new")]


@posix
def test_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far" / "file")
    check_writable(tmp_path / "near", "--out")
    write(tmp_path / "near", b"first")
    write(tmp_path / "near")
    assert (tmp_path / "near").is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == b"new"
    assert os.listdir(tmp_path / "far") == ["file"]


@posix
def test_device_pipe_and_folder_are_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "pipe", tmp_path / "folder", "/dev/null"):
        with pytest.raises(InputError, match="--out: "):
            check_writable(place, "--out")
        with pytest.raises(OSError, match="folder, device or pipe"):
            write(place)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@posix
def test_mode_is_that_of_the_former_file_or_what_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "file")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    (tmp_path / "file").chmod(0o604)
    write(tmp_path / "file")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o604


@pytest.mark.parametrize("call", ["chmod", "fsync"])
def test_file_system_without_modes_or_folders_that_can_be_flushed(tmp_path, monkeypatch, call):
    plain = getattr(os, call)

    def refuse(what, *rest):
        if call == "chmod" or stat.S_ISDIR(os.fstat(what).st_mode):
            raise OSError(1, "Operation not permitted")
        return plain(what, *rest)

    write(tmp_path / "file", b"old")
    monkeypatch.setattr(files.os, call, refuse)
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_second_writer_is_told_whatever_name_it_uses(tmp_path):
    with only_writer(tmp_path / "file", "--out"):
        with pytest.raises(InputError, match="another process is writing"), only_writer(tmp_path / "file", "--out"):
            pass
        if sys.platform != "win32":
            (tmp_path / "link").symlink_to("file")
            with pytest.raises(InputError, match="another process is writing"), only_writer(tmp_path / "link", "--out"):
                pass
        with only_writer(tmp_path / "other", "--out"):
            pass
    with only_writer(tmp_path / "file", "--out"):
        pass


def test_only_a_files_own_leftovers_are_removed(tmp_path):
    others = [".mnist.npz.0123abcd.part", ".mnist.other.0123abcd.part", ".mnist.part", ".mnist.0123abcd", "mnist.0123abcd.part"]
    for name in [".mnist.0123abcd.part", *others]:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "mnist")
    assert sorted(os.listdir(tmp_path)) == sorted(others)


def test_leftover_of_a_killed_writer_has_the_name_that_is_removed(tmp_path):
    with atomic_write(tmp_path / "file"):
        (part,) = tmp_path.iterdir()
        content = part.name
    (tmp_path / content).touch()
    remove_leftovers(tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_target_that_another_program_holds_for_a_moment_is_replaced_after_it(tmp_path, monkeypatch):
    """As a virus scanner or a synchronised folder does on Windows."""
    plain, attempts = os.replace, []

    def replace(source, target):
        attempts.append(target)
        if len(attempts) < 4:
            raise PermissionError(13, "Access is denied")
        plain(source, target)

    def refuse(source, target):
        attempts.append(target)
        raise PermissionError(13, "Access is denied")

    write(tmp_path / "file", b"old")
    monkeypatch.setattr(files, "HELD_FOR_A_MOMENT", True)
    monkeypatch.setattr(files, "PAUSE", 0.0)
    monkeypatch.setattr(files.os, "replace", replace)
    write(tmp_path / "file")
    assert len(attempts) == 4
    assert (tmp_path / "file").read_bytes() == b"new"
    attempts[:] = []
    monkeypatch.setattr(
        files.os, "replace", lambda *_: attempts.append(0) or (_ for _ in ()).throw(PermissionError(13, "denied"))
    )
    with pytest.raises(PermissionError):
        write(tmp_path / "file")
    assert len(attempts) == files.RETRIES + 1
    assert os.listdir(tmp_path) == ["file"]


def test_lock_is_taken_where_a_file_has_two_identities(tmp_path, monkeypatch):
    """As on some network drives of Windows, where `fstat` and `stat` never agree."""
    monkeypatch.setattr(files.os.path, "samestat", lambda *_: False)
    with only_writer(tmp_path / "file", "--out"):
        assert (tmp_path / ".file.lock").exists()


@pytest.fixture
def windows(monkeypatch):
    """Locks as Windows has them; the number of the error that the next one gets is set as `fails`."""

    def locking(descriptor, mode, count):
        if system.fails:
            raise OSError(system.fails, os.strerror(system.fails))

    system = types.SimpleNamespace(locking=locking, LK_NBLCK=2, fails=0)
    monkeypatch.setitem(sys.modules, "msvcrt", system)
    monkeypatch.setattr(sys, "platform", "win32")
    return system


def test_lock_is_closed_before_it_is_removed_where_no_open_file_can_be(tmp_path, monkeypatch, windows):
    plain, locked, opened = os.unlink, files._locked, []

    def unlink(path):
        if not opened[0].closed:
            raise PermissionError(13, "Access is denied")
        plain(path)

    monkeypatch.setattr(files, "_locked", lambda lock: opened.append(locked(lock)) or opened[0])
    monkeypatch.setattr(files.os, "unlink", unlink)
    with only_writer(tmp_path / "file", "--out"):
        assert os.listdir(tmp_path) == [".file.lock"]
    assert os.listdir(tmp_path) == []


def test_drive_without_locks_is_written_without_one(tmp_path, windows):
    windows.fails = errno.EACCES
    with pytest.raises(InputError, match="another process is writing"), only_writer(tmp_path / "file", "--out"):
        pass
    windows.fails = errno.EINVAL
    with only_writer(tmp_path / "file", "--out"):
        pass
