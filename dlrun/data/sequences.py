"""Rows of words: vocabulary and length fitted on the training rows, then padded ids or bags of ids.

Padding, truncation and ids follow Keras (`pad_sequences`, `Tokenizer`, `imdb.load_data`).
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from dlrun.config.schema.kinds import DatasetKind
from dlrun.data import byte_pairs, shape
from dlrun.data.form import BYTE_PAIRS, LONGEST, Form
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.source import RawDataset
from dlrun.data.vocabulary import PAD, START, UNKNOWN, UNUSED, Vocabulary

ROWS = 4096  # rows are padded in pieces of so many
BAG = 1 << 20  # values of bags that are made at a time


@dataclasses.dataclass(frozen=True)
class Ids:
    """Ids of rows end to end, and the span of each row in them."""

    data: np.ndarray
    spans: np.ndarray

    @property
    def longest(self) -> int:
        """Ids of the longest row; 0 without rows."""
        return int(np.diff(self.spans).max(initial=0))


def encoded(cfg: DatasetKind, source: RawDataset, prepared: PreparedData, basis: Split,
            say: Callable[[str], None]) -> PreparedData:
    """The prepared rows, now spans, as ids of a vocabulary that is fitted on the rows of `basis`."""
    if cfg.unit == BYTE_PAIRS:
        source, prepared, basis, vocabulary = _in_pairs(cfg, source, prepared, basis)
        table = np.arange(len(vocabulary), dtype=np.int32)
    elif cfg.ranked:
        table, vocabulary = ranked(source, cfg.num_words, cfg.skip_top)
    else:
        table, vocabulary = frequent(source, basis.x, cfg)
    assert source.data is not None
    # Of byte pairs there may be fewer than asked for, by the rows: the network is the same for every seed and fold.
    size = cfg.num_words or (byte_pairs.SIZE if cfg.unit == BYTE_PAIRS else len(vocabulary))
    splits = prepared.splits
    ids = {name: looked_up(source.data, table, split.x) for name, split in splits.items()}
    form = cfg.form
    fitted_on = ids["train"] if basis.x is prepared.train.x else looked_up(source.data, table, basis.x)
    maxlen = cfg.maxlen if isinstance(cfg.maxlen, int) else max(1, fitted_on.longest)
    if cfg.maxlen == "auto" and maxlen > LONGEST and form == "tokens":
        longer = int((np.diff(fitted_on.spans) > LONGEST).sum())
        prepared.notes.append(f"{longer:,} of {len(fitted_on.spans):,} training rows have more than {LONGEST} tokens "
                              f"(up to {maxlen:,}) and are cut to {LONGEST}; dataset.maxlen=null keeps all")
        say(prepared.notes[-1])
        maxlen = LONGEST
    settings = {"form": form, "size": size, "maxlen": maxlen, "padding": cfg.padding, "truncating": cfg.truncating,
             "reverse": cfg.reverse, **({"reading": source.reading} if source.reading else {})}
    made = {name: dataclasses.replace(split, x=rows(ids[name], settings), form=form_of(settings))
            for name, split in splits.items()}
    if source.data_y is not None:  # a target for each word: padded and cut like the words
        spans = {name: Ids(source.data_y, split.x) for name, split in splits.items()}
        of_targets = {**settings, "size": len(source.data_spec.classes)}
        made = {name: dataclasses.replace(split, y=rows(spans[name], of_targets)) for name, split in made.items()}
    return prepared.with_splits(made, data_spec=shape.of_sentences(cfg, source.data_spec, size, maxlen),
                                vocabulary=vocabulary, settings=settings)


def _in_pairs(cfg: DatasetKind, source: RawDataset, prepared: PreparedData, basis: Split
              ) -> tuple[RawDataset, PreparedData, Split, Vocabulary]:
    """Rows of characters as rows of byte pairs: their ids end to end, and the spans of the rows in them."""
    vocabulary = byte_pairs.fitted(cfg, byte_pairs.texts_of(source, basis.x.tolist()))
    made: list[np.ndarray] = []
    stops: list[int] = [0]

    def spans(split: Split) -> Split:
        begin = len(stops) - 1
        for text in byte_pairs.texts_of(source, split.x.tolist()):
            made.append(np.array(vocabulary.encode(text), np.int32))
            stops.append(stops[-1] + len(made[-1]))
        return dataclasses.replace(split, x=np.stack([stops[begin:-1], stops[begin + 1:]], 1).astype(np.int64))

    splits = {name: spans(split) for name, split in prepared.splits.items()}
    own = splits["train"] if basis is prepared.train else spans(basis)
    sha = hashlib.sha256(prepared.hash.encode() + byte_pairs.digest(vocabulary)).hexdigest()
    data = np.concatenate([np.zeros(0, np.int32), *made])
    found = dataclasses.replace(prepared.with_splits(splits), hash=sha)
    return dataclasses.replace(source, data=data), found, own, vocabulary


def form_of(settings: dict[str, Any]) -> Form:
    """What padded ids, or the ids of a bag, become."""
    return Form("multi_hot", settings["size"]) if settings["form"] == "multi_hot" else Form("tokens")


def ranked(source: RawDataset, num_words: int | None, skip_top: int) -> tuple[np.ndarray, Vocabulary]:
    """Keras's ids for ranks: start 1, unknown 2, a word its rank + 3; ids from `num_words` on, or below `skip_top`,
    are unknown, and so is the start below it.  Rank 0 marks the start of a row."""
    assert source.data is not None
    most = int(source.data.max(initial=0))
    table = np.arange(most + 1, dtype=np.int32) + 3
    table[0] = 1
    size = num_words or most + 4
    table[(table < skip_top) | (table >= size)] = 2
    named = source.words[1:] or [f"#{rank}" for rank in range(1, most + 1)]
    words = (PAD, START, UNKNOWN, UNUSED, *(word or UNUSED for word in named[:most]))[:size]
    skipped = tuple(UNUSED if place < skip_top and place not in (0, 2) else word for place, word in enumerate(words))
    return table, Vocabulary(skipped, padding=0, start=int(table[0]), unknown=2)


def frequent(source: RawDataset, train: np.ndarray, cfg: DatasetKind) -> tuple[np.ndarray, Vocabulary]:
    """Keras's Tokenizer, fitted on the training spans: ids by frequency, among equals by first appearance.

    Id 0 is for padding and 1, unless unknown words are dropped (-1 in the table), for unknown words.
    """
    assert source.data is not None
    order = by_frequency(source.data, train)
    special = 1 if cfg.unknown == "drop" else 2
    kept = order if cfg.num_words is None else order[: cfg.num_words - special]
    table = np.full(len(source.words), 1 if special == 2 else -1, np.int32)
    table[kept] = np.arange(len(kept)) + special
    words = (PAD, UNKNOWN)[:special] + tuple(source.words[place] for place in kept)
    return table, Vocabulary(words, padding=0, unknown=1 if special == 2 else None, lower=cfg.lower,
                             marks="keep" if cfg.tokenized or source.data_y is not None else "drop",
                             mask_digits=cfg.mask_digits)


def by_frequency(data: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """The distinct numbers in the spans of `data`, the most frequent first, among equals the one that came first."""
    found, first, counts = np.unique(data[positions(spans)[0]], return_index=True, return_counts=True)
    return found[np.lexsort((first, -counts))]


def positions(spans: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For all places of all spans: where they lie, the number of their span, their place within it."""
    lengths = spans[:, 1] - spans[:, 0]
    span = np.repeat(np.arange(len(spans)), lengths)
    place = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return spans[span, 0] + place, span, place


def looked_up(data: np.ndarray, table: np.ndarray, spans: np.ndarray) -> Ids:
    """The ids of the words in the spans; words with -1 in the table are left out."""
    where, span, _ = positions(spans)
    ids = table[data[where]]
    if (ids < 0).any():
        ids, span = ids[ids >= 0], span[ids >= 0]
    stops = np.cumsum(np.bincount(span, minlength=len(spans)))
    return Ids(ids, np.stack([np.append(0, stops[:-1]), stops], 1).astype(np.int64))


def rows(ids: Ids, settings: dict[str, Any]) -> np.ndarray:
    """The stored rows: padded ids (N, maxlen), or the distinct ids of each row, filled up with `size`."""
    dtype = np.int16 if settings["size"] < 2**15 else np.int32
    if settings["form"] == "multi_hot":
        return _bags(ids, settings["size"], dtype)
    out = np.zeros((len(ids.spans), settings["maxlen"]), dtype)
    for start in range(0, len(out), ROWS):
        _pad(out[start : start + ROWS], ids.data, ids.spans[start : start + ROWS], settings)
    return out


def _pad(out: np.ndarray, data: np.ndarray, spans: np.ndarray, settings: dict[str, Any]) -> None:
    lengths = spans[:, 1] - spans[:, 0]
    kept = np.minimum(lengths, out.shape[1])
    _, row, place = positions(np.stack([np.zeros_like(kept), kept], 1))
    column = place + (out.shape[1] - kept)[row] if settings["padding"] == "pre" else place
    if settings["truncating"] == "pre":  # the end is kept
        place = place + (lengths - kept)[row]
    # reversed before it is cut, as the books do it
    where = spans[row, 1] - 1 - place if settings["reverse"] else spans[row, 0] + place
    out[row, column] = data[where]


def _bags(ids: Ids, size: int, dtype: type[np.integer]) -> np.ndarray:
    together = max(1, BAG // size)
    places, numbers = [], []
    for start in range(0, len(ids.spans), together):
        spans = ids.spans[start : start + together]
        where, row, _ = positions(spans)
        occurs = np.zeros((len(spans), size), bool)
        occurs[row, ids.data[where]] = True
        row, number = np.divmod(np.flatnonzero(occurs), size)  # nonzero() of a matrix takes four times as long
        places.append(row + start)
        numbers.append(number)
    row, number = np.concatenate(places), np.concatenate(numbers)
    counts = np.bincount(row, minlength=len(ids.spans))
    out = np.full((len(counts), max(1, int(counts.max(initial=0)))), size, dtype)
    out[row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)] = number
    return out
