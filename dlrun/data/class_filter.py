"""Some classes of a standard set alone (`only`): frogs without the other nine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset


def filtered_info(only: tuple[str, ...], whole: DatasetInfo, rows_of_class: Mapping[str, tuple[int, ...]]
                  ) -> DatasetInfo:
    """Spec and rows of the chosen classes.  Raises ConfigError for names that are none."""
    if not only:
        return whole
    data_spec = _filtered_spec(only, whole.data_spec)
    places = [whole.data_spec.classes.index(name) for name in data_spec.classes]
    rows = {split: sum(counts[place] for place in places) for split, counts in rows_of_class.items()}
    return DatasetInfo(data_spec, rows)


def filtered(only: tuple[str, ...], source: RawDataset) -> RawDataset:
    """The rows of the chosen classes in their order, labels renumbered from 0 in the data's order of classes."""
    import numpy as np

    from dlrun.data.source import complete

    if not only:
        return source
    assert source.y is not None and source.x_test is not None and source.y_test is not None
    data_spec = _filtered_spec(only, source.data_spec)
    label = np.full(len(source.data_spec.classes), -1, np.int64)
    label[[source.data_spec.classes.index(name) for name in data_spec.classes]] = np.arange(len(data_spec.classes))
    train, test = label[source.y] >= 0, label[source.y_test] >= 0
    return complete(dataclasses.replace(
        source, data_spec=data_spec, x=source.x[train], y=label[source.y[train]], x_test=source.x_test[test],
        y_test=label[source.y_test[test]]))


def _filtered_spec(only: tuple[str, ...], whole: DatasetSpec) -> DatasetSpec:
    wrong = [Problem(f"dataset.only={name}", f"no such class{did_you_mean(name, whole.classes)}; there are "
                     + ", ".join(whole.classes)) for name in only if name not in whole.classes]
    if wrong:
        raise ConfigError(wrong)
    return dataclasses.replace(whole, classes=tuple(name for name in whole.classes if name in only))
