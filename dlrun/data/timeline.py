"""Series and running text: cut into pieces, everything fitted on the training piece, windows over each."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data import byte_pairs, shape
from dlrun.data import scale as scales
from dlrun.data.form import BYTE_PAIRS, Form, Windows
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.season import season_of
from dlrun.data.sequences import by_frequency
from dlrun.data.source import RawDataset
from dlrun.data.split import pieces, split_rows, with_apart
from dlrun.data.vocabulary import PAD, UNKNOWN, Vocabulary


def prepare_windows(cfg: DatasetKind, source: RawDataset, validation: Validation,
                    train_size: int | None) -> PreparedData:
    """The splits of a source that lies in time.  Raises ConfigError."""
    apart = 0 if source.x_test is None else len(source.x_test)
    steps, cfg = with_apart(cfg, len(source.x), apart)
    source = joined(source)
    # says where a piece is too short for a window
    split_rows({"train": steps}, cfg, validation, train_size, source.without_target)
    cut = pieces(steps, cfg, validation, train_size)
    windows = cfg.windows()
    assert windows is not None
    sha = hashlib.sha256(source.content.encode() + json.dumps(cut, sort_keys=True).encode()).hexdigest()
    make = _series if source.data_spec.input_kind == "series" else _text
    return make(cfg, source, cut, windows, sha)


def joined(source: RawDataset) -> RawDataset:
    """The source with the steps that lie apart behind the others: no window crosses from one into the other."""
    if source.x_test is None:
        return source
    y = None
    if source.y is not None or source.y_test is not None:
        y = np.concatenate([x[:, source.target] if own is None else own
                            for x, own in ((source.x, source.y), (source.x_test, source.y_test))])
    return dataclasses.replace(source, x=np.concatenate([source.x, source.x_test]), y=y, x_test=None, y_test=None)


def _begins(piece: np.ndarray, windows: Windows) -> np.ndarray:
    return np.arange(windows.count(len(piece)), dtype=np.int64) * windows.stride


def _series(cfg: DatasetKind, source: RawDataset, cut: dict[str, tuple[int, int]], windows: Windows,
            sha: str) -> PreparedData:
    data_spec = shape.of_series(cfg, source.data_spec)
    train = source.x[slice(*cut["train"])]
    numbers = source.x[:, source.target] if source.y is None else source.y
    there = ~np.isnan(numbers)
    of_train = numbers[slice(*cut["train"])]
    target = scales.for_target(cfg.target_scale, of_train[~np.isnan(of_train)], data_spec.target_name, data_spec.unit)
    form = Form("values", windows=windows)
    splits = {}
    for name, (start, stop) in cut.items():
        piece = source.x[start:stop]
        begins = _begins(piece, windows)
        begins = begins[there[start + begins + windows.ahead]]
        splits[name] = Split(piece, target(numbers[start + begins + windows.ahead]), begins, form)
    return PreparedData(
        data_spec, splits["train"], splits.get("val"), splits.get("test"),
        scales.for_tables(cfg.scale, train, source.columns), sha, source.label, source.files, list(source.notes),
        targets=(target,), settings={"columns": [dataclasses.asdict(column) for column in source.columns],
                                     "windows": dataclasses.asdict(windows), "target": source.target,
                                     "season": season_of(train[:, source.target]),
                                     **({"reading": source.reading} if source.reading else {})},
    )


def _text(cfg: DatasetKind, source: RawDataset, cut: dict[str, tuple[int, int]], windows: Windows,
          sha: str) -> PreparedData:
    if cfg.unit == BYTE_PAIRS:
        ids, vocabulary = _byte_pairs(cfg, source, cut)
        sha = hashlib.sha256(sha.encode() + byte_pairs.digest(vocabulary)).hexdigest()
    else:
        table, vocabulary = text_vocabulary(cfg, source, cut["train"])
        ids = {name: table[source.x[start:stop]] for name, (start, stop) in cut.items()}
    size = len(vocabulary)
    form = Form(cfg.form, size if cfg.form == "one_hot" else 0, windows, cfg.every_position)
    dtype = np.int16 if size < 2**15 else np.int32
    splits = {}
    for name, row in ids.items():
        piece = row.astype(dtype)
        begins = _begins(piece, windows)
        splits[name] = Split(piece, None if cfg.every_position else piece[begins + windows.ahead], begins, form)
    return PreparedData(
        shape.of_text(cfg, size, vocabulary.padding), splits["train"], splits.get("val"), splits.get("test"),
        scales.NONE, sha, source.label, source.files, list(source.notes), vocabulary=vocabulary,
        settings={"form": cfg.form, "size": size, "windows": dataclasses.asdict(windows)},
    )


def _byte_pairs(cfg: DatasetKind, source: RawDataset, cut: dict[str, tuple[int, int]]
                ) -> tuple[dict[str, np.ndarray], Vocabulary]:
    """The ids of each piece, and the vocabulary, learned from the training piece.  Raises ConfigError."""
    texts = dict(zip(cut, byte_pairs.texts_of(source, cut.values())))
    vocabulary = byte_pairs.fitted(cfg, [texts["train"]], cfg.lower)
    ids = {name: np.array(vocabulary.encode(text), np.int32) for name, text in texts.items()}
    windows = cfg.windows()
    assert windows is not None
    for name, row in ids.items():
        if not windows.count(len(row)):
            raise problem(f"dataset.length={cfg.length}", f"the {name} split has {len(row):,} tokens, and a window "
                          f"with its target spans {windows.ahead + 1:,}; expected {max(1, len(row) - 1):,} at most")
    return ids, vocabulary


def text_vocabulary(cfg: DatasetKind, source: RawDataset, train: tuple[int, int]) -> tuple[np.ndarray, Vocabulary]:
    """The id of each of the source's units, and the vocabulary, from the training piece.

    Characters are in the order of their codes, from 0 on; words by frequency from 1 on, 0 is for padding (Keras's
    Tokenizer).  What other pieces hold beside them, or `num_words` leaves out, is one more id at the end.
    """
    first = 1 if cfg.unit == "word" else 0
    kept = by_frequency(source.x, np.array([train]))
    room = len(source.words) if cfg.num_words is None else cfg.num_words - first
    others = len(kept) < len(source.words) or len(kept) > room
    if others:
        kept = kept[: room - 1] if cfg.num_words is not None else kept
    if cfg.unit == "character":
        kept = np.sort(kept)
    table = np.full(len(source.words), first + len(kept), np.int32)
    table[kept] = np.arange(len(kept)) + first
    words = (*(PAD,) * first, *(source.words[place] for place in kept), *(UNKNOWN,) * others)
    return table, Vocabulary(
        words, cfg.unit, padding=0 if first else None, unknown=first + len(kept) if others else None, lower=cfg.lower,
        marks=cfg.punctuation,
    )
