"""`python -m apps.draw`: a window in which one draws digits and sees them recognised."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from apps.draw import desktop
from apps.draw.background.process import end_process
from apps.draw.files.model_file import choose_model
from apps.draw.files.settings import load_settings, settings_file
from apps.draw.pygame_check import check_pygame
from apps.draw.reading.reader import reader_of
from apps.draw.teaching.kept_drawings import FOLDER_VARIABLE, lessons_folder
from apps.draw.teaching.teacher import Teacher
from apps.draw.why.questions import explain
from nn.io.cli import ArgumentParser, run
from nn.io.interrupts import ask_to_stop


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose the model, open the window, stay until it is closed."""
    options = _parser().parse_args(arguments)
    folder = Path.cwd()
    lessons = Path(options.lessons) if options.lessons else lessons_folder()
    model = choose_model(options.model, folder, None if options.untaught else lessons)
    remembered = settings_file()
    desktop.check_screen()
    check_pygame()
    desktop.prepare()
    from apps.draw.app import App  # Pygame only after the environment is prepared, and never for --help
    from apps.draw.setup import Setup  # Pygame only after the environment is prepared, and never for --help

    setup = Setup(
        reader=reader_of(model),
        explain=explain,
        teacher=Teacher(lessons, model.base),
        model_label=model.label,
        folder=folder,
        problem=model.problem,
        settings=load_settings(remembered),
        settings_path=remembered,
    )
    app, interrupted = App(setup, options.scale, options.theme), False

    def stop() -> None:
        nonlocal interrupted
        interrupted = True
        app.quit()

    with ask_to_stop(stop):
        app.run()
    if interrupted:
        raise KeyboardInterrupt
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m apps.draw", description="Draw digits and see them recognised.")
    parser.add_argument("--model", metavar="FILE", help="a model of yours (default: mnist.npz here, else the bundled one)")
    parser.add_argument(
        "--lessons",
        metavar="DIR",
        help=f"folder of the drawings you correct and of the taught model (default: {FOLDER_VARIABLE}, "
        "else numba-cnn/lessons in your data folder)",
    )
    parser.add_argument("--untaught", action="store_true", help="read as if there had been no lessons")
    parser.add_argument(
        "--theme", choices=("auto", "light", "dark"), default="auto", help="colours (default: the last ones, else the desktop's)"
    )
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
    try:
        run(main)
    except SystemExit as ending:
        end_process(int(ending.code or 0))
