"""Say so while kernels are compiled: the first run on a machine has to, later ones load them from disk.

Whether it happens is not guessed: Numba announces each compilation (`numba.core.event`), and a kernel found in the cache is none.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

# On two cores of 2024; a guess for other machines, and called one.
USUAL_SECONDS = 30


@contextlib.contextmanager
def compilation_told(expected_seconds: int = USUAL_SECONDS) -> Iterator[None]:
    """Print a line to stderr if anything is compiled inside, when it starts and how long it took."""
    from numba.core import event

    class Teller(event.Listener):
        began = 0.0

        def on_start(self, event: Any) -> None:
            if not self.began:
                self.began = time.perf_counter()
                text = f"compiling the kernels for this machine, once, about {expected_seconds} s ..."
                print(text, end="", file=sys.stderr, flush=True)

        def on_end(self, event: Any) -> None:
            pass

    teller = Teller()
    event.register("numba:compile", teller)
    done = False
    try:
        yield
        done = True
    finally:
        event.unregister("numba:compile", teller)
        if teller.began:
            print(f" done in {time.perf_counter() - teller.began:.0f} s" if done else "", file=sys.stderr, flush=True)
