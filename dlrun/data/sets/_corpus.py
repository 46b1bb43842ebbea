"""What running texts share: windows over characters or words, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import choice, flag, integer
from dlrun.data.form import BYTE_PAIRS, Windows
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.data.sets._words import num_words

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset


def length(default: int) -> Any:
    """How long a window is."""
    return integer(default, "Units in a window.", low=1)


def stride(default: int) -> Any:
    """The distance of two windows."""
    return integer(default, "Units between the beginnings of two windows.", low=1)


def newlines(default: str) -> Any:
    """What becomes of line ends."""
    return choice(default, ("keep", "space"), "Whether line ends stay, or runs of white space become a blank.")


def punctuation(default: str) -> Any:
    """What becomes of marks."""
    return choice(default, ("drop", "tokens"),
                  "For words: marks are dropped (Keras's filters), or each is a word of its own.")


def unit(default: str) -> Any:
    """What a text is cut into."""
    return choice(default, ("character", "word", "bpe"), "What the text is cut into; bpe: byte pairs, num_words of "
                  "them (null: 1,000) that are learned from the training text (pip install 'dlrun[bpe]').")


def ascii_only(default: bool) -> Any:
    """Whether a text is made plain."""
    return flag(default, "Whether other characters than ASCII are dropped.")


@dataclass(frozen=True)
class Corpus(Dataset):
    """A running text; `place` finds its file, `extract` cuts from it what is not of the text."""

    window_key: ClassVar[str] = "length"
    name: str = options.name()
    unit: str = unit("character")
    form: str = choice("tokens", ("tokens", "one_hot"),
                       "What a window becomes: ids, or a vector with one 1 for each (the books' characters).")
    length: int = length(40)
    stride: int = stride(3)
    every_position: bool = flag(
        False, "Whether the next unit is predicted at each position of the window, not only after its end.")
    num_words: int | None = num_words(None)
    lower: bool = flag(True, "Whether the text is lower-cased.")
    newlines: str = newlines("keep")
    ascii_only: bool = ascii_only(False)
    punctuation: str = punctuation("drop")
    test: float = options.last_steps(0.1)

    @property
    def given(self) -> str:
        """What the user typed to choose this text."""
        return f"dataset={self.kind}"

    def place(self, data_dir: str) -> Path:
        """The file that the text lies in.  Raises ConfigError."""
        raise NotImplementedError

    def text(self, path: Path, notes: list[str]) -> str:
        """The text of the file; what is said of it is added to `notes`."""
        from dlrun.data.formats.separated import text_of

        return text_of(path, notes)

    def extract(self, text: str) -> str:
        """What is kept of a text whose lines end in \\n."""
        return text

    def settings(self) -> list[object]:
        """The options that decoding depends on."""
        return [self.unit, self.lower, self.newlines, self.ascii_only, self.punctuation]

    def label(self) -> str:
        """What belongs to every result."""
        return ""

    def windows(self) -> Windows:
        return Windows(self.length, 1, self.length, self.stride)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        path = self.place(data_dir)
        return DatasetFiles([path], lambda _: self._decode(path), self.settings())

    def clean(self, text: str) -> str:
        """A text as it is cut into units."""
        from dlrun.data.formats.corpus import with_plain_lines

        text = self.extract(with_plain_lines(text))
        if self.lower:
            text = text.lower()
        if self.ascii_only:
            text = text.encode("ascii", "ignore").decode()
        return " ".join(text.split()) if self.newlines == "space" else text

    def _decode(self, path: Path) -> RawDataset:
        from dlrun.data.formats.corpus import end_to_end

        notes: list[str] = []
        unit = "character" if self.unit == BYTE_PAIRS else self.unit  # whole until they are learned
        source = end_to_end(self.clean(self.text(path, notes)), unit, self.lower, self.punctuation, self.given,
                            path.name, self.label())
        return replace(source, notes=tuple(notes))


class InDataFolder(Corpus):
    """A text in a file of its own below text/ of a data folder."""

    file_name: ClassVar[str]

    def place(self, data_dir: str) -> Path:
        return self.located(data_dir, f"text/{self.file_name}", self.file_name)
