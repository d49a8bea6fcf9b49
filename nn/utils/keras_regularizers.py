"""`nn.regularizers`: the classes of `nn/layers/regularizers.py`, and their older names in small
letters.
"""

from __future__ import annotations

from nn.layers.regularizers import L1, L1L2, L2, Regularizer
from nn.utils.keras_names import getter

__all__ = ["L1", "L1L2", "L2", "Regularizer", "l1", "l1_l2", "l2"]

l1, l2 = L1, L2


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Both at once."""
    return L1L2(l1, l2)


__getattr__ = getter("nn.regularizers")
