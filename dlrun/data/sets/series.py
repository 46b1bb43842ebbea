"""A user's own series in a text file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, text, texts
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _series as series
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "series")
@dataclass(frozen=True)
class Series(series.Windowed):
    """Your own series, a line a step: dataset.path=FILE dataset.target=COLUMN dataset.lookback=24."""

    kind: ClassVar[str] = "series"
    name: str = options.name()
    path: str = options.path("The file, also .gz; lines in the order of time")
    target: str = text(MISSING, "The column to predict: its name, or its number from 0 (-1 is the last).")
    lookback: int = series.lookback(24)
    step: int = series.step(1)
    delay: int = series.delay(0)
    stride: int = series.stride()
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = texts(
        (), "Cells that mean a missing value, besides the empty one, NA, nan, null and ?; the last value before "
        "it is carried on.", empty=True, scalar=True,
    )
    separator: str = options.separator()
    header: Any = options.header()
    test: float = options.last_steps()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale("standard")

    def info(self, data_dir: str) -> DatasetInfo:
        """Signature and steps; the file is parsed unless its arrays are cached."""
        from dlrun.data import cache, paths

        path = paths.own(self.path)
        found = cache.dataset_info(cache.entry(self.kind, self._asked(), [path]))
        if found is None:
            source = _decode(self, path)
            found = DatasetInfo(source.data_spec, {"train": len(source.x)})
        spec = found.data_spec
        return self.seen(spec.features, spec.target_name, spec.unit, found.rows["train"])

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        path = paths.own(self.path)
        return DatasetFiles([path], lambda _: _decode(self, path), self._asked())

    def _asked(self) -> list[Any]:
        return [self.target, self.drop, self.missing, self.separator, self.header]


def _decode(cfg: Series, path: Path) -> RawDataset:
    import numpy as np

    from dlrun.data.formats.columns import Missing, numbers
    from dlrun.data.formats.separated import cells
    from dlrun.data.formats.series import without_gaps
    from dlrun.data.formats.table import place_of

    found = cells(path, cfg.separator, cfg.header)
    missing = Missing(cfg.missing)
    target = place_of(found.names, cfg.target, "dataset.target")
    dropped = {place_of(found.names, name, "dataset.drop") for name in cfg.drop}
    if target in dropped:
        raise problem(f"dataset.drop={cfg.target}", "this is the target")
    names: list[str] = []
    values: list[list[float]] = []
    notes: list[str] = []
    at = 0
    for place, name in enumerate(found.names):
        if place in dropped:
            continue
        column = numbers([row[place] for row in found.rows], found.separator, missing)
        if column is None or not np.isfinite(column).any() or np.isinf(column).any():
            if place == target:
                raise problem(f"dataset.target={cfg.target}", "expected a column of finite numbers")
            notes.append(f'{path.name}: the column "{name}" holds no numbers and is left out')
            continue
        at = len(names) if place == target else at
        names.append(name)
        values.append(column)
    data_spec = DatasetSpec((len(names),), "series", "number", features=tuple(names), target_name=names[at])
    source = without_gaps(data_spec, np.array(values, np.float32).T, path.name)
    return replace(source, target=at, notes=(*notes, *source.notes))
