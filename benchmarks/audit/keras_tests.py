"""Which tests run for a mutant of what serves Keras' habits (`mutant_tests.py` has the others)."""

TESTS: dict[str, list[str]] = {}
