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
    said = [problem.given for problem in wrong.value.problems]
    for key in ("book.titel", "book.id", "book.printed[0].value=None", "book.printed[1].valeu", "book.printed[2]",
                "book.claims[0]", "book.quick", "book.cost.cpu", "book.explained.sgd", "book.explained.a > b.fast"):
        assert key in said
