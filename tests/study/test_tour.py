"""docs/tour.ipynb: ten cells that run in order, and outputs that a reader of the page sees."""

import json
import os
import re
from pathlib import Path

import pytest

TOUR = Path(__file__).parents[2] / "docs" / "tour.ipynb"
LARGEST = 400_000


def cells(kind):
    return [cell for cell in json.loads(TOUR.read_text())["cells"] if cell["cell_type"] == kind]


def text_of(cell):
    """Everything that a cell printed."""
    return "".join("".join(output.get("text", [])) for output in cell["outputs"])


def test_the_stored_tour_was_run_in_order_and_is_small():
    code = cells("code")
    assert [cell["execution_count"] for cell in code] == list(range(1, 11))
    assert TOUR.stat().st_size < LARGEST
    for cell in code:
        assert cell["outputs"]
        assert all(output["output_type"] != "error" for output in cell["outputs"])
        assert not [output for output in cell["outputs"] if output.get("name") == "stderr"]
        # No path of the machine that ran it.
        assert not re.search(r"/(home|work|tmp|Users)/", text_of(cell))


def test_the_stored_tour_shows_what_its_text_says():
    code = cells("code")
    assert "233,162" in text_of(code[2])
    assert float(re.search(r"accuracy (0\.\d+)", text_of(code[5]))[1]) > 0.98
    assert "the gradient of kernel[3, 5] is wrong" in text_of(code[8])
    assert "broken/kernel[3, 5]: backward gives" in text_of(code[9])
    assert "All other entries of this tensor are right." in text_of(code[9])


@pytest.mark.usefixtures("compiler")
def test_the_tour_runs_from_top_to_bottom(small_mnist, monkeypatch):
    nbformat = pytest.importorskip("nbformat", reason="the tour needs Jupyter (the extra 'notebook')")
    nbclient = pytest.importorskip("nbclient", reason="the tour needs Jupyter (the extra 'notebook')")
    pytest.importorskip("ipykernel", reason="the tour needs Jupyter (the extra 'notebook')")
    pytest.importorskip("matplotlib", reason="the tour needs matplotlib (the extra 'notebook')")
    monkeypatch.setenv("NN_DATA", str(small_mnist.parent))
    # The kernel starts in docs/ and imports what this process imports.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TOUR.parents[1]), os.environ.get("PYTHONPATH", "")]))
    tour = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(tour, timeout=600, resources={"metadata": {"path": str(TOUR.parent)}}).execute()
    ran = [cell for cell in tour.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in ran] == list(range(1, 11))
    assert "broken/kernel[3, 5]: backward gives" in "".join(output.get("text", "") for output in ran[9].outputs)
    assert sum(output.output_type == "display_data" for cell in ran for output in cell.outputs) == 4
