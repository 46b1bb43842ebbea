"""Which runs are one row: equal settings, and where a seed is there twice also the same code and data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.config.settings import key_of, settings
from dlrun.report.run import Run

_Key = Callable[[Run], str]


@dataclass(frozen=True)
class Members:
    """The runs of each row.

    `told_by` are the columns, a text a row, that tell rows of equal settings apart; `repeated` are the runs that are
    left out, as a row has their seed already.
    """

    rows: list[list[Run]]
    told_by: Mapping[str, Sequence[str]]
    repeated: list[Run]


def members(runs: Sequence[Run]) -> Members:
    """Runs by row; a row whose runs are of several own codes, or saw several contents of its data, is taken apart.

    A run that lies in two folders is one.
    """
    one: dict[tuple[str, str | None], Run] = {}
    for run in runs:  # the finished one, else the first
        before = one.get((run.id, run.row))
        if before is None or (run.counted and not before.counted):
            one[run.id, run.row] = run
    rows: dict[tuple[str | None, str], list[Run]] = {}
    for run in one.values():
        rows.setdefault((run.row, key_of(settings(run.config))), []).append(run)
    of_code = [part for row in rows.values() for part in _apart(row, _own_code if _several_codes(row) else None)]
    keys = [_key_of_data(row) for row in of_code]
    parts = [(part, key) for row, key in zip(of_code, keys) for part in _apart(row, key)]
    kept = [_once(part) for part, _ in parts]
    told_by = {}
    if len(of_code) > len(rows):
        told_by["code"] = [_code_label(row) for row in kept]
    if any(keys):
        told_by["data"] = _data_labels(kept, [key for _, key in parts])
    return Members(kept, told_by, [run for (part, _), row in zip(parts, kept) for run in part if run not in row])


def _apart(row: list[Run], key: _Key | None) -> list[list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in row:
        found.setdefault(key(run) if key else "", []).append(run)
    return list(found.values())


def _seed(run: Run) -> int | Path:
    return run.seed if run.config else run.folder  # of one whose settings can't be read the seed is not known


def _by_seed(row: Sequence[Run], key: _Key) -> list[set[str]]:
    """What is known of a row's runs, a set a seed."""
    found: dict[int | Path, set[str]] = {}
    for run in row:
        found.setdefault(_seed(run), set()).update({key(run)} - {""})
    return list(found.values())


def _own_code(run: Run) -> str:
    """The user's own code that made a run; empty where it was none, or is not known."""
    code = run.provenance.get("own_code")
    return _digest(code) if code else ""


def _several_codes(row: Sequence[Run]) -> bool:
    """Whether a mean would be one of several codes; that of a run is not known before it, nor of older ones."""
    codes = {_own_code(run) for run in row}
    return len(codes - {""}) > 1 or (len(codes) > 1 and len(set(map(_seed, row))) < len(row))


def _files(run: Run) -> str:
    files = (run.provenance.get("data") or {}).get("files")
    return _digest(files) if files else ""


def _data_hash(run: Run) -> str:
    return run.data_hash


def _key_of_data(row: Sequence[Run]) -> _Key | None:
    """What tells a row's runs apart by their data; None where no seed has seen several.

    It is the content of the files, where that tells it, else the rows, which may be drawn by the seed.
    """
    files, hashes = _by_seed(row, _files), _by_seed(row, _data_hash)
    if all(len(of_seed) < 2 for of_seed in hashes):
        return None
    return _files if all(len(one) == len(other) for one, other in zip(files, hashes)) else _data_hash


def _once(row: Sequence[Run]) -> list[Run]:
    """One run a seed: one that counts before the others, then the newest; a mean must not count a seed twice."""
    by_seed: dict[int | Path, Run] = {}
    for run in row:
        before = by_seed.get(_seed(run))
        if before is None or (run.counted, _started(run)) > (before.counted, _started(before)):
            by_seed[_seed(run)] = run
    return list(by_seed.values())


def _started(run: Run) -> str:
    return str(run.provenance.get("started", ""))  # in UTC, ISO 8601


def _first(row: Sequence[Run], key: _Key) -> str:
    return next(filter(None, map(key, row)), "")


def _code_label(row: Sequence[Run]) -> str:
    return f"{_first(row, _own_code)}{'-changed' if any(run.changed_code for run in row) else ''}"


def _data_labels(rows: Sequence[Sequence[Run]], keys: Sequence[_Key | None]) -> list[str]:
    """The hash of the rows that its runs saw; where those of any row saw several, that of the files."""
    if all(len({run.data_hash for run in row} - {""}) < 2 for row in rows):
        return [_first(row, _data_hash) for row in rows]
    return [_first(row, key or _files) or _first(row, _data_hash) for row, key in zip(rows, keys)]


def _digest(hashes: Mapping[str, str]) -> str:
    """The first eight digits for all hashes; of one file its own, as it stands in provenance.json."""
    if len(hashes) == 1:
        return str(*hashes.values())[:8]
    return hashlib.sha256(json.dumps(dict(hashes), sort_keys=True).encode()).hexdigest()[:8]
