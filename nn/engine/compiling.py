"""Kernels are compiled when they are first called on a machine, and loaded from disk ever after. Here it is told, and halved.

Whether it happens is not guessed: Numba announces each compilation (`numba.core.event`), and a kernel found in the cache is none.

Numba compiles one function at a time in a process, on one processor. A second process can compile other kernels into the same
cache at the same time: it is this module run as a program (`python -m nn.engine.compiling RECIPE`), for those that make images.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.recipes import Recipe


def load_compiler() -> None:
    """Import Numba and all that it would otherwise import at the first call of a kernel: half a second, for a quiet moment."""
    from numba.core.registry import cpu_target

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


@contextlib.contextmanager
def report_compilation() -> Iterator[None]:
    """Print a line to stderr if anything is compiled inside, when it starts and how long it took."""
    began = 0.0

    def tell() -> None:
        nonlocal began
        began = time.perf_counter()
        # What it took on machines of 2018 to 2024.
        print("compiling the kernels for this machine, once, 5 to 20 s ...", end="", file=sys.stderr, flush=True)

    done = False
    try:
        with _at_first_compilation(tell):
            yield
        done = True
    finally:
        if began:
            print(f" done in {time.perf_counter() - began:.0f} s" if done else "", file=sys.stderr, flush=True)


@contextlib.contextmanager
def compiled_beside(recipe: Recipe) -> Iterator[Callable[[], None]]:
    """If anything is compiled inside, compile the kernels that make the recipe's images in a second process meanwhile.

    Yields a function that waits until the second process has ended; it ends with the context in any case. Should it fail,
    nothing is lost but time: what is not in the cache is compiled by whoever calls it.
    """
    from nn.engine.executor import available_threads

    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        if available_threads() > 1 and sys.executable:
            folders = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "nn.engine.compiling", json.dumps(asdict(recipe))],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )

    def wait() -> None:
        for process in processes:
            process.wait()

    try:
        with _at_first_compilation(start), _collected_less():
            yield wait
    finally:
        for process in processes:
            process.kill()
        wait()


@contextlib.contextmanager
def _collected_less() -> Iterator[None]:
    """Let Python look for garbage less often, and not among what was there before: a sixth of the compiler's time otherwise."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(2_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextlib.contextmanager
def _at_first_compilation(call: Callable[[], None]) -> Iterator[None]:
    """Call once, when Numba begins to compile for the first time inside."""
    from numba.core import event

    class Listener(event.Listener):
        heard = False

        def on_start(self, event: Any) -> None:
            if not self.heard:
                self.heard = True
                call()

        def on_end(self, event: Any) -> None:
            pass

    listener = Listener()
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)


def main(arguments: Sequence[str]) -> None:
    """Compile the kernels that make the images of a recipe, given as JSON."""
    import numpy as np

    from nn.recipes import IMAGE_SHAPE, Recipe, warm_up_sources

    with _collected_less():
        warm_up_sources(Recipe(**json.loads(arguments[0])), np.zeros((1, *IMAGE_SHAPE[:2]), np.uint8), np.zeros(1, np.uint8))


if __name__ == "__main__":
    main(sys.argv[1:])
