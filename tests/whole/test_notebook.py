"""The notebook of the documents runs from top to bottom, and shows what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tour.ipynb"


def test_the_notebook_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]
    shown = "\n".join(str(output.get("data", output.get("text", ""))) for cell in outputs for output in cell)
    assert "<table>" in shown and "finished after epoch 20" in shown
    assert "'same sign'" in shown and "'accuracy'" in shown
    assert "adam" in shown and "2 problems" in shown and "model=cnn" in shown
    runs = {path.parent.parent.name for path in (folder / "runs").glob("*/*/result.json")}
    assert {"digits-dense-adam", "digits-dense-sgd"} <= runs and any("Net" in name for name in runs)
