"""Values in the order of time: gaps are filled from before, never from later steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column, DatasetSpec

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import RawDataset


def without_gaps(data_spec: DatasetSpec, x: np.ndarray, name: str, unit: str = "step") -> RawDataset:
    """The series without gaps: a missing value is the last one before it.

    Steps before the first value of every column are left out.  Where targets are missing, `y` has the targets with NaN
    there: no window is trained or measured on these.  Both are counted in the notes, and make it a revised reading.
    """
    import numpy as np

    from dlrun.data.source import RawDataset

    gaps, target = np.isnan(x), data_spec.features.index(data_spec.target_name)
    notes, y = [], None
    first = np.where(gaps.all(0), len(x), (~gaps).argmax(0))
    start = int(first.max(initial=0))
    if start >= len(x):
        raise problem(name, f'the column "{data_spec.features[int(first.argmax())]}" has no value; dataset.drop leaves '
                            "it out")
    if start:
        notes.append(f'{name}: the first {start:,} {unit}s are left out: "{data_spec.features[int(first.argmax())]}" '
                     "has no value before; dataset.drop keeps them without that column")
        x, gaps = x[start:], gaps[start:]
    if gaps.any():
        notes.append(f"{name}: {int(gaps.sum()):,} missing values; each is the last one before it")
    if count := int(gaps[:, target].sum()):
        notes.append(f'{name}: {count:,} values of the target "{data_spec.target_name}" are missing; no window is '
                     "trained or measured on them")
        y = x[:, target].copy()
    columns = tuple(Column(feature, "number") for feature in data_spec.features)
    return RawDataset(data_spec, carried(x), y, columns=columns, notes=tuple(notes), target=target,
                      revision=2 if start or y is not None else 1)


def carried(x: np.ndarray) -> np.ndarray:
    """The series (steps, columns) with each missing value as the last one before it; NaN where there is none."""
    import numpy as np

    gaps = np.isnan(x)
    if gaps.any():
        last = np.maximum.accumulate(np.where(gaps, 0, np.arange(len(x))[:, None]), axis=0)
        x = np.take_along_axis(x, last, 0)
    return np.ascontiguousarray(x)
