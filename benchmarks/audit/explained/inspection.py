"""Of inspection, attribution and teaching."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
