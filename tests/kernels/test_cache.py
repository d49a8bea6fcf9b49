"""The kernels on disk: whatever happens to their files costs a compilation, and never a result or
the program.
"""

import math
import os

import numba
import pytest

from nn.kernels import cache

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")


# Two kernels of the same byte code, which Numba's own index tells apart by nothing else.
def cosine(x):
    return math.cos(x)


def sine(x):
    return math.sin(x)


class Start:
    """What a new process does: two kernels are called. How many of them were on disk, and why one
    could not be kept.
    """

    def __init__(self):
        cache.Report.failure = None
        results, self.found = [], 0
        for function in (cosine, sine):
            compiled = numba.njit(function)
            compiled._cache = cache.KernelCache(function, "stamp")
            results.append(compiled(0.0))
            self.found += sum(compiled.stats.cache_hits.values())
        assert results == [1.0, 0.0]
        self.failure, cache.Report.failure = cache.Report.failure, None


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the two kernels are on disk."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    first = Start()
    assert (first.found, first.failure) == (0, None)
    assert Start().found == 2
    return tmp_path


def files_of(folder, ending):
    found = sorted(folder.rglob(f"*.{ending}"))
    assert len(found) == 2
    return found


def empty(first, second):
    for path in (first, second):
        path.write_bytes(b"")


def truncate(first, second):
    for path in (first, second):
        path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(first, second):
    for path in (first, second):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


def swap(first, second):
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])


def remove(first, second):
    first.unlink()
    second.unlink()


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [empty, truncate, flip_a_bit, swap, remove])
def test_damaged_file_is_compiled_and_written_again(folder, damage, ending):
    damage(*files_of(folder, ending))
    after = Start()
    assert (after.found, after.failure) == (0, None)
    assert Start().found == 2


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_file_that_can_be_neither_read_nor_replaced(folder, ending):
    for path in files_of(folder, ending):
        path.unlink()
        path.mkdir()
    after = Start()
    assert after.found == 0
    assert isinstance(after.failure, OSError)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything is readable for root")
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_unreadable_file_is_compiled_and_replaced(folder, ending):
    for path in files_of(folder, ending):
        path.chmod(0)
    after = Start()
    assert (after.found, after.failure) == (0, None)
    assert Start().found == 2


def test_full_disk_costs_the_next_process_a_compilation(folder, monkeypatch):
    def write_bytes(path, content):
        path.touch()
        raise OSError(28, "No space left on device")

    remove(*files_of(folder, "nbi"))
    monkeypatch.setattr(cache.Path, "write_bytes", write_bytes)
    after = Start()
    assert after.found == 0
    assert after.failure.errno == 28
    assert not list(folder.rglob("*.tmp"))


def test_other_sources_and_other_versions_of_numba_are_other_files(tmp_path):
    def files(stamp, version="1.0"):
        made = cache.SealedFiles(str(tmp_path), "kernel", stamp)
        made._version = version
        return made

    files("one").save("signature", {"code": 1})
    assert files("one").load("signature") == {"code": 1}
    assert files("one").load("another signature") is None
    assert files("two").load("signature") is None
    assert files("one", "2.0").load("signature") is None


def test_process_that_stops_in_the_middle_of_a_write_removes_its_temporary_file(tmp_path, monkeypatch):
    files = cache.SealedFiles(str(tmp_path), "kernel", "stamp")
    seen = []

    def stop(source, target):
        seen.extend(tmp_path.iterdir())
        cache.remove_unfinished()
        raise SystemExit

    monkeypatch.setattr(cache.os, "replace", stop)
    with pytest.raises(SystemExit):
        files.save("signature", {"code": 1})
    assert [path.suffix for path in seen] == [".tmp"]
    assert not list(tmp_path.iterdir())
    assert not cache.Report.unfinished
