"""Is Pygame really there? Two packages share its folder, and removing one of them takes the files
of both.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from importlib.machinery import PathFinder

from nn.errors import InputError

PACKAGES = ("pygame", "pygame-ce")
REMEDY = "run `pip uninstall --yes pygame pygame-ce`, then `pip install pygame-ce`"


def check_pygame() -> None:
    """Raise `InputError` if Pygame is missing or hollow, and say so on stderr if it is there
    twice. Nothing is imported.
    """
    installed = [name for name in PACKAGES if _is_installed(name)]
    if not _is_whole():
        if not installed:
            raise InputError("the window needs Pygame: run `pip install pygame-ce`")
        raise InputError(f"{' and '.join(installed)}: expected a whole package, got one without its files; {REMEDY}")
    if len(installed) > 1 and sys.stderr is not None:
        print(
            f"note: {' and '.join(installed)} are installed into one folder, which mixes their files; {REMEDY}", file=sys.stderr
        )


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _is_whole() -> bool:
    """Whether there is a package with an `__init__` and its first compiled module; a folder alone
    is a package of nothing.
    """
    spec = importlib.util.find_spec("pygame")
    if spec is None or spec.origin is None:
        return False
    return PathFinder.find_spec("base", spec.submodule_search_locations) is not None
