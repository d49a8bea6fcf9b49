"""python -m benchmarks.probes NAME ...: small programs whose start-up time `start.py` measures
from outside.

Each prints one line of JSON: the time (seconds since 1970) at which it reached the event in its
name, and anything it measured itself.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def import_module(name: str) -> None:
    """`import NAME`."""
    began = time.perf_counter()
    importlib.import_module(name)
    report(seconds=time.perf_counter() - began)


def first_batch(*options: str) -> None:
    """Run `python -m nn.train` with the given options until its first batch has ended."""
    from nn.callbacks import ProgressBar

    def leave(self: ProgressBar, batch: int, logs: dict[str, float]) -> None:
        report()
        os._exit(0)

    setattr(ProgressBar, "on_batch_end", leave)  # noqa: B010 - a method replaced on purpose
    from nn.train.__main__ import main

    main(options)


def first_prediction(model_file: str, way: str) -> None:
    """Load a model and predict one blank image, with "numpy" or with "kernels"."""
    import numpy as np

    from nn.models import load_model

    model = load_model(model_file)
    model.use_kernels = way == "kernels"
    model.predict(np.zeros((1, *model.input_shape), np.float32))
    report()


def report(**values: Any) -> None:
    """Print the line of JSON."""
    print(json.dumps({"at": time.time(), **values}), flush=True)


PROBES: dict[str, Callable[..., None]] = {
    "import": import_module,
    "first-batch": first_batch,
    "first-prediction": first_prediction,
}

if __name__ == "__main__":
    PROBES[sys.argv[1]](*sys.argv[2:])
