"""The files of a training: model, history, checkpoint."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from nn.errors import InputError

# File names that belong to a training with another model name.
TAKEN = re.compile(r"\.(history\.json|checkpoint(\.previous(-\d+)?)?\.npz)$")


@dataclass(frozen=True)
class RunFiles:
    """The files of a training: the model `mnist.npz`, and beside it the history and the
    checkpoint.
    """

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
        """Where an unfinished training is moved when another one starts under its name: a file
        name that is free.
        """
        suffixes = itertools.chain([""], (f"-{count}" for count in itertools.count(2)))
        paths = (self._beside(f"checkpoint.previous{suffix}.npz") for suffix in suffixes)
        return next(path for path in paths if not path.exists())

    def _beside(self, ending: str) -> Path:
        return self.model.with_name(f"{self.model.name.removesuffix('.npz')}.{ending}")


def run_files_of(out: str) -> RunFiles:
    """The files of `--out`, which must not be the name of another training's history or
    checkpoint.
    """
    if Path(out).is_dir() or out.endswith(("/", os.sep)):
        raise InputError(f"--out: expected a file name, got the folder {out or '.'}")
    taken = TAKEN.search(out)
    if taken:
        raise InputError(f"--out: expected the name of a model, got {out}, which a history or checkpoint is called")
    return RunFiles(Path(out))
