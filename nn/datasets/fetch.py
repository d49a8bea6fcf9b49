"""Downloads: bounded, checked against the published SHA-256, and only then written; the next
mirror on any failure.

A download stays in memory (at most the file's known size and a little more) until its content is
verified. The cache therefore never holds an unverified file, and an interruption leaves either no
file or the whole one. The next run fetches only the files that are still missing.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nn.datasets.collection import Collection, DataFile
from nn.datasets.content import content_of, sha256
from nn.errors import InputError
from nn.io.files import atomic_write

MIRRORS_VARIABLE = "NN_MIRRORS"
TIMEOUT = (10.0, 30.0)  # seconds: to connect, between two pieces of the answer
SLACK = 64 * 1024  # bytes by which a .gz may exceed its content


def fetch(collection: Collection, folder: Path, mirrors: Sequence[str] | None = None) -> list[Path]:
    """Download those files of the collection that `folder` lacks; return the paths of all.

    Arguments:
        mirrors: base URLs of NAME.gz, tried in this order. Without it, those made from the
            environment variable NN_MIRRORS (URLs separated by spaces, each with a folder per
            collection below it), and without that the collection's own.

    Raises:
        InputError: no mirror gave a file with the published content, or `folder` cannot be
            written.
    """
    waiting = list(mirrors if mirrors is not None else _default_mirrors(collection))
    paths = []
    for file in collection.files:
        path = folder / f"{file.name}.gz"
        if not path.exists():
            _store(path, _first_good(file, waiting, collection, folder))
        paths.append(path)
    return paths


def _default_mirrors(collection: Collection) -> Sequence[str]:
    bases = os.environ.get(MIRRORS_VARIABLE, "").split()
    return [f"{base.rstrip('/')}/{collection.folder}" for base in bases] or collection.mirrors


def _first_good(file: DataFile, mirrors: list[str], collection: Collection, folder: Path) -> bytes:
    """The file from the first mirror that has the right content; mirrors that failed move to the
    end of `mirrors`.
    """
    failures = []
    for base in tuple(mirrors):
        try:
            return _download(file, f"{base.rstrip('/')}/{file.name}.gz")
        except InputError as error:
            failures.append(str(error))
            mirrors.append(mirrors.pop(0))
    tried = "; ".join(failures) or "no mirrors given"
    names = ", ".join(f"{each.name}.gz" for each in collection.files)
    raise InputError(
        f"{collection.title}: {file.name}.gz could not be downloaded ({tried}), so put {names} into {folder} by hand, "
        "or name the folder that holds them with --data"
    )


def _download(file: DataFile, url: str) -> bytes:
    """The bytes at `url`, plain or gzip, whose content has the published digest; `InputError` for
    everything else.
    """
    import pooch  # slow to import, and not needed if the files are there

    if sys.stderr is not None:  # a windowed program on Windows has none
        print(f"Downloading {url}", file=sys.stderr)
    show = sys.stderr is not None and sys.stderr.isatty()
    # identity: the file itself is stored and measured, not a transport encoding of it.
    options = {"timeout": TIMEOUT, "headers": {"Accept-Encoding": "identity"}}
    body = _Bounded(file.size + SLACK)
    try:
        pooch.HTTPDownloader(progressbar=show, chunk_size=SLACK, **options)(url, body, None)
    except InputError as error:
        raise InputError(f"{url}: {error}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{url}: {_reason(error)}") from error
    body.seek(0)
    if sha256(content_of(body, len(body.getbuffer()), url), file.size) != file.sha256:
        raise InputError(f"{url}: expected content with SHA-256 {file.sha256}, got other content")
    return body.getvalue()


class _Bounded(io.BytesIO):
    """A buffer with a limit, so that a mirror cannot fill the memory."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(piece) > self._most:
            raise InputError(f"expected at most {self._most} bytes, got more")
        return super().write(piece)


def _reason(error: Exception) -> str:
    """A network error in a few words; the libraries' own texts run over several lines."""
    response = getattr(error, "response", None)
    return type(error).__name__ if response is None else f"HTTP status {response.status_code}"


def _store(path: Path, body: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(body)
    except OSError as error:
        raise InputError(f"{path}: expected to be able to write the download here, got the error {error.strerror}") from error
