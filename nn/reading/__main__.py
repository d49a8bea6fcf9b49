"""python -m nn.reading IMAGE --out steps.png: how an image becomes what the network sees, step by
step.
"""

from __future__ import annotations

from collections.abc import Sequence

from nn.io.cli import ArgumentParser, run
from nn.io.files import atomic_write, check_writable
from nn.pretrained import load_reader
from nn.reading import read_image, to_ink


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a picture of the steps: the image, its ink with a frame around every digit, the digits
    in MNIST's geometry.

    The digits are those that `nn.predict` reads.
    """
    parser = ArgumentParser(prog="python -m nn.reading", description="Show how an image becomes what the network sees.")
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--out", default="steps.png", help="the picture to write (default: %(default)s)")
    parser.add_argument("--model", metavar="FILE", help="a model file (mnist.npz if it is here, else the bundled one)")
    options = parser.parse_args(arguments)
    check_writable(options.out, "--out")
    model, _ = load_reader(options.model)
    # A few images do not repay waiting for a compiler.
    model.use_kernels = False
    from nn.reading.recognition import read_number
    from nn.reading.sheet import steps_sheet

    grey = read_image(options.image)
    ink = to_ink(grey)
    reading = read_number(model, ink)
    with atomic_write(options.out) as file:
        steps_sheet(grey, ink, reading).save(file, "PNG")
    print(f"{options.out}: {len(reading.digits)} digits found, {reading.number or 'nothing'} read")
    return 0


if __name__ == "__main__":
    run(main)
