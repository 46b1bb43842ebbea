"""The chunks of CoNLL-2000: each word has the tag that stands beside it in NLTK's file."""

from __future__ import annotations

import re
import zipfile
from collections import Counter

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.conll2000 import Conll2000
from dlrun.data.sets.conll2000_ngrams import Conll2000Ngrams


@pytest.fixture
def corpora(real):
    return str(real("nltk_data/corpora/conll2000.zip").parents[2])


def test_words_and_tags_are_those_of_the_file_and_none_is_paddings(real, corpora):
    with zipfile.ZipFile(real("nltk_data/corpora/conll2000.zip")) as archive:
        lines = archive.read("conll2000/test.txt").decode().split("\n")
    words = [line.split() for line in lines if line.strip()]
    for tags, column in (("chunk", 2), ("pos", 1)):
        source = read(Conll2000(tags=tags, lower=False), corpora, lambda line: None)
        assert len(source.x) == 8936 and len(source.x_test) == 2012 and 0 not in source.data_y
        test = slice(int(source.x_test[0, 0]), int(source.x_test[-1, 1]))
        assert [source.words[number] for number in source.data[test]] == [word[0] for word in words]
        found = Counter(source.data_spec.classes[number] for number in source.data_y[test])
        assert found == Counter(word[column] for word in words)


def test_what_is_known_before_reading_is_what_is_prepared(corpora):
    for cfg, classes in ((Conll2000(), 24), (Conll2000(tags="pos"), 45), (Conll2000(maxlen=None), 24)):
        seen = dataset_info(cfg, corpora)
        prepared = prepare(cfg, corpora, validation=None, train_size=None, seed=0, say=lambda line: None)
        assert seen.data_spec == prepared.data_spec and len(seen.data_spec.classes) == classes
        assert seen.rows == {"train": 8936, "test": 2012}
        assert np.array_equal(prepared.test.x == 0, prepared.test.y == 0)
    assert prepared.data_spec.input_shape == (78,)  # the longest sentence


def test_another_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "conll2000.zip", "w") as archive:
        for split in ("train", "test"):
            archive.writestr(f"conll2000/{split}.txt", "He PRP B-NP\nreckons VBZ B-VP\n\n")
    with pytest.raises(ConfigError, match="has 1 of 8,936 train sentences"):
        read(Conll2000(), str(tmp_path), lambda line: None)


def test_a_bidirectional_lstm_learns_chunks(corpora, go):
    result = go("dataset=conll2000", f"data_dir={corpora}", "model=bilstm", "model.units=16", "train_size=1000",
                "test_size=100", "epochs=2", "optimizer.lr=0.01", "batch_size=32").result
    assert result["config"]["task.kind"] == "tag"
    assert result["test"]["accuracy"] > 0.6  # the largest tag, I-NP, is 30 % of the words


@pytest.fixture
def running(real):
    """The words and parts of speech of the file of test sentences, line after line."""
    with zipfile.ZipFile(real("nltk_data/corpora/conll2000.zip")) as archive:
        lines = archive.read("conll2000/test.txt").decode().split("\n")
    return [line.split()[:2] for line in lines if line.strip()]


@pytest.mark.parametrize("n", [1, 3])
def test_windows_run_over_the_text_and_have_the_last_words_part_of_speech(n, running, corpora):
    prepared = prepare(Conll2000Ngrams(n=n), corpora, validation=None, train_size=None, seed=0, say=lambda line: None)
    words, tags = prepared.vocabulary.words, prepared.data_spec.classes
    assert len(tags) == 44 and prepared.data_spec.input_shape == (n,)
    assert len(prepared.train.x) == 211_727 - n + 1 and len(prepared.test.x) == len(running) - n + 1 == 47_377 - n + 1
    known = prepared.vocabulary.ids
    for at in [*range(40), *range(-40, 0)]:
        window = [re.sub(r"\d", "#", word) for word, _ in (running[at:at + n] if at >= 0 else
                                                           running[len(running) + at - n + 1:len(running) + at + 1])]
        assert [words[number] for number in prepared.test.x[at]] == [word if word in known else "<unknown>"
                                                                    for word in window]
        assert tags[prepared.test.y[at]] == (running[at + n - 1] if at >= 0 else running[at])[1]


def test_new_words_are_read_as_those_of_the_windows_were(corpora):
    prepared = prepare(Conll2000Ngrams(), corpora, validation=None, train_size=None, seed=0, say=lambda line: None)
    words = prepared.vocabulary
    assert words.decode(words.encode("Sept. 18 , 1989")) == "Sept. ## , ####"
    assert words.encode("Sept.") != words.encode("sept.")
