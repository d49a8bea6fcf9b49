"""Random shapes for the kernels, small enough to run without the compiler too."""

from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from nn.kernels.memory import aligned_copy

few = settings(max_examples=30, deadline=None, derandomize=True, database=None)
dtypes = st.sampled_from([np.float32, np.float64])


@dataclass(frozen=True)
class Convolution:
    """The shapes of one convolution of padded images, and arrays of them drawn from `seed`."""

    samples: int
    size: tuple[int, int]
    kernel: tuple[int, int]
    channels: int
    filters: int
    strides: tuple[int, int]
    spare: tuple[int, int]
    dtype: type
    seed: int

    def arrays(self):
        """x (N, H, W, C) with many zeros, kernel, bias and dout (N, OH, OW, F), half of it zeros."""
        rng = np.random.default_rng(self.seed)
        height, width = (
            (size - 1) * stride + kernel + spare
            for size, stride, kernel, spare in zip(self.size, self.strides, self.kernel, self.spare, strict=True)
        )
        x = rng.standard_normal((self.samples, height, width, self.channels))
        x *= rng.random((self.samples, height, width, 1)) < 0.7
        kernel = rng.standard_normal((*self.kernel, self.channels, self.filters))
        bias = rng.standard_normal(self.filters)
        dout = rng.standard_normal((self.samples, *self.size, self.filters))
        dout *= rng.random(dout.shape) < 0.5
        return tuple(aligned_copy(array, self.dtype) for array in (x, kernel, bias, dout))

    @property
    def tolerance(self):
        """The absolute error that rounding may reach in sums of at most a few hundred terms of
        about 1.
        """
        return 2e-4 if self.dtype is np.float32 else 1e-12


def convolutions(least_size=1, kernel=None, strides=None, most_filters=56):
    """Any convolution, with fewer and with more filters than a vector has lanes."""
    few_of = st.integers(1, 3)
    return st.builds(
        Convolution,
        samples=st.integers(1, 3),
        size=st.tuples(st.integers(least_size, 6), st.integers(least_size, 10)),
        kernel=st.just(kernel) if kernel else st.tuples(few_of, st.integers(1, 4)),
        channels=st.sampled_from([1, 2, 3, 8, 17, 33]),
        filters=st.sampled_from([filters for filters in (1, 2, 5, 13, 16, 29, 33, 56) if filters <= most_filters]),
        strides=st.just(strides) if strides else st.tuples(few_of, few_of),
        spare=st.tuples(st.integers(0, 2), st.integers(0, 2)),
        dtype=dtypes,
        seed=st.integers(0, 1000),
    )
