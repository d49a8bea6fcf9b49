"""The one exception this package raises for bad input.

Every message is a single sentence that names the argument or the file, what was expected and what
came. The commands print this sentence (and that of an `OSError`) on stderr and exit with code 2.
"""


class InputError(ValueError):
    """An argument or a file is not as expected; the message says which, and what came instead."""
