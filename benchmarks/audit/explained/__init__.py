"""Mutants that may survive: somebody has examined each, and this is why no test can or should kill
it.

Each module lists (path, a part of "before -> after", why) for its part of the code.
"""

from __future__ import annotations

from benchmarks.audit.explained import (
    engine,
    files,
    grouping,
    inspection,
    keras,
    keras_models,
    kernels,
    layers,
    pictures,
    verdicts,
)
from benchmarks.audit.mutation import Mutant

# The first match counts.
EXPLAINED = (
    *kernels.EXPLAINED,
    *layers.EXPLAINED,
    *engine.EXPLAINED,
    *files.EXPLAINED,
    *pictures.EXPLAINED,
    *grouping.EXPLAINED,
    *verdicts.EXPLAINED,
    *inspection.EXPLAINED,
    *keras.EXPLAINED,
    *keras_models.EXPLAINED,
)


def reason(mutant: Mutant) -> str:
    """Why the mutant may survive; empty if nobody has explained it."""
    change = f"{mutant.before}  ->  {mutant.after}"
    return next((why for path, part, why in EXPLAINED if path == mutant.path and part in change), "")
