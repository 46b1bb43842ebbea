"""What the data sets share that Keras distributes: its files, its shuffle (seed 113), texts as ranks of words."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import DatasetFiles, RawDataset

SEED = 113


def orders(*rows: int) -> list[np.ndarray]:
    """Keras's orders of parts with so many rows: one stream, seed 113, for all of them."""
    import numpy as np

    stream = np.random.RandomState(SEED)
    found = []
    for count in rows:
        order = np.arange(count)
        stream.shuffle(order)
        found.append(order)
    return found


@dataclass(frozen=True)
class KerasTexts(words.Words):
    """Texts as ranks of words in a file of Keras's, with its word index where that lies beside it."""

    ranked: ClassVar[bool] = True
    archive: ClassVar[str]
    name: str = options.name()
    form: str = words.form()
    num_words: int | None = words.num_words(10000)
    skip_top: int = integer(0, "Ids below this become 2 (unknown), as Keras's load_data has it.", low=0)
    maxlen: int | None = words.maxlen(500)
    padding: str = words.padding()
    truncating: str = words.truncating()
    reverse: bool = words.reverse()

    def parts(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        """x, y, x_test, y_test in Keras's order, from the arrays of the file; KeyError for one that is not there."""
        raise NotImplementedError

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """The file, below keras/ of a data folder or directly in it, and its word index where that is there."""
        from dlrun.data.source import DatasetFiles

        file = self.located(data_dir, f"keras/{self.archive}", self.archive)
        index = file.with_name(f"{self.kind}_word_index.json")
        files = [file, index] if index.is_file() else [file]
        return DatasetFiles(files, lambda say: self._decode(files, say))

    def _decode(self, files: list[Path], say: Say) -> RawDataset:
        import numpy as np

        from dlrun.data import paths
        from dlrun.data.formats import object_arrays
        from dlrun.data.source import RawDataset

        say(f"{self.kind}: decoding {files[0].name} once")
        found = object_arrays.arrays(files[0], f"dataset={self.kind}")
        assert self.known is not None
        classes = self.known.data_spec.classes
        try:
            x, y, x_test, y_test = self.parts(found)
            data, spans = object_arrays.end_to_end(np.concatenate([x, x_test]))
        except (KeyError, ValueError) as error:
            raise self.damaged(f"{files[0]} is not Keras's file ({error})") from None
        if {*y.tolist(), *y_test.tolist()} - set(range(len(classes))):
            raise self.damaged(f"{files[0]} has other labels than 0 to {len(classes) - 1}")
        sums = {file.name: paths.sha256(file) for file in files}
        source = RawDataset(
            self.known.data_spec, spans[: len(x)], y.astype(np.int64), data=data, x_test=spans[len(x):],
            y_test=y_test.astype(np.int64), files=sums, label=self._label(sums[files[0].name]))
        if len(files) == 1:
            note = f"{self.kind}_word_index.json is not beside {files[0].name}; words are shown by their numbers"
            return dataclasses.replace(source, notes=(note,))
        return dataclasses.replace(source, words=_words(files[1], f"dataset={self.kind}"))

    def _label(self, sha: str) -> str:
        return dict(zip(self.hashes[self.archive], ("", "rebuilt"))).get(sha, "not Keras's file")


def _words(index: Path, given: str) -> tuple[str, ...]:
    """The words by rank; rank 0 is none.  Of words that share a rank the first is taken."""
    try:
        ranks: dict[str, int] = json.loads(index.read_text(encoding="utf-8"))
        words = [""] * (max(ranks.values()) + 1)
        for word, rank in ranks.items():
            words[rank] = words[rank] or word
    except (ValueError, AttributeError, TypeError, IndexError) as error:
        raise problem(given, f"{index} is no word index ({error})") from None
    return tuple(words)
