"""Test rows of a table that lie in a file of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.formats import labels
from dlrun.data.formats.column_places import check_width
from dlrun.data.formats.columns import check_usable
from dlrun.data.formats.reading import Header
from dlrun.data.formats.separated import Cells
from dlrun.data.formats.table_inputs import inputs
from dlrun.data.formats.table_targets import TargetCells, column
from dlrun.data.source import RawDataset

SWITCHES = 6  # revision of test rows whose 0 and 1 are words of the training's true and false: unknown ones once


def with_test_rows(source: RawDataset, path: Path, cells: Callable[[Path, str, Header], Cells], given: str,
                   groups: Sequence[str] = ()) -> RawDataset:
    """The table with the rows of another file, which `cells` reads, as its test rows; other words are unknown there.

    `groups` are those of the table's own rows.

    Raises ConfigError about what was `given` for columns that are not there, for classes that the table does not have,
    and for cells that are no numbers.
    """
    reading, notes = source.reading, list(source.notes)
    try:
        found = cells(path, reading["separator"], reading["named"])
        notes += found.notes
        names = [one.name for one in source.columns]
        check_width(path, found, reading, names, there=reading["target"])
        check_usable(path, found, [*names, *([reading["group"]] if groups else [])])
        for name in reading["target"]:
            column(found, name)
        targets = TargetCells(source.data_spec, reading, path, found, tuple(reading["target"])).complete(notes.append)
        found = targets.found
        x = inputs(source.columns, reading, found.names, found.rows, lines=found.lines, path=path,
                   separator=found.separator, unit=found.unit, untrained={}, say=notes.append)
        read_as = [(column(found, one.name), one.words) for one in source.columns if one.kind == "text"]
        revision = SWITCHES if any(labels.as_words(*each) != each[0] for each in read_as) else source.revision
        y = targets.values(notes.append)
        theirs = column(found, reading["group"]) if groups else []
        if both := sorted({*groups} & {*theirs}):
            raise problem(f'the group "{both[0]}"', f"it has rows among those of the training, too ({len(both):,} of "
                                                    f"{len({*theirs}):,} groups have); expected others")
    except ConfigError as wrong:
        raise ConfigError([Problem(given, f"{one.given}: {one.expected}") for one in wrong.problems]) from None
    assert source.y is not None
    notes.append(f"the {len(x):,} test rows are those of {path.name}")
    codes = np.unique(theirs, return_inverse=True)[1].astype(np.int64) if groups else None
    return dataclasses.replace(source, x_test=x, y_test=y.astype(source.y.dtype), notes=tuple(notes), grouped=True,
                               groups_test=codes, revision=revision)
