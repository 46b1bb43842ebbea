"""What tells a table's rows apart: its columns, what is common to all, and what else differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS
from dlrun.config.settings import changed, settings, word
from dlrun.report.run import Run

ROW = "row"  # the column of named rows


@dataclass(frozen=True)
class Axes:
    """Columns with their labels, a tuple a row; what is common; what else differs, by key: its values in row order.

    `log` are columns whose numbers were searched by their logarithm.
    """

    columns: tuple[str, ...]
    labels: list[tuple[str, ...]]
    values: list[tuple[Any, ...]]  # what the labels show, to be sorted and drawn by
    common: dict[str, str]
    besides: dict[str, list[str]]
    log: frozenset[str] = frozenset()


def axes_of(runs: Sequence[Run], planned: Sequence[str] | None,
            told_by: Mapping[str, Sequence[str]] | None = None) -> Axes:
    """The axes of rows, each given by one of its runs; `planned` are a sweep's own axes.

    Without a plan a group whose word varies is one column (``model``), and what the word brings with it is none;
    every other setting that varies is one.  `told_by` are further columns, where settings alone do not tell.
    """
    all_settings = [settings(run.config) for run in runs]
    keys = list(dict.fromkeys(key for found in all_settings for key in found))
    varying = [key for key in keys if len({_text(found, key) for found in all_settings}) > 1]
    words = {group: [word(run.config, group) for run in runs] for group in GROUPS}
    cells: dict[str, list[Any]] = {}
    if any(run.row for run in runs):
        cells[ROW] = [run.row or "" for run in runs]
    if planned is not None and all(run.values is not None for run in runs):
        for axis in planned:
            if axis != "seed":
                cells[axis] = [(run.values or {}).get(axis) for run in runs]
    elif ROW not in cells or len(set(cells[ROW])) < len(runs):
        cells.update(_derived(varying, words, all_settings))
    cells.update({name: list(texts) for name, texts in (told_by or {}).items()})
    shown = {name: [_label(value) for value in values] for name, values in cells.items()}
    columns = tuple(name for name in cells if len(set(shown[name])) > 1)
    besides = {key: [_text(found, key) for found in all_settings] for key in varying
               if key not in columns and all(key in found for found in all_settings)
               and not key.endswith(".kind")}
    labels = [tuple(shown[name][i] for name in columns) for i in range(len(runs))]
    values = [tuple(_typed(cells[name][i]) for name in columns) for i in range(len(runs))]
    return Axes(columns, labels, values, _common(runs, words, varying, all_settings), besides)


def _derived(varying: Sequence[str], words: Mapping[str, Sequence[str]],
             found: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    cells: dict[str, list[Any]] = {}
    for group in GROUPS:
        own = [key for key in varying if key.startswith(f"{group}.")]
        if own and len(set(words[group])) > 1:
            cells[group] = list(words[group])
        for key in own:
            by_word: dict[str, set[str]] = {}
            for chosen, values in zip(words[group], found):
                by_word.setdefault(chosen, set()).add(_text(values, key))
            if any(len(texts) > 1 for texts in by_word.values()):
                cells[key] = [values.get(key) for values in found]
    for key in varying:
        if key.partition(".")[0] not in GROUPS:
            cells[key] = [values.get(key) for values in found]
    return cells


def _common(runs: Sequence[Run], words: Mapping[str, Sequence[str]], varying: Sequence[str],
            found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The words that all rows share, then the settings that are the same in all and not the schema's defaults."""
    common = {group: words[group][0] for group in ("dataset", "model", "optimizer")
              if len(set(words[group])) == 1 and words[group][0]}
    for key, value in changed(runs[0].config).items():
        if key not in varying and not key.endswith(".kind") and all(key in values for values in found):
            common[key] = show(value)
    schedule = words["schedule"]
    if len(set(schedule)) == 1 and schedule[0] not in ("", "constant"):
        common["schedule"] = schedule[0]
    return common


def sortable(value: Any) -> tuple[int, float, str]:
    """A key that puts nothing first, then numbers by size, then texts."""
    if value is None or value == "":
        return 0, 0.0, ""
    return (1, value, "") if isinstance(value, (int, float)) else (2, 0.0, _label(value))


def _typed(value: Any) -> Any:
    """A number for the text of one: a plan has values as they were typed."""
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _text(found: Mapping[str, Any], key: str) -> str:
    return show(found[key]) if key in found else ""


def _label(value: Any) -> str:
    return "" if value is None else show(value)
