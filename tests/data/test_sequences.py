"""Keras's rules for ids, padding and frequency, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.data import sequences
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.sequences import Ids
from dlrun.data.sets.imdb import Imdb
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.source import RawDataset
from dlrun.data.vocabulary import FILTERS, UNKNOWN, Vocabulary, words_of


def _ids(*rows):
    stops = np.cumsum([len(row) for row in rows])
    return Ids(np.array([number for row in rows for number in row]),
               np.stack([stops - [len(row) for row in rows], stops], 1))


def _asked(**given):
    return {"form": "tokens", "size": 100, "maxlen": 3, "padding": "pre", "truncating": "pre", "reverse": False,
            **given}


# The example of Keras's own documentation of pad_sequences, and the four ways of a row that is too long.
@pytest.mark.parametrize("asked, wanted", [
    ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6], [8, 9, 7], [0, 0, 0]]),
    ({"padding": "post"}, [[1, 0, 0], [2, 3, 0], [4, 5, 6], [8, 9, 7], [0, 0, 0]]),
    ({"truncating": "post"}, [[0, 0, 1], [0, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]]),
    ({"maxlen": 5}, [[0, 0, 0, 0, 1], [0, 0, 0, 2, 3], [0, 0, 4, 5, 6], [0, 7, 8, 9, 7], [0, 0, 0, 0, 0]]),
    ({"reverse": True}, [[0, 0, 1], [0, 3, 2], [6, 5, 4], [9, 8, 7], [0, 0, 0]]),  # its end, the start, is kept
    ({"reverse": True, "truncating": "post", "padding": "post"},
     [[1, 0, 0], [3, 2, 0], [6, 5, 4], [7, 9, 8], [0, 0, 0]]),
])
def test_rows_are_padded_and_cut_as_keras_does_it(asked, wanted):
    ids = _ids([1], [2, 3], [4, 5, 6], [7, 8, 9, 7], [])
    assert sequences.rows(ids, _asked(**asked)).tolist() == wanted


def test_padding_is_that_of_a_plain_loop_over_many_rows(monkeypatch):
    monkeypatch.setattr(sequences, "ROWS", 7)  # in pieces
    rng = np.random.default_rng(1)
    lists = [rng.integers(1, 90, rng.integers(0, 9)).tolist() for _ in range(50)]
    for padding in ("pre", "post"):
        for truncating in ("pre", "post"):
            wanted = np.zeros((50, 5), np.int64)
            for row, ids in enumerate(lists):
                kept = ids[-5:] if truncating == "pre" else ids[:5]
                if kept:
                    wanted[row, -len(kept) if padding == "pre" else 0 : None if padding == "pre" else len(kept)] = kept
            asked = _asked(maxlen=5, padding=padding, truncating=truncating)
            assert np.array_equal(sequences.rows(_ids(*lists), asked), wanted)


def test_a_bag_holds_each_id_once_and_is_filled_up_with_the_size(monkeypatch):
    monkeypatch.setattr(sequences, "BAG", 20)  # two rows at a time
    bags = sequences.rows(_ids([3, 1, 3], [], [9, 9], [0, 4, 2, 4]), _asked(form="multi_hot", size=10))
    assert bags.tolist() == [[1, 3, 10], [10, 10, 10], [9, 10, 10], [0, 2, 4]]


def test_ids_of_ranks_are_those_of_load_data():
    # A row of ranks 1, 5, 7 after the mark of its start; Keras: start 1, rank + 3, unknown 2 from num_words on.
    source = RawDataset(DatasetSpec((), "tokens", "classes"), np.array([[0, 4]]), None, data=np.array([0, 1, 5, 7]),
                    words=("", "the", "and", "a", "of", "to", "is", "br"))
    table, words = sequences.ranked(source, None, 0)
    assert table[source.data].tolist() == [1, 4, 8, 10] and len(words) == 11
    assert words.decode([1, 4, 8, 10]) == "the to br"
    table, words = sequences.ranked(source, 9, 0)
    assert table[source.data].tolist() == [1, 4, 8, 2] and len(words) == 9
    table, words = sequences.ranked(source, 9, 5)
    assert table[source.data].tolist() == [2, 2, 8, 2]  # the start, too, as Keras has it
    assert words.encode("the to br") == [2, 2, 8, 2], "a new text has the ids of the training rows"
    assert words.decode([0, 2, 8]) == f"{UNKNOWN} to"


def test_texts_are_cut_as_keras_cuts_them():
    assert words_of("The cat, the CAT!") == ["the", "cat", "the", "cat"]
    assert words_of("don't a-b\tc\nd  e") == ["don't", "a", "b", "c", "d", "e"]
    assert words_of("a\u00a0b\rc") == ["a\u00a0b\rc"]  # blanks alone part words
    assert words_of("One, two.", marks="tokens") == ["one", ",", "two", "."]
    assert words_of("U.S. it's", lower=False, marks="keep") == ["U.S.", "it's"]
    assert len(FILTERS) == 33 and "'" not in FILTERS


def _labelled(texts, **given):
    from dlrun.data.formats.sentences import with_classes

    return with_classes(texts, [0] * len(texts), ("a", "b")), LabelledText(path="x", **given)


def test_frequent_words_are_counted_in_the_training_rows_alone_and_equals_by_first_appearance():
    source, cfg = _labelled(["b a b c", "d d d d", "a c e"], num_words=None)
    table, words = sequences.frequent(source, source.x[[0, 2]], cfg)
    # training rows 0 and 2: b 2, a 2, c 2, e 1; equals in the order in which they came; d is unknown
    assert words.words == ("<pad>", "<unknown>", "b", "a", "c", "e")
    ids = sequences.looked_up(source.data, table, source.x)
    assert ids.data.tolist() == [2, 3, 2, 4, 1, 1, 1, 1, 3, 4, 5]
    assert words.encode("A d c") == [3, 1, 4]
    # as the training rows stand: row 2 before row 0
    assert sequences.frequent(source, source.x[[2, 0]], cfg)[1].words[2:] == ("a", "c", "b", "e")


def test_num_words_counts_ids_as_in_keras_and_dropped_words_leave_no_gap():
    source, cfg = _labelled(["b a b c", "c c c e"], num_words=4)
    table, words = sequences.frequent(source, source.x, cfg)
    assert words.words == ("<pad>", "<unknown>", "c", "b") and table.tolist() == [3, 1, 2, 1]
    source, cfg = _labelled(["b a b c", "c c c e", "a e"], num_words=4, unknown="drop")
    table, words = sequences.frequent(source, source.x, cfg)
    assert words.words == ("<pad>", "c", "b", "a")  # without an oov_token ids begin at 1
    ids = sequences.looked_up(source.data, table, source.x)
    assert ids.data.tolist() == [2, 3, 2, 1, 1, 1, 1, 3] and ids.spans.tolist() == [[0, 4], [4, 7], [7, 8]]
    assert words.encode("e a zebra") == [3]


def test_a_vocabulary_survives_json():
    words = Vocabulary(("<pad>", "<start>", "<unknown>", "the"), padding=0, start=1, unknown=2)
    again = Vocabulary(**{**words.plain(), "words": tuple(words.plain()["words"])})
    assert again == words and again.encode("The zebra") == [1, 3, 2] and again.decode([0, 1, 3, 2, 9]) == (
        "the <unknown> <unknown>")


def test_the_defaults_are_the_books():
    assert (Imdb().num_words, Imdb().padding, Imdb().truncating) == (10000, "pre", "pre")
