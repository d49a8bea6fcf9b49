"""Every file of compiled kernels is damaged, in one way after another (`python -m benchmarks
reliability cache`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import report
from nn.errors import InputError

ROOT = Path(__file__).parents[2]
FAILED = 1


def _truncate(paths: list[Path]) -> None:
    for path in paths:
        path.write_bytes(path.read_bytes()[:-1])


def _empty(paths: list[Path]) -> None:
    for path in paths:
        path.write_bytes(b"")


def _swap(paths: list[Path]) -> None:
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)


def _flip_a_bit(paths: list[Path]) -> None:
    for path in paths:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


def _forbid_reading(paths: list[Path]) -> None:
    for path in paths:
        path.chmod(0)


def _make_folders(paths: list[Path]) -> None:
    for path in paths:
        path.unlink()
        path.mkdir()


# Missing permissions do not stop an administrator.
ADMINISTRATOR = hasattr(os, "geteuid") and os.geteuid() == 0
# The last damage stays.
DAMAGES = {
    "truncated": _truncate,
    "empty": _empty,
    "swapped": _swap,
    "one bit changed": _flip_a_bit,
    **({} if ADMINISTRATOR else {"unreadable": _forbid_reading}),
    "neither readable nor replaceable": _make_folders,
}


def check(out: Path, folder: Path) -> int:
    """Train on `folder`/data with kernels damaged in each way; 0 if each training was right."""
    from nn.kernels.cache import SealedFiles
    from nn.kernels.jit import sources_digest

    reference, _ = _train_with_kernels_in(folder)
    files = sorted(folder.rglob("*.nb[ic]"))
    body: dict[str, Any] = {"files": len(files)}
    for name, damage in DAMAGES.items():
        for ending in (".nbi", ".nbc"):
            damage([path for path in files if path.suffix == ending])
        model, said = _train_with_kernels_in(folder)
        sound = all(SealedFiles(str(path.parent), "", sources_digest()).is_sound(path.name) for path in files)
        right = model == reference and "compiling" in said and (sound or "could not be kept" in said)
        body[name] = "compiled again, the same weights" if right else f"wrong: {said[-500:]}"
        print(f"{len(files)} files {name}: {body[name]}", flush=True)
    report.write(out, {**report.earlier(out), "cache": body})
    return FAILED if any("wrong" in str(each) for each in body.values()) else 0


def _train_with_kernels_in(folder: Path) -> tuple[bytes, str]:
    """The model file of a short training in a process of its own, and what it said."""
    words = ["--epochs", "1", "--train-limit", "640", "--batch-size", "64", "--data", "data"]
    done = subprocess.run(
        [sys.executable, "-m", "nn.train", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise InputError(f"reliability: a training ended with code {done.returncode}: {done.stderr[-2000:]}")
    return (folder / "mnist.npz").read_bytes(), done.stderr
