"""Word vectors made by others: GloVe's and word2vec's text files, plain or gzipped.  No torch."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np

from dlrun.config.problem import problem

LONGEST = 1_000_000  # characters of a line: 300 numbers have 4,000


def load_vectors(path: str | Path, words: Sequence[str], dim: int,
                 key: str = "model.vectors") -> tuple[np.ndarray, int]:
    """The vectors of `words`, in their order: a matrix (words, dim), float32, and how many of the words were found.

    A word that the file lacks has zeros (as in Chollet, 6.1.3, and Gulli, ch. 5), and so has padding, if its word is
    empty.  A file that has a word twice gives its first vector.  Raises ConfigError, naming `key`, for a file that is
    not there, is no such text, or has vectors of another length.
    """
    place: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        if word:
            place.setdefault(word, []).append(row)
    matrix, found = np.zeros((len(words), dim), dtype=np.float32), 0
    for number, word, values in _lines(Path(path), dim, key):
        rows = place.pop(word, None)
        if rows is not None:
            try:
                matrix[rows] = np.array(values.split(" "), dtype=np.float32)
            except ValueError:
                raise problem(f"{key}={path}", f"line {number} is not a word and {dim} numbers") from None
            found += len(rows)
    return matrix, found


def vector_size(path: str | Path, key: str = "model.vectors") -> int:
    """How long the vectors of a file are."""
    with _reading(Path(path), key) as stream:
        first = stream.readline(LONGEST).split()
        fields = stream.readline(LONGEST).split() if _is_header(first) else first
    if len(fields) < 2:
        raise problem(f"{key}={path}", "no vectors there: expected a word and its numbers on each line")
    return len(fields) - 1


def _lines(path: Path, dim: int, key: str) -> Iterator[tuple[int, str, str]]:
    """Number, word and values of each line; a word may hold spaces, so the values are counted from the end."""
    size = vector_size(path, key)
    if size != dim:
        raise problem(f"{key}={path}", f"its vectors have {size} values, the embedding {dim}:  model.embed={size}")
    with _reading(path, key) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST), ""), 1):
            if len(line) == LONGEST:
                raise problem(f"{key}={path}", f"line {number} has {LONGEST:,} characters or more")
            line = line.rstrip()
            if number == 1 and _is_header(line.split()):
                continue
            cut = len(line)
            for _ in range(dim):
                cut = line.rfind(" ", 0, cut)
            if cut > 0:
                yield number, line[:cut], line[cut + 1:]
            elif line:
                raise problem(f"{key}={path}", f"line {number} is not a word and {dim} numbers")


def _is_header(fields: list[str]) -> bool:
    """word2vec's first line: how many vectors, how long."""
    return len(fields) == 2 and all(field.isdigit() for field in fields)


@contextmanager
def _reading(path: Path, key: str) -> Iterator[TextIO]:
    """The file's text; raises ConfigError where it is damaged."""
    try:
        with _opened(path, key) as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise problem(f"{key}={path}", f"it can't be read ({error})") from None


def _opened(path: Path, key: str) -> TextIO:
    if not path.is_file():
        raise problem(f"{key}={path}", "no such file; expected a text of GloVe or word2vec vectors, or its .gz")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n")
    if path.suffix in (".bin", ".zip"):
        raise problem(f"{key}={path}", "expected a text: convert a binary file, unpack an archive")
    return path.open(encoding="utf-8", errors="replace", newline="\n")
