"""The shared task of CoNLL-2000, chunking, read in NLTK's archive: words with parts of speech and chunks."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import choice, flag
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

PAD_TAG = "<pad>"
PHRASES = ("ADJP", "ADVP", "CONJP", "INTJ", "LST", "NP", "PP", "PRT", "SBAR", "UCP", "VP")
CHUNKS = (PAD_TAG, *(f"{place}-{phrase}" for place in "BI" for phrase in PHRASES), "O")  # begins, inside, outside
PARTS_OF_SPEECH = (
    PAD_TAG, "#", "$", "''", "(", ")", ",", ".", ":", "CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS", "MD",
    "NN", "NNP", "NNPS", "NNS", "PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH", "VB", "VBD",
    "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB", "``",
)
ROWS = {"train": 8936, "test": 2012}
Word = list[str]  # the word, its part of speech, its chunk


@register("dataset", "conll2000")
@dataclass(frozen=True)
class Conll2000(words.Words):
    """8,936 + 2,012 sentences of the Wall Street Journal with chunks or parts of speech (tagging; CoNLL-2000).

    Tjong Kim Sang and Buchholz, Introduction to the CoNLL-2000 shared task: chunking.
    """

    hashes: ClassVar[dict[str, str]] = {
        "conll2000.zip": "01e65164f268366e7caa0db92332a1955d081908c87016e2c7640c3c5279b7cd",
    }
    name: str = options.name()
    tags: str = choice("chunk", ("chunk", "pos"), "What each word is tagged with: its chunk, or its part of speech.")
    num_words: int | None = words.num_words(10002)
    maxlen: int | None = words.maxlen(80)
    padding: str = words.padding()
    truncating: str = words.truncating()
    lower: bool = flag(True, "Whether words are lower-cased.")

    def info(self, data_dir: str) -> DatasetInfo | None:
        return self.words_info(DatasetInfo(self._spec(), ROWS))

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """conll2000.zip, or its unpacked folder, in NLTK's layout."""
        from dlrun.data.source import DatasetFiles

        path, files = place_of(self, data_dir)
        return DatasetFiles(files, lambda _: self._decode(path), [self.tags, self.lower])

    def _spec(self) -> DatasetSpec:
        tags, what = (CHUNKS, "chunk") if self.tags == "chunk" else (PARTS_OF_SPEECH, "part of speech")
        return DatasetSpec((), "tokens", "tokens", tags, target_name=what)

    def _decode(self, path: Path) -> RawDataset:
        import numpy as np

        from dlrun.data.formats.sentences import of_words

        splits = sentences_of(self, path)
        sentences = splits["train"] + splits["test"]
        spec, column = self._spec(), 2 if self.tags == "chunk" else 1
        places = {tag: number for number, tag in enumerate(spec.classes)}
        tokens = [[word[0].lower() if self.lower else word[0] for word in row] for row in sentences]
        targets = np.array([places[word[column]] for row in sentences for word in row], np.int32)
        whole = of_words(tokens, spec, None, targets)
        return dataclasses.replace(whole, x=whole.x[:ROWS["train"]], x_test=whole.x[ROWS["train"]:])


def place_of(dataset: Dataset, data_dir: str) -> tuple[Path, list[Path]]:
    """Where conll2000.zip or its unpacked folder lies, and the files that are read of it.  Raises ConfigError."""
    path = dataset.located(data_dir, *(f"{folder}conll2000{end}" for folder in ("nltk_data/corpora/", "corpora/", "")
                                       for end in (".zip", "")))
    return path, [path] if path.is_file() else [path / f"{split}.txt" for split in ROWS]


def sentences_of(dataset: Dataset, path: Path) -> dict[str, list[list[Word]]]:
    """The sentences of both splits, complete, with tags that are CoNLL-2000's.  Raises ConfigError."""
    try:
        splits = {split: list(_sentences(_text(path, split))) for split in ROWS}
    except (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError) as error:
        raise dataset.damaged(f"{path} is damaged ({error})") from None
    for split, rows in splits.items():
        if len(rows) != ROWS[split]:
            raise dataset.damaged(f"{path} has {len(rows):,} of {ROWS[split]:,} {split} sentences")
        for column, known, what in ((1, PARTS_OF_SPEECH, "part of speech"), (2, CHUNKS, "chunk")):
            strange = {word[column] for row in rows for word in row} - set(known)
            if strange:
                raise dataset.damaged(f"{path} has the {what} {min(strange)}, which is none of CoNLL-2000")
    return splits


def _text(path: Path, split: str) -> str:
    if path.is_dir():
        return (path / f"{split}.txt").read_text(encoding="latin-1")
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"conll2000/{split}.txt").decode("latin-1")


def _sentences(text: str) -> Iterator[list[Word]]:
    """The sentences of a file: a word with its tags in a line, an empty line after a sentence."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        row = [line.split() for line in block.split("\n") if line.strip()]
        if any(len(word) != 3 for word in row):
            raise ValueError("a line is not a word, a part of speech and a chunk")
        if row:
            yield row
