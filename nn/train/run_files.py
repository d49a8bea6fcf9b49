"""Where a training keeps its files."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nn.errors import InputError

# Names that belong to a training of another name.
TAKEN = re.compile(r"\.(history\.json|checkpoint(\.previous(-\d+)?)?\.npz)$")


@dataclass(frozen=True)
class Places:
    """The files of a training: the model `mnist.npz`, and beside it the history and the checkpoint."""

    model: Path

    @property
    def history(self) -> Path:
        """mnist.history.json."""
        return self._beside("history.json")

    @property
    def checkpoint(self) -> Path:
        """mnist.checkpoint.npz, while the training is unfinished."""
        return self._beside("checkpoint.npz")

    def previous(self) -> Path:
        """Where an unfinished training is kept when another one begins in its place: a name that is still free."""
        numbers = itertools.chain([""], (f"-{count}" for count in itertools.count(2)))
        places = (self._beside(f"checkpoint.previous{number}.npz") for number in numbers)
        return next(place for place in places if not place.exists())

    def _beside(self, ending: str) -> Path:
        return self.model.with_name(f"{self.model.name.removesuffix('.npz')}.{ending}")


def places_of(out: str) -> Places:
    """The files of `--out`, which must not be the name of another training's history or checkpoint."""
    if Path(out).is_dir() or out.endswith(("/", os.sep)):
        raise InputError(f"--out: expected a file name, got the folder {out or '.'}")
    taken = TAKEN.search(out)
    if taken:
        raise InputError(f"--out: expected the name of a model, got {out}; what ends in {taken[0]} is a history or checkpoint")
    return Places(Path(out))
