"""Programs on top of `nn`: the drawing window."""

import nn  # noqa: F401 - first of all: from here on, Ctrl-C ends a command with a sentence and not with a traceback
