"""The texts of a new file: those of a column, or a line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.data.cell_files import cells, is_table
from dlrun.data.formats.separated import lines_of, text_of


def texts_of(path: Path, column: str, say: Callable[[str], None]) -> list[str]:
    """The texts of a file; `column` is what the training's was called, empty where a line was a row.

    Raises ConfigError for a file without texts, and for a row without one.
    """
    notes: list[str] = []
    if not is_table(path, named=bool(column)):
        found = [line for line in lines_of(text_of(path, notes)) if line.strip()]
        for note in notes:
            say(note)
        if not found:
            raise problem(str(path), "expected a text in each line; it has none")
        return found
    table = cells(path, "auto", "auto", (column,) if column else ())
    for note in table.notes:
        say(note)
    places = [table.names.index(column)] if table.names.count(column) == 1 else sorted(table.texts)
    if len(places) != 1:
        raise problem(str(path), f'expected the texts in a column called "{column or "text"}", or in the only column '
                                 f"of texts; there are {', '.join(table.names)}")
    found = [row[places[0]] for row in table.rows]
    if "" in found:
        raise problem(str(path), f"{table.unit} {table.lines[found.index('')]}: expected a text in "
                                 f'"{table.names[places[0]]}"')
    return found
