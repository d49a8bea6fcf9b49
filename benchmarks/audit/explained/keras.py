"""Of what serves Keras' habits."""

EXPLAINED: tuple[tuple[str, str, str], ...] = ()
