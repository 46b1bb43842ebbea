"""Every experiment file of one system: it composes, its network has the book's parameters, its printed values are ones
that a run measures, and it trains on the real data where that is there."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dlrun.config.check.check import check
from dlrun.config.check.rules import measured
from dlrun.config.compose.catalog import sentence
from dlrun.config.compose.compose import compose
from dlrun.config.compose.session import hydra_started
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.problem import ConfigError
from dlrun.config.schema.books import read_book
from dlrun.config.schema.root import Config
from dlrun.data.prepared import PreparedData, Split
from dlrun.models.plan import totals
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import preflight
from dlrun.report.experiments import book_experiments

FILES = {entry.name: entry.file for entry in book_experiments()
         if not entry.comparison}  # the others: test_comparisons.py
STEPS, ROWS = 3, 100  # rows: a stateful network wants a whole batch, of 96
QUICK = (  # one of each kind of data and network that is read and trained in seconds; the others are slow
    "buduma/ch07-pos-ngram", "chollet/ch03-reuters-bottleneck", "chollet/ch08-vae-mnist", "gulli/ch01-mnist-adam",
    "gulli/ch05-sentiment-dense-lookup", "gulli/ch06-electricity-stateful", "gulli/ch06-lstm-sentiment",
    "gulli/ch07-benzene-regression",
)


@pytest.fixture(autouse=True, scope="module")
def _one_hydra() -> Iterator[None]:
    with hydra_started():
        yield


@pytest.fixture(params=sorted(FILES), scope="module")  # so that all tests of one come together
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@functools.cache
def configured(name: str) -> Config:
    composition, problems = compose([f"experiment={name}"])
    assert composition is not None and not problems, problems
    return check(composition.plain)


@functools.cache
def checked(name: str) -> Checked:
    """The command with its network; skips where that follows from files that are not here."""
    try:
        return preflight([f"experiment={name}"])
    except ConfigError as wrong:
        if any("not here" in problem.expected for problem in wrong.problems):
            pytest.skip(f"{name}: its data is not here")
        raise


def included(values: dict[str, Any]) -> list[str]:
    """The experiments that a file takes in."""
    entries = values.get("defaults", [])
    return [entry.removeprefix("/experiment/") for entry in entries if str(entry).startswith("/experiment/")]


def test_it_says_what_it_is(name: str) -> None:
    own = read_yaml(FILES[name])
    assert own["book"]["id"] == name
    assert {"title", "where", "printed"} <= set(own["book"])
    assert read_book(configured(name).book or {}).id == name  # with what it has from an experiment that it takes in
    assert re.fullmatch(r"[A-Z].{20,}\)\.", sentence(FILES[name])), "a sentence, and in brackets where it stands"
    for other in included(own):  # what is said of the other one's numbers is not said of these
        said = read_yaml(FILES[other])["book"]
        assert "notes" in own["book"] or "notes" not in said
        assert own["book"]["printed"] == [] or own["book"]["printed"] != said["printed"] or name.startswith("slides/")


def test_its_network_has_the_books_parameters(name: str) -> None:
    assert configured(name).book is not None
    table = checked(name).table()
    assert table is not None
    assert (configured(name).book or {}).get("parameters", sum(totals(table))) == sum(totals(table))


def test_its_printed_values_are_ones_that_a_run_measures(name: str) -> None:
    printed = (configured(name).book or {})["printed"]
    if not printed:
        return
    config = checked(name).config  # with the task that the data has said
    names = {*measured(config), *(f"test/{metric.name}" for metric in config.task.own)}
    names |= {f"train_clean/{metric.name}" for metric in config.task.own if config.evaluate_train}
    if getattr(config.dataset, "target_scale", "none") != "none":
        names |= {f"{split}/mae_{kind}" for split in ("val", "test") for kind in ("in_units", "scaled")}
    for cell in printed:
        assert cell.get("comparable", True) or cell["notes"], "why it is not to be compared"
        assert cell["metric"] in names
        assert round(cell["value"], cell["decimals"]) == cell["value"]
        assert not cell["metric"].endswith("accuracy") or 0 < cell["value"] <= 1
        at = cell.get("epoch", config.epochs)
        assert 1 <= at <= config.epochs
        if cell["metric"].startswith("test/"):
            assert at == config.epochs or at in config.test_at, "test rows are measured where test_at says"
    places = [(cell["metric"], cell.get("epoch"), cell.get("best")) for cell in printed]
    assert len(set(places)) == len(places)


def few(split: Split | None, rows: int) -> Split | None:
    """The first rows (or windows) of a split."""
    if split is None:
        return None
    y = None if split.y is None else split.y[:rows]
    if split.rows is not None:
        return dataclasses.replace(split, y=y, rows=split.rows[:rows])
    return dataclasses.replace(split, x=split.x[:rows], y=y)


@functools.lru_cache(maxsize=3)
def read(cfg: Any, data_dir: str, validation: Any, train_size: int | None, seed: int) -> PreparedData:
    from dlrun.data.prepare import prepare

    return prepare(cfg, data_dir, validation=validation, train_size=train_size, seed=seed, say=lambda line: None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run trains on its real rows, but measures on few."""
    from dlrun.assembly import build_run

    def prepared(cfg: Any, data_dir: str, *, say: Any, digests: bool, **options: Any) -> PreparedData:
        whole = read(cfg, data_dir, **options)
        return dataclasses.replace(whole, **{split: few(getattr(whole, split), ROWS) for split in ("val", "test")})

    monkeypatch.setattr(build_run, "prepare", prepared)


@pytest.mark.parametrize("name", [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in sorted(FILES)])
def test_it_trains_on_the_real_data(name: str, go, quick, real_data) -> None:
    checked(name)
    outcome = go(f"experiment={name}", f"max_steps={STEPS}")
    result, book = outcome.result, configured(name).book or {}
    assert (result["status"], result["steps"]) == ("finished", STEPS * max(1, len(result.get("folds", ()))))
    assert all(math.isfinite(value) for split in ("train", "val", "test") for value in result[split].values())
    for cell in book["printed"]:
        split, _, metric = cell["metric"].partition("/")
        assert metric in result[split]
