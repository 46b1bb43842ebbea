"""Running text: how it is cleaned, and its characters or words end to end."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.source import RawDataset
from dlrun.data.vocabulary import words_of

_BEGIN = re.compile(r"^\*\*\* ?START OF TH(E|IS) PROJECT GUTENBERG.*$", re.MULTILINE)
_END = re.compile(r"^(\*\*\* ?END OF TH(E|IS)|End of (the )?) ?PROJECT GUTENBERG.*$", re.MULTILINE | re.IGNORECASE)


def end_to_end(text: str, unit: str, lower: bool, marks: str, given: str, name: str, label: str = "") -> RawDataset:
    """A text as the numbers of its characters or words, in the order of their codes or of their first appearance.

    `given` is whom a problem is about, `name` the name of the text's file.  Raises ConfigError.
    """
    if unit == "character":
        codes, x = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
        words = tuple(map(chr, codes.tolist()))
    else:
        found = words_of(text, lower, marks)
        places = {word: place for place, word in enumerate(dict.fromkeys(found))}
        words, x = tuple(places), np.fromiter(map(places.__getitem__, found), np.int32, len(found))
    if len(words) < 2:
        raise problem(given, f"{name} holds no text: {len(words)} different {unit}s")
    return RawDataset(DatasetSpec((), "tokens", "tokens"), x.astype(np.int32).reshape(-1), None, words=words,
                      label=label)


def with_plain_lines(text: str) -> str:
    """A text whose lines end in \\n, without NUL characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def without_licence(text: str) -> str:
    """What stands between Project Gutenberg's marks; all where there are none."""
    begin = _BEGIN.search(text)
    if begin:
        text = text[begin.end() :]
    end = _END.search(text)
    return (text[: end.start()] if end else text).strip() + "\n"


def with_test_text(source: RawDataset, test: RawDataset) -> RawDataset:
    """A text with another one as its test text, both in the units of the first, then in those that only the other has.
    """
    known = {*source.words}
    new = [word for word in test.words if word not in known]
    places = {word: place for place, word in enumerate((*source.words, *new))}
    table = np.array([places[word] for word in test.words], np.int32)
    return dataclasses.replace(source, words=(*source.words, *new), x_test=table[test.x],
                               notes=(*source.notes, *test.notes))
