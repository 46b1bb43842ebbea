"""Every comparison's file: its rows compose and are checked as a plan, in both profiles, and its cells and claims name
rows and measures that these runs have."""

from __future__ import annotations

import ast
import functools
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlrun.config.check.check import check
from dlrun.config.check.rules import measured
from dlrun.config.compose.catalog import option_files, sentence
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError
from dlrun.config.schema.root import Config
from dlrun.data.paths import roots
from dlrun.record.metric import Metrics
from dlrun.record.plan import Job, Plan
from dlrun.report.claim_checks import parse
from dlrun.report.derived import describe
from dlrun.report.experiments import book_experiments, kept
from dlrun.report.measurements import ids_of, row_name
from dlrun.report.paired_tests import SPREADS_FROM
from dlrun.report.verdicts import QUICK
from dlrun.sweep.make import make_plan
from tests.golden import facts

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
COMPARISONS = {entry.name: entry for entry in book_experiments() if entry.comparison}
OF_A_RUN = ("seconds", "parameters", "steps", "epochs")
HEALTH, WRITTEN = ("duplicates", "classes", "sure"), r"(words|real|grams|entropy)_(0|0\.2|0\.5|1|1\.2|inf)"
OF_A_CURVE = ("highest", "lowest", "onset")


@pytest.fixture(params=sorted(COMPARISONS), scope="module")  # so that all tests of one come together
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def own(name: str) -> dict[str, Any]:
    return read_yaml(COMPARISONS[name].file)


@functools.lru_cache(maxsize=2)
def planned(name: str, *words: str) -> Plan:
    """The plan of a comparison; skips where that follows from files that are not here."""
    try:
        plan = make_plan([f"experiment={name}", *words])
    except ConfigError as wrong:
        if any("not here" in problem.expected for problem in wrong.problems):
            pytest.skip(f"{name}: its data is not here")
        raise
    folders = (Path(), *roots(str(data_dir(plan.jobs[0].config["data_dir"]))))
    for file in {file for job in plan.jobs for file in vectors_in(job.config)}:  # their content is a part of the id
        if not any((folder / file).is_file() for folder in folders):
            pytest.skip(f"{name}: its word vectors, {file}, are not here")
    return plan


def vectors_in(config: Any) -> Iterator[str]:
    """The files of word vectors that a configuration names, of the model or of one of its layers."""
    if isinstance(config, dict):
        if isinstance(file := config.get("vectors"), str) and file:
            yield file
        config = list(config.values())
    if isinstance(config, list):
        for member in config:
            yield from vectors_in(member)


def jobs_of(plan: Plan) -> dict[str, list[Job]]:
    rows: dict[str, list[Job]] = {}
    for job in plan.jobs:
        rows.setdefault(row_name(job), []).append(job)
    return rows


def test_it_says_what_it_is(name: str) -> None:
    book = COMPARISONS[name].book
    assert book.id == name
    assert book.title and book.where and book.fixed and "printed" in own(name)["book"]
    assert book.needs or book.quick, "what the quick profile changes"
    first = sentence(COMPARISONS[name].file)
    assert re.fullmatch(r"[A-Z].{20,}\)\.", first), "a sentence, and in brackets where it stands"


def test_a_comparison_that_starts_from_another_has_its_rows() -> None:
    second, network = COMPARISONS["slides/S2"], COMPARISONS["chollet/C02"]
    assert second.sweep == {**network.sweep, "metric": "train/accuracy"} and second.metric != network.metric
    assert second.book.printed != network.book.printed


def test_nothing_is_said_of_it_that_belongs_to_the_experiment_it_starts_from(name: str) -> None:
    book = own(name)["book"]
    for entry in own(name).get("defaults", []):
        if str(entry).startswith("/experiment/"):
            said = read_yaml(option_files("experiment")[str(entry).removeprefix("/experiment/")])["book"]
            for key in ("notes", "stand_in"):
                assert key in book or not said.get(key), f"{key} of {entry} is not said of this comparison"


def test_every_row_is_a_run_of_its_own_in_both_profiles(name: str) -> None:
    full, book = planned(name), COMPARISONS[name].book
    rows = jobs_of(full)
    seeds = len(full.seeds)
    sweep = COMPARISONS[name].sweep
    said = math.prod(len(values) for values in [sweep.get("rows") or "1", *(sweep.get("axes") or {}).values()])
    assert sweep.get("pairs") or sweep.get("exclude") or len(rows) == said, "a row that is another's run is none"
    assert {len(jobs) for jobs in rows.values()} == {seeds}
    if not book.needs:
        quick = planned(name, *book.quick)
        assert list(jobs_of(quick)) == list(rows)
        assert {len(jobs) for jobs in jobs_of(quick).values()} == {len(quick.seeds)}
        assert 2 <= len(quick.seeds) <= seeds, "an interval needs two seeds"


def test_its_jobs_are_the_runs_that_they_always_were(name: str) -> None:
    then = facts.stored()["comparisons"][name]
    if then:  # its data was there when the file was recorded
        assert facts.jobs_of(planned(name)) == then


def test_its_kept_numbers_are_those_of_the_runs_that_it_is_today(name: str) -> None:
    """A file whose rows were changed since has other ids: take its numbers out, or measure them again."""
    entry = COMPARISONS[name]
    for profile, measurements in kept(EXPERIMENTS, name).items():
        plan = planned(name, *(entry.book.quick if profile == QUICK else ()))
        assert measurements.ids == ids_of(plan), f"{profile}: the kept numbers are of other runs"


def test_a_row_of_softmax_regression_has_no_hidden_layer(name: str) -> None:
    """The keys of the experiment that a comparison starts from stand above those of a word that a row chooses."""
    for job in planned(name).jobs:
        if "model=softmax" in job.overrides:
            assert (job.config["model"]["hidden"], job.config["model"]["dropout"]) == ([], 0), job.row


def test_a_claim_of_a_spread_has_the_seeds_that_its_test_takes(name: str) -> None:
    entry = COMPARISONS[name]
    if any("spread(" in claim.check for claim in entry.book.claims):
        assert len(entry.claim_seeds) >= SPREADS_FROM, "it could never be judged"


def test_its_cells_and_claims_name_rows_and_measures_that_it_has(name: str) -> None:
    book, rows = COMPARISONS[name].book, jobs_of(planned(name))
    only = next(iter(rows)) if len(rows) == 1 else ""
    for cell in book.printed:
        row = cell.row or only
        assert row in rows
        assert_measured(cell.metric, check(rows[row][0].config))
        assert cell.comparable or cell.notes, "why it is not to be compared"
    for claim in book.claims:
        assert claim.comparable or claim.notes, "why it is not to be compared"
        words = [node.value for node in ast.walk(parse(claim.check, list(rows))) if isinstance(node, ast.Constant)]
        metrics = [word for word in words if isinstance(word, str) and "/" in word and word not in rows]
        for metric in [*metrics, claim.metric or COMPARISONS[name].metric]:
            assert any(is_measured(metric, check(jobs[0].config)) for jobs in rows.values()), metric
    places = [(cell.row, cell.metric) for cell in book.printed]
    assert len(set(places)) == len(places)


def test_its_printed_values_have_the_decimals_that_it_says(name: str) -> None:
    for cell in own(name)["book"]["printed"]:
        assert round(cell["value"], cell.get("decimals", 0)) == cell["value"]
        share = 100 if cell.get("unit") == "%" else 1
        assert not describe(cell["metric"], Metrics()).share or 0 < cell["value"] / share <= 1


def assert_measured(metric: str, config: Config) -> None:
    assert is_measured(metric, config), f"{metric} is not measured"


def is_measured(metric: str, config: Config) -> bool:
    """Whether a run of this configuration has a number of this name."""
    if metric in OF_A_RUN:
        return True
    part, _, rest = metric.partition("/")
    if part in OF_A_CURVE or re.fullmatch(r"steps@[0-9.]+", part):
        return is_measured(rest, config) and not rest.startswith("test")
    part, _, epoch = part.partition("@")
    part = part.removesuffix("_std")
    if epoch and (int(epoch) > config.epochs or part == "test" and int(epoch) not in config.test_at):
        return False
    if config.task.kind == "auto":  # what is learned follows from the data
        known = {"loss", "accuracy", "mse", "mae", "padded_accuracy", "perplexity"}
    else:
        known = {name.partition("/")[2] for name in measured(config)}
    if getattr(config.dataset, "target_scale", "none") != "none":
        known |= {"mae_in_units", "mae_scaled"}
    if part == "interpolation":
        return config.interpolation and rest in ("minima", "flatness")
    if part == "samples":  # of a GAN's pictures, or of what a model of the next token writes
        return rest in HEALTH if config.task.kind == "adversarial" else re.fullmatch(WRITTEN, rest) is not None
    parts = ["train", "test", *(["val"] if config.validation is not None else []),
             *(["train_clean"] if config.evaluate_train else [])]
    return rest in known and part in parts
