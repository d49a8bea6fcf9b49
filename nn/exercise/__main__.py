"""`python -m nn.exercise`: lists the exercises, writes a stub, gives a hint, judges a file, trains
the student's own layers.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path

from nn.errors import InputError
from nn.io.cli import ArgumentParser, run, whole_number
from nn.io.files import check_writable

FAILED = 1
NETWORK = "network"
MOST_IMAGES = 60_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if all is done and right, 1 if a file is not right yet."""
    options = _options(arguments)
    name = None if options.name is None else _known(options.name)
    _check_options(options, name)
    if name is None:
        return _list()
    if name == NETWORK:
        return _train(options)
    if options.hint is not None:
        return _hint(name, options.hint)
    if options.file is None:
        return _write(name, Path(f"{name}.py"))
    return _judge(name, Path(options.file))


def _known(given: str) -> str:
    """The name of an exercise, or `network`; `Dense` and `dense-backward` are understood."""
    from nn.exercise.catalogue import EXERCISES

    names = [*EXERCISES, NETWORK]
    name = given.lower().replace("-", "_")
    if name in names:
        return name
    stem = name.removesuffix(".py")
    if stem in EXERCISES and stem != name:
        raise InputError(f"expected the name of an exercise before the file {given}: python -m nn.exercise {stem} {given}")
    owners = {task.name: exercise.name for exercise in EXERCISES.values() for task in exercise.tasks}
    near = difflib.get_close_matches(stem, [*names, *owners], n=1, cutoff=0.45)
    meant = f"; did you mean {owners.get(near[0], near[0])}?" if near else ""
    raise InputError(f"expected one of {', '.join(names)}, got {given!r}{meant}")


def _check_options(options: argparse.Namespace, name: str | None) -> None:
    """Raise `InputError` for an option that would change nothing."""
    if name != NETWORK:
        for option in ("images", "epochs", "out", "data"):
            if getattr(options, option) is not None:
                raise InputError(
                    f"--{option}: it belongs to {NETWORK}, which trains what you have written; got {name or 'no name'}"
                )
    if options.hint is None:
        return
    if name in (None, NETWORK):
        raise InputError(f"--hint: expected the name of an exercise before it, got {name or 'none'}")
    if options.file is not None:
        raise InputError(f"--hint: it gives a hint and judges nothing; leave out either --hint or {options.file}")


def _hint(name: str, step: int) -> int:
    from nn.exercise.catalogue import EXERCISES

    hints = EXERCISES[name].hints
    if not 1 <= step <= len(hints):
        raise InputError(f"--hint: expected 1, 2 or 3, got {step}")
    print(hints[step - 1])
    return 0


def _list() -> int:
    """All exercises in order; those that are in this folder are marked."""
    from nn.exercise.catalogue import EXERCISES

    print("python -m nn.exercise NAME         writes NAME.py, for you to complete")
    print("python -m nn.exercise NAME FILE    judges it\n")
    for name, exercise in EXERCISES.items():
        print(f"  {name:<16} {exercise.title}{'   (here: ' + name + '.py)' if Path(f'{name}.py').exists() else ''}")
    print(f"  {NETWORK:<16} your functions learn to read digits: python -m nn.exercise {NETWORK} FOLDER")
    return 0


def _write(name: str, path: Path) -> int:
    """Write the stub, unless there is a file of that name."""
    from nn.exercise.catalogue import EXERCISES

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(EXERCISES[name].stub(path.name))
    except FileExistsError:
        judge = f"to judge it, add its name: python -m nn.exercise {name} {path}"
        raise InputError(f"{path} exists already and is left as it is; {judge}") from None
    print(f"written: {path}. Complete it, then: python -m nn.exercise {name} {path}")
    return 0


def _judge(name: str, path: Path) -> int:
    check_file(path)
    from nn.exercise.sandbox import judge_apart

    (verdict,) = judge_apart({name: path.absolute()})
    print(verdict.text)
    return 0 if verdict.passed else FAILED


def check_file(path: Path) -> None:
    """Raise `InputError` unless the file can be read as Python's text, UTF-8."""
    if path.is_dir():
        raise InputError(f"{path}: expected a Python file, got a folder")
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected text in UTF-8, got the byte {error.object[error.start]:#04x} at {error.start}"
        ) from None


def _train(options: argparse.Namespace) -> int:
    folder = Path(options.file or ".")
    if not folder.is_dir():
        raise InputError(f"{folder}: expected the folder of your files")
    out = "mine.npz" if options.out is None else options.out
    if out and Path(out).suffix != ".npz":
        raise InputError(f"--out {out}: expected a name that ends in .npz")
    check_writable(out, "--out")
    if options.images is not None and options.images > MOST_IMAGES:
        raise InputError(f"--images: expected at most {MOST_IMAGES}, as many as MNIST has for training, got {options.images}")
    from nn.exercise.network import train

    return train(folder, out, options.images or 1_000, options.epochs or 3, data=options.data)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m nn.exercise",
        description="Without arguments: list the exercises. With a name: write its stub. With a name and a file: judge it.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"of an exercise, or {NETWORK}: train what you have written")
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"the file to judge; with {NETWORK}, the folder of your files")
    parser.add_argument("--hint", type=whole_number(1), metavar="STEP", help="a hint for step 1, 2 or 3 of the exercise")
    parser.add_argument("--images", type=whole_number(1), metavar="N", help="network: train on N images (1000)")
    parser.add_argument("--epochs", type=whole_number(1), metavar="N", help="network: see each of them N times (3)")
    parser.add_argument("--out", metavar="FILE", help="network: the model file to write (mine.npz)")
    parser.add_argument("--data", metavar="DIR", help="network: folder of the MNIST files, if not in a usual place")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main)
