"""Folders of runs and sweeps that somebody has sent: nothing that they hold makes a command run code."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import dlrun
from dlrun.cli.main import main
from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import ConfigError
from dlrun.record.plan import Plan, load, store
from dlrun.registry import allow, lookup
from dlrun.sweep.execute.job_message import job_message
from dlrun.sweep.execute.run_job import planned_job
from dlrun.sweep.make import make_plan

CODE = """
from dataclasses import dataclass
from pathlib import Path
import torch
from dlrun.api.kinds import Callback, Layer, Optimizer, register

Path("was_run").touch()


@register.layer("twice")
@dataclass(frozen=True)
class Twice(Layer):
    kind = "twice"

    def build(self, shape, rng, parts):
        return Gate()


@register.optimizer("sneaky")
@dataclass(frozen=True)
class Sneaky(Optimizer):
    kind = "sneaky"

    def build(self, params, device):
        return torch.optim.SGD(params, self.lr)


@register.callback("watch")
class Watch(Callback):
    pass


@register.metric("brightest")
class Brightest:
    direction = "max"

    def reset(self):
        self.best = 0.0

    def update(self, outputs, targets):
        self.best = max(self.best, float(outputs.max()))

    def compute(self):
        return self.best


class Gate(torch.nn.Module):
    def forward(self, x):
        return 2 * x
"""
RUN = ["dataset=iris", "model=sequential", "epochs=2", "batch_size=40", "optimizer=sneaky", "callbacks=[watch]",
       "task.metrics=[brightest]"]
COLUMNS = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
LAYERS = {"by its target": "{_target_: sent_code.Gate}", "by its name": "twice"}


@pytest.fixture
def no_code_ran(folder: Path):
    """The code that trained the runs is here and was not run since; of this process it is forgotten."""

    def forget() -> None:
        sys.modules.pop("sent_code", None)
        for key in [key for key, kind in lookup._registered.items() if kind.__module__ == "sent_code"]:
            del lookup._registered[key]
        (folder / "was_run").unlink(missing_ok=True)
        allow([])

    (folder / "sent_code.py").write_text(CODE)
    yield forget
    assert not (folder / "was_run").exists()
    forget()


@pytest.mark.parametrize("how", LAYERS)
def test_a_run_is_read_and_predicts_only_with_what_this_command_allows(
        how: str, go: Any, no_code_ran, capsys: pytest.CaptureFixture[str]) -> None:
    overrides = [*RUN, f"model.layers=[{LAYERS[how]},{{dense: out}}]"]
    outcome = go(*overrides, "allow=sent_code")
    Path("new.csv").write_text(COLUMNS + "\n5,3,1,0.2\n")
    no_code_ran()
    shutil.move("runs", "sent")
    place = Path("sent", *outcome.folder.parts[-2:])
    for command in (["predict", str(place), "new.csv"], ["generate", str(place)]):
        assert main(command) == 2
        assert "add  allow=[sent_code]" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"add  allow=\[sent_code\]"):
        dlrun.open(place).predict([[5, 3, 1, 0.2]])
    for command in (["report", "sent"], ["runs", "output_dir=sent"], ["diff", str(place), str(place)]):
        assert main(command) == 0, command
    capsys.readouterr()
    assert main([*overrides, "output_dir=sent"]) == 2, "the same command has to allow it again"
    assert not Path("was_run").exists()
    assert main(["predict", str(place), "new.csv", "allow=sent_code"]) == 0
    assert Path("was_run").exists()
    no_code_ran()


def test_a_run_trained_with_a_users_optimizer_predicts_without_it(go: Any, no_code_ran) -> None:
    outcome = go(*RUN, "model.layers=[{dense: out}]", "early_stop.monitor=val/brightest", "early_stop.patience=2",
                 "allow=sent_code")
    no_code_ran()
    assert len(dlrun.open(outcome.folder).predict([[5, 3, 1, 0.2]])) == 1


TRAINING_ALONE: dict[str, dict[str, Any]] = {
    "a device": {"precision": "fp16"}, "a package": {"record": ["tensorboard", "mlflow"]},
    "a recorder": {"record": ["sent_code.Board"]}, "a phase": {"phases": [
        {"epoch": 1, "lr": 0.1}, {"epoch": 2, "optimizer": {"kind": "sneaky"}, "lr": 0.1}]}}


@pytest.mark.parametrize("what", TRAINING_ALONE)
def test_what_only_training_needs_is_not_needed_to_predict(go: Any, no_code_ran: Any, what: str,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    folder = go("dataset=iris", "model=softmax", "epochs=2", "batch_size=40").folder
    expected = dlrun.open(folder).predict([[5, 3, 1, 0.2]])
    _changed(folder, TRAINING_ALONE[what])
    monkeypatch.setattr("dlrun.config.callbacks.find_spec", lambda name: None)  # nothing is installed
    assert dlrun.open(folder).predict([[5, 3, 1, 0.2]]) == expected


def test_a_generator_that_a_users_optimizer_moved_generates_without_it(go: Any, no_code_ran: Any) -> None:
    folder = go("model=gan", "max_steps=1", "batch_size=16", "train_size=16").folder
    task = yaml.safe_load((folder / "config.yaml").read_text())["task"]
    _changed(folder, {"task": {**task, "generator_optimizer": {"kind": "sneaky"}}})
    assert main(["generate", str(folder), "count=1"]) == 0


def _changed(folder: Path, values: dict[str, Any]) -> None:
    """The folder of a run that somebody else has trained with these values."""
    (folder / "manifest.json").unlink()
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **values, "allow": ["sent_code"]}))


def test_what_a_job_of_a_plan_allows_itself_is_refused_where_it_is_run(folder: Path, no_code_ran) -> None:
    plan = make_plan(["dataset=iris", "model=softmax", "seed=0,1"])
    job = plan.jobs[0]
    for group, value in (("optimizer", {"kind": "sneaky"}), ("model", {"_target_": "sent_code.Gate"}),
                         ("task", {**job.config["task"], "metrics": ["brightest"]})):
        forged = {**job_message(job, folder / "runs" / job.folder, 1), "config": {
            **job.config, "allow": ["sent_code"], group: value}}
        with pytest.raises(ConfigError):
            planned_job(forged)


def test_of_the_jobs_that_a_sent_search_has_stored_only_their_numbers_count(folder: Path, no_code_ran) -> None:
    pytest.importorskip("optuna")
    from tests.helpers.searches import opened

    command = ["dataset=iris", "model=softmax", "optimizer=adam,sgd", "search=random", "n_trials=1", "device=cpu"]

    def asked() -> Plan:
        found, shown = opened(make_plan(command))
        found.refill(1, shown)
        return found.plan

    with hydra_started():
        (job,) = (plan := asked()).jobs
        forged = {**job.config, "allow": ["sent_code"], "optimizer": {"kind": "sneaky"},
                  "task": {**job.config["task"], "metrics": ["brightest"]}}
        store(replace(plan, jobs=[replace(job, number=7, config=forged, folder="../elsewhere")]))
        assert load(plan.folder).jobs[0].config["allow"] == ["sent_code"]
        (again,) = asked().jobs
    assert again == replace(job, number=7)


def test_a_runs_own_configuration_is_no_command(go: Any, no_code_ran, capsys: pytest.CaptureFixture[str]) -> None:
    """What config.yaml is made to allow and to name is nothing that its folder is read by."""
    outcome = go("dataset=iris", "model=softmax", "epochs=1", "batch_size=40")
    file = outcome.folder / "config.yaml"
    (outcome.folder / "manifest.json").unlink()  # it guards against slips, not against people
    plain = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**plain, "allow": ["sent_code"], "model": {"_target_": "sent_code.Gate"}}))
    with pytest.raises(ConfigError, match=r"add  allow=\[sent_code\]"):
        dlrun.open(outcome.folder).predict([[5, 3, 1, 0.2]])
    file.write_text(yaml.safe_dump({**plain, "allow": ["sent_code"], "optimizer": {"kind": "sneaky"}}))
    dlrun.open(outcome.folder).predict([[5, 3, 1, 0.2]])
    assert main(["report", "runs"]) == 0
