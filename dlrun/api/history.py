"""The curves of a run: a list for each metric, an entry an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class History(dict[str, list[Any]]):
    """The rows of metrics.jsonl as lists by name; an epoch that lacks a metric has None.

    >>> history = History.of([{"epoch": 1, "val/loss": 0.5}, {"epoch": 2, "val/loss": 0.4, "test/loss": 0.6}])
    >>> history["epoch"], history["val/loss"], history["test/loss"]
    ([1, 2], [0.5, 0.4], [None, 0.6])
    """

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> History:
        """The history of rows of metrics, in their order."""
        rows = list(rows)
        names = dict.fromkeys(name for row in rows for name in row)
        return cls({name: [row.get(name) for row in rows] for name in names})

    def to_frame(self) -> Any:
        """A pandas DataFrame with the epochs as its index; pandas has to be installed."""
        from pandas import DataFrame

        frame = DataFrame(dict(self))
        return frame.set_index("epoch") if "epoch" in frame else frame

    def _repr_html_(self) -> str:
        from dlrun.api.display import table

        names = list(self)
        return table(names, [[self[name][place] for name in names] for place in range(len(self.get("epoch", [])))])
