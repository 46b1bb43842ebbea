"""What the data of a run is like, before it is trained on: equal rows in several parts, contradicting and rare classes.

Rows are compared by digests of what is stored, before a vocabulary, a length or a scale is fitted: those of a data set
are computed once and kept in the cache.  A rule keeps silent where there are too few rows to say anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.prepared import PreparedData, Split

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset
    from dlrun.record.remarks import Remark

FEWEST_ROWS = 20  # of a part: with fewer, half a dozen other ones would say something else
RARE = 0.2  # of the rows that each class would have if all had equally many
FEW_VALUES = 0.2  # of the rows: with as many different values in each column, or fewer, rows are equal by chance
LOOKED_AT = 10_000  # rows whose values are counted
MOST_BYTES = 1 << 30  # of rows that are compared
KEPT_BYTES = 8 << 20  # of rows whose digests are worth a file in the cache
_NAMES = {"train": "training", "val": "validation", "test": "test"}
_Found = tuple[str, str, tuple[str, ...]]  # as `record.remarks.Remark` has them
_compared: dict[str, list[_Found]] = {}  # of the last data sets of this process, by hash


def row_digests(source: RawDataset, indices: Mapping[str, np.ndarray], own: set[str]) -> dict[str, np.ndarray]:
    """A number (uint64) for each row of each split, the same for rows that are stored alike.

    `indices` and `own` are those of `rows.split_indices`.  {} where rows are not held, or take more than MOST_BYTES.
    """
    places = {name: name if name in own else "train" for name in indices}
    arrays = {"train": source.x, "val": source.x_val, "test": source.x_test}
    used = {place: arrays[place] for place in dict.fromkeys(places.values())}
    if any(place in source.streams and not source.streams[place].held for place in used):
        return {}
    size = sum(array.nbytes for array in used.values() if array is not None)
    size += 0 if source.data is None else source.data.nbytes
    if size > MOST_BYTES:
        return {}
    found = {}
    for place, array in used.items():
        assert array is not None
        rows = [indices[name] for name in places if places[name] == place]
        found[place] = _of_source(source, place, array, rows)
    return {name: found[place][indices[name]] for name, place in places.items()}


def _of_source(source: RawDataset, place: str, x: np.ndarray, used: list[np.ndarray]) -> np.ndarray:
    """The digests of all rows of an array, by place; where few of them are used and none is kept, 0 for the others."""
    large = x.nbytes + (0 if source.data is None else source.data.nbytes) >= KEPT_BYTES
    name = f"rows-{source.content[:32]}-{place}"
    if large:
        from dlrun.data.array_cache import load_array, store_array

        if (kept := load_array(name)) is not None and len(kept) == len(x):
            return kept
    rows = np.concatenate(used)
    if 2 * len(rows) < len(x):
        found = np.zeros(len(x), np.uint64)
        found[rows] = _digests(source.data, x[rows])
        return found
    found = _digests(source.data, x)
    if large:
        store_array(name, found)
    return found


def _digests(data: np.ndarray | None, x: np.ndarray) -> np.ndarray:
    from hashlib import blake2b

    if data is not None:  # spans
        flat = np.ascontiguousarray(data)
        rows: Any = (flat[start:stop] for start, stop in x.tolist())
    else:
        rows = np.ascontiguousarray(x).reshape(len(x), -1)
    return np.frombuffer(b"".join([blake2b(row, digest_size=8).digest() for row in rows]), np.uint64)


def inspect(prepared: PreparedData, options: Mapping[str, Any]) -> list[Remark]:
    """What is wrong with the rows of a run; `options` is its flat configuration."""
    found = _compared.get(prepared.hash)
    if found is None:
        found = [*_shared(prepared, "validation.k" in options), *_contradicting(prepared)]
        columns = prepared.data_spec.input_kind == "table" and prepared.settings.get("columns")  # bags of words: none
        if columns and prepared.train.held and len(prepared.train) >= FEWEST_ROWS:
            from dlrun.data.suspicious_columns import suspicious_columns

            found += suspicious_columns(prepared)
        if len(_compared) >= 8:
            _compared.clear()
        _compared[prepared.hash] = found
    found = [*found, *_classes(prepared, options)]
    if not found:
        return []
    from dlrun.record.remarks import Remark

    keys = {key.partition(".")[0] for key in options} | {*options}
    return [Remark(kind, text, tuple(word for word in words if word.partition("=")[0] in keys))
            for kind, text, words in found]


def not_compared(prepared: PreparedData) -> str:
    """Why rows of several parts were not compared; empty where they were, and where there is nothing to compare."""
    splits = prepared.splits.values()
    if len(splits) < 2 or any(split.rows is not None or split.digests is not None for split in splits):
        return ""
    why = f"they take more than {MOST_BYTES >> 30} GiB" if prepared.train.held else "they are not held in memory"
    return f"rows that several parts share are not looked for: {why}"


def _shared(prepared: PreparedData, folds: bool) -> Iterator[_Found]:
    """Rows that are measured and were seen before: test rows in the others, validation rows among the training's.

    `folds`: each of the training rows is a validation row in one of several folds.
    """
    splits = prepared.splits
    for name in ("test", "val"):
        split, before = splits.get(name), ["train", "val"] if name == "test" else ["train"]
        others = [splits[other] for other in before if other in splits]
        if split is None or split.digests is None or len(split) < FEWEST_ROWS:
            continue
        seen = _joined(others)
        again = np.isin(split.digests, seen)
        if not (count := int(again.sum())):
            continue
        trained = "training or validation" if name == "test" and ("val" in splits or folds) else "training"
        text = f"{count:,} of {len(split):,} {_NAMES[name]} rows {'is a' if count == 1 else 'are'} {trained} "
        text += "row as well" if count == 1 else "rows as well"
        if prepared.data_spec.target_kind == "classes" and split.y is not None:
            met = np.isin(seen, split.digests)  # few, of which sets are made
            labelled = {*zip(seen[met].tolist(), np.concatenate([_y(other) for other in others])[met].tolist())}
            rows, classes = split.digests[again].tolist(), _y(split)[again].tolist()
            if other := sum(pair not in labelled for pair in zip(rows, classes)):
                text += f", {other:,} of them only with another class"
        if most := _most_values(prepared):
            text += f"; no column has more than {most:,} different values, so equal rows are to be expected"
        yield f"seen_{name}_rows", text, ()


def _most_values(prepared: PreparedData) -> int:
    """The different values of the column of a table that has most, where all have few; else 0."""
    if prepared.data_spec.input_kind != "table" or not prepared.train.held:
        return 0
    some, most = prepared.train.x[:LOOKED_AT], 0
    for column in some.T:
        most = max(most, len(np.unique(column)))
        if most > FEW_VALUES * len(some):
            return 0
    return most


def _contradicting(prepared: PreparedData) -> Iterator[_Found]:
    """Equal rows of different classes."""
    splits = [split for split in prepared.splits.values() if split.digests is not None and split.y is not None]
    if prepared.data_spec.target_kind != "classes" or sum(map(len, splits)) < FEWEST_ROWS:
        return
    digests, y = _joined(splits), np.concatenate([_y(split) for split in splits])
    order = np.argsort(digests)
    digests, y = digests[order], y[order]
    starts = np.flatnonzero(np.append(True, digests[1:] != digests[:-1]))
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    count = int(np.diff(np.append(starts, len(y)))[low != high].sum())
    if count:
        yield ("contradicting_rows", f"{count:,} of {len(y):,} rows are equal to one of another class: no network can "
                                     "be right on all of them", ())


def _joined(splits: list[Split]) -> np.ndarray:
    return np.concatenate([split.digests for split in splits if split.digests is not None])


def _y(split: Split) -> np.ndarray:
    assert split.y is not None
    return split.y


def _classes(prepared: PreparedData, options: Mapping[str, Any]) -> Iterator[_Found]:
    """A part of the rows has none of some class, or only one class; a class has few of the training rows."""
    names = prepared.data_spec.classes
    if prepared.data_spec.target_kind != "classes":
        return
    for split, rows in prepared.splits.items():
        if rows.y is None or len(rows) < FEWEST_ROWS:
            continue
        counts = np.bincount(rows.y, minlength=len(names)).tolist()
        there = [place for place, count in enumerate(counts) if count]
        if len(there) < len(counts):
            yield "classes_missing", _missing(_NAMES[split], names, counts, there), _stratified(split, options)
        rare = [place for place, count in enumerate(counts) if 0 < count < RARE * sum(counts) / len(counts)]
        if split != "train" or len(counts) < 2 or not rare or options.get("task.class_weights") is not None:
            continue
        smallest = min(rare, key=lambda place: counts[place])
        others = f" ({len(rare)} classes have so few)" if len(rare) > 1 else ""
        text = f"class {names[smallest]} has {100 * counts[smallest] / sum(counts):.2g} % of the training rows{others}"
        yield "rare_class", text, ("task.class_weights=balanced",)


def _missing(called: str, names: tuple[str, ...], counts: list[int], there: list[int]) -> str:
    if len(there) == 1:
        return f"all {called} rows are of class {names[there[0]]}"
    absent = [str(name) for name, count in zip(names, counts) if not count]
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    return f"no {called} row is of class {', '.join(absent[:5])}{more}"


def _stratified(split: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """What gives each part the classes of all rows."""
    if split == "val":
        return ("validation={take: random, stratify: true}",)
    return ("dataset.stratify=true",) if split == "test" and options.get("dataset.stratify") is False else ()
