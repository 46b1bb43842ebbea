"""The trials of a sweep are made once, before its packs are planned, by a process of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.preflight import trials
from dlrun.preflight.preflight import stored
from dlrun.preflight.trials import Trial
from dlrun.sweep.execute import packing
from dlrun.sweep.execute.options import execution
from dlrun.sweep.execute.packing import planned_packs
from dlrun.sweep.execute.slots import Slots
from dlrun.sweep.plan.packs import Packs
from dlrun.sweep.plan.status import WAITING, JobState
from tests.sweep.sweeps import planned

JOBS = ("dataset=digits", "model=dense", "model.hidden=[8]", "batch_size=32", "train_size=400", "epochs=2", "seeds=4",
        "pack=auto")


class Sweep:
    """A planned sweep, and what is said when its packs are decided."""

    def __init__(self, folder: Path, *words: str):
        self.plan, self.said = planned(folder, *JOBS, *words), []

    def packs(self, say: bool = True) -> Packs:
        self.said = []
        return planned_packs(self.plan, [JobState(WAITING)] * len(self.plan.jobs), execution(self.plan.options),
                             Slots(1, 1), self.said.append if say else None)

    def kept(self) -> Trial | None:
        return trials.find("packed", stored(self.plan.jobs[0].config))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_first_start_makes_a_trial_and_the_second_takes_the_same_path(tmp_path: Path, monkeypatch) -> None:
    sweep = Sweep(tmp_path)
    by_rule = sweep.packs(say=False)
    assert sweep.kept() is None and len(by_rule.places) == 4, "a plan alone tries nothing"
    first = sweep.packs()
    found = sweep.kept()
    assert sweep.said == ["trying how steps are fastest on this machine (1 trial, once)"]
    assert found and 0 < found.share < 2 and (len(first.places) == 4) == found.pays(1)
    monkeypatch.setattr(packing, "make_trials", lambda *given: pytest.fail("another trial"))
    assert sweep.packs() == first and sweep.said == []


def test_a_trial_that_cannot_be_made_is_a_sentence_and_rules_decide(tmp_path: Path, monkeypatch) -> None:
    sweep = Sweep(tmp_path)
    monkeypatch.setattr("dlrun.sweep.execute.trials._START", "import sys; sys.exit('no torch here')")
    assert len(sweep.packs().places) == 4
    assert sweep.said[1:] == ["no trial was made: no torch here"] and sweep.kept() is None
