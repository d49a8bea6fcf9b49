"""Of reading: from digits to a verdict."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
