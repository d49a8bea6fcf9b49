"""`nn.preprocessing` under Keras' name: images (`nn/utils/preprocessing/image.py`)."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """`image`, when it is first used."""
    from nn.utils.keras_names import member

    return member("nn.preprocessing", name)
