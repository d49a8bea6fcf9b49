"""How well a folder of pictures is read, as `nn.predict` reads them: right and surely wrong apart,
by kind.

    python -m benchmarks pictures DIR [--wrong]

DIR holds pictures and a table of right answers, `cases.tsv` or another .tsv file, with columns
file, answer and what (the kind). An answer is a number; several rows of writing are separated by
a space. Without an answer the picture shows no digit: it is right if it is not called sure, and
is not taken for several digits.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drawn import BUNDLED
from nn.errors import InputError
from nn.io.cli import ArgumentParser, run
from nn.models import load_model
from nn.reading import read_image, to_ink
from nn.reading.recognition import Model, read_number

COLUMNS = "file", "answer", "what"


@dataclass(frozen=True)
class Result:
    """One picture: its kind, the right answer, what was read ("" where nothing, or the file's
    error), and whether surely.
    """

    name: str
    kind: str
    answer: str
    read: str
    is_sure: bool

    @property
    def is_right(self) -> bool:
        """Whether it was read right."""
        return self.read == self.answer if self.answer else not self.is_sure and len(self.read) < 2

    @property
    def is_good(self) -> bool:
        """Whether it was read right, and surely where there is something to read."""
        return self.is_right and (self.is_sure or not self.answer)

    @property
    def is_surely_wrong(self) -> bool:
        """Whether it was misread and called sure."""
        return self.is_sure and not self.is_right


def load_table(folder: Path) -> list[dict[str, str]]:
    """The rows of the folder's table.

    Raises:
        InputError: there is none, or it lacks a column.
    """
    tables = sorted(folder.glob("*.tsv"))
    if not tables:
        raise InputError(f"{folder}: expected a table (.tsv) with columns {', '.join(COLUMNS)}, got none")
    with tables[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if not rows or not set(COLUMNS) <= set(rows[0]):
        got = ", ".join(rows[0]) if rows else "no rows"
        raise InputError(f"{tables[0]}: expected columns {', '.join(COLUMNS)}, got {got}")
    return rows


def read_pictures(model: Model, folder: Path) -> list[Result]:
    """What is read in each picture of the table; a picture that is refused counts as not read."""
    results = []
    for row in load_table(folder):
        try:
            reading = read_number(model, to_ink(read_image(folder / row["file"])))
            read, is_sure = reading.number, reading.verdict == "sure"
        except InputError:
            read, is_sure = "", False
        results.append(Result(row["file"], row["what"], row["answer"] or "", read, is_sure))
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each kind, and the sum; 1 if a picture was surely misread."""
    parser = ArgumentParser(prog="python -m benchmarks pictures", description="Accuracy on a folder of pictures.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="pictures, and a table with columns file, answer, what")
    parser.add_argument("--model", default=str(BUNDLED), metavar="FILE", help="default: the bundled one")
    parser.add_argument("--wrong", action="store_true", help="list what was not read right and surely")
    options = parser.parse_args(arguments)
    results = read_pictures(load_model(options.model), options.folder)
    print("pictures   right   right and sure   surely wrong   kind")
    for kind in dict.fromkeys(each.kind for each in results):
        some = [each for each in results if each.kind == kind]
        right, good, wrong = _counts(some)
        print(f"{len(some):8d}   {right:5d}   {good:14d}   {wrong:12d}   {kind}")
    if options.wrong:
        for each in results:
            if not each.is_good:
                read = f"{each.read or 'nothing'}{'' if each.is_sure else ', unsure'}"
                print(f"{each.name}: {each.answer or 'no digit'} was read as {read}")
    right, good, wrong = _counts(results)
    count = len(results)
    print(
        f"{count} pictures: right and sure {good} ({100 * good / count:.1f} %), right {right} ({100 * right / count:.1f} %), "
        f"surely wrong {wrong} ({100 * wrong / count:.2f} %)"
    )
    return int(wrong > 0)


def _counts(results: Sequence[Result]) -> tuple[int, int, int]:
    return (
        sum(each.is_right for each in results),
        sum(each.is_good for each in results),
        sum(each.is_surely_wrong for each in results),
    )


if __name__ == "__main__":
    run(main)
