"""What tests of several rooms share: a small MNIST in files, and commands run as a user runs them."""

import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

# What several folders of tests use.
sys.path.insert(0, str(Path(__file__).parent / "helpers"))

# Whoever starts the tests in the background may have told them, and so their children, to ignore
# Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """With `-n`, each process takes whole stretches of the tests, so that few fixtures are made twice."""
    if config.pluginmanager.hasplugin("xdist") and config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "worksteal"


@pytest.fixture(scope="session", autouse=True)
def compiled_alone() -> Iterator[None]:
    """Where tests run side by side, all processors are busy: no `fit` starts another process to
    compile its kernels. Commands that run in a process of their own do, as for a user.
    """
    from nn.engine import compiling

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "_is_beside", True)
        yield


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def compiler() -> None:
    """For tests that train the student's network: without the compiler it takes seconds an image,
    so they are skipped.
    """
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("trains the student's network, which takes the compiler")


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with MNIST's first 320 training and 100 test images."""
    from nn.datasets import mnist
    from nn.datasets.idx import write_idx

    folder = tmp_path_factory.mktemp("small") / "mnist"
    folder.mkdir()
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    for file, array in zip(mnist.MNIST.files, (x_train[:320], y_train[:320], x_test[:100], y_test[:100]), strict=True):
        write_idx(folder / file.name, array)
    return folder


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run `python -m MODULE WORDS...` within this process: exit code, stdout and stderr."""

    def call(module: str, *words: object) -> Ended:
        from nn.io.cli import run

        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", [module])
        with pytest.raises(SystemExit) as exit_:
            run(_main_of(module), [str(word) for word in words])
        out, err = capfd.readouterr()
        return Ended(exit_.value.code or 0, out, err)

    return call


def _main_of(module: str) -> Callable[..., int]:
    """What `python -m module` calls: a package's is in its `__main__`."""
    package = importlib.util.find_spec(module).submodule_search_locations is not None
    return importlib.import_module(f"{module}.__main__" if package else module).main


@pytest.fixture(scope="module")
def matplotlib() -> ModuleType:
    return pytest.importorskip("matplotlib", reason="the report needs matplotlib (the extra 'report')")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small model file with a card and a history beside it."""
    from small_model import save_model

    return save_model(tmp_path)


@pytest.fixture
def train(
    command: Callable[..., Ended], small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Run `python -m nn.train WORDS...` on the small MNIST, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Ended:
        return command("nn.train", "--data", small_mnist, *words)

    return call


@pytest.fixture(scope="session")
def reference(compiler: None, small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[dict]]:
    """The bytes of the model, and the history, of an undisturbed training."""
    from short_training import SHORT, without_seconds

    from nn.train.__main__ import main

    out = tmp_path_factory.mktemp("reference") / "mnist.npz"
    assert main([*map(str, SHORT), "--data", str(small_mnist), "--out", str(out)]) == 0
    return out.read_bytes(), without_seconds(out.with_name("mnist.history.json"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The file of a model so small that every byte of it can be tried."""
    from tiny_models import tiny_model

    path = tmp_path / "tiny.npz"
    tiny_model().save(path)
    return path
