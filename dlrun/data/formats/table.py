"""A table in a text file: numbers, texts as one column a word, a target that is classes or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column, DatasetSpec
from dlrun.data.formats import labels
from dlrun.data.formats.column_places import check_named, given_as, place_of, places_of
from dlrun.data.formats.columns import NOTHING, WORDS, Missing, check_usable, column, numbers, reading, strays
from dlrun.data.formats.numerals import Numerals
from dlrun.data.formats.reading import Reading
from dlrun.data.formats.row_columns import groups_of, in_order, numbers_rows, seasons
from dlrun.data.formats.separated import Cells, cells

if TYPE_CHECKING:
    pass

HEAVY = 20


@dataclass(frozen=True)
class ParsedTable:
    """A parsed file.  A number column holds floats (NaN: missing), a text column places in `words` (-1: missing).

    `targets` has a list for each column that is predicted, `groups` the group of each row.  `reading` says how new rows
    are read, `revision` is above 1 where dlrun once made something else of the file.
    """

    data_spec: DatasetSpec
    columns: list[Column]
    values: list[list[float]]
    targets: list[list[float]]
    notes: tuple[str, ...]
    reading: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    groups: Sequence[str] = ()


def parse(path: Path, cfg: Reading) -> ParsedTable:
    """The columns of a file.  Raises ConfigError for a target, column or cell that can't be used."""
    return of_cells(cells(path, cfg.separator, cfg.header), path, cfg)


def of_cells(found: Cells, path: Path, cfg: Reading) -> ParsedTable:
    """The columns of cells; `path` names where they stand."""
    missing, numerals = Missing(cfg.missing), Numerals(cfg.decimal, found.separator, unit=found.unit)
    check_named(found.names, target=cfg.target, drop=cfg.drop)
    targets = places_of(found.names, cfg.target)
    dropped = {place_of(found.names, name, "dataset.drop"): name for name in cfg.drop}
    for place in targets:
        if place in dropped:
            raise problem(f"dataset.drop={dropped[place]}", "this is the target")

    check_usable(path, found, (name for place, name in enumerate(found.names) if place not in dropped), True)
    notes = list(found.notes)
    holes = {place: missing.of(found, place) for place in targets}
    kept = [number for number, row in enumerate(found.rows) if not any(row[place] in holes[place] for place in targets)]
    if lost := len(found.rows) - len(kept):
        first = found.lines[min(set(range(len(found.rows))) - set(kept))]
        notes.append(f"{path.name}: {lost:,} rows without a target are left out (the first is {found.unit} {first})")
    if not kept:
        these = "this column" if len(targets) == 1 else "each of these columns"
        raise problem(given_as(cfg.target), f"no row of {path.name} has a value in {these}")
    rows, lines = [found.rows[number] for number in kept], [found.lines[number] for number in kept]
    found = replace(found, rows=rows, lines=lines)
    _named_once(path, found, {*range(len(found.names))} - {*dropped})
    group, order = (_aside(found, getattr(cfg, key), f"dataset.{key}", targets) for key in ("group", "order"))
    if order is not None:
        found = in_order(found, path, order, numerals, missing.of(found, order), f"dataset.order={cfg.order}")
    groups = [] if group is None else groups_of(found, group, missing.of(found, group), f"dataset.group={cfg.group}")

    target = _targets(path, found, targets, cfg, numerals, notes)
    exact = [found.names[place] for place, classes in zip(targets, target.each()) if place not in found.texts
             and labels.rounded(classes)]
    notes += [f'{path.name}: the classes in "{name}" are told apart by all of their digits' for name in exact]
    columns, values, numbered = [], [], False
    left_out = [found.names[place] for place in sorted(dropped)]
    for place, name in enumerate(found.names):
        if place in targets or place in dropped or place == group:
            continue
        read = column(path, found, place, numerals, missing, cfg.dates)
        if place == order and not isinstance(read, str):
            again = seasons(read[0])
            notes.append(f'{path.name}: rows are in the order of "{name}", the last ones are for validation and test; '
                         + (f"of the column {', '.join(again.words)} are inputs" if again else "it is no input"))
            if again is None:
                continue
            read = again, read[1]
        if not isinstance(read, str) and place != order and numbers_rows(found, place, *read):
            numbered, read = True, "numbers the rows"
        if isinstance(read, str):
            notes.append(f'{path.name}: the column "{name}" {read} and is left out')
            left_out.append(name)
            continue
        if cfg.indicator and read[0].missing and read[0].kind != "text":
            read = replace(read[0], indicator=True), read[1]
        if read[0].kind == "text" and (note := strays(path, found, place, missing)):
            notes.append(f"{note}; each of its {len(read[0].words):,} different cells becomes a column")
        if len(read[0].words) > WORDS:
            notes.append(f'{path.name}: the column "{name}" becomes {len(read[0].words):,} columns, one a word; '
                         f"dataset.drop=[{name!r}] leaves it out")
        columns.append(read[0])
        values.append(read[1])
    if not columns:
        why = "; ".join(note.removeprefix(f"{path.name}: ") for note in notes if note.endswith("left out"))
        raise problem(f"dataset.path={path}", "no column is left beside the target" + (f": {why}" if why else "")
                      + ("; texts that are read word by word are dataset=labelled_text" if "texts" in why else ""))
    notes += numerals.settle(path)
    notes += _said(path, columns, cfg.typed)
    features = tuple(feature for one in columns for feature in one.features)
    name = found.names[targets[0]] if target.kind == "number" else ""
    data_spec = DatasetSpec((len(features),), "table", target.kind, target.classes, features, target_name=name,
                          heads=target.heads, categories=categories(columns))
    revision = _revision(columns, found.new_header or numerals.newly_read, numbered) if not exact else labels.DIGITS
    return ParsedTable(data_spec, columns, values, target.values, tuple(notes),
                 {**reading(cfg, numerals, found.named), "between": found.separator,
                  **({"file": found.file} if found.file else {}),
                  "target": [found.names[place] for place in targets], "dropped": left_out,
                  **({} if group is None else {"group": found.names[group]}),
                  **({} if order is None else {"order": found.names[order]}),
                  "heavy": [one.name for one, numbers in zip(columns, values)
                            if one.kind == "number" and has_heavy_tails(numbers)]},
                 revision, groups)


def categories(columns: Sequence[Column]) -> tuple[tuple[int, int], ...]:
    """The first input of each column of texts, and how many it has."""
    found, start = [], 0
    for one in columns:
        if one.kind == "text":
            found.append((start, len(one.words)))
        start += len(one.scaled)
    return tuple(found)


def _aside(found: Cells, given: str, key: str, targets: list[int]) -> int | None:
    """The place of a column that says something of rows; None without one.  ConfigError for a target."""
    if not given:
        return None
    place = place_of(found.names, given, key)
    if place in targets:
        raise problem(f"{key}={given}", "this is the target")
    return place


def _revision(columns: Sequence[Column], newly_read: bool, numbered: bool) -> int:
    """4 where a column of row numbers is left out, 3 where dates became numbers or missing cells have a column, 2 for
    what was read otherwise before, else 1."""
    if numbered:
        return 4
    return 3 if any(one.kind == "date" or one.indicator for one in columns) else 2 if newly_read else 1


def _said(path: Path, columns: Sequence[Column], typed: bool) -> list[str]:
    """Notes on dates that became numbers, and on missing cells with a column of their own."""
    dates = [f'"{one.name}" ({", ".join(one.words)})' for one in columns if one.kind == "date"]
    holes = [f'"{one.name}" ({one.missing:,} rows)' for one in columns if one.indicator]
    found = [f"{path.name}: dates become numbers: {', '.join(dates)}"
             + ("; dataset.dates=false reads texts" if typed else "")] if dates else []
    if holes:
        found.append(f"{path.name}: what is missing has a column that says so: {', '.join(holes)}"
                     + ("; dataset.indicator=false leaves it out" if typed else ""))
    return found


def _cells(found: Cells, place: int) -> tuple[list[str], list[int]]:
    """The cells of a column, and their lines."""
    return [row[place] for row in found.rows], found.lines


def _named_once(path: Path, found: Cells, kept: set[int]) -> None:
    """Raises ConfigError where two of the columns that are used have one name: new rows could not be told apart."""
    first: dict[str, int] = {}
    for place in sorted(kept):
        if found.names[place] in first:
            raise problem(str(path), f'the columns {first[found.names[place]]} and {place} are both called '
                                     f'"{found.names[place]}"; rename one, or leave it out with dataset.drop=[{place}]')
        first[found.names[place]] = place


def _targets(path: Path, found: Cells, places: list[int], cfg: Reading, numerals: Numerals, notes: list[str]
             ) -> labels.Several:
    """What the columns to predict hold: one of them has the kind "classes" or "number"."""
    columns = [_read(path, found, place, numerals, notes) for place in places]
    if len(places) > 1:
        try:
            return labels.several(columns, [found.names[place] for place in places], cfg.targets)
        except ValueError as error:
            raise problem(given_as(cfg.target), str(error)) from None
    (values,) = columns
    given = f"dataset.target={found.names[places[0]]}"
    if not isinstance(cfg.targets, str):
        raise problem(f"dataset.targets=[{','.join(cfg.targets)}]", "expected one word where one column is predicted")
    try:
        kind = labels.kind_of(values, cfg.targets)
    except ValueError as error:
        raise problem(given, f"this column {error}") from None
    if kind == "classes":
        codes, classes = labels.encode(values)
        return labels.Several(kind, [[float(code) for code in codes]], classes)
    return labels.Several(kind, [list(map(float, values))])


def _read(path: Path, found: Cells, place: int, numerals: Numerals, notes: list[str]) -> Any:
    """The column's numbers where it is all numbers, else its texts."""
    texts, lines = _cells(found, place)
    values = None if place in found.texts else numbers(path, found.names[place], texts, lines, numerals, NOTHING)
    if values is not None:
        return labels.whole(values, texts)
    note = strays(path, found, place, NOTHING)
    if note:
        notes.append(f"{note}; it is read as texts")
    return texts


def has_heavy_tails(values: Sequence[float]) -> bool:
    """Whether a number lies HEAVY times as far from the median as the middle half of all numbers is wide.

    Of a million normal numbers the farthest is 4 times as far, of an exponential distribution 13 times.
    """
    order = sorted(value for value in values if value == value)
    low, median, high = (order[(len(order) - 1) * quarter // 4] for quarter in (1, 2, 3))
    return high > low and max(median - order[0], order[-1] - median) > HEAVY * (high - low)
