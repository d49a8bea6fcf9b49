"""The ten bars on their way to the probabilities."""

from __future__ import annotations

import numpy as np

SECONDS = 0.05  # in which a bar goes two thirds of its way
CLOSE = 0.002  # of a whole bar: nobody sees the rest of the way


class Bars:
    """Lengths (10,) in [0, 1] that follow their goal."""

    def __init__(self) -> None:
        self.lengths = np.zeros(10)

    def rest_at(self, goal: np.ndarray) -> bool:
        """Whether they have arrived."""
        return np.array_equal(self.lengths, goal)

    def move(self, goal: np.ndarray, elapsed: float) -> bool:
        """Go on for `elapsed` seconds; returns whether anything moved."""
        if self.rest_at(goal):
            return False
        lengths = goal + (self.lengths - goal) * np.exp(-elapsed / SECONDS)
        self.lengths = goal if np.abs(lengths - goal).max() < CLOSE else lengths
        return True
