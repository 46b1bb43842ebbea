"""A command whose machine lost its power, given again, ends as if nothing had been."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from dlrun.diagnostics import sample_classifier
from tests.faults.disk import Disk
from tests.faults.kills import prepared
from tests.faults.power import lose_power, one_after_another
from tests.faults.test_kills import SCENARIOS
from tests.helpers.cases import Cases

LOSSES = 24  # of each scenario, at most; of the dearer ones half
DEARER = ("kfold", "grid", "search", "gan", "dcgan", "wgan_gp")
WHAT = ("losses of power during the same commands: what was not synced is gone, old, zeros, torn, or there in any "
        "order; the same command again gives the same bits, and leaves no other file")


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_classifier, "STEPS", 3)
    one_after_another(monkeypatch)


def test_some_losses_of_power(tmp_path: Path) -> None:
    cases = Cases()
    lose_power(cases, "majority", SCENARIOS["majority"], tmp_path / "majority", 4)
    cases.close(least=4)


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_losses_of_power(tmp_path: Path, name: str) -> None:
    cases = Cases("power", WHAT, name)
    losses = LOSSES // 2 if name in DEARER else LOSSES
    lose_power(cases, name, SCENARIOS[name], tmp_path / name, losses)
    cases.close(least=4)  # of some commands there are no more that leave another disk


@pytest.mark.faults
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in ("remove", "report")])
def test_what_a_command_has_ended_with_is_on_the_disk(tmp_path: Path, name: str) -> None:
    """Nothing is lost where the power goes after the end; and the model has what the disk has."""
    template, _, calls = prepared(SCENARIOS[name], tmp_path)
    disk = Disk(template, tmp_path / "seen")
    for call in calls:
        disk.make(call)
    there = {str(path.relative_to(tmp_path / "seen")): None if path.is_dir() else path.read_bytes()
             for path in (tmp_path / "seen").rglob("*")}
    assert there == disk.now()
    left = disk.loses_power("none-old", Random(0))
    lost = [path for path, data in there.items() if path not in left or left[path] != data]
    assert not [path for path in lost if Path(path).name != "lock"]
