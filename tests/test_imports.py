"""Imports point one way, and importing is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "nn").rglob("*.py"))
HEAVY = {"numba", "llvmlite", "scipy", "matplotlib", "pygame", "tqdm", "pooch", "torch", "tensorflow", "keras"}


def imported(path):
    """Every module that a file names in an import statement, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)


def rooms(folder):
    return sorted((ROOT / "nn" / folder).rglob("*.py"))


def offenders(files, forbidden):
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported(path)
        if any(name == prefix or name.startswith(prefix + ".") for prefix in forbidden)
    ]


def test_the_package_knows_nothing_of_apps_benchmarks_tests_and_windows():
    assert not offenders(FILES, ("apps", "benchmarks", "tests", "pygame"))


def test_kernels_know_only_numpy_numba_and_each_other():
    for path in rooms("kernels"):
        for name in imported(path):
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names | {"numpy", "numba", "llvmlite"} or name.startswith("nn.kernels"), (path, name)


def test_layers_know_neither_models_nor_training_nor_commands():
    above = (
        "engine",
        "models",
        "training",
        "callbacks",
        "train",
        "evaluate",
        "predict",
        "optimizers",
    )
    assert not offenders(rooms("layers"), [f"nn.{name}" for name in above])


def test_models_know_no_commands():
    files = [ROOT / "nn" / name for name in ("models.py", "training.py", "io/model_file.py")]
    files += [path for path in rooms("engine") if path.name != "compiling.py"]
    assert not offenders(files, [f"nn.{name}" for name in ("train", "evaluate", "predict")])


def test_data_sets_and_preprocessing_need_no_network():
    for folder in ("datasets", "reading"):
        files = [path for path in rooms(folder) if path.name != "augment.py"]
        assert not offenders(files, ("nn.layers", "nn.kernels", "nn.models", "numba"))


def test_only_the_executor_knows_of_threads():
    knowing = {
        str(path.relative_to(ROOT / "nn"))
        for path in FILES
        if any(name.startswith(("concurrent.futures", "multiprocessing")) for name in imported(path))
    }
    # Besides the arithmetic: files are read side by side.
    assert knowing - {"datasets/loading.py", "train/__main__.py"} == {"engine/executor.py"}


def loaded_by(module):
    script = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    )


@pytest.mark.parametrize(
    "module", ["nn", "nn.datasets.mnist", "nn.io.cli, nn.io.files, nn.errors, nn.train.__main__, nn.evaluate, nn.predict"]
)
def test_light_modules_load_nothing_heavy(module):
    assert not loaded_by(module) & HEAVY


def test_the_model_loads_no_window_and_no_plots():
    # Numba itself looks for SciPy, to check its version.
    assert not loaded_by("nn.models") & (HEAVY - {"numba", "llvmlite", "scipy"})


def test_importing_compiles_nothing():
    modules = ", ".join(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in FILES
        if path.name not in ("__init__.py", "__main__.py")
    )
    script = f"""
from numba.core import event
with event.install_recorder("numba:compile") as recorder:
    import {modules}
assert not recorder.buffer, recorder.buffer
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
