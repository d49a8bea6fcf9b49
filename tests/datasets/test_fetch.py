"""Downloads from mirrors on localhost: good ones and every kind of bad one."""

from __future__ import annotations

import contextlib
import functools
import gzip
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nn.datasets import fetch as fetch_module
from nn.datasets.collection import Collection
from nn.datasets.fetch import fetch
from nn.datasets.loading import load
from nn.errors import InputError


class Mirror(BaseHTTPRequestHandler):
    """Serves PUBLISHED/NAME as /KIND/NAME.gz, spoilt in the way that KIND says."""

    def __init__(self, published: Path, log: list[str], *arguments: object) -> None:
        self.published = published
        self.log = log
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.log.append(self.path)
        kind, _, name = self.path.strip("/").rpartition("/")
        body = gzip.compress((self.published / name.removesuffix(".gz")).read_bytes(), compresslevel=1)
        getattr(self, kind.split("/")[0])(body)

    def send(self, body: bytes, length: int | None = None, kind: str = "application/gzip") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def good(self, body: bytes) -> None:
        self.send(body, len(body))

    def unpacked(self, body: bytes) -> None:
        self.good(gzip.decompress(body))

    def page(self, body: bytes) -> None:
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        self.send(page, len(page), "text/html")

    def other(self, body: bytes) -> None:
        self.good(gzip.compress(gzip.decompress(body)[:-1] + b"?"))

    def longer(self, body: bytes) -> None:
        self.good(gzip.compress(gzip.decompress(body) + b"?"))

    def bomb(self, body: bytes) -> None:
        self.good(gzip.compress(bytes(10**7)))

    def cut(self, body: bytes) -> None:
        self.send(body[:-9], len(body))

    def cut_unannounced(self, body: bytes) -> None:
        self.send(body[:-9])

    def missing(self, body: bytes) -> None:
        self.send_error(404)

    def silent(self, body: bytes) -> None:
        threading.Event().wait(2.0)

    def endless(self, body: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.send(body)
            while True:
                self.wfile.write(bytes(65536))

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def requests_seen() -> list[str]:
    return []


@pytest.fixture
def mirror(tmp_path: Path, tiny: Collection, requests_seen: list[str]) -> Iterator[str]:
    """The address of a server of which each folder is a mirror of its own kind."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Mirror, tmp_path / "published", requests_seen))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def dead() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/mnist"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_missing_files_are_downloaded_once(tiny: Collection, mirror: str, requests_seen: list[str]):
    for _ in range(2):
        (x_train, _), (_, y_test) = load(tiny, mirrors=[f"{mirror}/good/"])
        assert x_train.shape == (5, 4, 6)
        assert y_test.tolist() == [9, 8, 7]
    assert requests_seen == [f"/good/{file.name}.gz" for file in tiny.files]


def test_only_what_is_missing_is_downloaded(tiny: Collection, mirror: str, requests_seen: list[str], tmp_path: Path):
    paths = fetch(tiny, tmp_path / "to", [f"{mirror}/good"])
    paths[2].unlink()
    assert fetch(tiny, tmp_path / "to", [f"{mirror}/good"]) == paths
    assert len(requests_seen) == 5
    assert paths[2].exists()


def test_mirror_may_serve_the_content_unpacked(tiny: Collection, mirror: str):
    (x_train, _), _ = load(tiny, mirrors=[f"{mirror}/unpacked"])
    assert x_train.shape == (5, 4, 6)


BAD = {
    "page": "got other content",
    "other": "got other content",
    "longer": "got other content",
    "bomb": "got other content",
    "cut": "Error$|complete gzip data",
    "cut_unannounced": "complete gzip data",
    "missing": "HTTP status 404",
    "endless": "expected at most .* bytes, got more",
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_mirror_leaves_no_file_and_says_why(kind: str, tiny: Collection, mirror: str, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        fetch(tiny, tmp_path / "to", [f"{mirror}/{kind}"])
    sentence = str(caught.value)
    assert sentence.startswith(f"Tiny: train-images-idx3-ubyte.gz could not be downloaded ({mirror}/{kind}/train-images")
    assert "\n" not in sentence
    reason = sentence.partition("(")[2].partition("), so put")[0]
    assert re.search(BAD[kind], reason)
    assert left_in(tmp_path / "to") == []


@pytest.mark.parametrize("kind", BAD)
def test_next_mirror_helps_and_stays_first(kind: str, tiny: Collection, mirror: str, requests_seen: list[str], tmp_path: Path):
    paths = fetch(tiny, tmp_path / "to", [f"{mirror}/{kind}", f"{mirror}/good"])
    assert left_in(tmp_path / "to") == sorted(path.name for path in paths)
    assert [request.split("/")[1] for request in requests_seen] == [kind, *["good"] * 4]


def test_dead_first_mirror_is_passed_over(tiny: Collection, mirror: str, dead: str, tmp_path: Path):
    assert len(fetch(tiny, tmp_path / "to", [dead, f"{mirror}/good"])) == 4


def test_silent_mirror_is_given_up(tiny: Collection, mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch_module, "TIMEOUT", (0.2, 0.2))
    assert len(fetch(tiny, tmp_path / "to", [f"{mirror}/silent", f"{mirror}/good"])) == 4


def test_when_all_fail_the_sentence_says_what_was_tried_and_what_to_do(tiny: Collection, mirror: str, dead: str, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        load(tiny, mirrors=[dead, f"{mirror}/missing", "gopher://old", "no address"])
    sentence = str(caught.value)
    assert f"{dead}/train-images-idx3-ubyte.gz: ConnectionError; {mirror}/missing/" in sentence
    assert "gopher://old/train-images-idx3-ubyte.gz: InvalidSchema" in sentence
    assert f"into {tmp_path / 'cache/numba-cnn/tiny'} by hand, or name the folder that holds them with --data" in sentence
    assert "\n" not in sentence


def test_mirrors_can_come_from_the_environment(
    tiny: Collection, mirror: str, dead: str, requests_seen: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NN_MIRRORS", f"{dead}  {mirror}/good/")
    load(tiny)
    assert requests_seen == [f"/good/tiny/{file.name}.gz" for file in tiny.files]


def test_folder_that_cannot_be_written_is_named(tiny: Collection, mirror: str, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(
        InputError, match=r"file/tiny/train-images-idx3-ubyte\.gz: expected to be able to write the download here"
    ):
        fetch(tiny, tmp_path / "file/tiny", [f"{mirror}/good"])


def test_interrupted_download_leaves_no_file(tiny: Collection, mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    for name in ("sha256", "atomic_write"):
        with monkeypatch.context() as patch:
            patch.setattr(fetch_module, name, interrupt)
            with pytest.raises(KeyboardInterrupt):
                fetch(tiny, tmp_path / "to", [f"{mirror}/good"])
        assert left_in(tmp_path / "to") == []
    assert len(fetch(tiny, tmp_path / "to", [f"{mirror}/good"])) == 4
