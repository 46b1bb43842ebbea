"""Sentences with a class and sentences with tags."""

from __future__ import annotations

import zipfile

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.batches import Rows
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.treebank import Treebank, sentences
from dlrun.data.sets.umich import Umich


def _prepare(cfg, data_dir="", validation=None):
    prepared = prepare(cfg, str(data_dir), validation=validation, train_size=None, seed=0, say=lambda line: None)
    assert dataset_info(cfg, str(data_dir), validation=validation).data_spec == prepared.data_spec
    return prepared


@pytest.fixture
def own(tmp_path):
    def cfg(content, **given):
        (tmp_path / "l.txt").write_text(content)
        return LabelledText(path=str(tmp_path / "l.txt"), **{"test": 0, **given})

    return cfg


@pytest.mark.parametrize("content", [
    "good\tA \"fine\" film\nbad\tNo, not it\ngood\tFine film\nbad\tNo film\n",
    "label,text\ngood,\"A \"\"fine\"\" film\"\nbad,\"No, not it\"\ngood,Fine film\nbad,No film\n",
    "A \"fine\" film;good\nNo, not it;bad\nFine film;good\nNo film;bad\n",
])
def test_labels_and_texts_are_found_whatever_stands_between_them(own, content):
    source = read(own(content), "", print)
    assert source.data_spec.classes == ("bad", "good") and source.y.tolist() == [1, 0, 1, 0]
    assert source.words == ("a", "fine", "film", "no", "not", "it")
    assert [source.data[slice(*span)].tolist() for span in source.x] == [[0, 1, 2], [3, 4, 5], [1, 2], [3, 2]]


def test_the_longest_training_row_gives_the_length_and_bags_are_possible(own):
    content = "a\tone two three four\nb\tone\na\ttwo two\nb\tthree one\n"
    prepared = _prepare(own(content, num_words=None, padding="post"))
    assert prepared.data_spec.input_shape == (4,) and prepared.data_spec.padding == 0
    assert sorted(prepared.vocabulary.decode(row) for row in prepared.train.x) == [
        "one", "one two three four", "three one", "two two"]
    prepared = _prepare(own(content, form="multi_hot", num_words=5))
    assert prepared.data_spec.input_kind == "table" and prepared.data_spec.input_shape == (5,)


def test_wrong_files_are_problems_with_their_line(own):
    for content, wanted in (("a\tone\nb\n", "line 2"), ("a\tone\na\ttwo\n", "'a' in every row"), ("", "line 1"),
                            ("a,one\nb,two,three\n", "line 2 has 3 cells")):
        with pytest.raises(ConfigError, match=wanted):
            read(own(content), "", print)


def test_umich_is_read(real):
    data_dir = real("umich_si650").parent
    source = read(Umich(), str(data_dir), lambda line: None)
    assert len(source.x) == 7086 and int(source.y.sum()) == 3995
    first = [source.words[number] for number in source.data[slice(*source.x[0])]]
    assert first == ["the", "da", "vinci", "code", "book", "is", "just", "awesome"] and source.y[0] == 1
    prepared = _prepare(Umich(), data_dir, Holdout())
    assert prepared.data_spec.input_shape == (40,) and prepared.data_spec.vocabulary == 2002
    assert prepared.train.x.max() < len(prepared.vocabulary) <= 2002


TREES = """
( (S
    (NP-SBJ (NNP Mr.) (NNP Vinken) )
    (VP (VBZ is)
      (NP-PRD (-NONE- *T*-1) (NN chairman) ))
    (. .) ))
( (NP (`` ``) (DT The) (NN end) ))
"""


def test_words_and_tags_of_trees_without_traces():
    assert sentences(TREES) == [
        [("Mr.", "NNP"), ("Vinken", "NNP"), ("is", "VBZ"), ("chairman", "NN"), (".", ".")],
        [("``", "``"), ("The", "DT"), ("end", "NN")],
    ]


def test_the_treebank_has_gullis_numbers_and_tags_stand_at_their_words(real):
    data_dir = real("nltk_data/corpora/treebank.zip").parents[2]
    prepared = _prepare(Treebank(test=0, num_words=None, maxlen=None), data_dir)
    assert len(prepared.train) == 3914 and prepared.data_spec.input_shape == (249,)
    assert len(prepared.vocabulary) == 10947 + 2 and len(prepared.data_spec.classes) == 45 + 1
    prepared = _prepare(Treebank(), data_dir, Holdout())
    assert prepared.data_spec.input_shape == (250,) and prepared.data_spec.target_length == 250
    x, y = Rows(prepared.train, prepared.scale, torch.device("cpu"), True).range(0, 50)
    assert torch.equal(x == 0, y == 0) and y.dtype == torch.int64
    the, place = prepared.vocabulary.ids["the"], prepared.data_spec.classes.index("DT")
    assert (y[x == the] == place).float().mean() > 0.98
    with zipfile.ZipFile(real("nltk_data/corpora/treebank.zip")) as archive:
        tagged = archive.read("treebank/tagged/wsj_0001.pos").decode().split()
    source = read(Treebank(lower=False), str(data_dir), lambda line: None)
    ours = [source.words[number] for number in source.data[slice(*source.x[0])]]
    assert ours == [word.rpartition("/")[0] for word in tagged if "/" in word][: len(ours)]
    tags = [source.data_spec.classes[number] for number in source.data_y[slice(*source.x[0])]]
    assert tags == [word.rpartition("/")[2] for word in tagged if "/" in word][: len(tags)]
    assert 0 not in source.data_y  # the tag of padding


def test_an_unpacked_treebank_is_the_same(real, tmp_path):
    with zipfile.ZipFile(real("nltk_data/corpora/treebank.zip")) as archive:
        archive.extractall(tmp_path / "nltk_data/corpora")
    packed, unpacked = (read(Treebank(), str(root), lambda line: None)
                        for root in (real("nltk_data").parent, tmp_path))
    assert packed.content == unpacked.content
