"""python -m nn.strokes --out sheet.png: every way of writing in several hands, or drawings that
are not digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable
from nn.io.sheet import save_sheet
from nn.strokes.generator import Doodles, draw_templates
from nn.strokes.templates import digit_templates

COLUMNS = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a contact sheet of synthetic strokes."""
    parser = ArgumentParser(prog="python -m nn.strokes", description="Contact sheet of synthetic pen strokes.")
    parser.add_argument("--out", default="strokes.png", help="the image to write (default: %(default)s)")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument("--digit", type=int, choices=range(10), help="only this digit")
    parser.add_argument("--doodles", action="store_true", help="drawings that are not digits instead")
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    if options.doodles:
        sheet = np.empty((20 * COLUMNS, 28, 28, 1), np.float32)
        Doodles(options.seed, len(sheet)).fill(sheet, np.arange(len(sheet)), 0)
        print(f"{options.out}: {len(sheet)} drawings that are not digits")
    else:
        templates = digit_templates()
        rows = np.arange(len(templates.labels))
        if options.digit is not None:
            rows = np.flatnonzero(templates.labels == options.digit)
        chosen = _in_rows(rows.tolist(), templates.names)
        sheet = np.empty((len(chosen), 28, 28, 1), np.float32)
        draw_templates(chosen, options.seed, 0, np.arange(len(chosen)), sheet)
        print(f"{options.out}: {len(chosen) // COLUMNS} ways of writing, one a row, each in {COLUMNS} hands")
    save_sheet(options.out, sheet.reshape(-1, COLUMNS, 28, 28))
    return 0


def _in_rows(templates: Sequence[int], names: Sequence[str]) -> np.ndarray:
    """For each template by itself, and for each family, COLUMNS templates: one row of the sheet."""
    families: dict[str, list[int]] = {}
    for each in templates:
        families.setdefault(names[each].split(" (")[0] + str(int(names[each].endswith(")"))), []).append(each)
    return np.concatenate([np.resize(np.array(members), COLUMNS) for members in families.values()])


if __name__ == "__main__":
    run(main)
