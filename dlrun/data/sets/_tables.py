"""What data sets of tables share: rows of numbers, a class or a number to predict."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset


def classes(features: tuple[str, ...], names: tuple[str, ...], rows: int) -> DatasetInfo:
    """A table whose rows are each of a class."""
    return DatasetInfo(DatasetSpec((len(features),), "table", "classes", names, features), {"train": rows})


def number(features: tuple[str, ...], target: str, unit: str = "", **rows: int) -> DatasetInfo:
    """A table with a number to predict, in `unit`."""
    return DatasetInfo(DatasetSpec((len(features),), "table", "number", features=features, target_name=target,
                                   unit=unit), rows)


@dataclass(frozen=True)
class TableDataset(Dataset):
    """A table without a test split of its own."""

    name: str = options.name()
    scale: str = options.table_scale()
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.stratify()
