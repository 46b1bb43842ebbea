"""A user's task: a run trains, measures, draws and resumes with one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import number
from dlrun.data.preprocessing_state import data_spec
from dlrun.inference.load import load_run
from dlrun.preflight.preflight import preflight
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.registry.lookup import _registered
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.generation import GenerateOptions
from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.spec import TaskSpec
from dlrun.tasks._base.task import Task
from dlrun.tasks._base.view import View
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run


class HuberTask(Task):
    def __init__(self, delta: float):
        self.delta = delta

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        outputs = model(batch.x).float()[:, 0]
        return nn.functional.huber_loss(outputs, batch.y, delta=self.delta), outputs

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("beyond", ((outputs.detach() - batch.y).abs() > self.delta).sum(), batch.rows)

    def generate(self, model: nn.Module, state: Any, options: GenerateOptions) -> str:
        inputs = torch.zeros(1, *data_spec(state).input_shape)
        return f"seed {options.seed}: {float(model(inputs)):.4f}"


def residuals(view: View) -> None:
    outputs, y = view.outputs
    view.write("residuals", "\n".join(f"{value:.3f}" for value in (outputs[:, 0] - y).tolist()))


@dataclass(frozen=True)
class Huber(TaskSpec):
    """A number for each row by the Huber loss."""

    accumulated = (Metric("loss", direction="min"), Metric("beyond", direction="min", share=True))
    accepts = ("number",)
    delta: float = number(1.0, "Where the loss turns from a square into a line.", low=0, above=True)

    def width(self, data_spec: Any) -> int:
        return 1

    def plots(self) -> Plots:
        return Plots(end=(residuals,), outputs=True)

    def build(self, context: Any) -> Task:
        return HuberTask(self.delta)


@pytest.fixture(autouse=True)
def _own_kinds() -> Iterator[None]:
    before = dict(_registered)
    register("task", "huber")(Huber)
    yield
    for key in set(_registered) - set(before):
        if key[0] == "task" and key[1] in ("huber", "counts"):
            del _registered[key]


def test_a_baseline_that_it_does_not_declare_is_refused() -> None:
    for model in ("majority", "permuted"):
        with pytest.raises(ConfigError) as caught:
            preflight(["dataset=diabetes", f"model={model}", "task=huber"])
        assert [problem.given for problem in caught.value.problems] == [f"model={model}"]
        assert "task huber" in caught.value.problems[0].expected


def test_a_run_measures_draws_and_resumes_with_a_task_of_ones_own(go, tmp_path: Path) -> None:
    overrides = ["dataset=diabetes", "model=linear", "task=huber", "task.delta=0.5", "dataset.target_scale=standard",
                 "epochs=8", "optimizer.lr=0.02"]
    whole = go(*overrides, "output_dir=whole")
    assert whole.result["config"]["task.delta"] == 0.5 and whole.result["metrics"]["beyond"]["share"] is True
    off = np.loadtxt(whole.folder / "pictures" / "residuals.txt")
    assert whole.result["test"]["beyond"] == pytest.approx((np.abs(off) > 0.5).mean(), abs=0.005)
    assert whole.result["test"]["loss"] == pytest.approx(
        nn.functional.huber_loss(torch.tensor(off), torch.zeros(len(off)).double(), delta=0.5).item(), rel=2e-3)
    assert whole.result["baseline"] == {}, "it has none of its own"
    with signalled_after(10):
        assert go(*overrides, "output_dir=parted").result["status"] == "interrupted"
    parted = go(*overrides, "output_dir=parted")
    assert_same_run(whole.folder, parted.folder)


def test_a_task_of_ones_own_generates_with_a_finished_run(go, capsys) -> None:
    outcome = go("dataset=diabetes", "model=linear", "task=huber", "epochs=1")
    capsys.readouterr()
    assert route(["generate", str(outcome.folder), "seed=7"]) == 0
    bias = load_run(outcome.folder).model(torch.zeros(1, 10)).item()
    assert capsys.readouterr().out == f"seed 7: {bias:.4f}\n"


def test_a_task_that_generates_nothing_says_so(go, capsys) -> None:
    outcome = go("dataset=diabetes", "model=linear", "epochs=1")
    assert route(["generate", str(outcome.folder)]) == 2
    assert "task=regress" in capsys.readouterr().err
