"""Gradient checks: is every backward pass the derivative of its forward pass?

A network with a wrong gradient often still learns, only less well, so a good accuracy proves
nothing. Here each gradient is compared with the slope of the forward pass, which is measured by
changing one value at a time, in float64. For a layer of your own:

    from nn.gradcheck import check_layer
    report = check_layer(MyLayer(), input_shape=(5, 4))
    print(report)                                 # and `assert report.passed` in your tests

`python -m nn.gradcheck` checks all layers of this package, the loss and the whole network.
`differences.py` explains how a slope is measured, `check.py` what is compared with what.
"""

from nn.gradcheck.check import check_gradients, check_layer
from nn.gradcheck.report import Report, TensorReport

__all__ = ["Report", "TensorReport", "check_gradients", "check_layer"]
