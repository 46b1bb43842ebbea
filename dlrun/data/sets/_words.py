"""What data sets of sentences share: how words become ids, and rows of one length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.fields import choice, flag, integer
from dlrun.data import shape
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.form import LONGEST
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset

POLARITY = ("negative", "positive")


def num_words(default: int | None) -> Any:
    """How many words have an id."""
    return integer(
        default, "Ids 0 to num_words - 1 are used, those of the most frequent words; null: as many as there are.",
        low=4, optional=True,
    )


def maxlen(default: int | None) -> Any:
    """How long rows are."""
    return integer(default, "Length that rows are padded and cut to; null: that of the longest training row.", low=1,
                   optional=True)


def own_maxlen() -> Any:
    """How long rows of a user's own texts are, of which one may be a book."""
    return integer("auto", f"Length that rows are padded and cut to; auto: that of the longest training row, but "
                   f"{LONGEST} at most; null: that of the longest.", low=1, optional=True, words=("auto",),
                   identity_default=None)


def padding() -> Any:
    """Where short rows are filled up."""
    return choice("pre", ("pre", "post"), "Where 0 fills short rows up (Keras: pre).")


def truncating() -> Any:
    """Where long rows are cut."""
    return choice("pre", ("pre", "post"), "Where long rows are cut off (Keras: pre, so that their end is kept).")


def unknown() -> Any:
    """What becomes of rare words."""
    return choice(
        "token", ("token", "drop"),
        "Words that are not among the most frequent ones: id 1 (Keras's oov_token), or left out (Keras without one).",
    )


def form() -> Any:
    """What a row becomes."""
    return choice("tokens", ("tokens", "multi_hot"),
                  "What a row becomes: ids in their order, or a vector with 1 for each id that occurs (Chollet ch. 3).")


def reverse() -> Any:
    """Whether rows are read backwards."""
    return flag(False, "Whether rows are reversed before they are padded.")


def unit() -> Any:
    """What a text is cut into."""
    return choice("word", ("word", "bpe"), "What a text is cut into; bpe: byte pairs, num_words of them "
                  "(null: 1,000) that are learned from the training rows (pip install 'dlrun[bpe]').")


class Words(Dataset):
    """Rows of words; `known` has the classes and rows of a set that is always the same."""

    def info(self, data_dir: str) -> DatasetInfo | None:
        return None if self.known is None else self.words_info(self.known)

    def words_info(self, known: DatasetInfo) -> DatasetInfo | None:
        """Spec and rows of sentences of which classes and rows are known; None where the words decide more."""
        length = 0 if self.form == "multi_hot" else self.maxlen
        if self.num_words is None or not isinstance(length, int):
            return None
        spec = shape.of_sentences(self, known.data_spec, self.num_words, length)
        return DatasetInfo(spec, dict(known.rows))


@dataclass(frozen=True)
class Sentences(Words):
    """Sentences with a class, without a test split of their own; words are numbered as Keras's Tokenizer does it."""

    name: str = options.name()
    unit: str = unit()
    form: str = form()
    num_words: int | None = num_words(2002)
    unknown: str = unknown()
    maxlen: int | str | None = maxlen(40)
    padding: str = padding()
    truncating: str = truncating()
    reverse: bool = reverse()
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.stratify()
