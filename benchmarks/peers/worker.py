"""python -m benchmarks.peers.worker CONTENDER: runs one contender in a process of its own.

Each line of JSON on standard input is a question; the answer is a line of JSON on standard output.
The process sleeps between questions, so contenders that take turns do not compete for the cores.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from functools import partial
from typing import Any

from benchmarks.peers.contender import Call, Contender, Job, seconds_of

CONTENDERS = {
    "ours": ("benchmarks.peers.ours", "Ours"),
    "torch": ("benchmarks.peers.with_torch", "Torch"),
    "torch-compile": ("benchmarks.peers.with_torch", "CompiledTorch"),
    "torch-plain": ("benchmarks.peers.with_torch", "PlainTorch"),
    "keras": ("benchmarks.peers.with_keras", "Keras"),
    "keras-xla": ("benchmarks.peers.with_keras", "XlaKeras"),
    "keras-plain": ("benchmarks.peers.with_keras", "PlainKeras"),
    "ours-classic": ("benchmarks.peers.ours", "OursClassic"),
    "ours-augmented": ("benchmarks.peers.ours", "OursAugmented"),
    "ours-default": ("benchmarks.peers.ours", "OursDefault"),
    "ours-fast": ("benchmarks.peers.ours", "OursFast"),
    "ours-conv": ("benchmarks.peers.convolutions", "OurConv"),
    "torch-conv": ("benchmarks.peers.convolutions_torch", "TorchConv"),
    "ours-product": ("benchmarks.peers.products", "OurProduct"),
    "torch-product": ("benchmarks.peers.convolutions_torch", "TorchProduct"),
}


def peak_mb() -> float | None:
    """The peak memory of this process in MB; None where the system does not report it."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


class Worker:
    """Answers questions about one contender."""

    def __init__(self, name: str) -> None:
        self.kind: Any = getattr(importlib.import_module(CONTENDERS[name][0]), CONTENDERS[name][1])
        self.contender: Contender | None = None
        self.ways: dict[str, Call] = {}

    def answer(self, question: str, **values: Any) -> Any:
        """The answer to one question, as JSON types."""
        if question == "begin":
            self.contender = self.kind(Job(**values))
            return self.contender.libraries
        assert self.contender is not None
        if question == "epoch":
            return seconds_of(partial(self.contender.epoch, **values), 1)[0]
        if question == "accuracy":
            return self.contender.accuracy()
        if question == "digest":
            return self.contender.digest()
        if question == "memory":
            return peak_mb()
        if question == "ways":
            self.ways = self.contender.calls(**values)
            return list(self.ways)
        if question == "time":
            return self._time(**values)
        raise ValueError(f"unknown question {question!r}")

    def _time(self, way: str, repeats: int, warm: int = 1) -> list[float]:
        seconds_of(self.ways[way], warm)
        return seconds_of(self.ways[way], repeats)


def main() -> None:
    """Answer questions until standard input ends."""
    # Output that a library prints must not mix with the answers, so it goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = {"answer": worker.answer(**json.loads(line)), "at": time.time()}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
