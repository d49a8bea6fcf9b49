"""The one exception this package raises for bad input.

Every message is a single sentence that names the argument or the file, what was expected and what came. The commands turn it
(and `OSError`) into that sentence on stderr and exit code 2.
"""


class InputError(ValueError):
    """An argument or a file is not what was asked for: which one, what was expected, what came."""
