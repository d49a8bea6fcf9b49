"""Settings that a contender makes for its own process must not outlive a test in this process."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _keep_subnormals() -> Iterator[None]:
    """PyTorch's contenders flush subnormal values to zero, which later tests would notice."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
