"""How the file of a table is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Header = bool | str  # whether a file has a line of names; "auto": where it looks like one


class Reading(Protocol):
    """The options of ``dataset=csv``, which a DataFrame is read by too."""

    @property
    def target(self) -> str | Sequence[str]:
        """The column that is predicted, or several: names, or numbers from 0 (-1 is the last)."""

    @property
    def targets(self) -> str | Sequence[str]:
        """What the targets are: classes, number, auto; of several columns one word for each."""

    @property
    def separator(self) -> str:
        """What stands between cells: a mark, the name of one, auto."""

    @property
    def header(self) -> Header:
        """Whether the first line has the columns' names."""

    @property
    def drop(self) -> Sequence[str]:
        """The columns that are left out."""

    @property
    def typed(self) -> bool:
        """Whether these are options that the user types, which a note may advise."""

    @property
    def group(self) -> str:
        """The column that says which rows belong together; empty: none."""

    @property
    def order(self) -> str:
        """The column by which rows lie in time; empty: none."""

    @property
    def missing(self) -> Sequence[str]:
        """Cells without a value, besides the usual ones."""

    @property
    def indicator(self) -> bool:
        """Whether a column with missing numbers or dates gets another one that says so."""

    @property
    def dates(self) -> bool:
        """Whether dates become numbers; else they are texts."""

    @property
    def decimal(self) -> str:
        """The decimal mark: point, comma, auto."""
