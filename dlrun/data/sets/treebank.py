"""The part of the Penn Treebank that NLTK distributes, read in its archive: words with their parts of speech."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import flag
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

PAD_TAG = "<pad>"
TAGS = (
    PAD_TAG, "#", "$", "''", ",", "-LRB-", "-RRB-", ".", ":", "CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS",
    "LS", "MD", "NN", "NNP", "NNPS", "NNS", "PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH",
    "VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB", "``",
)
_LEAF = re.compile(r"\(([^\s()]+)\s+([^\s()]+)\)")  # (TAG word)
_SENTENCE = re.compile(r"^(?=\()", re.MULTILINE)  # a tree begins at the margin
TRACE = "-NONE-"  # the tag of elided words


@register("dataset", "treebank")
@dataclass(frozen=True)
class Treebank(words.Words):
    """3,914 sentences of the Wall Street Journal with the part of speech of each word (Penn Treebank, NLTK's part)."""

    known: ClassVar[DatasetInfo] = DatasetInfo(
        DatasetSpec((), "tokens", "tokens", TAGS, target_name="part of speech"), {"train": 3914})
    hashes: ClassVar[dict[str, str]] = {
        "treebank.zip": "9da92d76c3666cfb6cddeaed0f7e86b344cce0f0928a286d439e555f19c37399",
    }
    name: str = options.name()
    num_words: int | None = words.num_words(5002)
    maxlen: int | None = words.maxlen(250)
    padding: str = words.padding()
    truncating: str = words.truncating()
    lower: bool = flag(True, "Whether words are lower-cased.")
    test: float = options.test()
    split_seed: int | str = options.split_seed()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """treebank.zip, or its unpacked folder, in NLTK's layout."""
        from dlrun.data.source import DatasetFiles

        path = self.located(data_dir, *(f"{folder}treebank{end}" for folder in ("nltk_data/corpora/", "corpora/", "")
                                        for end in (".zip", "")))
        files = [path] if path.is_file() else sorted(path.glob("combined/*.mrg"))
        return DatasetFiles(files, lambda _: self._decode(path), [self.lower])

    def _decode(self, path: Path) -> RawDataset:
        import numpy as np

        from dlrun.data.formats.sentences import of_words

        try:
            found = [sentence for tree in _trees(path) for sentence in sentences(tree)]
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise self.damaged(f"{path} is damaged ({error})") from None
        places = {tag: number for number, tag in enumerate(TAGS)}
        strange = {tag for row in found for _, tag in row} - set(places)
        rows = self.known.rows["train"]
        if strange or len(found) != rows:
            what = f"the tag {min(strange)}" if strange else f"{len(found):,} sentences instead of {rows:,}"
            raise self.damaged(f"{path} is not NLTK's part of the treebank; it has {what}")
        tokens = [[word.lower() if self.lower else word for word, _ in row] for row in found]
        tags = np.array([places[tag] for row in found for _, tag in row], np.int32)
        return of_words(tokens, self.known.data_spec, None, tags)


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
