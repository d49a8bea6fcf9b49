"""From any drawing, photo or scan to MNIST's own geometry; several digits to several images.

    grey   = read_image("photo.jpg")     # (H, W) brightness in [0, 1], any polarity
    ink    = to_ink(grey)                # (H, W) ink in [0, 1]: 1 where the pen was, 0 on paper
    digits = read_drawing(ink)           # left to right: where each digit is, and its (28, 28) image

Four rooms: `images` (files), `ink` (polarity, paper, light, noise), `segmentation` (which ink belongs to which digit),
`geometry` (crop, 20 × 20 box, stroke width, centre of mass). NumPy and Pillow only, so that nothing waits for a compiler.
"""

from nn.reading.geometry import ink_box as ink_box
from nn.reading.geometry import is_mnist as is_mnist
from nn.reading.geometry import stroke_width as stroke_width
from nn.reading.geometry import to_mnist as to_mnist
from nn.reading.images import read_image as read_image
from nn.reading.ink import to_ink as to_ink
from nn.reading.pieces import Box as Box
from nn.reading.pieces import Digit as Digit
from nn.reading.pieces import Pieces as Pieces
from nn.reading.segmentation import find_digits as find_digits
from nn.reading.segmentation import take_apart as take_apart
