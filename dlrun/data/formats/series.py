"""Values in the order of time: gaps are filled, and the windows over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.data.dataset_spec import Column, DatasetSpec

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset


def without_gaps(data_spec: DatasetSpec, x: Any, name: str) -> RawDataset:
    """The series without gaps: a missing value is the last one before it (at the start: the first one after)."""
    import numpy as np

    from dlrun.data.source import RawDataset

    gaps = np.isnan(x)
    notes: tuple[str, ...] = ()
    if gaps.any():
        notes = (f"{name}: {int(gaps.sum()):,} missing values; each is the last one before it",)
        steps = np.arange(len(x))[:, None]
        last = np.maximum.accumulate(np.where(gaps, -1, steps), axis=0)
        first = np.where(gaps, len(x), steps).min(0)
        x = np.take_along_axis(x, np.where(last < 0, first, last), 0)
    columns = tuple(Column(feature, "number") for feature in data_spec.features)
    return RawDataset(data_spec, np.ascontiguousarray(x), None, columns=columns, notes=notes,
                  target=data_spec.features.index(data_spec.target_name))
