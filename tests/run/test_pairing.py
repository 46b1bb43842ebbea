"""Which overrides go together when model and data are known: tasks, steps, the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from dlrun.assembly.machine import choose
from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.registry import kinds


@pytest.fixture(autouse=True)
def _one_hydra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As for the other tests of runs, with ./experiments/x.yaml, which chooses a task."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()  # Hydra's search path is fixed when it starts
    (tmp_path / "experiments" / "x.yaml").write_text(
        "defaults:\n  - override /model: autoencoder\n  - override /task: denoise\n")
    with hydra_started():
        yield


def problems(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        preflight(overrides)
    return [problem.given for problem in caught.value.problems]


def test_a_typed_key_of_a_task_leaves_what_the_experiment_chose() -> None:
    task = preflight(["experiment=x", "task.gaussian=0.1"]).config.task
    assert (task.kind, task.masked, task.gaussian) == ("reconstruct", 0.5, 0.1)


def test_a_wrong_key_of_a_chosen_task_is_said_once() -> None:
    assert problems("experiment=x", "task.gausian=0.1") == ["task.gausian=0.1"]


@pytest.mark.parametrize(("overrides", "key", "value"), [
    (["model=autoencoder", "task.gaussian=0.1"], "gaussian", 0.1), (["task.loss=mse"], "loss", "mse"),
    (["model=wgan", "task.critic_steps=2"], "clip", 0.01),
])
def test_a_typed_key_finds_the_task_that_auto_stands_for(overrides: list[str], key: str, value: object) -> None:
    assert getattr(preflight(overrides).config.task, key) == value


def test_generative_tasks_look_at_no_targets() -> None:
    generative = {name: task for name, task in kinds("task").items() if task.wirings}
    assert set(generative) == {"reconstruct", "vae", "adversarial"}
    assert {task.accepts for task in generative.values()} == {()}


@pytest.mark.parametrize("word", ["early_stop.patience=3", "early_stop.monitor=train/discriminator_loss",
                                  "batch_size=250", "task.critic_steps=3"])
def test_a_generators_loss_is_watched_where_each_epoch_has_its_turn(word: str) -> None:
    overrides = ["model=wgan", "early_stop=patience", "early_stop.monitor=train/generator_loss", "batch_size=300", word]
    if word == "early_stop.patience=3":  # 1,150 rows: 4 steps of an epoch, and a turn comes in the fifth
        assert problems(*overrides) == ["early_stop.monitor=train/generator_loss"]
    else:
        preflight(overrides)


def test_a_stateful_network_trains_on_as_many_rows_as_a_batch_has() -> None:
    overrides = ["dataset=digits_rows", "model=lstm", "model.stateful=true", "shuffle=false", "train_size=50"]
    assert problems(*overrides, "batch_size=41") == ["batch_size=41"]
    assert preflight([*overrides, "batch_size=40"]).rows["train"] == 40


def test_half_precision_where_no_cuda_device_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError) as caught:
        choose(preflight(["precision=fp16"]).config)
    assert [(problem.given, problem.expected) for problem in caught.value.problems] == [
        ("precision=fp16", "it needs a CUDA device; none is here; bf16 runs anywhere")]
