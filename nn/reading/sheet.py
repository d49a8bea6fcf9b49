"""How an image becomes what the network sees, as one picture: the image, its ink with a frame
around every digit, the digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from nn.reading.recognition import Reading

HEIGHT = 280
GAP = 12
CAPTION_AT, CAPTION_SIZE, LINE = (6, 6), 44, 2
PAPER, SURE, UNSURE, MARK = (40, 40, 40), (90, 170, 255), (255, 160, 60), (150, 150, 150)


def steps_sheet(grey: np.ndarray, ink: np.ndarray, reading: Reading) -> Image.Image:
    """The steps of a reading: brightness (H, W), ink (H, W), and what the network saw of each
    digit, with what it read.
    """
    digits = [
        _captioned(_panel(digit.image), f"{digit.digit}{'' if digit.verdict == 'sure' else '?'}") for digit in reading.digits
    ]
    return _side_by_side([_panel(grey), _framed(ink, reading), *digits])


def _panel(picture: np.ndarray) -> Image.Image:
    """A picture in [0, 1] as an image of the common height."""
    image = Image.fromarray((picture * 255).astype(np.uint8)).convert("RGB")
    size = max(1, round(image.width * HEIGHT / image.height)), HEIGHT
    return image.resize(size, Image.Resampling.NEAREST if image.height < HEIGHT else Image.Resampling.BOX)


def _captioned(image: Image.Image, caption: str) -> Image.Image:
    colour = UNSURE if caption.endswith("?") else SURE
    ImageDraw.Draw(image).text(CAPTION_AT, caption, colour, font_size=CAPTION_SIZE, anchor="lt")
    return image


def _framed(ink: np.ndarray, reading: Reading) -> Image.Image:
    image = _panel(ink)
    scale = HEIGHT / ink.shape[0]
    pencil = ImageDraw.Draw(image)
    for box in reading.marks:
        pencil.rectangle([scale * side for side in box], outline=MARK, width=LINE)
    for digit in reading.digits:
        colour = SURE if digit.verdict == "sure" else UNSURE
        pencil.rectangle([scale * side for side in digit.box], outline=colour, width=LINE)
    return image


def _side_by_side(panels: Sequence[Image.Image]) -> Image.Image:
    width = sum(panel.width + GAP for panel in panels) + GAP
    sheet = Image.new("RGB", (width, HEIGHT + 2 * GAP), PAPER)
    left = GAP
    for panel in panels:
        sheet.paste(panel, (left, GAP))
        left += panel.width + GAP
    return sheet
