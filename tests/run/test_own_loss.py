"""A loss of the user's own in the place of a task's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import dlrun
from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.registry import lookup
from tests.helpers.runs import last_weights
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

SOURCE = """
import torch
from dlrun.api.kinds import register


@register.loss("square")
def square(outputs, targets):
    '''The mean of the squares.'''
    return (outputs - targets).square().mean()


@register.loss("margin")
class Margin:
    '''The hinge of one logit.'''

    def __call__(self, logits, classes):
        return torch.relu(1 - (2 * classes - 1) * logits[:, 0]).mean()


@register.loss("each")
def each(outputs, targets):
    return (outputs - targets).square()
"""
NUMBERS = ["dataset=diabetes", "model=linear", "epochs=3", "batch_size=64", "allow=own_losses"]


@pytest.fixture(autouse=True)
def _module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (folder / "own_losses.py").write_text(SOURCE)
    monkeypatch.delitem(sys.modules, "own_losses", raising=False)
    yield
    for name in ("square", "margin", "each"):
        lookup._registered.pop(("loss", name), None)


def test_the_formula_of_a_loss_of_dlruns_gives_its_bits_and_another_id(go: Any) -> None:
    own = go(*NUMBERS, "task.loss=square")
    usual = go(*NUMBERS, "task.loss=mse")
    for name, weight in last_weights(usual.folder).items():
        assert torch.equal(weight, last_weights(own.folder)[name]), name
    assert own.result["test"] == usual.result["test"] and own.folder != usual.folder
    assert own.result["baseline"]["says"] == "the mean of the training targets"
    with signalled_after(9):
        assert go(*NUMBERS, "task.loss=square", "output_dir=cut").result["status"] == "interrupted"
    assert_same_run(own.folder, go(*NUMBERS, "task.loss=square", "output_dir=cut").folder)
    assert dlrun.open(own.folder, allow="own_losses").predict([[0.0] * 10]).shape == (1,)
    lookup._registered.pop(("loss", "square"))  # as in a process that has not imported the module
    with pytest.raises(ConfigError, match=r"add  allow=\[own_losses\]"):
        dlrun.open(own.folder).predict([[0.0] * 10])


def test_two_classes_are_parted_by_a_hinge_as_by_scikit_learns(go: Any) -> None:
    from sklearn.metrics import hinge_loss

    outcome = go("dataset=breast_cancer", "model=linear", "epochs=10", "optimizer.lr=0.05",
                 "allow=own_losses", "task.loss=margin")
    assert outcome.result["test"]["accuracy"] > 0.9
    run = dlrun.open(outcome.folder, allow="own_losses")
    with torch.no_grad():
        x = run.preprocess([[10.0] * 30, [1.0] * 30])
        decision = run.load_model()(x)[:, 0].numpy()
        found = run._loaded.task.loss("model", run.load_model(), _batch(x, [1, 0]))[0]
    assert float(found) == pytest.approx(hinge_loss([1, 0], decision), rel=1e-5)


def _batch(x: torch.Tensor, classes: list[int]) -> Any:
    from dlrun.tasks._base.batch import Batch

    return Batch(x, torch.tensor(classes), len(x))


def test_it_is_refused_without_permission_and_beside_class_weights(folder: Path) -> None:
    for overrides, expected in (
            ([*NUMBERS[:-1], "task.loss=square"],
             r"one of mse, mae \(task regress, default mse\); one of your own needs  allow=MODULE"),
            (["dataset=iris", "task.loss=margin", "task.class_weights=balanced", "allow=own_losses"],
             "weigh the rows in it")):
        with pytest.raises(ConfigError, match=expected):
            preflight(overrides)


def test_its_source_is_part_of_the_id_and_a_module_that_is_only_allowed_is_not(folder: Path) -> None:
    def ids() -> list[str]:
        return [identity(preflight([*NUMBERS, *more]).config) for more in (["task.loss=square"], ["task.loss=mae"], [])]

    first = ids()
    assert first[1:] == [identity(preflight([*NUMBERS[:-1], *more]).config) for more in (["task.loss=mae"], [])]
    (folder / "own_losses.py").write_text(SOURCE + "\n# changed\n")
    second = ids()
    assert second[0] != first[0] and second[1:] == first[1:]


def test_one_that_gives_no_mean_fails_with_a_sentence(go: Any) -> None:
    with pytest.raises(ValueError, match=r"task\.loss=each returned \(64,\) numbers; expected their mean"):
        go(*NUMBERS, "task.loss=each")
