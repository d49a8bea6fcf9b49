"""Layers that a network for digits does not need and scripts for Keras use: for autoencoders, for
images of another author's order, and for noise.

`nn.layers` gives them under their names. They are plain NumPy around the kernels, for both engines;
the exports to ONNX and to a page do not know them.
"""

from nn.layers import Layer
from nn.utils.keras_layers.noise import GaussianDropout, GaussianNoise, SpatialDropout2D
from nn.utils.keras_layers.permute import Permute
from nn.utils.keras_layers.transposed import Conv2DTranspose
from nn.utils.keras_layers.up_sampling import UpSampling2D

KERAS_LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind for kind in (Conv2DTranspose, GaussianDropout, GaussianNoise, Permute, SpatialDropout2D, UpSampling2D)
}
