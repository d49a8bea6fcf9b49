"""`python -m apps.draw`: a window in which one draws digits and sees them recognised."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apps.draw import desktop
from apps.draw.model_file import ModelFile, choose_model
from apps.draw.pygame_check import check_pygame
from apps.draw.teaching.kept_drawings import FOLDER_VARIABLE, lessons_folder
from apps.draw.teaching.teacher import Teacher
from apps.draw.why.questions import explain
from nn.io.cli import ArgumentParser, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose the model, open the window, stay until it is closed."""
    options = _parser().parse_args(arguments)
    folder = Path.cwd()
    lessons = Path(options.lessons) if options.lessons else lessons_folder()
    model = choose_model(options.model, folder, None if options.untaught else lessons)
    desktop.check_screen()
    check_pygame()
    desktop.prepare()
    from apps.draw.app import App  # Pygame only after the environment is prepared, and never for --help

    teacher = Teacher(lessons, model.base)
    App(loader(model), read, look_inside, explain, teacher, model.label, folder, options.scale, options.theme).run()
    return 0


def loader(model: ModelFile) -> Any:
    """What loads the model, in the recognizer's thread."""

    def load() -> Any:
        from nn.recipes import load_reader

        network, _ = load_reader(model.path)
        network.use_kernels = False  # read in plain NumPy until the compiler has had its time
        threading.Thread(target=network.warm_up, name="warm-up", daemon=True).start()
        return network

    return load


def read(model: Any, ink: np.ndarray) -> Any:
    """What reads ink (H, W) with the model."""
    from nn.reading.recognition import read_number

    return read_number(model, ink)


def look_inside(model: Any, image: np.ndarray) -> Any:
    """What follows an image (28, 28) through the model's layers."""
    from nn.inspection.stages import stages

    return stages(model.layers, image)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m apps.draw", description="Draw digits and see them recognised.")
    parser.add_argument("--model", metavar="FILE", help="a model of yours (default: mnist.npz here, else the bundled one)")
    parser.add_argument(
        "--lessons",
        metavar="DIR",
        help=f"folder of the drawings you correct and of the taught model (default: {FOLDER_VARIABLE}, "
        "else numba-cnn/lessons among your data)",
    )
    parser.add_argument("--untaught", action="store_true", help="read as if there had been no lessons")
    parser.add_argument("--theme", choices=("auto", "light", "dark"), default="auto", help="colours (default: the desktop's)")
    parser.add_argument(
        "--scale",
        type=_scale,
        default=os.environ.get("DRAW_SCALE"),
        metavar="S",
        help="pixels to a design pixel, 1 to 4 (default: DRAW_SCALE, else the desktop's)",
    )
    return parser


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 4:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 4, got {text!r}")
    return value


if __name__ == "__main__":
    run(main)
