"""`dlrun runs "test/accuracy > 0.98 and model = cnn"`: a query finds what it says; a key that is none is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config.problem import ConfigError
from dlrun.report.run import Run
from dlrun.report.select import select


def run(name: str, model: str, rate: float, accuracy: float | None, status: str = "finished") -> Run:
    result = {"status": status, "test": {} if accuracy is None else {"accuracy": accuracy}, "epochs": 3}
    config = {"model.kind": model, "model.name": model, "optimizer.lr": rate, "seed": 0}
    if name == "a1":  # a run whose rows and time are known
        result |= {"config": {"batch_size": 10}, "rows": {"train": 100}, "steps": 30, "seconds": 2.0}
    return Run(Path("runs", f"digits-{model}", name), name, config, status, "", result)


RUNS = [run("a1", "cnn", 0.1, 0.99), run("b2", "cnn", 0.01, 0.97), run("c3", "dense", 0.1, 0.985),
        run("d4", "cnn", 0.1, 0.999, "diverged"), run("e5", "dense", 0.5, None)]


@pytest.mark.parametrize(("filters", "ids"), [
    (["test/accuracy > 0.98 and model = cnn"], ["a1"]), (["test/accuracy>=0.985"], ["a1", "c3"]),
    (["test/accuracy < 0.98"], ["b2"]), (["optimizer.lr > 0.05 and optimizer.lr <= 0.1"], ["a1", "c3", "d4"]),
    (["model != cnn"], ["c3", "e5"]), (["status = diverged"], ["d4"]), (["test/accuracy = 0.97"], ["b2"]),
    (["model=cnn", "test/accuracy > 0.9"], ["a1", "b2"]), (["digits-dense"], ["c3", "e5"]),
    (["epochs = 3 and optimizer.lr = 0.5"], ["e5"]), (["rows_per_second > 100"], ["a1"])])
def test_a_query_finds_the_runs_that_it_describes(filters: list[str], ids: list[str]) -> None:
    assert [found.id for found in select(RUNS, filters)] == ids


@pytest.mark.parametrize(("query", "ids"), [
    ("dataset.target=house price", ["a"]), ("dataset.target != house price", ["b"]),
    ("dataset.target = houseprice", ["b"]), ("dataset.target != houseprice", ["a"]),
    ("phases=[{epoch: 1}]", ["a"]), ("phases=[{epoch:1}]", ["a"]), ("phases != [{epoch: 1}]", ["b"]),
    ("model.hidden=[64, 64]", ["a", "b"]), ("model.hidden != [64,64]", []), ("optimizer.lr = 1e-1", ["a", "b"])])
def test_a_value_with_blanks_is_found_as_it_was_typed(query: str, ids: list[str]) -> None:
    common = {"optimizer.lr": 0.1, "model.hidden": [64, 64]}
    runs = [Run(Path("runs", "t", name), name, {**common, "dataset.target": target, "phases": phases}, "finished")
            for name, target, phases in (("a", "house price", [{"epoch": 1}]), ("b", "houseprice", []))]
    assert [found.id for found in select(runs, [query])] == ids


@pytest.mark.parametrize(("query", "says"), [
    ("test/acuracy > 0.9", "did you mean  test/accuracy"), ("optimizer.lrr < 1 and model = cnn", "optimizer.lr"),
    ("test/accuracy > high", "expected a number after >"), ("modle = cnn and seed = 0", "did you mean  model"),
    ("sweep > 3", "expected = or != after sweep"), ("model>=cnn", "expected = or != after model, which is a word")])
def test_a_key_or_a_value_that_is_none_is_an_error(query: str, says: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        select(RUNS, [query])
    assert says in wrong.value.line
