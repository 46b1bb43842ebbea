"""Series: the weather in Jena, a client's consumption of electricity, a user's own table in the order of time."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.data import cache, known_series, paths
from dlrun.data.columns import Missing, numbers
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec
from dlrun.data.separated import cells
from dlrun.data.shape import of_series
from dlrun.data.table import place_of

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

NO_VALUE = -9999.0  # in the files of Jena's weather station


def dataset_info(cfg: Any) -> DatasetInfo:
    """Signature and steps of a user's own series; the file is parsed unless its arrays are cached."""
    path = paths.own(cfg.path)
    seen = cache.dataset_info(cache.entry("series", _asked(cfg), [path]))
    if seen is None:
        found = _own(cfg, path)
        seen = DatasetInfo(found.data_spec, {"train": len(found.x)})
    return DatasetInfo(of_series(cfg, seen.data_spec), seen.rows)


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The file of a series, ready to decode."""
    from dlrun.data.source import DatasetFiles

    if cfg.kind == "series":
        own = paths.own(cfg.path)
        return DatasetFiles([own], lambda _: _own(cfg, own), _asked(cfg))
    about = known_series.chosen(cfg)
    path = paths.standard(cfg.kind, data_dir, list(about.files))
    return DatasetFiles([path], lambda _: _known(cfg, about, path), [about.target, about.steps])


def _asked(cfg: Any) -> list[Any]:
    return [cfg.target, cfg.drop, cfg.missing, cfg.separator, cfg.header]


def _known(cfg: Any, about: known_series.KnownSeries, path: Path) -> RawDataset:
    import numpy as np

    try:
        x = _read(cfg.kind, about, path)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise problem(f"dataset={cfg.kind}", f"{path} can't be read ({error})") from None
    if x.shape != (about.steps, len(about.features)):
        raise problem(f"dataset={cfg.kind}", f"{path} holds {x.shape} numbers; {about.steps:,} steps are wanted")
    x = np.where(x == NO_VALUE, np.nan, x).astype(np.float32)
    return replace(_source(about.data_spec, x, path.name), label=about.label)


def _read(kind: str, about: known_series.KnownSeries, path: Path) -> Any:
    import numpy as np

    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False).reshape(-1, 1)
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = data.decode("latin-1").splitlines()
    names = [name.strip('" ') for name in lines[0].split(",")]
    if any(name not in names for name in about.features):
        raise ValueError(f"its columns are {', '.join(names)}")
    places = [names.index(name) for name in about.features]
    return np.loadtxt(lines[1:], delimiter=",", usecols=places, ndmin=2)


def _own(cfg: Any, path: Path) -> RawDataset:
    import numpy as np

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
                raise problem(f"dataset.target={cfg.target}", "a column of finite numbers is wanted")
            notes.append(f'{path.name}: the column "{name}" holds no numbers and is left out')
            continue
        at = len(names) if place == target else at
        names.append(name)
        values.append(column)
    data_spec = DatasetSpec((len(names),), "series", "number", features=tuple(names), target_name=names[at])
    source = _source(data_spec, np.array(values, np.float32).T, path.name)
    return replace(source, target=at, notes=(*notes, *source.notes))


def _source(data_spec: DatasetSpec, x: Any, name: str) -> RawDataset:
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
