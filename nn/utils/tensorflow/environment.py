"""What scripts ask TensorFlow about where they run: `tf.config`, `tf.device`, `tf.version`, ..."""

from __future__ import annotations

import logging as standard_logging
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import nn
from nn import __version__


def _is_not(*arguments: Any, **options: Any) -> bool:
    return False


def _no_devices(device_type: str | None = None) -> list[Any]:
    return []


def _no_device(*arguments: Any, **options: Any) -> str:
    return ""


def device(device_name: str | None) -> AbstractContextManager[None]:
    """Where to compute; there is only the processor."""
    return nullcontext()


def executing_eagerly() -> bool:
    """Everything is computed at once."""
    return True


def enable_eager_execution() -> None:
    """It is on."""


def get_logger() -> standard_logging.Logger:
    """The logger whose level scripts set; nothing here writes to it."""
    return standard_logging.getLogger("nn")


def _set_verbosity(level: Any) -> None:
    get_logger().setLevel(level)


version = SimpleNamespace(VERSION=__version__)
# `tf.compat.v1.train`, `tf.compat.v1.logging` and so on have the names of today.
compat = SimpleNamespace(v1=nn, v2=nn)
logging = SimpleNamespace(
    set_verbosity=_set_verbosity,
    **{name: getattr(standard_logging, name) for name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")},
)
test = SimpleNamespace(gpu_device_name=_no_device, is_gpu_available=_is_not, is_built_with_cuda=_is_not)
# `len(tf.config.list_physical_devices("GPU"))`: everything is computed on the processor.
config = SimpleNamespace(list_physical_devices=_no_devices, experimental=SimpleNamespace(list_physical_devices=_no_devices))
