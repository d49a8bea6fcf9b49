"""Of Keras' models and files."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
