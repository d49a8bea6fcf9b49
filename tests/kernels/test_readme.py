"""The page about the kernels names every file and every rung."""

import re
from pathlib import Path

import pytest

import nn
from nn.kernels import ladder

FOLDER = Path(nn.__file__).parent / "kernels"
PAGE = (FOLDER / "README.md").read_text()
MODULES = sorted(path.name for path in FOLDER.glob("*.py") if path.name != "__init__.py")


def test_the_table_names_every_file_once():
    table = PAGE.partition("| file |")[2].partition("\n\n")[0]
    first_column = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert sorted(re.findall(r"`(\w+\.py)`", " ".join(first_column))) == MODULES


@pytest.mark.parametrize("name", re.findall(r"`(\w+\.\w+)` \|", PAGE.partition("| rung |")[2]))
def test_the_rungs_are_kernels_that_exist(name):
    module, function = name.split(".")
    assert f"def {function}(" in (FOLDER / f"{module}.py").read_text()


def test_the_numbers_in_the_docstrings_are_those_of_the_page():
    for name, function in vars(ladder).items():
        number = re.match(r"[BCD]\d", function.__doc__ or "") if callable(function) else None
        if number:
            assert re.search(rf"\| {number[0]} \| [^|]* \| `ladder.{name}` \|", PAGE)
