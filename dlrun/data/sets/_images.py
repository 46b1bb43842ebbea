"""What data sets of pictures share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset


def pictures(shape: tuple[int, int, int], classes: tuple[str, ...], **rows: int) -> DatasetInfo:
    """Pictures (channels, height, width) of so many classes, with the rows of each split."""
    return DatasetInfo(DatasetSpec(shape, "image", "classes", classes), rows)


@dataclass(frozen=True)
class Images(Dataset):
    """Pictures with their own test split."""

    levels: ClassVar[float] = 255.0
    name: str = options.name()
    scale: str = options.image_scale()


@dataclass(frozen=True)
class ClassImages(Images):
    """Pictures of which some classes alone may be taken; `rows_of_class` has the rows of each by split."""

    rows_of_class: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    only: tuple[str, ...] = options.only()

    def info(self, data_dir: str) -> DatasetInfo | None:
        assert self.known is not None
        if not self.only:
            return self.known
        from dlrun.data.class_filter import filtered_info

        return filtered_info(self.only, self.known, self.rows_of_class)

    def select(self, source: RawDataset) -> RawDataset:
        if not self.only:
            return source
        from dlrun.data.class_filter import filtered

        return filtered(self.only, source)


@dataclass(frozen=True)
class SplitImages(Images):
    """Pictures without a test split of their own."""

    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.stratify()
