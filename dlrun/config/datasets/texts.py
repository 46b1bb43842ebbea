"""Schemas of the texts: reviews and sentences with a class, sentences with tags, running text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.datasets import parts
from dlrun.config.schema.fields import choice, flag, integer


def num_words(default: int | None) -> Any:
    return integer(
        default, "Ids 0 to num_words - 1 are used, those of the most frequent words; null: as many as there are.",
        low=4, optional=True,
    )


def maxlen(default: int | None) -> Any:
    return integer(default, "Length that rows are padded and cut to; null: that of the longest training row.", low=1,
                   optional=True)


def padding() -> Any:
    return choice("pre", ("pre", "post"), "Where 0 fills short rows up (Keras: pre).")


def truncating() -> Any:
    return choice("pre", ("pre", "post"), "Where long rows are cut off (Keras: pre, so that their end is kept).")


def unknown() -> Any:
    return choice(
        "token", ("token", "drop"),
        "Words that are not among the most frequent ones: id 1 (Keras's oov_token), or left out (Keras without one).",
    )


def form() -> Any:
    return choice("tokens", ("tokens", "multi_hot"),
                  "What a row becomes: ids in their order, or a vector with 1 for each id that occurs (Chollet ch. 3).")


@dataclass(frozen=True)
class _Newswire:
    name: str = parts.name()
    form: str = form()
    num_words: int | None = num_words(10000)
    skip_top: int = integer(0, "Ids below this become 2 (unknown), as Keras's load_data has it.", low=0)
    maxlen: int | None = maxlen(500)
    padding: str = padding()
    truncating: str = truncating()
    reverse: bool = flag(False, "Whether rows are reversed before they are padded.")


@dataclass(frozen=True)
class Imdb(_Newswire):
    """25,000 + 25,000 reviews of films as word ids, negative or positive (Maas and others 2011; Keras's file)."""

    kind: ClassVar[str] = "imdb"


@dataclass(frozen=True)
class Reuters(_Newswire):
    """8,982 + 2,246 newswires of 1987 as word ids, 46 topics (Keras's file and split)."""

    kind: ClassVar[str] = "reuters"
    maxlen: int | None = maxlen(200)


@dataclass(frozen=True)
class _Sentences:
    name: str = parts.name()
    form: str = form()
    num_words: int | None = num_words(2002)
    unknown: str = unknown()
    maxlen: int | None = maxlen(40)
    padding: str = padding()
    truncating: str = truncating()
    reverse: bool = flag(False, "Whether rows are reversed before they are padded.")
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()


@dataclass(frozen=True)
class Umich(_Sentences):
    """7,086 sentences about books and films, negative or positive (University of Michigan SI650)."""

    kind: ClassVar[str] = "umich"


@dataclass(frozen=True)
class LabelledText(_Sentences):
    """Texts of your own with a class: two columns, label and text, in a line each."""

    kind: ClassVar[str] = "labelled_text"
    path: str = parts.path("The file, also .gz")
    num_words: int | None = num_words(10000)
    maxlen: int | None = maxlen(None)
    separator: str = choice("auto", ("auto", "tab", ",", ";"), "What stands between label and text.")
    header: Any = choice("auto", ("auto", True, False), "Whether the first line names the columns.")


@dataclass(frozen=True)
class Treebank:
    """3,914 sentences of the Wall Street Journal with the part of speech of each word (Penn Treebank, NLTK's part)."""

    kind: ClassVar[str] = "treebank"
    name: str = parts.name()
    num_words: int | None = num_words(5002)
    maxlen: int | None = maxlen(250)
    padding: str = padding()
    truncating: str = truncating()
    lower: bool = flag(True, "Whether words are lower-cased.")
    test: float = parts.test()
    split_seed: int = parts.split_seed()


@dataclass(frozen=True)
class _Corpus:
    name: str = parts.name()
    unit: str = choice("character", ("character", "word"), "What the text is cut into.")
    form: str = choice("tokens", ("tokens", "one_hot"),
                       "What a window becomes: ids, or a vector with one 1 for each (the books' characters).")
    length: int = integer(40, "Units in a window.", low=1)
    stride: int = integer(3, "Units between the beginnings of two windows.", low=1)
    every_position: bool = flag(
        False, "Whether the next unit is to be told at each position of the window, not only after its end.")
    num_words: int | None = num_words(None)
    lower: bool = flag(True, "Whether the text is lower-cased.")
    newlines: str = choice("keep", ("keep", "space"), "Whether line ends stay, or runs of white space become a blank.")
    ascii_only: bool = flag(False, "Whether other characters than ASCII are dropped.")
    punctuation: str = choice("drop", ("drop", "tokens"),
                              "For words: marks are dropped (Keras's filters), or each is a word of its own.")
    test: float = parts.last_steps(0.1)


@dataclass(frozen=True)
class PythonDocs(_Corpus):
    """English about Python: the topics of its own help, as the running Python ships them (465,000 characters)."""

    kind: ClassVar[str] = "python_docs"


@dataclass(frozen=True)
class Nietzsche(_Corpus):
    """Nietzsche's Beyond Good and Evil and more in English, 600,893 characters (Chollet 8.1)."""

    kind: ClassVar[str] = "nietzsche"
    length: int = integer(60, "Units in a window.", low=1)


@dataclass(frozen=True)
class Alice(_Corpus):
    """Alice's Adventures in Wonderland (Project Gutenberg 11, without its header and licence)."""

    kind: ClassVar[str] = "alice"
    length: int = integer(10, "Units in a window.", low=1)
    stride: int = integer(1, "Units between the beginnings of two windows.", low=1)
    newlines: str = choice("space", ("keep", "space"), "Whether line ends stay, or runs of white space become a blank.")
    ascii_only: bool = flag(True, "Whether other characters than ASCII are dropped.")


@dataclass(frozen=True)
class Aesop(_Corpus):
    """Aesop's Fables (Project Gutenberg 11339, the stories alone); by words it is cleaned as in Foster's chapter 6."""

    kind: ClassVar[str] = "aesop"
    unit: str = choice("word", ("character", "word"), "What the text is cut into.")
    length: int = integer(20, "Units in a window.", low=1)
    stride: int = integer(1, "Units between the beginnings of two windows.", low=1)
    punctuation: str = choice("tokens", ("drop", "tokens"),
                              "For words: marks are dropped (Keras's filters), or each is a word of its own.")


@dataclass(frozen=True)
class Text(_Corpus):
    """A text file of your own, UTF-8 or Latin-1."""

    kind: ClassVar[str] = "text"
    path: str = parts.path("The file, also .gz")
