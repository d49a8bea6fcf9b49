"""`numba-cnn NAME ...`, the command that an installation puts beside Python: the same as `python
-m nn.NAME ...`.
"""

from __future__ import annotations

import runpy
import sys

from nn.io.interrupts import leave_at_once

COMMANDS = {
    "train": ("nn.train", "train the network"),
    "draw": ("apps.draw", "a window that reads what you draw"),
    "predict": ("nn.predict", "read digits from image files"),
    "evaluate": ("nn.evaluate", "accuracy on the test images"),
    "gradcheck": ("nn.gradcheck", "check every gradient"),
    "report": ("nn.report", "what a network has learned, on one page of pictures"),
    "export": ("nn.export", "a network as a page for any browser, or for other programs"),
    "study": ("nn.study", "small experiments, one for each stop of the reading path"),
}
BAD_INPUT = 2


def main() -> int:
    """Run the module that the first word names, with the other words as its arguments."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print("usage: numba-cnn NAME [options]    (numba-cnn NAME --help shows the options)\n")
        print("\n".join(f"  {command:<10} {purpose}" for command, (_, purpose) in COMMANDS.items()))
        return 0
    if name not in COMMANDS:
        print(f"numba-cnn: expected one of {', '.join(COMMANDS)}, got {name!r}", file=sys.stderr)
        return BAD_INPUT
    module, _ = COMMANDS[name]
    leave_at_once()
    del sys.argv[1]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0
