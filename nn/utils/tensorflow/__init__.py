"""Names that scripts reach as `tf....` and that are not in Keras."""
