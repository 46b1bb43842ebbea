"""The data sets that Keras distributes: reviews, newswires, homes; with Keras's shuffle (seed 113) and split."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, known_texts, object_arrays, paths
from dlrun.data.dataset_spec import Column
from dlrun.data.source import DatasetFiles, RawDataset

SEED = 113
FILES = {"imdb": "imdb.npz", "reuters": "reuters.npz", "boston": "boston_housing.npz"}


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The file of a set, below keras/ of a data folder or directly in it, and its word index where that is there."""
    kind = cfg.kind
    name = FILES[kind]
    file = paths.standard(kind, data_dir, [f"keras/{name}", name])
    index = file.with_name(f"{kind}_word_index.json")
    if kind == "boston":
        return DatasetFiles([file], lambda _: _boston(file))
    files = [file, index] if index.is_file() else [file]
    return DatasetFiles(files, lambda say: _texts(kind, files, say))


def orders(*rows: int) -> list[np.ndarray]:
    """Keras's orders of parts with so many rows: one stream, seed 113, for all of them."""
    stream = np.random.RandomState(SEED)
    found = []
    for count in rows:
        order = np.arange(count)
        stream.shuffle(order)
        found.append(order)
    return found


def _boston(file: Path) -> RawDataset:
    about = known.SETS["boston"]
    found = object_arrays.arrays(file, "dataset=boston")
    x, y = found.get("x"), found.get("y")
    rows = sum(about.rows.values())
    if x is None or y is None or x.shape != (rows, 13) or y.shape != (rows,):
        raise problem("dataset=boston", f"{file} does not hold x ({rows}, 13) and y ({rows},)")
    (order,) = orders(rows)
    x, y = x[order].astype(np.float32), y[order].astype(np.float32)
    train = about.rows["train"]
    columns = tuple(Column(name, "number") for name in about.data_spec.features)
    return RawDataset(about.data_spec, x[:train], y[:train], x_test=x[train:], y_test=y[train:], columns=columns)


def _texts(kind: str, files: list[Path], say: Callable[[str], None]) -> RawDataset:
    say(f"{kind}: decoding {files[0].name} once")
    found = object_arrays.arrays(files[0], f"dataset={kind}")
    names = ("x_train", "y_train", "x_test", "y_test") if kind == "imdb" else ("x", "y")
    classes = known_texts.CLASSES[kind]
    try:
        x, y, x_test, y_test = _split(kind, [found[name] for name in names])
        data, spans = object_arrays.end_to_end(np.concatenate([x, x_test]))
    except (KeyError, ValueError) as error:
        raise problem(f"dataset={kind}", f"{files[0]} is not Keras's file ({error})") from None
    if {*y.tolist(), *y_test.tolist()} - set(range(len(classes))):
        raise problem(f"dataset={kind}", f"{files[0]} has other labels than 0 to {len(classes) - 1}")
    sums = {file.name: paths.sha256(file) for file in files}
    source = RawDataset(
        known_texts.data_spec(kind), spans[: len(x)], y.astype(np.int64), data=data,
        x_test=spans[len(x) :], y_test=y_test.astype(np.int64), files=sums,
        label=_label(kind, sums[files[0].name]),
    )
    if len(files) == 1:
        note = f"{kind}_word_index.json is not beside {files[0].name}; words are shown by their numbers"
        return dataclasses.replace(source, notes=(note,))
    return dataclasses.replace(source, words=_words(files[1], f"dataset={kind}"))


def _label(kind: str, sha: str) -> str:
    sums = known.HASHES[kind][FILES[kind]]
    assert isinstance(sums, tuple)
    return dict(zip(sums, ("", "rebuilt"))).get(sha, "not Keras's file")


def _split(kind: str, arrays: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Rows in Keras's order: IMDB's parts shuffled each, Reuters cut after the first 80 % of one shuffle."""
    if kind == "imdb":
        train, test = orders(len(arrays[0]), len(arrays[2]))
        return arrays[0][train], arrays[1][train], arrays[2][test], arrays[3][test]
    (order,) = orders(len(arrays[0]))
    x, y = arrays[0][order], arrays[1][order]
    count = int(len(x) * (1 - 0.2))
    return x[:count], y[:count], x[count:], y[count:]


def _words(index: Path, said: str) -> tuple[str, ...]:
    """The words by rank; rank 0 is none.  Of words that share a rank the first is taken."""
    try:
        ranks: dict[str, int] = json.loads(index.read_text(encoding="utf-8"))
        words = [""] * (max(ranks.values()) + 1)
        for word, rank in ranks.items():
            words[rank] = words[rank] or word
    except (ValueError, AttributeError, TypeError, IndexError) as error:
        raise problem(said, f"{index} is no word index ({error})") from None
    return tuple(words)
