"""Of reading: from ink to separate digits."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
