"""Of data sets, files, checkpoints and recipes."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
