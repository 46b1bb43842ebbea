"""What the documents show: fenced blocks, the files among them, the commands that a reader types.

In a fenced block, ``python file=NAME`` (or yaml, csv, text) is a file that the reader makes, ``console`` has commands
after ``$``, and ``python`` alone is run in one namespace from the top of the document to its end.  A command may fail
only where a line after it says so: ``(exit code 2)``.  In a command RUN is the newest run.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = ["start.md", *sorted(f"howto/{path.name}" for path in (DOCS / "howto").glob("*.md"))]


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Language, further words and content of each fenced block of a page in docs/."""
    yield from FENCE.findall((DOCS / page).read_text(encoding="utf-8"))


def written(more: str, content: str) -> Path:
    """Write the file of a block ``LANGUAGE file=NAME`` into the working folder."""
    path = Path(more.removeprefix("file="))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def typed(content: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, without its ``$``, and the lines shown below it."""
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def exit_code(shown: list[str]) -> int:
    """The exit code that is said below a command; 0 where none is."""
    return next((int(found[1]) for text in shown if (found := re.search(r"\(exit code (\d)\)", text))), 0)


def made_by(command: str) -> bool:
    """Run ``python FILE`` in this process; False for another command."""
    if not command.startswith("python "):
        return False
    runpy.run_path(command.removeprefix("python "), run_name="__main__")
    return True


def newest_run() -> str:
    """The folder of the run that was begun last."""
    return str(max(Path("runs").glob("*/*/config.yaml"), key=lambda path: path.stat().st_mtime_ns).parent)
