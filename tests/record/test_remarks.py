"""Remarks on bad results: each rule on numbers, with what it says and where it keeps silent."""

from __future__ import annotations

from typing import Any

import pytest

from dlrun.record.facts import Facts
from dlrun.record.remark_rules import remarks
from dlrun.record.remarks import Remark, counted, of_folds, remark_of

ACCURACY = {"label": "accuracy", "unit": "", "direction": "max", "share": True}
MAE = {"label": "mae", "unit": "", "direction": "min", "share": False}


def result(**more: Any) -> dict[str, Any]:
    """A classification that is better than its baseline, with all of 100 test rows."""
    return {"status": "finished", "primary_metric": "accuracy", "metrics": {"accuracy": ACCURACY},
            "test": {"accuracy": 0.9}, "rows": {"train": 400, "val": 100, "test": 100},
            "baseline": {"part": "test", "model": "majority", "says": "the largest class", "accuracy": 0.5},
            "config": {"epochs": 10, "optimizer.lr": 0.01, "task.class_weights": None, "dataset.scale": "standard"},
            **more}


def numbers(own: float, given: float, **config: Any) -> dict[str, Any]:
    return result(primary_metric="mae", metrics={"mae": MAE}, test={"mae": own},
                  baseline={"part": "test", "model": "majority", "says": "the mean", "mae": given},
                  config={"optimizer.lr": 0.01, **config})


def curve(*values: float, key: str = "val/loss") -> list[dict[str, Any]]:
    return [{"epoch": number, key: value} for number, value in enumerate(values, 1)]


def kinds(facts: Facts) -> list[str]:
    return [remark.kind for remark in remarks(facts)]


def only(facts: Facts) -> Remark:
    (found,) = remarks(facts)
    return found


def test_a_good_run_has_none() -> None:
    falls = curve(1.0, 0.5, 0.4, 0.35, 0.34, 0.338, 0.337, 0.336, 0.336, 0.336)
    counts = {"train": [200, 200], "val": [50, 50], "test": [50, 50]}
    assert remarks(Facts(result(), falls, counts)) == []


def test_accuracy_below_the_largest_class_is_said_with_both_numbers() -> None:
    found = only(Facts(result(test={"accuracy": 0.31})))
    assert found.kind == "worse_than_baseline"
    assert found.line == ("accuracy 31.00 % is worse than the baseline, the largest class: 50.00 %; "
                          "try  optimizer.lr=0.001")


@pytest.mark.parametrize(("accuracy", "rows", "said"), [
    (0.46, 100, False), (0.44, 100, True), (0.46, 10_000, True), (0.0, 10, False)])
def test_what_other_rows_could_have_given_is_not_said(accuracy: float, rows: int, said: bool) -> None:
    facts = Facts(result(test={"accuracy": accuracy}, rows={"test": rows}))
    assert kinds(facts) == ["worse_than_baseline"] * said, "one standard error of 0.5 over 100 rows is 0.05"


def test_an_error_worse_than_the_mean_names_the_scale_of_the_target() -> None:
    found = only(Facts(numbers(5.36, 0.69, **{"dataset.target_scale": "none"}), target=(5.6, 0.8)))
    assert found.words == ("dataset.target_scale=standard", "optimizer.lr=0.001")
    assert "mae 5.3600 is worse than the baseline, the mean: 0.6900" in found.line
    scaled = only(Facts(numbers(5.36, 0.69, **{"dataset.target_scale": "standard"}), target=(0.0, 1.0)))
    assert scaled.words == ("optimizer.lr=0.001",)
    assert remarks(Facts(numbers(0.692, 0.69))) == [], "less than one percent"


def test_a_network_that_still_learns_is_given_epochs_and_another_a_smaller_rate() -> None:
    falls = curve(2.0, 1.8, 1.6, key="train/loss")
    assert only(Facts(result(test={"accuracy": 0.2}), falls)).words == ("epochs=40",)
    longer = Facts(result(test={"accuracy": 0.2}), curve(*(2.0 - place / 10 for place in range(10)), key="train/loss"))
    assert kinds(longer) == ["worse_than_baseline"], "once is enough"
    assert only(Facts(result(test={"accuracy": 0.2}), curve(2.0, key="train/loss"))).words == ("epochs=40",), "of one"
    jumps = curve(2.0, 5.0, 4.0, key="train/loss")
    assert only(Facts(result(test={"accuracy": 0.2}), jumps)).words == ("optimizer.lr=0.001",)


def test_a_model_that_is_the_baseline_is_not_compared_with_itself() -> None:
    assert remarks(Facts(result(test={"accuracy": 0.1}, config={"model.kind": "majority"}))) == []


def test_a_network_that_takes_every_row_for_one_class_is_said() -> None:
    table = {"cat": {"recall": 1.0, "rows": 60}, "dog": {"recall": 0.0, "rows": 40}}
    found = only(Facts(result(test_per_class=table)))
    assert (found.kind, found.text) == ("one_class_taken", "every row is predicted as class cat")
    assert remarks(Facts(result(test_per_class={**table, "dog": {"recall": 0.1, "rows": 40}}))) == []
    for counts, words in (([300, 100], "task.class_weights=balanced"), ([200, 200], "optimizer.lr=0.001")):
        uneven = Facts(result(test_per_class=table), counts={"train": counts})
        assert only(uneven).words == (words,)


def test_classes_that_are_never_recognised_are_named_the_largest_first() -> None:
    right = {"f1": 0.9, "recall": 0.9, "precision": 0.9, "rows": 60}
    table = {"cat": right, "dog": {**right, "f1": 0.0, "recall": 0.0, "rows": 6}}
    found = only(Facts(result(test_per_class=table)))
    assert found.line == ("no test row of class dog is recognised (F1 0 on 6 rows); try  "
                          "task.class_weights=balanced")
    more = {**table, **{f"fish{n}": {**right, "f1": 0.0, "recall": 0.0, "rows": 9 - n} for n in range(5)}}
    found = only(Facts(result(test_per_class=more)))
    assert found.text == ("no test row of class fish0 is recognised (F1 0 on 9 rows), nor one of fish1, fish2, dog and "
                          "2 more classes")
    few = {**table, "dog": {**table["dog"], "rows": 4}}
    assert remarks(Facts(result(test_per_class=few))) == []
    heads = {"age": {"young": right}, "size": {"small": right}}
    assert remarks(Facts(result(test_per_class=heads))) == [], "tables of several targets have names above classes"


BOTH = ("augment=photographs", "model=pretrained")


@pytest.mark.parametrize(("shape", "rows", "kind", "augmented", "words"), [
    ((3, 150, 150), 2_000, "sequential", False, BOTH), ((3, 150, 150), 2_000, "cnn", True, BOTH[1:]),
    ((3, 150, 150), 5_000, "cnn", False, None), ((1, 150, 150), 2_000, "cnn", False, None),
    ((3, 28, 28), 2_000, "cnn", False, None), ((3, 150, 150), 2_000, "pretrained", False, None),
    ((), 2_000, "dense", False, None)])
def test_few_photographs_ask_for_changed_ones_or_a_network_that_has_seen_more(
        shape: tuple[int, ...], rows: int, kind: str, augmented: bool, words: tuple[str, ...] | None) -> None:
    facts = Facts(result(parameters=3_453_121, config={"model.kind": kind}),
                  counts={"train": [rows // 2, rows // 2]}, input_shape=shape, augmented=augmented)
    found = [remark.words for remark in remarks(facts) if remark.kind == "few_photographs"]
    assert found == ([] if words is None else [words])


def test_a_loss_that_still_falls_asks_for_twice_the_epochs() -> None:
    falling = curve(1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3)
    found = only(Facts(result(), falling))
    assert (found.kind, found.words) == ("still_falling", ("epochs=20",))
    assert found.text == "the validation loss was still falling when the epochs ended (0.4 to 0.3 in the last 2 epochs)"
    assert only(Facts(result(), curve(*(row["val/loss"] for row in falling), key="train/loss"))).kind == found.kind
    assert remarks(Facts(result(status="stopped"), falling)) == [], "it was stopped on purpose"
    assert remarks(Facts(result(), falling[:4])) == [], "a trial of four epochs"
    assert kinds(Facts(result(), curve(2.31, 2.30, 2.28, 2.27, 2.25, 2.23))) == ["still_falling"], "it has hardly begun"
    assert remarks(Facts(result(), curve(2.0, 0.5, 0.45, 0.43, 0.42, 0.415, 0.412, 0.41, 0.408, 0.407))) == []
    assert remarks(Facts(result(config={"max_steps": 10}), falling)) == []


def test_a_validation_loss_that_rose_again_asks_for_early_stopping() -> None:
    rising = curve(1.0, 0.5, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
    found = only(Facts(result(), rising))
    assert found.line == ("the validation loss was lowest after epoch 3 of 10 (0.4, at the end 0.75); "
                          "try  early_stop=patience")
    assert remarks(Facts(result(config={"early_stop.patience": 7, "early_stop.restore_best": True}), rising)) == []
    assert kinds(Facts(result(config={"early_stop.patience": 7, "early_stop.restore_best": False}), rising)) == [
        "past_its_best"]
    assert remarks(Facts(result(), curve(*[1.0] * 3, 0.4, *[0.41] * 6))) == [], "it moves by less than chance does"


def test_remarks_on_the_data_come_after_the_gravest_of_the_result() -> None:
    rare = Remark("rare_class", "class ill has 4 % of the training rows")
    rising = curve(1.0, 0.5, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
    assert kinds(Facts(result(test={"accuracy": 0.1}), rising, data=[rare])) == [
        "worse_than_baseline", "rare_class", "past_its_best"]


def test_what_half_of_the_folds_say_is_said_of_a_run_and_sweeps_count() -> None:
    rare, falling = Remark("rare_class", "class ill is rare", ("x=1",)), Remark("still_falling", "it fell")
    folds = [{"remarks": [rare.stored(), falling.stored()]}, {"remarks": [rare.stored()]}, {"remarks": []}]
    assert [remark.line for remark in of_folds(folds)] == ["class ill is rare (in 2 of 3 folds); try  x=1"]
    assert of_folds(folds, {"rare_class"}) == [], "it was said of all rows"
    assert counted(folds) == "remarks in 2 of 3: 2 rare class, 1 still falling" and counted(folds[2:]) == ""


def test_a_remark_comes_back_from_the_result() -> None:
    remark = Remark("rare_class", "class ill has 4 % of the training rows", ("task.class_weights=balanced",))
    assert remark_of(remark.stored()) == remark


@pytest.mark.parametrize(("patience", "monitor", "said"), [
    (3, "val/mape", True), (None, "val/mape", False), ("auto", "val/mape", False), (3, "val/loss", False)])
def test_early_stopping_that_watched_what_is_not_defined_is_said(patience: Any, monitor: str, said: bool) -> None:
    facts = Facts(result(config={"early_stop.patience": patience, "early_stop.monitor": monitor}), curve(0.5, 0.4, 0.3))
    found = remarks(facts)
    assert [remark.kind for remark in found] == ["watched_in_vain"] * said
    assert not said or "watched val/mape, which these rows do not define" in found[0].line
