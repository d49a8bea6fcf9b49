"""The page against `nn.reading`: the same ink to both, and what differs.

    python tests/export/agreement.py

reads the 10,000 test images of MNIST, 3,000 rendered strokes and the numbers of `python -m
benchmarks numbers` with the bundled model in both, and prints how many answers agree and how far
the probabilities are apart. It takes a quarter of an hour.
"""

import base64
import json
import re
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chromium import Chromium

from nn.export.html import EXPORT, IMPORT, _file
from nn.reading.recognition import read_number

UNPACK = """
globalThis.readPacked = async (height, width, packed, strokes) => {
  const compressed = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const ink = new Uint8Array(await new Response(stream).arrayBuffer());
  const { number, verdict, digits } = readDigits(ink, height, width, strokes);
  const bytes = (image) => Array.from(image.data, (value) => Math.round(255 * value));
  const place = (digit) => [Object.values(digit.box), digit.row, digit.doubt];
  return { number, verdict, digits: digits.map((d) => [[...d.probabilities], bytes(d.image), place(d)]) };
};
0
"""
TOGETHER = 25  # drawings in one call


@dataclass(frozen=True)
class Drawing:
    """Ink (H, W) uint8, and the strokes that left it where they are known: points (n, 2) and the
    pen's width.
    """

    ink: np.ndarray
    strokes: list[tuple[np.ndarray, float]] | None = None

    def packed(self):
        """The arguments of `readPacked`."""
        strokes = [{"points": np.asarray(points).tolist(), "width": width} for points, width in self.strokes or []]
        return [*self.ink.shape, base64.b64encode(zlib.compress(self.ink.tobytes())).decode(), strokes]


def read_in_page(browser, drawings):
    """What the page that is open in a browser reads."""
    browser.evaluate(UNPACK)
    readings = []
    for first in range(0, len(drawings), TOGETHER):
        packed = [drawing.packed() for drawing in drawings[first : first + TOGETHER]]
        readings += browser.evaluate(f"Promise.all({json.dumps(packed)}.map((each) => readPacked(...each)))")
    return readings


def compare(browser, model, drawings):
    """How many of the readings agree in number, verdict, boxes, rows, doubts and every pixel (to 1
    / 255) of each image.

    Also the greatest difference of probabilities in those that do.
    """
    agreeing, apart = 0, 0.0
    for drawing, theirs in zip(drawings, read_in_page(browser, drawings), strict=True):
        ours = read_number(model, drawing.ink * np.float32(1 / 255), strokes=drawing.strokes)
        if (ours.number, ours.verdict, len(ours.digits)) != (theirs["number"], theirs["verdict"], len(theirs["digits"])):
            continue
        pairs = list(zip(ours.digits, theirs["digits"], strict=True))
        if all(_same(digit, pixels, where) for digit, (_, pixels, where) in pairs):
            agreeing += 1
            apart = max([apart, *(float(np.abs(digit.probabilities - found).max()) for digit, (found, *_) in pairs)])
    return agreeing, apart


def _same(digit, pixels, where):
    """Whether the page found a digit in the same place, with the same pixels, for the same reason
    unsure.
    """
    is_same_place = where == [list(digit.box), digit.row, digit.doubt]
    return is_same_place and np.abs(255 * digit.image.ravel() - pixels).max() <= 1


def loaded(browser, *names):
    """Evaluate files of the page and make what they define global."""
    source = "".join(EXPORT.sub("", IMPORT.sub("", _file(name))) for name in names)
    defined = ", ".join(re.findall(r"^(?:function|class) (\w+)", source, re.MULTILINE))
    browser.evaluate(f"(() => {{ {source}; Object.assign(globalThis, {{ {defined} }}); }})()")


def test_images(count):
    """The first test images of MNIST."""
    from nn.datasets import mnist

    _, (images, _) = mnist.load_data()
    return [Drawing(image) for image in images[:count]]


def rendered_strokes(count):
    """Synthetic digits, each drawn with the window's pen at a random place and size."""
    from benchmarks.drawn import draw_sample
    from benchmarks.numbers import from_templates

    drawings = []
    for number in range(count):
        rng = np.random.default_rng((3, number))
        [(_, strokes)] = from_templates(rng, 1)
        drawings.append(Drawing(_bytes(draw_sample(strokes, rng))))
    return drawings


def rendered_numbers(count, with_strokes=False):
    """So many numbers in each condition of the benchmark; the reader may get the pen's movements
    too, as in the page.
    """
    from benchmarks.drawn import rendered
    from benchmarks.numbers import CONDITIONS, from_templates, in_a_row, on_the_sheet

    drawings = []
    for place, condition in enumerate(CONDITIONS.values()):
        for number in range(count):
            rng = np.random.default_rng((0, place, number))
            digits = from_templates(rng, len(condition.heights))
            row, pen = on_the_sheet(*in_a_row([strokes for _, strokes in digits], rng, condition), rng)
            strokes = [(stroke, pen) for stroke in row] if with_strokes else None
            drawings.append(Drawing(_bytes(rendered(row, pen)), strokes))
    return drawings


def numbers_with_strokes(count):
    """The same with the pen's movements."""
    return rendered_numbers(count, with_strokes=True)


test_images.__test__ = False


def _bytes(ink):
    return np.round(ink * 255).astype(np.uint8)


def main():
    from nn.export.html import page
    from nn.models import load_model
    from nn.pretrained import BUNDLED

    model = load_model(BUNDLED)
    kinds = {
        "test images": test_images(10_000),
        "rendered strokes": rendered_strokes(3_000),
        "numbers": rendered_numbers(100),
        "numbers, strokes known": numbers_with_strokes(100),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.html"
        path.write_bytes(page(model, "the bundled model"))
        browser = Chromium(Path(folder) / "chromium")
        browser.open(path)
        for kind, drawings in kinds.items():
            agreeing, apart = compare(browser, model, drawings)
            print(f"{kind}: {agreeing} of {len(drawings)} readings agree, probabilities within {apart:.1e}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
