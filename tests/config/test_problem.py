"""The nearest right name."""

from __future__ import annotations

import random
import string

import pytest

from dlrun import registry
from dlrun.config.check.names import SYNONYMS, elsewhere, meant
from dlrun.config.problem import ConfigError, Problem, nearest
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.root import GROUPS, Root

KNOWN = [*rules(Root), *GROUPS, *(f"{group}.{key}" for group, kinds in KINDS.items() for schema in kinds.values()
                                  for key in rules(schema))]


@pytest.mark.parametrize(("word", "right"), [
    ("optimzer", "optimizer"), ("modle", "model"), ("epoch", "epochs"), ("batchsize", "batch_size"), ("SEED", "seed"),
    ("optimizer.l", "optimizer.lr"), ("model.dropuot", "model.dropout"), ("modle.hidden", "model.hidden"),
    ("optimizr.lr", "optimizer.lr"), ("earlystop.patience", "early_stop.patience"),
])
def test_a_slip_is_led_to_the_name_that_was_meant(word: str, right: str) -> None:
    assert nearest(word, KNOWN) == [right]


LETTERS = string.ascii_lowercase + "_"


def _one_edit_away(word: str) -> set[str]:
    """Every text that one missing, added, changed or swapped letter makes of a word, one by one."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {*(a + b[1:] for a, b in cuts if b), *(a + letter + b for a, b in cuts for letter in LETTERS),
            *(a + letter + b[1:] for a, b in cuts if b for letter in LETTERS),
            *(a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1)} - {word}


@pytest.mark.parametrize("group", ["dataset", "model", "task", "optimizer", "schedule", "layer", "verb"])
def test_the_only_name_that_is_one_slip_away_comes_first(group: str) -> None:
    names, draw = registry.names(group), random.Random(0)
    led = 0
    for right in names:
        for typed in draw.sample(sorted(_one_edit_away(right)), 12):
            near = _one_edit_away(typed) & set(names)
            if len(typed) > 1 and near == {right} and typed not in names:
                led += 1
                assert nearest(typed, names) == [right], typed
    assert led > 10 * len(names)


def test_two_swapped_letters_are_one_slip() -> None:
    assert nearest("adma", registry.names("optimizer")) == ["adam"]
    assert nearest("nadma", registry.names("optimizer")) == ["nadam"]


def test_names_of_the_same_depth_come_first() -> None:
    assert nearest("optimizer.l", ["optimizer", "optimizer.lr"]) == ["optimizer.lr"]
    assert nearest("optimizerl", ["optimizer.l", "optimizers"]) == ["optimizers"]


@pytest.mark.parametrize("word", ["wxyz", "model.wxyz", "optimizer.qqqq"])
def test_what_is_near_to_nothing_is_led_nowhere(word: str) -> None:
    assert nearest(word, KNOWN) == []


@pytest.mark.parametrize(("word", "right"), [
    ("lr", "optimizer.lr"), ("patience", "schedule.patience"), ("shift_x", "augment.shift_x"),
    ("learning_rate", "optimizer.lr"),
    ("model.units", "model.hidden"), ("optimizer.learning_rate", "optimizer.lr"), ("seeed", "seed"),
])
def test_a_member_or_another_runners_word_is_led_home(word: str, right: str) -> None:
    assert meant(word, KNOWN) == right


def test_every_other_runners_word_leads_to_a_key_that_exists() -> None:
    assert set(SYNONYMS.values()) <= set(KNOWN)
    assert not set(SYNONYMS) & set(KNOWN)


def test_a_key_of_another_kind_is_found_there() -> None:
    assert elsewhere("optimizer", "nesterov", "adam") == ["sgd"]
    assert elsewhere("optimizer", "nesterov", "sgd") == []
    assert elsewhere("nothing", "nesterov", "") == []


def test_a_problem_that_is_found_twice_is_said_once() -> None:
    one, other = Problem("a=1", "x"), Problem("b=1", "x")
    assert ConfigError([one, other, one]).problems == [one, other]
