"""The house stays in order: no folder overflows, imports make no circles, calls can be read."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [path for folder in ("nn", "apps", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
MOST_ENTRIES = 30
MOST_IN_THE_PACKAGE = 25
MOST_POSITIONAL = 5
# Their arguments are a list of sizes, axes or types, not different things by position.
LISTS = re.compile(r"\.(reshape|transpose)$|^lower_builtin$")


def tracked():
    """The files that git knows, or all where there is no git."""
    try:
        done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [Path(name) for name in done.stdout.splitlines() if (ROOT / name).exists()]
    except (OSError, subprocess.CalledProcessError):
        return [path.relative_to(ROOT) for path in FILES]


def entries():
    """How many files and folders each folder holds."""
    members = {(parent, child) for path in tracked() for child, parent in zip((path, *path.parents), path.parents, strict=False)}
    return Counter(parent for parent, _ in members)


def test_folders_can_be_surveyed():
    counts = entries()
    # `py.typed` is a marker for type checkers, not something to read.
    assert counts[Path("nn")] - (ROOT / "nn" / "py.typed").exists() <= MOST_IN_THE_PACKAGE
    pictures = {Path("docs"), Path("docs/study"), Path("benchmarks/results")}
    assert {folder: count for folder, count in counts.items() if count > MOST_ENTRIES and folder not in pictures} == {}


def test_each_test_file_has_a_name_of_its_own():
    """pytest imports them by their names alone, and refuses the second file of a name."""
    names = Counter(path.name for path in tracked() if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path, modules):
    """The modules of this repository that a file imports, for types only as well."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names & modules


def test_no_imports_make_a_circle_but_the_types_that_callbacks_need():
    modules = {module_of(path): path for path in FILES}
    left = {name: imports(path, modules.keys()) - {name} for name, path in modules.items()}
    while ready := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in ready}
    # What is left is in a circle or imports from one: take away what nothing in it imports.
    while unused := left.keys() - set().union(*left.values()):
        left = {name: needs for name, needs in left.items() if name not in unused}
    assert set(left) <= {"nn.callbacks", "nn.training"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_call_has_more_positional_arguments_than_one_can_read(path):
    long = [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and len(node.args) > MOST_POSITIONAL and not LISTS.search(ast.unparse(node.func))
    ]
    assert long == []


def test_layers_know_no_algorithm():
    text = "".join(path.read_text().lower() for path in (ROOT / "nn" / "layers").glob("*.py"))
    assert "winograd" not in text
