"""The part of the Penn Treebank that NLTK distributes, read in its archive: words with their parts of speech."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known_texts, paths
from dlrun.data.sentences import of_words
from dlrun.data.source import DatasetFiles, RawDataset

_LEAF = re.compile(r"\(([^\s()]+)\s+([^\s()]+)\)")  # (TAG word)
_SENTENCE = re.compile(r"^(?=\()", re.MULTILINE)  # a tree begins at the margin
TRACE = "-NONE-"  # the tag of what is not said


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """treebank.zip, or its unpacked folder, in NLTK's layout."""
    places = [f"{folder}treebank{end}" for folder in ("nltk_data/corpora/", "corpora/", "") for end in (".zip", "")]
    path = paths.standard(cfg.kind, data_dir, places)
    files = [path] if path.is_file() else sorted(path.glob("combined/*.mrg"))
    return DatasetFiles(files, lambda _: _decode(path, cfg.lower), [cfg.lower])


def sentences(tree: str) -> list[list[tuple[str, str]]]:
    """Words and tags of the sentences of a file of trees; traces are left out."""
    found = []
    for block in _SENTENCE.split(tree):
        leaves = [(word, tag) for tag, word in _LEAF.findall(block) if tag != TRACE]
        if leaves:
            found.append(leaves)
    return found


def _trees(path: Path) -> Iterator[str]:
    """The files of trees, in the order of their names."""
    if path.is_dir():
        for file in sorted(path.glob("combined/*.mrg")):
            yield file.read_text(encoding="latin-1")
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if "/combined/" in name and name.endswith(".mrg"):
                yield archive.read(name).decode("latin-1")


def _decode(path: Path, lower: bool) -> RawDataset:
    try:
        found = [sentence for tree in _trees(path) for sentence in sentences(tree)]
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise problem("dataset=treebank", f"{path} is damaged ({error})") from None
    places = {tag: number for number, tag in enumerate(known_texts.TAGS)}
    strange = {tag for row in found for _, tag in row} - set(places)
    rows = known_texts.ROWS["treebank"]["train"]
    if strange or len(found) != rows:
        what = f"the tag {min(strange)}" if strange else f"{len(found):,} sentences instead of {rows:,}"
        raise problem("dataset=treebank", f"{path} is not NLTK's part of the treebank; it has {what}")
    words = [[word.lower() if lower else word for word, _ in row] for row in found]
    tags = np.array([places[tag] for row in found for _, tag in row], np.int32)
    return of_words(words, known_texts.data_spec("treebank"), None, tags)
