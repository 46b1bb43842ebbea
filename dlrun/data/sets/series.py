"""A user's own series in a text file."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, text, texts
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _series as series
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.formats.separated import Cells
    from dlrun.data.source import DatasetFiles, RawDataset

READING = 3  # counted up when the reader makes something else of the same file
CUT = 3  # revision of test steps that dlrun once left out, since a column that is no part of the training began later


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
        """Above 1 for a series that dlrun once read otherwise: gaps at its start, missing targets, marks between
        thousands, test steps.
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

    def further(self, path: str, spec: DatasetSpec, reading: Mapping[str, Any]) -> Further:
        """Another file with the columns of `spec`; `reading` says how the training's file was read."""
        own = {one.name: getattr(self, one.name) for one in fields(Series)}
        named = {"path": path, "test_path": "", "target": spec.target_name, "columns": spec.features,
                 "drop": tuple(reading.get("dropped", self.drop))}
        return Further(**{**own, **named}, point=reading.get("point", False), comma=reading.get("comma", False))

    def _settings(self) -> list[object]:
        return [self.target, self.drop, self.missing, self.separator, self.header, self.decimal, READING]


@dataclass(frozen=True)
class Further(Series):
    """The columns of a series that was read before, in a further file; marks that its numbers have are known."""

    columns: tuple[str, ...] = ()
    point: bool = False
    comma: bool = False

    def _settings(self) -> list[object]:
        return [*super()._settings(), self.columns, self.point, self.comma]


def _decode(cfg: Series, path: Path) -> RawDataset:
    import numpy as np

    from dlrun.data.cell_files import cells
    from dlrun.data.formats.column_places import check_named, place_of
    from dlrun.data.formats.columns import Missing, numbers, strays
    from dlrun.data.formats.numerals import Numerals
    from dlrun.data.formats.series import without_gaps
    from dlrun.data.formats.times import check_order

    known = cfg if isinstance(cfg, Further) else None
    found = cells(path, cfg.separator, cfg.header, known.columns if known else ())
    missing = Missing(cfg.missing)
    numerals = Numerals(cfg.decimal, found.separator, unit=found.unit) if known is None else Numerals(
        cfg.decimal, found.separator, point=known.point, comma=known.comma, trained=True, unit=found.unit)
    drop = [name for name in cfg.drop if known is None or name in found.names]
    check_named(found.names, target=cfg.target, drop=drop)
    target = place_of(found.names, cfg.target, "dataset.target")
    dropped = {place_of(found.names, name, "dataset.drop") for name in drop}
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
        asked = known is None or name in known.columns
        column = numbers(path, name, texts, found.lines, numerals, missing) if (
            asked and place not in found.texts) else None
        if column is None and asked:
            strays(path, found, place, missing)
        if column is None or np.isnan(column).all():
            if place == target:
                raise problem(f"dataset.target={cfg.target}", "expected a column of finite numbers")
            if asked:
                notes.append(f'{path.name}: the column "{name}" holds no numbers and is left out')
            if note := check_order(path, name, texts, found.lines):
                notes.append(note)
            continue
        at = len(names) if place == target else at
        names.append(name)
        values.append(column)
    lacking = [name for name in known.columns if name not in names] if known else []
    if lacking:
        raise problem(str(path), f'it has no column "{lacking[0]}" of numbers, which the training steps have; there '
                                 f"are {', '.join(found.names[:20])}")
    notes += numerals.settle(path)
    data_spec = DatasetSpec((len(names),), "series", "number", features=tuple(names), target_name=names[at])
    source = without_gaps(data_spec, np.array(values, np.float32).T, path.name, found.unit)
    new = found.new_header or numerals.newly_read
    revision = 2 if new else source.revision
    if known and _once_cut(found, known.columns, len(found.rows) - len(source.x), missing):
        revision = CUT
    return replace(source, notes=(*notes, *source.notes), revision=revision, reading={
        **numerals.marks(), "dropped": [found.names[place] for place in sorted(dropped)]})


def _once_cut(found: Cells, known: Collection[str], start: int, missing: Container[str]) -> bool:
    """Whether a column of numbers that is not `known` begins behind the row `start`: rows before it were left out."""
    from dlrun.data.formats.numerals import is_number

    others = [[row[place] for row in found.rows] for place, name in enumerate(found.names) if name not in known]
    return any(all(cell in missing for cell in cells[: start + 1]) and not all(cell in missing for cell in cells)
               and all(cell in missing or is_number(cell) for cell in cells) for cells in others)


def _with_test(cfg: Series, source: RawDataset, path: Path) -> RawDataset:
    """The series with the steps of another file as its test steps, read by the names of its columns."""
    spec = source.data_spec
    theirs = _decode(cfg.further(str(path), spec, source.reading), path)
    x = theirs.x[:, [theirs.data_spec.features.index(name) for name in spec.features]]
    notes = (*source.notes, *theirs.notes, f"the {len(x):,} test steps are those of {path.name}")
    return replace(source, x_test=x, y_test=theirs.y, notes=notes,
                   revision=CUT if theirs.revision == CUT else source.revision)
