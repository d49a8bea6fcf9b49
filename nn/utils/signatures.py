"""What arguments a function takes, whatever its annotations name."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """`inspect.signature` without evaluating annotations, which may name what does not exist: from
    Python 3.14 on they are evaluated only when somebody asks for them, as `inspect.signature` does.
    """
    if sys.version_info >= (3, 14):
        import annotationlib

        return inspect.signature(function, annotation_format=annotationlib.Format.STRING)
    return inspect.signature(function)
