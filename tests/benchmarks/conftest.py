"""What a contender sets for its own process must not outlive a test in this one."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _subnormals_are_kept() -> Iterator[None]:
    """PyTorch's contenders flush subnormal numbers to zero, which later tests would notice."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
