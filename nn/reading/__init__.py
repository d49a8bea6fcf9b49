"""From any drawing, photo or scan to a number.

    grey = read_image("photo.jpg")                    # (H, W) brightness in [0, 1], dark on light or light on dark
    ink  = to_ink(grey)                               # (H, W) ink in [0, 1]: 1 where the pen was, 0 on paper
    rows = take_apart(ink)                            # rows of writing, each taken apart into pieces, left to right
    reading = recognition.read_number(model, ink)     # the number, and how far to believe it

    images                          files
    ink, screens                    polarity, paper, light, noise; dots instead of greys, bars of tools
    clutter, fading                 printed lines, frames and rims; strokes that fade
    components, grouping, seams     connected ink; specks, rows and strokes that belong together; where digits may touch
    pieces, segmentation            the pieces of a row, and any run of them as a digit
    geometry                        crop, 20 x 20 box, stroke width, centre of mass
    choice, recognition             which grouping reads best, and by how much; the number and its verdict
    doubts, corrections             what may be something else by its shape and place; crossed out, written over
    calibration                     honest percentages
    sheet                           all steps in one picture

NumPy and Pillow only, so that nothing waits for a compiler.
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
from nn.reading.segmentation import cut_up as cut_up
from nn.reading.segmentation import find_digits as find_digits
from nn.reading.segmentation import take_apart as take_apart
