"""The exceptions of this package.

`InputError` is for bad input, `Diverged` for a training whose loss is no longer finite.

Every message is a single sentence that names the argument or the file, what was expected and what
came. The commands print this sentence (and that of an `OSError`) on stderr and exit with code 2.
"""


class InputError(ValueError):
    """An argument or a file is not as expected; the message says which, and what came instead."""


class Diverged(ArithmeticError):
    """The loss became NaN or infinite; the message names the first layer with it and a remedy."""
