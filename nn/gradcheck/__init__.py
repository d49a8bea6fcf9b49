"""Gradient checks: is every backward pass the derivative of its forward pass?

A network with a wrong gradient often still learns, only less well, so a good accuracy proves
nothing. Here each gradient is compared with the slope of the forward pass, which is measured by
changing one value at a time, in float64. A layer of your own in `mine.py` is checked by

    python -m nn.gradcheck mine.py:MyLayer --input-shape 5 4

and in your tests by

    from nn.gradcheck import assert_gradients
    assert_gradients(MyLayer(), x)                # x: a batch of samples, (N, 5, 4)

`check_layer` returns the report instead. A loss of your own, `mine.py:MyLoss`, needs no shape.
`python -m nn.gradcheck` checks all layers of this package, the losses and the whole network;
`--directional` checks all weights of the network at once. `differences.py` explains how a slope is
measured, `check.py` what is compared with what, `directional.py` how a single wrong gradient is
found among 233,162.
"""

from nn.gradcheck.assertion import assert_gradients
from nn.gradcheck.check import check_gradients, check_layer
from nn.gradcheck.directional import check_directions
from nn.gradcheck.directional_report import DirectionalReport
from nn.gradcheck.report import Report, TensorReport

__all__ = [
    "DirectionalReport",
    "Report",
    "TensorReport",
    "assert_gradients",
    "check_directions",
    "check_gradients",
    "check_layer",
]
