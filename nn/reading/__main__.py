"""python -m nn.reading IMAGE --out steps.png: how an image becomes what the network sees, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable
from nn.reading import Digit, find_digits, read_image, to_ink

HEIGHT = 280
GAP = 12
PAPER, FRAME = (40, 40, 40), (90, 170, 255)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a picture of the steps: the image, its ink with a frame around every digit, the digits in MNIST's geometry."""
    parser = ArgumentParser(prog="python -m nn.reading", description="Show how an image becomes what the network sees.")
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--out", default="steps.png", help="the picture to write (default: %(default)s)")
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    grey = read_image(options.image)
    ink = to_ink(grey)
    digits = find_digits(ink)
    panels = [_panel(grey), _framed(ink, digits), *(_panel(digit.image) for digit in digits)]
    with atomic_write(options.out) as file:
        _side_by_side(panels).save(file, "PNG")
    print(f"{options.out}: {len(digits)} digits found by shape alone")
    return 0


def _panel(picture: np.ndarray) -> Image.Image:
    """A picture in [0, 1] as an image of the common height."""
    image = Image.fromarray((picture * 255).astype(np.uint8)).convert("RGB")
    size = max(1, round(image.width * HEIGHT / image.height)), HEIGHT
    return image.resize(size, Image.Resampling.NEAREST if image.height < HEIGHT else Image.Resampling.BOX)


def _framed(ink: np.ndarray, digits: Sequence[Digit]) -> Image.Image:
    image = _panel(ink)
    scale = HEIGHT / ink.shape[0]
    pencil = ImageDraw.Draw(image)
    for digit in digits:
        pencil.rectangle([scale * side for side in digit.box], outline=FRAME, width=2)
    return image


def _side_by_side(panels: Sequence[Image.Image]) -> Image.Image:
    width = sum(panel.width + GAP for panel in panels) + GAP
    sheet = Image.new("RGB", (width, HEIGHT + 2 * GAP), PAPER)
    left = GAP
    for panel in panels:
        sheet.paste(panel, (left, GAP))
        left += panel.width + GAP
    return sheet


if __name__ == "__main__":
    run(main)
