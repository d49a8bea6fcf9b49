"""python -m benchmarks.audit.corpus: of all that fuzzing kept, one input for each outcome, for `tests/io/corpus`.

What can happen is being read, or being refused with a sentence; sentences count as the same if only their numbers and quoted
parts differ. Of the inputs with the same end the smallest is taken.
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

# For images what stands in parentheses is the decoder's reason, for all others sizes and values.
PARTICULARS = {True: r"'[^']*'|[\d,.x]*\d", False: r"\(.*\)|\[.*\]|'[^']*'|[\d,.x]*\d"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one zip file of inputs."""
    parser = ArgumentParser(prog="python -m benchmarks.audit.corpus", description="The inputs that tests should try again.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--corpus", default="fuzz-corpus", metavar="DIR", help="as of `fuzz` (%(default)s)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the zip file")
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    kept: dict[str, bytes] = {}
    for path in sorted((Path(options.corpus) / options.target).iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        content = path.read_bytes()
        kept.setdefault(ending(options.target, content), content)
    with atomic_write(options.out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (_, content) in enumerate(sorted(kept.items())):
            archive.writestr(zipfile.ZipInfo(f"{number:03}", STAMP), content, zipfile.ZIP_DEFLATED)
    print(f"{options.out}: {len(kept)} inputs")
    return 0


def ending(target: str, content: bytes) -> str:
    """What reading an input comes to: "read", or the sentence without its particulars."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        try:
            reader(target)(str(path))
        except InputError as error:
            words = str(error).replace(str(path), "").strip(": ")
            return re.sub(PARTICULARS[target == "image"], "_", words, flags=re.DOTALL)
    return f"read {content[:4]!r}" if target == "image" else "read"


if __name__ == "__main__":
    run(main)
