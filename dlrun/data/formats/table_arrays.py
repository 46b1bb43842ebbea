"""A parsed table as arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.data.dataset_spec import Column

if TYPE_CHECKING:
    from dlrun.data.formats.table import ParsedTable
    from dlrun.data.source import RawDataset


def as_arrays(table: ParsedTable) -> RawDataset:
    """A parsed table as arrays: a text column becomes one column of 0 and 1 a word."""
    import numpy as np

    from dlrun.data.source import RawDataset

    rows = len(table.targets[0])
    x = np.zeros((rows, len(table.data_spec.features)), np.float32)
    start = 0
    for one, values in zip(table.columns, table.values):
        if one.kind != "text":
            fill_numbers(x[:, start : start + len(one.scaled)], one, np.array(values, np.float64))
            start += len(one.scaled)
            continue
        places = np.array(values, np.int64)
        present = np.flatnonzero(places >= 0)  # a row without a word is zero in all columns
        x[present, start + places[present]] = 1.0
        start += len(one.words)
    kind = table.data_spec.target_kind
    y = np.array(table.targets, {"classes": np.int64, "labels": np.uint8}.get(kind, np.float32)).T
    y = np.ascontiguousarray(y[:, 0] if kind in ("classes", "number") else y)
    groups = np.unique(list(table.groups), return_inverse=True)[1].astype(np.int64) if table.groups else None
    return RawDataset(table.data_spec, x, y, columns=tuple(table.columns), notes=table.notes, reading=table.reading,
                      revision=table.revision, groups=groups)


def fill_numbers(x: Any, column: Column, values: Any) -> None:
    """The inputs (rows, inputs) of a column of numbers or dates; `values` are numbers or seconds, NaN if missing."""
    import numpy as np

    if column.kind == "date":
        from dlrun.data.formats.dates import numbers_of

        for place, part in enumerate(column.words):
            x[:, place] = numbers_of(part, values)
    else:
        x[:, 0] = values
    if column.indicator:
        x[:, -1] = np.isnan(values)
