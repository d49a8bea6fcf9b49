"""The exceptions of this package: `InputError` for bad input, `Diverged` for a training whose loss is no longer finite.

Every message is a single sentence that names the argument or the file, what was expected and what came. The commands turn it
(and `OSError`) into that sentence on stderr and exit code 2.
"""


class InputError(ValueError):
    """An argument or a file is not what was asked for: which one, what was expected, what came."""


class Diverged(ArithmeticError):
    """The loss became NaN or infinite; the message names the first layer in which it shows and what to try."""
