"""What single layers do: experiments with the forward and backward passes of `nn.layers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.collections import IMAGE_SHAPE
from nn.datasets.loading import Split
from nn.datasets.sources import plain_source
from nn.engine import numpy_inference
from nn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ReLU
from nn.layers.arguments import Shape
from nn.models import Sequential, load_model
from nn.pretrained import BUNDLED
from nn.report.measures import first_filters, pixels
from nn.report.style import bare, heading, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Picture = tuple[str, NDArray]
EMPTY = np.empty((0, 0))
LEARNED_FROM = 12_000
IMAGES = 100  # over which shares of gradients are averaged
FIVE, THREE = 0, 7  # the indices of the first 5 and the first 3 among the training images

KERNELS = {
    "left edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "upper edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "outlines": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "mean": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
}


def dense(train: Split, test: Split) -> tuple[Figure, str]:
    """A network of one dense layer starts at weights of 0 and learns a picture of each digit."""
    model = Sequential([Flatten(input_shape=IMAGE_SHAPE), Dense(10, activation="softmax")])
    model.layers[1].parameters["kernel"][...] = 0
    model.fit(plain_source(train[0][:LEARNED_FROM], train[1][:LEARNED_FROM]), batch_size=128, epochs=3, verbose=0)
    _, accuracy = model.evaluate(plain_source(*test))
    filters = first_filters(model)
    assert filters is not None
    figure = _row(
        [(str(digit), weights) for digit, weights in enumerate(filters[1])],
        5,
        "Ink on purple makes the digit more likely, ink on orange less",
    )
    return figure, f"one dense layer, {model.count_params():,} parameters: {100 * accuracy:.1f} % of the test images read right"


def convolution(train: Split, test: Split) -> tuple[Figure, str]:
    """Four kernels of nine weights slide over a digit."""
    image = pixels(train[0][[FIVE]])
    layer = _built(Conv2D(len(KERNELS), 3), IMAGE_SHAPE)
    layer.parameters["kernel"][...] = np.array(list(KERNELS.values())).transpose(1, 2, 0)[:, :, np.newaxis]
    out = layer.forward(image)[0][0]
    pictures: list[Picture] = [("", EMPTY), *((name, np.array(kernel, float)) for name, kernel in KERNELS.items())]
    pictures += [("x", image[0, ..., 0]), *(("x * kernel", out[..., f]) for f in range(len(KERNELS)))]
    i, j = np.unravel_index(out[..., 0].argmax(), out.shape[:2])
    title = "Kernels, and below them what they make of x: purple is above 0, orange below"
    return _row(pictures, 5, title), f"the strongest left edge is at row {i}, column {j}: {out[i, j, 0]:.3f}"


def pooling(train: Split, test: Split) -> tuple[Figure, str]:
    """An edge filter, ReLU and pooling; then a gradient of ones goes back to the winners."""
    image = pixels(train[0][[THREE]])
    edge = _built(Conv2D(1, 3), IMAGE_SHAPE)
    edge.parameters["kernel"][..., 0, 0] = KERNELS["left edges"]
    pool = _built(MaxPooling2D(2), edge.output_shape)
    z, _ = edge.forward(image)
    relu = ReLU()
    rectified, from_relu = relu.forward(z)
    pooled, winners = pool.forward(rectified)
    from_pool, _ = pool.backward(np.ones_like(pooled), winners)
    dz, _ = relu.backward(from_pool, from_relu)
    arrays = {"x": image, "left edges": z, "ReLU": rectified, "max-pooling, 13x13": pooled}
    back = {"dout, all 1": np.ones_like(pooled), "dx of pooling": from_pool, "dx of ReLU": dz}
    title = "Forward, then a gradient on its way back: purple is above 0, orange below"
    pictures = [(name, array[0, ..., 0]) for name, array in {**arrays, **back}.items()]
    here, second = np.count_nonzero(dz) / dz.size, _share_in_second_convolution(test[0][:IMAGES])
    return _row(pictures, 4, title), (
        f"{100 * here:.0f} % of the gradients before ReLU and pooling are not 0\n"
        f"in the second convolution of the bundled network, {IMAGES} test images: {100 * second:.0f} %"
    )


def _share_in_second_convolution(images: NDArray[np.uint8]) -> float:
    """The share of its outputs that receive a gradient: one for each pooled value above 0."""
    layers = load_model(BUNDLED).layers
    convolved = numpy_inference.forward(layers[:3], pixels(images))
    pooled = numpy_inference.forward(layers[3:4], convolved)
    return np.count_nonzero(pooled) / convolved.size


def dropout(train: Split, test: Split) -> tuple[Figure, str]:
    """The same image under three masks, and the mean under 300, which is the image again."""
    image = pixels(train[0][[FIVE]])
    layer = Dropout(0.5)
    masked = [layer.forward(image, training=True, rng=key)[0][0, ..., 0] for key in range(300)]
    mean = np.mean(masked, axis=0)
    pictures = [("x", image[0, ..., 0]), *((f"mask {key}", masked[key]) for key in range(3)), ("mean of 300 masks", mean)]
    difference = np.abs(mean - image[0, ..., 0]).mean()
    title = "Half the pixels are set to 0, the others doubled; the mean stays"
    return _row(pictures, 5, title), f"the mean of 300 masked images differs from x by {difference:.3f} on average"


def _built(layer: Conv2D | MaxPooling2D, shape: Shape) -> Conv2D | MaxPooling2D:
    layer.build(shape, np.random.default_rng(0), np.float32)
    return layer


def _row(pictures: Sequence[Picture], columns: int, title: str) -> Figure:
    """Titled pictures, each on its own scale: purple positive, orange negative, white 0."""
    rows = -(-len(pictures) // columns)
    figure = new_figure(rows * (7.2 / columns + 0.25) + 0.3)
    heading(figure, title)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    blanks = [("", EMPTY)] * (len(axes) - len(pictures))
    for panel, (name, picture) in zip(axes, [*pictures, *blanks], strict=True):
        if not picture.size:
            panel.set_visible(False)
            continue
        limit = float(np.abs(picture).max()) or 1.0
        panel.imshow(picture, cmap="PuOr", vmin=-limit, vmax=limit, interpolation="nearest")
        panel.set_title(name, fontsize=9.5, weight="normal")
        bare(panel)
    return figure
