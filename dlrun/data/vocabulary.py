"""Words and ids, the way Keras's Tokenizer makes them; fitted on training rows, kept with a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dlrun.data.form import BYTE_PAIRS

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'  # keras.preprocessing.text.Tokenizer's
PAD, START, UNKNOWN, UNUSED = "<pad>", "<start>", "<unknown>", "<unused>"
_SPACES = str.maketrans(dict.fromkeys(FILTERS, " "))
_MASKED = str.maketrans(dict.fromkeys("0123456789", "#"))
_APART = str.maketrans({mark: f" {mark} " for mark in FILTERS})


def words_of(text: str, lower: bool = True, marks: str = "drop") -> list[str]:
    """The words of a text; what marks (`FILTERS`) become: "drop", "tokens" (a word each) or "keep".

    With "drop" this is Keras's text_to_word_sequence: marks become blanks, and blanks alone part words.

    >>> words_of("It's fine, isn't it?")
    ["it's", 'fine', "isn't", 'it']
    >>> words_of("Fine, isn't it?", marks="tokens")
    ['fine', ',', "isn't", 'it', '?']
    """
    if lower:
        text = text.lower()
    if marks == "drop":
        return [word for word in text.translate(_SPACES).split(" ") if word]
    return (text.translate(_APART) if marks == "tokens" else text).split()


def masked(text: str) -> str:
    """The text with # for each of its digits.

    >>> masked("Sept. 18, 1989")
    'Sept. ##, ####'
    """
    return text.translate(_MASKED)


@dataclass(frozen=True)
class Vocabulary:
    """The words of each id.

    `unit` is "word", "character" or "bpe" (byte pairs, with the `merges` that make them).  `unknown` is the id of
    other words, None where they are left out; `padding` and `start` are ids, None where there are none.  `lower` and
    `marks` say how text is cut (`words_of`), `mask_digits` whether each digit stands as #.
    """

    words: tuple[str, ...]
    unit: str = "word"
    padding: int | None = None
    start: int | None = None
    unknown: int | None = None
    lower: bool = True
    marks: str = "drop"
    mask_digits: bool = False
    merges: tuple[tuple[str, str], ...] = ()

    @property
    def noun(self) -> str:
        """What an id stands for."""
        return "token" if self.unit == BYTE_PAIRS else self.unit

    @property
    def between(self) -> str:
        """What stands between two of them in a text."""
        return " " if self.unit == "word" else ""

    @cached_property
    def _tokenizer(self) -> Any:
        from dlrun.data.tokenizer import tokenizer

        return tokenizer(self.words[1:], self.merges)  # it has no padding: its ids are one less

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word; special ids (padding, start, unknown) have no word that a text could hold."""
        special = {self.padding, self.start, self.unknown}
        return {word: number for number, word in enumerate(self.words) if number not in special and word != UNUSED}

    def cut(self, text: str) -> list[str]:
        """The words or characters of a text, as they were made for training."""
        text = masked(text) if self.mask_digits else text
        if self.unit == BYTE_PAIRS:
            from dlrun.data.tokenizer import whole

            return list(self._tokenizer.encode(whole(text.lower() if self.lower else text)).tokens)
        if self.unit == "character":
            return list(text.lower() if self.lower else text)
        return words_of(text, self.lower, self.marks)

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with the start id where there is one."""
        found = (self.ids.get(word, self.unknown) for word in self.cut(text))
        ids = [number for number in found if number is not None]
        return ids if self.start is None else [self.start, *ids]

    @property
    def silent(self) -> set[int | None]:
        """Ids that stand for nothing in a text: padding, and the start where it is not the id of unknown words."""
        return {self.padding, self.start} - {self.unknown}

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; padding and start are left out."""
        silent = self.silent
        if self.unit == BYTE_PAIRS:
            return str(self._tokenizer.decode([number - 1 for number in ids if number not in silent]))
        return self.between.join(
            self.words[number] if number < len(self.words) else UNKNOWN for number in ids if number not in silent
        )

    def plain(self) -> dict[str, Any]:
        """As JSON types; `Vocabulary(**...)` with `words` as a tuple is the inverse.

        Raises ConfigError for a word that UTF-8 cannot hold.
        """
        from dlrun.data.source_checks import check_texts

        check_texts(self.words)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in (
            ("words", self.words), ("unit", self.unit), ("padding", self.padding), ("start", self.start),
            ("unknown", self.unknown), ("lower", self.lower), ("marks", self.marks), ("mask_digits", self.mask_digits),
            *((("merges", self.merges),) if self.merges else ()))}
