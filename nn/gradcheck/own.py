"""A layer or a loss of a user's own, named on the command line as `FILE.py:EXPRESSION`.

The expression is evaluated in the file: a class (`mine.py:Scale`, called without arguments), a
call (`mine.py:Scale(units=3)`) or a name (`mine.py:layer`). Whatever goes wrong in the file is
reported in one sentence with the line where it happened.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from nn.errors import InputError
from nn.gradcheck.cases import Case, check_loss
from nn.gradcheck.check import check_layer
from nn.gradcheck.directional import check_directions
from nn.gradcheck.directional_report import DirectionalReport
from nn.gradcheck.report import Report
from nn.layers.arguments import Shape
from nn.layers.base import Layer
from nn.losses import Loss


def load_own(text: str) -> Layer | Loss:
    """The layer or the loss that `FILE.py:EXPRESSION` names.

    Raises:
        InputError: there is no such file or name, it is neither a `Layer` nor a `Loss`, or the file
            raises an error.
    """
    path, expression = split(text)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    with faults_named(path):
        module = _imported(path)
        try:
            value = eval(expression, vars(module))
        except NameError as error:
            if error.name is None or error.name not in expression:
                raise
            raise InputError(f"{path}: there is no {error.name!r}, {_layers_of(module)}") from error
        except SyntaxError as error:
            raise InputError(f"{text}: expected a class, a call or a name after {path}, got {expression!r}") from error
        if isinstance(value, type) and issubclass(value, Layer | Loss):
            value = _called(value, path)
    if not isinstance(value, Layer | Loss):
        kind = f"the class {value.__name__}" if isinstance(value, type) else f"an object of the type {type(value).__name__}"
        raise InputError(f"{text}: expected a subclass of nn.layers.Layer or nn.losses.Loss or an instance of one, got {kind}")
    return value


def split(text: str) -> tuple[Path, str]:
    """The file and the expression."""
    stem, found, expression = text.partition(".py:")
    if not found or not expression.strip():
        raise InputError(f"expected FILE.py:CLASS, such as mine.py:Scale or 'mine.py:Scale(units=3)', got {text!r}")
    return Path(stem + ".py"), expression.strip()


@contextlib.contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn any exception that the file raises into an `InputError` with its line."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{_where(path, error)}{error}") from error
    except SyntaxError as error:
        name = path if error.filename == str(path.resolve()) else error.filename
        raise InputError(f"{name}, line {error.lineno}: {type(error).__name__}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())
        kind = f"{type(error).__name__}{': ' if said else ''}{said}"
        raise InputError(f"{_where(path, error) or f'{path}: '}{kind}") from error


def _where(path: Path, error: BaseException) -> str:
    """The last line of the file on the way to the error, as "mine.py, line 7, in forward: "."""
    file = str(path.resolve())
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return ""
    function = "" if frames[-1].name == "<module>" else f", in {frames[-1].name}"
    return f"{path}, line {frames[-1].lineno}{function}: "


def _imported(path: Path) -> ModuleType:
    """The file as a module; its neighbours can be imported by it."""
    spec = importlib.util.spec_from_file_location(f"own_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: expected a file of Python")
    module = importlib.util.module_from_spec(spec)
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[spec.name] = module  # dataclasses look for their module by its name
    spec.loader.exec_module(module)
    return module


def _called(kind: type[Layer | Loss], path: Path) -> Layer | Loss:
    """The class called without arguments."""
    try:
        return kind()
    except TypeError as error:
        if "required" not in str(error):
            raise
        said = f"{error}; give the arguments, such as '{path}:{kind.__name__}(...)'"
        raise InputError(said) from error


def _layers_of(module: ModuleType) -> str:
    """Which layers and losses the file has, in words."""
    kinds = {name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, Layer | Loss)}
    own = {name for name in kinds if vars(module)[name].__module__ == module.__name__}
    names = [name for name, value in vars(module).items() if name in own or isinstance(value, Layer | Loss)]
    return f"only {', '.join(names)}" if names else "nor any other layer"


def own_case(text: str, input_shape: Shape | None) -> Case:
    """The layer or the loss that `FILE.py:EXPRESSION` names, as a case; `input_shape` may be left
    out for a loss, and if the layer knows it.
    """
    layer = load_own(text)
    path, _ = split(text)
    if isinstance(layer, Loss):
        return _loss_case(layer, text, input_shape or (5,))
    shape = layer.input_shape if layer.built else layer.given_input_shape
    if input_shape is not None and layer.built and input_shape != shape:
        raise InputError(f"--input-shape: expected {shape}, for which {text} was built, got {input_shape}")
    if (known := input_shape or shape) is None:
        raise InputError(f"--input-shape: expected the shape of one sample for {text}, such as --input-shape 5 4")

    def check(seed: int) -> Report:
        with faults_named(path):
            return check_layer(layer, known, seed=seed)

    def check_all(seed: int) -> DirectionalReport:
        with faults_named(path):
            return check_directions(layer, known, seed=seed)

    return Case(text, "", check, check_all)


def _loss_case(loss: Loss, text: str, input_shape: Shape) -> Case:
    if len(input_shape) != 1:
        raise InputError(f"--input-shape: expected one size, the number of outputs, for the loss {text}, got {input_shape}")

    def check(seed: int) -> Report:
        with faults_named(split(text)[0]):
            return check_loss(loss, seed, scores=loss.from_logits, outputs=input_shape[0])

    return Case(text, "", check)
