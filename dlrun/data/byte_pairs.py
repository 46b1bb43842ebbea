"""Byte pairs: a vocabulary of frequent pieces of text, learned from the training texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.data.form import BYTE_PAIRS
from dlrun.data.tokenizer import learned, version
from dlrun.data.vocabulary import PAD, Vocabulary

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset

SIZE = 1000  # of a vocabulary, where none is chosen
LEAST = 257  # the bytes, and padding
_last: dict[tuple[int, str, str], Vocabulary] = {}  # a command fits twice: as it is checked, and as it runs


def texts_of(source: RawDataset, spans: Iterable[Sequence[int]]) -> list[str]:
    """The texts in the spans of a source of characters: of its running text, or of its rows end to end."""
    characters, data = np.array(source.words), source.x if source.data is None else source.data
    return ["".join(characters[data[start:stop]]) for start, stop in spans]


def fitted(cfg: DatasetKind, texts: Sequence[str], lower: bool = False) -> Vocabulary:
    """The vocabulary of the data set's size that is learned from these texts; 0 is for padding.

    Raises ConfigError for a size below that of the bytes, and where the library is missing.
    """
    size = cfg.num_words or SIZE
    if size < LEAST:
        raise problem(f"dataset.num_words={size}", f"expected {LEAST} or more: byte pairs begin with the 256 bytes, "
                                                   "and 0 is for padding")
    sha = blake2b(str(lower).encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        sha.update(len(data).to_bytes(8, "little") + data)
    key = size, version(), sha.hexdigest()
    if key not in _last:
        _last.clear()
        pieces, merges = learned(texts, size - 1)
        _last[key] = Vocabulary((PAD, *pieces), BYTE_PAIRS, padding=0, lower=lower, merges=merges)
    return _last[key]


def digest(vocabulary: Vocabulary) -> bytes:
    """What is learned as bytes, for the hash of a run's data: a resumed run learns it again."""
    return json.dumps([vocabulary.words, vocabulary.merges]).encode()
