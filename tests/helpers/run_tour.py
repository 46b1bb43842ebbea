"""Run docs/tour.ipynb from top to bottom: ``python -m tests.helpers.run_tour`` stores what its cells show.

In a folder of its own; nothing of the machine is kept but what the cells print.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tour.ipynb"


def executed(folder: Path) -> Any:
    """The notebook after all its cells were run in `folder`; raises where a cell does."""
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def main() -> None:
    """Run it and write it back."""
    import nbformat

    os.environ["PYTHONPATH"] = str(NOTEBOOK.parents[1])
    # No commit is found, so that none is shown: the one of this moment may never come to be on a branch.
    os.environ["GIT_CEILING_DIRECTORIES"] = str(NOTEBOOK.parents[1])
    with tempfile.TemporaryDirectory() as folder:
        notebook = executed(Path(folder))
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec",)} | {"language_info": {"name": "python"}}
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
