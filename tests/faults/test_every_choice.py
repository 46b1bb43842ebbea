"""Every data set with every model and every task: refused in sentences, or trained.

All are checked, which needs no training; of each form of data, model and task one is trained for two steps.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlrun.config.check.check import inspect
from dlrun.config.compose.catalog import options
from dlrun.preflight.checked import Checked
from dlrun.preflight.fits import check_fit
from dlrun.sweep.plan.checking import Checker
from tests.faults.case_process import Ended, command, forked, preload
from tests.faults.made_data import made_data
from tests.helpers.cases import Cases

SHORT = ["max_steps=2", "epochs=1", "batch_size=8", "train_size=24", "test_size=12", "threads=1", "device=cpu"]
SMALL = ["iris", "wine", "boston", "digits", "digits_rows", "olivetti", "treebank", "umich"]  # tried before others
Triple = tuple[str, str, str]


class Choices:
    """Every choice of the three groups, composed once each; data of a user's own stands for the options of files."""

    def __init__(self, folder: Path) -> None:
        self.checker = Checker()
        self.data = {**made_data(folder), **{name: [f"dataset={name}"] for name in SMALL}}
        self.data |= {name: [f"dataset={name}"] for name in options("dataset") if name not in self.data}
        self.models, self.tasks = options("model"), options("task")
        self._composed: dict[tuple[str, ...], dict[str, Any]] = {}

    def _plain(self, *chosen: str) -> dict[str, Any]:
        if chosen not in self._composed:
            composition, problems = self.checker.composer.compose(chosen)
            assert composition is not None and not problems, (chosen, problems)
            self._composed[chosen] = composition.plain
        return self._composed[chosen]

    def triples(self) -> Iterator[Triple]:
        return ((data, model, task) for data in self.data for model in self.models for task in self.tasks)

    def check(self, triple: Triple) -> tuple[Checked | None, str]:
        """What the command can start, and what is wrong with its answer, which is nothing."""
        data, model, task = triple
        config, problems = inspect({**self._plain(f"model={model}"), "task": self._plain(f"task={task}")["task"],
                                    "dataset": self._plain(*self.data[data])["dataset"]})
        checked, more = check_fit(config, problems, self.checker.dataset_info)
        if any(not problem.given or not problem.expected for problem in problems + more):
            return checked, "a problem without a sentence"
        if problems or more:
            return None, ""
        return checked, "" if checked is not None else "neither a problem nor a command"

    def command(self, triple: Triple) -> list[str]:
        data, model, task = triple
        return [*self.data[data], f"model={model}", f"task={task}", *SHORT]


@pytest.fixture(scope="module")
def choices(tmp_path_factory: pytest.TempPathFactory) -> Choices:
    return Choices(tmp_path_factory.mktemp("made"))


def one_of_each(choices: Choices, cases: Cases) -> list[Triple]:
    """Of each form of data, model and task the first triple that can be started; all of them are checked."""
    first: dict[tuple[str, ...], Triple] = {}
    for triple in choices.triples():
        checked, wrong = choices.check(triple)
        cases.add(" ".join(triple), wrong)
        if checked is not None:
            data_spec = checked.dataset_info.data_spec
            kind = "text" if data_spec.next_token else data_spec.target_kind
            first.setdefault((data_spec.input_kind, kind, *triple[1:]), triple)
    return list(first.values())


def train(choices: Choices, chosen: list[Triple], cases: Cases, place: Path) -> None:
    preload()
    for triple in filter(lambda triple: cases.new(" ".join(triple)), chosen):
        ended = forked(command(*choices.command(triple)), seconds=300, folder=place)
        cases.add(" ".join(triple), *_verdict(ended, len(list(place.glob("runs/*/*/result.json")))))
        shutil.rmtree(place / "runs", ignore_errors=True)


def _verdict(ended: Ended, results: int) -> tuple[str, str]:
    said = ended.printed.strip()[-300:]
    if "Traceback" in ended.printed or "failed: " in ended.printed or ended.code not in (0, 1, 2):
        return "", said
    good = results == 1 if ended.code in (0, 1) else "problem" in ended.printed
    return "" if good else said, ""


def test_some_of_each_form_are_trained_or_refused(choices: Choices, tmp_path: Path) -> None:
    cases = Cases()
    train(choices, [("table-several", "dense", "auto"), ("tokens-next", "lstm", "auto")], cases, tmp_path)
    cases.close(least=2)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_every_choice_is_checked_and_one_of_each_is_trained(choices: Choices, tmp_path: Path) -> None:
    checked = Cases("choices", "every data set, model and task of the registry: checked, or refused in sentences")
    checked.done.clear()  # quick, and its answers are needed
    chosen = one_of_each(choices, checked)
    checked.close(least=15_000)
    trained = Cases("trained", "one of each form of data, model and task, trained for two steps, or refused")
    train(choices, chosen, trained, tmp_path)
    trained.close(least=300)
