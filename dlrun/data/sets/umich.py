"""Sentences of the University of Michigan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets._base import Say
from dlrun.data.sets._words import POLARITY, Sentences
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "umich")
@dataclass(frozen=True)
class Umich(Sentences):
    """7,086 sentences about books and films, negative or positive (University of Michigan SI650)."""

    known: ClassVar[DatasetInfo] = DatasetInfo(DatasetSpec((), "tokens", "classes", POLARITY), {"train": 7086})
    hashes: ClassVar[dict[str, str]] = {
        "training.txt": "f62739660ffa9233cae138557dda4f5dac9865aef352645881240e9045df23d9",
    }

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        path = self.located(data_dir, "umich_si650/training.txt")
        return DatasetFiles([path], lambda _: self._decode(path), None if self.unit == "word" else [self.unit])

    def _decode(self, path: Path) -> RawDataset:
        from dlrun.data.formats.sentences import tabbed, with_classes
        from dlrun.data.formats.separated import text_of

        rows = tabbed(text_of(path))
        if {label for _, label, _ in rows} != {"0", "1"} or len(rows) != self.known.rows["train"]:
            raise self.damaged(f"{path} does not hold 7,086 lines of 0 or 1, a tab and a sentence")
        return with_classes([text for _, _, text in rows], [int(label) for _, label, _ in rows], POLARITY, self.unit)
