"""Synthetic pen strokes: digits the way the world writes them, and scribbles that are none, drawn
on the fly.

MNIST lacks many ways of writing (its writers were American clerks and pupils of about 1990), so
this project draws them itself: the crossed 7, the 1 with a flag or a foot, the slashed 0, the
open 4, the curled 9. `shapes` holds single drawings, `families` drawings with parameters,
`nn.kernels.strokes` the hand that varies them, `generator` the sources for training. They are
inventions, not measurements: no collected handwriting went into them.

    python -m nn.strokes --out sheet.png               a contact sheet
    python -m nn.strokes --digit 7 --out sheet.png     of one digit
"""

from nn.strokes.generator import Doodles as Doodles
from nn.strokes.generator import SyntheticDigits as SyntheticDigits
from nn.strokes.generator import draw_templates as draw_templates
from nn.strokes.templates import Templates as Templates
from nn.strokes.templates import digit_templates as digit_templates
from nn.strokes.templates import other_templates as other_templates
