"""A command that is killed before any of its calls that change files, or within a write, ends as if it had never been.

Afterwards the same command is given again; what lies in the folder then is compared with what an undisturbed command
leaves: all bits of weights, states, rows, results, pictures and curves, and the names of all files.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.diagnostics import sample_classifier
from dlrun.registry import register
from dlrun.report.find import run_folders
from tests.faults.calls import Call
from tests.faults.families import DENSE, FAMILIES
from tests.faults.kills import Scenario, kill_at_every_call
from tests.faults.power import one_after_another
from tests.faults.same import names
from tests.helpers.cases import Cases

LONGER = [override.replace("epochs=2", "epochs=3") for override in DENSE]
GRID = ["-m", "dataset=iris", "model=dense", "model.hidden=[2],[3]", "batch_size=60", "epochs=1", "sweep.name=grid",
        "launcher=inline", "threads=1", "device=cpu", "checkpoint_seconds=0"]
SEARCH = ["-m", "dataset=iris", "model=dense", "model.hidden=2", "optimizer.lr=tag(log, interval(1e-3,1e-1))",
          "batch_size=60", "epochs=1", "search=tpe", "n_trials=3", "sweep.name=search", "launcher=inline", "threads=1",
          "device=cpu", "checkpoint_seconds=0"]
MEASURED = [*DENSE, "task.metrics=[largest_output]"]


@register("metric", "largest_output")
class LargestOutput:
    """A metric that no result has unless it is asked for."""

    label, direction, share = "largest output", "max", False

    def reset(self) -> None:
        self.largest = 0.0

    def update(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        self.largest = max(self.largest, float(outputs.max()))

    def compute(self) -> float:
        return self.largest


def nothing_is_left(whole: Path, other: Path) -> None:
    """Killed at the very end a folder may be left that is empty but for a lock that nobody holds."""
    assert names(whole) == ["runs"]
    assert not [path for path in other.rglob("*") if path.is_file() and path.name != "lock"]
    assert not list(run_folders(other))


SCENARIOS = {
    **{name: Scenario(overrides) for name, overrides in FAMILIES.items()},
    "longer": Scenario(LONGER, before=[DENSE]),
    "force": Scenario([*DENSE, "force=true"], before=[DENSE], again=DENSE, whole=DENSE),
    "force_twice": Scenario([*DENSE, "force=true"], before=[DENSE]),
    "measured_again": Scenario(MEASURED, before=[DENSE]),
    "remove": Scenario(["runs", "remove", "digits", "yes=true"], before=[DENSE], compare=nothing_is_left),
    "report": Scenario(["report", "runs", "into=tables"], before=[DENSE]),
    "grid": Scenario(GRID),
    "search": Scenario(SEARCH),
}
# The dearer ones by every so-manyth kill: what they do with files is what the others do.
EVERY = {"kfold": 2, "longer": 2, "majority": 2, "permuted": 2, "remove": 2, "report": 2, "conv1d": 3, "regress": 3,
         "sequential": 3, "force": 3, "grid": 4, "search": 4, **dict.fromkeys(
             ("autoencoder", "conv_autoencoder", "lstm_autoencoder", "vae", "conv_vae", "gan", "dcgan", "wgan_gp",
              "pca", "force_twice"), 5)}


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_classifier, "STEPS", 3)
    one_after_another(monkeypatch)


def test_some_kills_of_a_run(tmp_path: Path) -> None:
    cases = Cases()
    kill_at_every_call(cases, "majority", SCENARIOS["majority"], tmp_path / "majority", every=30, first=10)
    cases.close(least=3)


def test_a_longer_run_that_is_killed_before_its_first_checkpoint(tmp_path: Path) -> None:
    cases = Cases()
    kill_at_every_call(cases, "longer", SCENARIOS["longer"], tmp_path / "longer",
                       only=lambda calls: [number_of(calls, "open", ".best.pt.") - 1])
    cases.close(least=2)


def number_of(calls: list[Call], kind: str, name: str) -> int:
    """Which call (from 1) is the first of a kind on a file."""
    return 1 + next(at for at, call in enumerate(calls) if call.kind == kind and name in call.path)


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_kills_at_every_call(tmp_path: Path, name: str) -> None:
    cases = Cases("kills", "kills before every call that changes files, and within every write: of a run of each "
                  "family, k-fold, a longer run from a shorter one, `force=true`, further metrics, a sweep, a search, "
                  "`runs remove`, `report into=`; the same command again gives the same bits and leaves no other file",
                  name)
    kill_at_every_call(cases, name, SCENARIOS[name], tmp_path / name, EVERY.get(name, 1))
    cases.close(least=10)
