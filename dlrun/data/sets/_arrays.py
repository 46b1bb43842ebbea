"""What data sets share that are given as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import choice
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.source import RawDataset


@dataclass(frozen=True)
class ArrayData(Dataset):
    """Arrays: what their targets are, how they are scaled, which rows are for the test."""

    stratifies: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED

    name: str = options.name()
    targets: str | tuple[str, ...] = options.targets()
    layout: str = choice("auto", ("auto", "series"), "What three dimensions of numbers are; auto: pictures (rows, "
                         "height, width); series: (rows, steps, features).")
    scale: str = choice(
        "auto", ("auto", "unit", "standard", "symmetric", "none"),
        "How stored values are scaled; auto: unit for images of bytes, none for those of floats, standard for tables.",
    )
    target_scale: str = options.own_target_scale()
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.own_stratify()

    def read_revision(self, config: Config) -> int:
        """Above 1 where validation rows keep the proportions of the classes, which they once did not."""
        from dlrun.data.split_revision import of_split

        return of_split(self, config)


def info_of(source: RawDataset) -> DatasetInfo:
    """Spec and rows of a data set that has been read."""
    splits = {"train": source.x, "val": source.x_val, "test": source.x_test}
    return DatasetInfo(source.data_spec, {split: len(x) for split, x in splits.items() if x is not None},
                       source.revision, heavy=tuple(source.reading.get("heavy", ())))
