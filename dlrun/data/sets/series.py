"""A user's own series in a text file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, text, texts
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _series as series
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.source import DatasetFiles, RawDataset

READING = 2  # counted up when the reader makes something else of the same file


@register("dataset", "series")
@dataclass(frozen=True)
class Series(series.Windowed):
    """Your own series, a line a step: dataset.path=FILE dataset.target=COLUMN dataset.lookback=24."""

    name: str = options.name()
    path: str = options.path("The file, also .gz; lines in the order of time")
    test_path: str = options.test_path("A file, also .gz,")
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
    decimal: str = options.decimal()
    separator: str = options.separator()
    header: bool | str = options.header()
    test: float = options.last_steps()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale("standard")

    @property
    def target_given(self) -> str:
        return f"dataset.target={self.target}"

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and steps; the file is parsed unless its arrays are cached."""
        from dlrun.data import cache, paths

        if self.test_path:
            return self._info_apart(data_dir)
        path = paths.own(self.path)
        found = cache.dataset_info(cache.entry(self.kind, self._settings(), [path]))
        if found is None:
            source = _decode(self, path)
            found = DatasetInfo(source.data_spec, {"train": len(source.x)}, source.revision, source.without_target)
        spec = found.data_spec
        seen = self.seen(spec.features, spec.target_name, spec.unit, found.rows["train"])
        return replace(seen, revision=found.revision, without_target=found.without_target)

    def _info_apart(self, data_dir: str) -> DatasetInfo:
        """Spec and steps where the test steps lie in a file of their own."""
        from dlrun.data.timeline import joined

        source = self.read(data_dir, lambda line: None)
        assert source.x_test is not None
        spec = source.data_spec
        seen = self.seen(spec.features, spec.target_name, spec.unit, len(source.x))
        return replace(seen, rows={"train": len(source.x), "test": len(source.x_test)}, revision=source.revision,
                       without_target=joined(source).without_target)

    def read_revision(self, config: Config) -> int:
        """2 for a series that dlrun once read otherwise: gaps at its start, missing targets, marks between thousands.
        """
        from dlrun.data.reading_revision import of_reading

        return of_reading(self, config, self.path)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        path = paths.own(self.path)
        if not self.test_path:
            return DatasetFiles([path], lambda _: _decode(self, path), self._settings())
        apart = paths.own(self.test_path, key="test_path")
        return DatasetFiles([path, apart], lambda _: _with_test(self, _decode(self, path), apart), self._settings())

    def _settings(self) -> list[object]:
        return [self.target, self.drop, self.missing, self.separator, self.header, self.decimal, READING]


def _decode(cfg: Series, path: Path) -> RawDataset:
    import numpy as np

    from dlrun.data.cell_files import cells
    from dlrun.data.formats.column_places import check_named, place_of
    from dlrun.data.formats.columns import Missing, numbers, strays
    from dlrun.data.formats.numerals import Numerals
    from dlrun.data.formats.series import without_gaps
    from dlrun.data.formats.times import check_order

    found = cells(path, cfg.separator, cfg.header)
    missing, numerals = Missing(cfg.missing), Numerals(cfg.decimal, found.separator, unit=found.unit)
    check_named(found.names, target=cfg.target, drop=cfg.drop)
    target = place_of(found.names, cfg.target, "dataset.target")
    dropped = {place_of(found.names, name, "dataset.drop") for name in cfg.drop}
    if target in dropped:
        raise problem(f"dataset.drop={cfg.target}", "this is the target")
    names: list[str] = []
    values: list[list[float]] = []
    notes = list(found.notes)
    at = 0
    for place, name in enumerate(found.names):
        if place in dropped:
            continue
        texts = [row[place] for row in found.rows]
        column = None if place in found.texts else numbers(path, name, texts, found.lines, numerals, missing)
        if column is None:
            strays(path, found, place, missing)
        if column is None or np.isnan(column).all():
            if place == target:
                raise problem(f"dataset.target={cfg.target}", "expected a column of finite numbers")
            notes.append(f'{path.name}: the column "{name}" holds no numbers and is left out')
            if note := check_order(path, name, texts, found.lines):
                notes.append(note)
            continue
        at = len(names) if place == target else at
        names.append(name)
        values.append(column)
    notes += numerals.settle(path)
    data_spec = DatasetSpec((len(names),), "series", "number", features=tuple(names), target_name=names[at])
    source = without_gaps(data_spec, np.array(values, np.float32).T, path.name, found.unit)
    new = found.new_header or numerals.newly_read
    return replace(source, notes=(*notes, *source.notes), revision=2 if new else source.revision)


def _with_test(cfg: Series, source: RawDataset, path: Path) -> RawDataset:
    """The series with the steps of another file as its test steps, read by the names of its columns."""
    spec = source.data_spec
    theirs = _decode(replace(cfg, target=spec.target_name, drop=()), path)
    lacking = [name for name in spec.features if name not in theirs.data_spec.features]
    if lacking:
        raise problem(f"dataset.test_path={cfg.test_path}",
                      f'it has no column "{lacking[0]}" of numbers, which the training steps have; there are '
                      f"{', '.join(theirs.data_spec.features[:20])}")
    x = theirs.x[:, [theirs.data_spec.features.index(name) for name in spec.features]]
    notes = (*source.notes, *theirs.notes, f"the {len(x):,} test steps are those of {path.name}")
    return replace(source, x_test=x, y_test=theirs.y, notes=notes)
