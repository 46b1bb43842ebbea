"""A target that is none of the classes, or a name that is no text, is refused before anybody relies on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_spec import Column, DatasetSpec, Head
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.digits import Digits
from dlrun.data.source import RawDataset
from dlrun.data.source_checks import check_names, check_targets
from dlrun.data.vocabulary import Vocabulary

ROWS = 30
SPEC = DatasetSpec((2,), "table", "classes", tuple("abc"), ("u", "v"))
SOURCE = RawDataset(SPEC, np.ones((ROWS, 2), np.float32), np.arange(ROWS) % 3, x_test=np.ones((6, 2), np.float32),
                    y_test=np.arange(6) % 3)


@dataclass(frozen=True)
class Wrong(Digits):
    """A data set whose reader hands over these targets."""

    targets: tuple[int, ...] = ()
    test_targets: tuple[int, ...] = (0, 1, 2)

    def read(self, data_dir, say):
        y = np.resize(np.array(self.targets, np.int64), ROWS)
        return replace(SOURCE, y=y, y_test=np.resize(np.array(self.test_targets, np.int64), 6))


def prepared(**targets):
    return prepare(Wrong(**targets), "", validation=Holdout(size=0.2), train_size=None, seed=0, say=print)


@pytest.mark.parametrize("wrong", [3_000_000_000, 2**62, 3, -1])
def test_a_wrong_class_is_a_sentence_before_the_rows_are_cut_by_their_classes(wrong: int) -> None:
    assert len(prepared(targets=(0, 1, 2)).train) == 24
    for targets in ({"targets": (0, 1, wrong)}, {"targets": (0, 1, 2), "test_targets": (wrong,)}):
        with pytest.raises(ConfigError, match=f"a target is class {wrong}; expected 0 to 2"):
            prepared(**targets)
        with pytest.raises(ConfigError, match=f"a target is class {wrong}"):
            read(Wrong(**targets), "", print)


def test_wrong_classes_of_words_and_of_several_targets_are_sentences() -> None:
    spans = np.array([[0, 2], [2, 4]])
    words = replace(SOURCE, data_spec=DatasetSpec((4,), "tokens", "tokens", ("noun", "verb")), x=spans, y=None,
                    x_test=None, y_test=None, data=np.zeros(4, np.int32), data_y=np.array([0, 1, 1, 0]))
    check_targets(words)
    with pytest.raises(ConfigError, match="a target is class 900000000; expected 0 to 1"):
        check_targets(replace(words, data_y=np.array([0, 1, 900_000_000, 0])))
    both = replace(SPEC, target_kind="several", classes=(), heads=(Head("age"), Head("kind", tuple("abcd"))))
    y = np.array([[700.0, 3], [1e9, 0]], np.float32)
    several = replace(SOURCE, data_spec=both, x=SOURCE.x[:2], y=y, x_test=None, y_test=None)
    check_targets(several)
    for wrong, said in ((4, "class 4; expected 0 to 3"), (np.nan, "class nan; expected 0 to 3")):
        with pytest.raises(ConfigError, match=said):
            check_targets(replace(several, y=np.array([[700.0, wrong], [1e9, 0]], np.float32)))


@pytest.mark.parametrize("wrong", [
    {"data_spec": replace(SPEC, classes=("a", "\ud800", "c"))}, {"data_spec": replace(SPEC, features=("u", "\udfffv"))},
    {"data_spec": replace(SPEC, heads=(Head("age", ("x", "y\udc80")),))},
    {"columns": (Column("w", "text", ("fine", "\ud800")),)}])
def test_half_a_letter_in_a_name_is_a_sentence(wrong) -> None:
    check_names(replace(SOURCE, data_spec=replace(SPEC, classes=("日本", "\U0001f600", "ü"))))
    with pytest.raises(ConfigError, match=r"\\ud.* is no text") as refused:
        check_names(replace(SOURCE, **wrong))
    refused.value.line.encode()
    with pytest.raises(ConfigError, match=r"c\\ud83d.* is no text"):
        Vocabulary(("the", "c\ud83d")).plain()
