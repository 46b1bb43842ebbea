"""A user's optimizers and schedules: registered by name, or a class that a file names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import integer, number
from dlrun.config.schema.optimizer import Optimizer
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.optimizers.custom import CustomOptimizer
from dlrun.engine.schedules._base import Schedule
from dlrun.engine.schedules.custom import CustomSchedule
from dlrun.registry import register
from dlrun.registry.lookup import _registered
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows, state

MODULE = '''
import torch


class Signs(torch.optim.Optimizer):
    """Against the sign of a running mean of the gradients, which is its state."""

    def __init__(self, params, lr, decay=0.5):
        super().__init__(params, {"lr": lr, "decay": decay})

    def step(self, closure=None):
        with torch.no_grad():
            for group in self.param_groups:
                for weight in group["params"]:
                    mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                    mean.mul_(group["decay"]).add_(weight.grad)
                    weight.sub_(mean.sign(), alpha=group["lr"])


class Closed(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    def step(self, closure):
        closure()


class Nothing:
    def __init__(self, params, lr):
        pass


def halves(step, steps_per_epoch, total_steps, every=1):
    return 0.5 ** (step // every)


def powers(step, steps_per_epoch, total_steps, *, power):
    return (1 - step / total_steps) ** power
'''
TRAIN = ["dataset=iris", "model=softmax", "batch_size=30", "epochs=3"]  # 4 steps an epoch


@pytest.fixture
def _mine(folder: Path) -> Iterator[None]:
    Path("signs.py").write_text(MODULE)
    yield
    sys.modules.pop("signs", None)
    forget()


def forget() -> None:
    for key in (("optimizer", "signs"), ("optimizer", "sign_descent"), ("schedule", "drop"), ("schedule", "triangle")):
        _registered.pop(key, None)


def registered() -> None:
    @register("optimizer", "signs")
    @dataclass(frozen=True)
    class SignsKind(Optimizer):
        """Signs of the mean gradient."""

        decay: float = number(0.5, "Decay of the mean.", low=0, high=1)

        def build(self, params: Any, device: Any) -> Any:
            from signs import Signs  # type: ignore[import-not-found]

            return Signs(params, self.lr, self.decay)

    @register("schedule", "drop")
    @dataclass(frozen=True)
    class Drop(Schedule):
        """The rate falls to a tenth at a step."""

        at: int = integer(5, "The step.", low=1)

        def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
            return 0.1 if step >= self.at else 1.0


def test_registered_kinds_are_options_train_and_resume(go, _mine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    registered()
    overrides = [*TRAIN, "optimizer=signs", "optimizer.decay=0.9", "optimizer.lr=0.01", "schedule=drop",
                 "schedule.at=6"]
    whole = go(*overrides, "output_dir=whole")
    assert whole.folder.parent.name == "iris-softmax-signs"
    assert [row["train/lr"] for row in rows(whole.folder)] == pytest.approx([0.01, 0.001, 0.001])
    means = [value for key, value in state(whole.folder).items() if key.endswith("/mean")]
    assert len(means) == 2 and all(value.abs().sum() > 0 for value in means)
    with signalled_after(6):
        assert go(*overrides, "output_dir=cut").result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*overrides, "output_dir=cut").folder)
    with pytest.raises(ConfigError, match="decay"):
        go(*overrides, "optimizer.decay=2")


def test_a_class_of_a_module_is_called_with_its_arguments(_mine: None) -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    optimizer = CustomOptimizer(target="signs.Signs", args={"decay": 0.9}, lr=0.25).build([weight], weight.device)
    assert optimizer.param_groups[0]["decay"] == 0.9
    weight.grad = torch.tensor([3.0, -0.5])
    optimizer.step()
    assert weight.tolist() == [0.75, -0.75]


@pytest.mark.parametrize(("target", "args", "said"), [
    ("signs.Signs", {"momentum": 1}, "momentum"),
    ("signs.Closed", {}, "needs_closure"),
    ("signs.halves", {}, r"optimizer\.lr +signs\.halves: no such argument; it takes step"),
    ("signs.Nothing", {}, "expected a torch.optim.Optimizer"),
])
def test_what_is_no_optimizer_is_refused(_mine: None, target: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        CustomOptimizer(target=target, args=args).build([torch.nn.Parameter(torch.ones(1))], torch.device("cpu"))


def test_a_function_of_a_module_is_a_schedule(_mine: None) -> None:
    rate = LearningRate(CustomSchedule(target="signs.halves", args={"every": 2}), 0.8, 4, 8)
    assert [rate.at(step) for step in range(5)] == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])


@pytest.mark.parametrize(("keys", "said"), [
    ("_target_: signs.powers", r"schedule\.power +signs\.powers: it has no default, and no value is given; "
                               "dlrun itself gives step, steps_per_epoch, total_steps"),
    ("_target_: signs.halves\nevry: 2", r"schedule\.evry +signs\.halves: no such argument; .* did you mean +every"),
    ("_target_: signs.halves\nstep: 1", r"schedule\.step +signs\.halves: dlrun itself gives it, as step"),
    ("_target_: signs.Nothing", r"schedule\._target_ +signs\.Nothing: dlrun gives it step, steps_per_epoch, "
                                "total_steps; it takes params, lr"),
])
def test_a_function_that_cannot_be_called_so_is_refused_before_anything_is_written(
        go, _mine: None, write, keys: str, said: str) -> None:
    write({"configs/schedule/mine.yaml": f"{keys}\n"})
    with pytest.raises(ConfigError, match=said):
        go(*TRAIN, "schedule=mine", "allow=signs")
    assert not Path("runs").exists()


def test_a_callback_that_needs_an_argument_is_refused(go, _mine: None) -> None:
    with pytest.raises(ConfigError, match=r"callbacks=signs\.Signs +its argument params: it has no default"):
        go(*TRAIN, "callbacks=[signs.Signs]", "allow=signs")
    assert not Path("runs").exists()


def test_classes_that_files_name_train_and_resume_to_the_same_bits(go, _mine: None, write) -> None:
    write({"configs/optimizer/mine.yaml": "_target_: signs.Signs\nlr: 0.01\ndecay: 0.9\n",
           "configs/schedule/mine.yaml": "_target_: signs.halves\nevery: 4\n"})
    overrides = [*TRAIN, "optimizer=mine", "schedule=mine", "allow=signs"]
    whole = go(*overrides, "output_dir=whole")
    assert [row["train/lr"] for row in rows(whole.folder)] == pytest.approx([0.01, 0.005, 0.0025])  # of the last step
    assert any(key.endswith("/mean") for key in state(whole.folder))
    with signalled_after(6):
        assert go(*overrides, "output_dir=cut").result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*overrides, "output_dir=cut").folder)
    other = go(*overrides, "optimizer.decay=0", "schedule.every=1", "epochs=1", "output_dir=whole")
    assert other.folder != whole.folder and rows(other.folder)[0]["train/lr"] == pytest.approx(0.01 * 0.5**3)
    for choice in ("optimizer=mine", "schedule=mine"):
        with pytest.raises(ConfigError, match="allow it by  allow=signs"):
            go(*TRAIN, choice)
