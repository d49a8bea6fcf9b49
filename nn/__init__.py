"""A convolutional network from scratch: layers, kernels, optimiser and training loop in NumPy and Numba.

Importing the package loads nothing heavy; `nn.models`, `nn.layers`, ... load what they need.
"""

__version__ = "0.1.0"
