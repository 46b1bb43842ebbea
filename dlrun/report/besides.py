"""What the rows of a table differ in beside its columns, as a small table of its own."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.report.table import Table

_NAMES = 4  # rows of one line that are named


@dataclass(frozen=True)
class Besides:
    """Settings by name, and a line for each combination of their values: the rows that have it, then the values."""

    keys: list[str]
    lines: list[tuple[str, list[str]]]


def besides(table: Table) -> Besides | None:
    """The settings that a word brings with it, or a sweep's axis hides; None where there are none.

    Lines are named by the one column that decides all of them (``optimizer``), else by the rows.
    """
    found = table.axes.besides
    if not found:
        return None
    combinations: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(table.rows):
        if not row.runs:  # a baseline has no settings
            continue
        combinations.setdefault(tuple(texts[place] for texts in found.values()), []).append(place)
    columns = range(len(table.axes.columns))
    deciding = next((column for column in columns if all(
        len({table.rows[place].labels[column] for place in places}) == 1 for places in combinations.values())
        and len({row.labels[column] for row in table.rows if row.runs}) == len(combinations)), None)

    def name(places: list[int]) -> str:
        if deciding is not None:
            return table.rows[places[0]].labels[deciding]
        names = [" ".join(filter(None, table.rows[place].labels)) for place in places]
        return ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")

    return Besides(list(found), [(name(places), list(values)) for values, places in combinations.items()])
