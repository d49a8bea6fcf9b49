"""What arguments a function takes, whatever its annotations name."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

# From Python 3.14 on annotations are evaluated only when somebody asks for them, as
# `inspect.signature` does unless told otherwise.
OPTIONS: dict[str, Any] = {}
if sys.version_info >= (3, 14):
    import annotationlib

    OPTIONS["annotation_format"] = annotationlib.Format.STRING


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """`inspect.signature` without evaluating annotations, which may name what does not exist."""
    return inspect.signature(function, **OPTIONS)
