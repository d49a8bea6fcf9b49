"""The pages name what exists: paths, links and commands; and the README stays short."""

import importlib.util
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import COMMANDS
from nn.models import load_model
from nn.study.__main__ import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "nn").rglob("*.md"), *(ROOT / "data").rglob("*.md")])
FOLDERS = ("nn", "apps", "benchmarks", "tests", "data", "docs", ".ci")
LONGEST_README = 140
MADE_BY_COMMANDS = {"mnist.history.json", "photo.png", "benchmarks/measured", "benchmarks/measured/kernels.png"}
PLACEHOLDERS = {"NAME", "FILE", "DIR"}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_in(text):
    """What stands in backticks or in an indented block."""
    indented = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [*re.findall(r"`([^`\n]+)`", text), *indented]


@pages
def test_every_path_exists(page):
    named = {word.rstrip("/") for code in code_in(page.read_text()) for word in re.findall(r"[\w.][\w./-]*", code)}
    paths = {name for name in named - MADE_BY_COMMANDS if name.split("/")[0] in FOLDERS and "/" in name}
    assert {path for path in paths if not (ROOT / path).exists() and Path(path).stem not in PLACEHOLDERS} == set()


@pages
def test_every_file_named_without_its_folder_exists(page):
    named = set(re.findall(r"`(\w+\.(?:py|md|png|json|npz))`", page.read_text()))
    existing = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*")}
    assert {name for name in named - existing - MADE_BY_COMMANDS if Path(name).stem not in PLACEHOLDERS} == set()


@pages
def test_every_link_and_picture_exists(page):
    text = page.read_text()
    targets = {*re.findall(r"\]\(([^)#\s]+)", text), *re.findall(r'src="([^"]+)"', text)}
    local = {target for target in targets if not target.startswith(("http:", "https:", "mailto:"))}
    assert {target for target in local if not (page.parent / target).exists()} == set()


def commands_in(text):
    """The words after `python -m` of every command, without comments and without what follows
    `&&`.
    """
    for code in code_in(text):
        for found in re.findall(r"python3? -m ([^#&]+)", code):
            yield tuple(found.split())


@pages
def test_every_command_exists(page):
    for module, *words in commands_in(page.read_text()):
        spec = importlib.util.find_spec(module)
        assert spec is not None, module
        if module.split(".")[0] in FOLDERS and spec.submodule_search_locations is not None:
            assert importlib.util.find_spec(f"{module}.__main__") is not None, module
        known = {"benchmarks": COMMANDS, "nn.study": EXPERIMENTS}.get(module)
        if known is not None and words and words[0] not in PLACEHOLDERS | {"..."}:
            assert words[0] in known, (module, words[0])


def documented_options():
    """Each command of all pages, up to its first option, with the options that any page gives it."""
    options = {}
    for page in PAGES:
        for module, *words in commands_in(page.read_text()):
            names = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help"}
            fixed = [word for word in words if not word.startswith("-")][:1] if module == "benchmarks" else []
            if names and module.split(".")[0] in FOLDERS:
                options.setdefault((module, *fixed), set()).update(names)
    return options


@pytest.mark.parametrize("words", documented_options(), ids=" ".join)
def test_every_documented_option_exists(command, words):
    help_text = command(*words, "--help").out
    assert {name for name in documented_options()[words] if name not in help_text} == set()


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README


@pytest.mark.usefixtures("compiler")
def test_the_script_of_the_readme_runs(small_mnist, tmp_path, monkeypatch):
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NN_DATA", str(small_mnist.parent))
    exec(compile(script.replace("epochs=10", "epochs=1"), "README.md", "exec"), {})
    assert load_model("mnist.npz").count_params() == 233_162
