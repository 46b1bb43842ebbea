"""What a book says of an experiment."""

from __future__ import annotations

import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.books import Cell, read_book


def test_cells_are_read_in_the_metric_s_own_unit() -> None:
    book = read_book({"id": "gulli/C3", "printed": [
        {"row": "sgd", "metric": "test/accuracy", "value": 94.25, "unit": "%", "decimals": 2},
        {"metric": "val/loss", "value": 0.38, "decimals": 2, "best": True},
        {"metric": "val/accuracy", "value": 0.89, "decimals": 2, "best": True},
        {"metric": "train/accuracy", "value": 0.9154, "decimals": 4, "epoch": 20}]})
    first, *others = book.printed
    assert (first.row, first.metric) == ("sgd", "test/accuracy")
    assert first.value == pytest.approx(0.9425) and first.rounding == pytest.approx(0.00005)
    assert [cell.metric for cell in others] == ["val/loss", "val/accuracy", "train@20/accuracy"]
    assert others[0] == Cell("val/loss", 0.38, 0.01, best=True)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as wrong:
        read_book({"titel": "x", "printed": [{"metric": "test/loss"}, {"valeu": 3}, 7], "claims": ["a > b"],
                   "quick": "epochs=2", "cost": {"cpu": "1 min"},
                   "explained": {"sgd": "It is so.", "a > b": {"fast": "It is so."}}})
    said = {problem.given: problem.expected for problem in wrong.value.problems}
    for key in ("book.titel=x", "book.id", "book.printed[0].value", "book.printed[1].valeu=3", "book.printed[2]=7",
                "book.claims[0]=a > b", "book.quick=epochs=2", "book.cost.cpu=1 min", "book.explained.sgd",
                "book.explained.a > b.fast=It is so."):
        assert key in said
    assert "did you mean  book.title" in said["book.titel=x"] and "the printed number" in said["book.printed[0].value"]
    assert "did you mean  book.printed[1].value" in said["book.printed[1].valeu=3"]


def test_a_value_of_another_type_is_said_with_what_is_expected() -> None:
    with pytest.raises(ConfigError) as wrong:
        read_book({"id": "a", "parameters": "many", "tour": "yes", "claims": [{"check": "a > b"}],
                   "printed": [{"metric": "loss", "value": "0.4", "decimals": 0.5, "unit": "percent", "epoch": 0}]})
    said = {problem.given: problem.expected for problem in wrong.value.problems}
    assert said["book.tour=yes"] == "expected true or false; did you mean  true"
    assert said["book.printed[0].decimals=0.5"] == "expected an integer (default 0)"
    assert set(said) == {"book.parameters=many", "book.tour=yes", "book.claims[0].says", "book.printed[0].value='0.4'",
                         "book.printed[0].decimals=0.5", "book.printed[0].unit=percent", "book.printed[0].epoch=0"}
