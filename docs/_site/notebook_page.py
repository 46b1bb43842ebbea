"""A notebook as a page: its texts, its code, and what its cells showed when they were run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def page(notebook: Path) -> str:
    """Markdown of the cells, top to bottom; pictures and tables stay as they are, nothing is loaded from elsewhere."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    note = f"*This is [{notebook.name}]({notebook.name}): a notebook that a test runs.*"
    return "\n\n".join([part for cell in cells for part in _cell(cell)] + [note, ""])


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
    elif cell["cell_type"] == "code":
        yield f"```python\n{source}\n```"
        for output in cell.get("outputs", ()):
            yield from _output(output)


def _output(output: Mapping[str, Any]) -> Iterator[str]:
    data = output.get("data", {})
    if "image/png" in data:
        yield f'<img alt="what the cell shows" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    elif "text/html" in data:
        yield f'<div class="output">{"".join(data["text/html"])}</div>'
    elif text := "".join(output.get("text", data.get("text/plain", ""))):
        yield f"```text\n{text.rstrip()}\n```"
