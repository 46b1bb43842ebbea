"""Windows of words over the running text of CoNLL-2000, each with the part of speech of its last word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import flag, integer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say
from dlrun.data.sets.conll2000 import PARTS_OF_SPEECH, Conll2000, place_of, sentences_of
from dlrun.data.vocabulary import masked
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import DatasetFiles, RawDataset

CLASSES = PARTS_OF_SPEECH[1:]  # no row is padded


@register("dataset", "conll2000_ngrams")
@dataclass(frozen=True)
class Conll2000Ngrams(words.Words):
    """Windows of 3 words of the Wall Street Journal and the part of speech of the last (211,725 + 47,375; CoNLL-2000).

    Windows run over the ends of sentences, as those of Buduma and Locascio, chapter 7; of `n` words, there are n - 1
    fewer than words.
    """

    hashes: ClassVar[dict[str, str]] = Conll2000.hashes
    tokenized: ClassVar[bool] = True
    name: str = options.name()
    n: int = integer(3, "How many words a window has.", low=1, high=20)
    num_words: int | None = words.num_words(None)
    lower: bool = flag(False, "Whether words are lower-cased.")
    mask_digits: bool = flag(True, "Whether each digit is written #, so that numbers of one form are one word.")

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """conll2000.zip, or its unpacked folder, in NLTK's layout."""
        from dlrun.data.source import DatasetFiles

        path, files = place_of(self, data_dir)
        return DatasetFiles(files, lambda _: self._decode(path), [self.n, self.lower, self.mask_digits])

    def _decode(self, path: Path) -> RawDataset:
        import dataclasses

        import numpy as np

        from dlrun.data.formats.sentences import of_words

        splits = sentences_of(self, path)
        places = {tag: number for number, tag in enumerate(CLASSES)}
        running = {split: [word for row in rows for word in row] for split, rows in splits.items()}
        tags = {split: np.array([places[word[1]] for word in text], np.int64) for split, text in running.items()}
        whole = of_words([[self._written(word[0]) for word in text] for text in running.values()],
                         DatasetSpec((), "tokens", "classes", CLASSES, target_name="part of speech"), None)
        (start, middle), (_, end) = whole.x.tolist()
        return dataclasses.replace(
            whole, x=self._windows(start, middle), y=tags["train"][self.n - 1:],
            x_test=self._windows(middle, end), y_test=tags["test"][self.n - 1:])

    def _written(self, word: str) -> str:
        word = word.lower() if self.lower else word
        return masked(word) if self.mask_digits else word

    def _windows(self, start: int, stop: int) -> np.ndarray:
        import numpy as np

        first = np.arange(start, stop - self.n + 1, dtype=np.int64)
        return np.stack([first, first + self.n], 1)
