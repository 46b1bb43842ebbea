"""The notebook of the documents runs from top to bottom, and shows what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.run_tour import NOTEBOOK, executed


def test_the_notebook_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for needed in ("nbformat", "nbclient", "ipykernel"):
        pytest.importorskip(needed)
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    shown = said(executed(folder))
    assert "<table>" in shown and "finished after epoch 20" in shown and "image/png" in shown
    assert "'same sign'" in shown and "'accuracy'" in shown and "versus sgd" in shown
    assert "adam" in shown and "2 problems" in shown and "model=cnn" in shown
    runs = {path.parent.parent.name for path in (folder / "runs").glob("*/*/result.json")}
    assert {"digits-dense-adam", "digits-dense-sgd"} <= runs and any("Net" in name for name in runs)


def test_what_the_stored_notebook_shows_is_of_its_cells() -> None:
    """`python -m tests.helpers.run_tour` stores it."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    shown = said(notebook)
    assert "finished after epoch 20" in shown and "image/png" in shown and "2 problems" in shown
    assert str(Path.home()) not in shown and "/tmp/" not in shown


def said(notebook: Any) -> str:
    """All that the cells have put out."""
    return "\n".join(str(output.get("data", output.get("text", ""))) for cell in notebook["cells"]
                     if cell["cell_type"] == "code" for output in cell["outputs"])
