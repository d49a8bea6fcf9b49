"""Of reading: from a file to ink."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
