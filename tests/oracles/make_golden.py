"""Writes golden.npz, PyTorch's answers for machines that do not have it: python
tests/oracles/make_golden.py

For each network: probabilities, loss, every gradient, and the parameters after 100 steps of
Adadelta. Of tensors with more than KEPT numbers an evenly spread sample is kept (`thinned`), and
their sum of squares.
"""

from pathlib import Path

import numpy as np
from networks import NETWORKS, problem

GOLDEN = Path(__file__).with_name("golden.npz")
KEPT = 80
STEP = 3


def thinned(array):
    """At most about KEPT evenly spread numbers, and the sum of all squares behind them."""
    flat = np.asarray(array, np.float64).ravel()
    return np.append(flat[:: max(1, flat.size // KEPT)], flat @ flat)


def main():
    """Ask PyTorch and write."""
    from in_torch import tensors, torch_step, torch_trained

    golden = {}
    for number, name in enumerate(NETWORKS):
        task = problem(name)
        for key, array in torch_step(task, tensors(task), STEP).items():
            golden[f"{number}|{key}"] = thinned(array)
        for key, array in torch_trained(task).items():
            golden[f"{number}|{key} after training"] = thinned(array)
    np.savez_compressed(GOLDEN, **golden)
    print(f"{GOLDEN}: {len(golden)} arrays, {GOLDEN.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
