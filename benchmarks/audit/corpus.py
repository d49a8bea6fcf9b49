"""python -m benchmarks.audit.corpus: picks one input for each outcome from the fuzzer's corpus,
for `tests/io/corpus`.

An outcome is either "read" or the error message. Messages that differ only in figures and quoted
words count as the same outcome. Of the inputs with the same outcome the smallest is taken.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.audit.hostile import STAMP, TARGETS, reader
from nn.errors import InputError
from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable

# What differs between messages of one kind. In the messages about images, parentheses hold the
# decoder's reason, which counts; in all others they hold sizes and values, which do not.
DETAILS = {True: r"'[^']*'|[\d,.x]*\d", False: r"\(.*\)|\[.*\]|'[^']*'|[\d,.x]*\d"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the inputs into one zip file."""
    parser = ArgumentParser(
        prog="python -m benchmarks.audit.corpus", description="Pick the inputs that the tests should try again."
    )
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--corpus", default="fuzz-corpus", metavar="DIR", help="as of `fuzz` (%(default)s)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the zip file")
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    kept: dict[str, bytes] = {}
    for path in sorted((Path(options.corpus) / options.target).iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        content = path.read_bytes()
        kept.setdefault(outcome(options.target, content), content)
    with atomic_write(options.out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, (_, content) in enumerate(sorted(kept.items())):
            archive.writestr(zipfile.ZipInfo(f"{index:03}", STAMP), content, zipfile.ZIP_DEFLATED)
    print(f"{options.out}: {len(kept)} inputs")
    return 0


def outcome(target: str, content: bytes) -> str:
    """What happens when an input is read: "read", or the message without its details."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        try:
            reader(target)(str(path))
        except InputError as error:
            words = str(error).replace(str(path), "").strip(": ")
            return re.sub(DETAILS[target == "image"], "_", words, flags=re.DOTALL)
    return f"read {content[:4]!r}" if target == "image" else "read"


if __name__ == "__main__":
    run(main)
