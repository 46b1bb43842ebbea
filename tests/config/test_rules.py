"""The rules between values: each is registered, and each says its one thing, with the place it came from."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.config.check import rules
from dlrun.config.check.allow import allow_typed
from dlrun.config.check.check import inspect as inspect_config
from dlrun.config.check.rules import measured
from dlrun.config.compose.compose import compose
from dlrun.config.problem import Problem
from dlrun.report.find import run_folders

BREAKS = {  # rule -> (overrides that break it, overrides that just keep it)
    "monitor_is_measured": (["task=classify", "early_stop=patience", "early_stop.monitor=val/f2"],
                            ["task=classify", "early_stop=patience", "early_stop.monitor=val/accuracy"]),
    "chosen_metrics_are_known": (["task=classify", "task.metrics=[accuracy]"], ["task=classify", "task.metrics=[]"]),
    "test_at_is_reached": (["test_at=[5,21]", "epochs=20"], ["test_at=[5,20]", "epochs=20"]),
    "how_it_is_trained_fits": (["optimizer=momentum", "optimizer.momentum=0", "optimizer.nesterov=true"],
                               ["optimizer=momentum", "optimizer.nesterov=true"]),
    "start_epoch_is_reached": (["early_stop=patience", "early_stop.start_epoch=21", "epochs=20"],
                               ["early_stop=patience", "early_stop.start_epoch=20", "epochs=20"]),
    "stateful_layers_want_order": (["model=lstm", "model.stateful=true"],
                                   ["model=lstm", "model.stateful=true", "shuffle=false"]),
    "nesterov_wants_momentum": (["optimizer=sgd", "optimizer.nesterov=true"], ["optimizer=nesterov"]),
    "rmsprop_inside_is_plain": (["optimizer=rmsprop", "optimizer.eps_inside=true", "optimizer.momentum=0.5"],
                                ["optimizer=rmsprop", "optimizer.eps_inside=true"]),
    "task_goes_with_the_rest": (["model=gan", "task=adversarial", "task.generator_optimizer={kind: lbfgs}"],
                                  ["model=gan", "task=adversarial", "task.generator_optimizer={kind: sgd}"]),
    "final_fit_has_a_monitor": (
        ["task=classify", "early_stop=patience", "validation={kind: kfold, final: true}"],
        ["task=classify", "early_stop=patience", "early_stop.monitor=train/loss",
         "validation={kind: kfold, final: true}"]),
    "tag_is_whole": (["task=tag", "optimizer.accumulate=2"], ["task=tag"]),
    "plateau_falls": (["schedule=plateau", "schedule.min_lr=0.002"],
                      ["schedule=plateau", "schedule.min_lr=0.001"]),
    "optimizers_of_phases_fit": (["phases=[{epoch: 2, optimizer: lbfgs}]"], ["phases=[{epoch: 2, optimizer: sgd}]"]),
    "a_closure_needs_whole_batches": (["optimizer=lbfgs", "optimizer.accumulate=2"], ["optimizer=lbfgs"]),
    "a_line_of_losses_has_two_ends": (["interpolation=true", "model=pca", "task=reconstruct"],
                                      ["interpolation=true", "model=autoencoder", "task=reconstruct"]),
    "players_have_no_loss_in_common": (["interpolation=true", "model=gan", "task=adversarial"],
                                       ["interpolation=true", "model=vae", "task=vae"]),
    "half_precision_has_a_device": (["precision=fp16", "device=cpu"], ["precision=fp16", "device=cuda:1"]),
    "device_is_a_device": (["device=cuda:"], ["device=cuda:0"]),
    "name_is_a_folder": (["name=a/../../b"], ["name=a/b..c"]),
    "output_dir_is_named": (["output_dir=' '"], ["output_dir=."]),
    "callbacks_are_known": (["callbacks=mine"], ["callbacks=net.Watch", "allow=net"]),
    "recorders_are_known": (["record=mine"], ["record=[tensorboard,net.Watch]", "allow=net"]),
    "fork_names_a_run_and_an_epoch": (["fork='3f9c1e02aa@20'", "epochs=20"], ["fork='3f9c1e02aa@19'", "epochs=20"]),
    "allow_is_typed": (["experiment=foreign"], ["allow=net"]),
    "custom_class_is_allowed": (["model=mine"], ["model=mine", "allow=net"]),
}


def problems(overrides: list[str]) -> list[Problem]:
    allow_typed(overrides)
    composition, found = compose(overrides)
    assert composition is not None and not found, found
    return inspect_config(composition.plain)[1]


def test_every_rule_of_the_module_is_registered() -> None:
    helpers = {"rule", "measured", "monitors", "direction_of", "watched"}
    functions = {function for name, function in inspect.getmembers(rules, inspect.isfunction)
                 if function.__module__ == rules.__name__ and name not in helpers and not name.startswith("_")}
    assert functions == set(rules.RULES)
    assert len(rules.RULES) == len(set(rules.RULES))


def test_every_rule_is_tried_here() -> None:
    assert {rule.__name__ for rule in rules.RULES} <= set(BREAKS) , "add overrides that break the new rule"


@pytest.mark.parametrize("name", BREAKS)
def test_a_rule_says_one_problem_when_broken_and_none_when_just_kept(name: str, write: Callable) -> None:
    write({"configs/model/mine.yaml": "_target_: net.Net\n", "net.py": "class Net: pass\n",
           "experiments/foreign.yaml": "allow: [net]\n"})
    broken, kept = BREAKS[name]
    assert len(problems(broken)) == 1
    assert problems(kept) == []


LSTM = "{lstm: {units: 4, stateful: true}}"


@pytest.mark.parametrize(("overrides", "said"), [
    (["model=gan", "task=adversarial", "optimizer=lbfgs"], "optimizer=lbfgs"),
    (["model=sequential", f"model.layers=[{LSTM},{{dense: out}}]"], "model.layers[0].lstm.stateful=true"),
    (["model=sequential", f"model.layers=[{{residual: [{LSTM}]}},{{dense: out}}]"],
     "model.layers[0].residual[0].lstm.stateful=true"),
    (["model=sequential", f"model.layers=[{LSTM}]", "shuffle=false", "optimizer.accumulate=2"],
     "model.layers[0].lstm.stateful=true"),
    (["model=sequential", f"model.layers=[{LSTM}]", "shuffle=false", "optimizer=lbfgs"],
     "model.layers[0].lstm.stateful=true"),
])
def test_a_rule_looks_everywhere_that_its_value_can_stand(overrides: list[str], said: str, folder) -> None:
    assert [problem.given for problem in problems(overrides)] == [said]


@pytest.mark.parametrize("overrides", [
    ["model=sequential", f"model.layers=[{LSTM}]", "shuffle=false"],
    ["model=sequential", "model.layers=[{lstm: {units: 4, stateful: false}}]"],
    ["task=tag", "optimizer.accumulate=2", "task.count_padding=true"],
    ["task=classify", "optimizer=lbfgs"],
])
def test_a_rule_leaves_alone_what_does_not_break_it(overrides: list[str], folder) -> None:
    assert problems(overrides) == []


@pytest.mark.parametrize("name", ["sweeps", "./sweeps/x", "debug", "replays/x", "a/debug", "x//replays", ".hidden/x"])
def test_a_run_has_no_name_that_reports_pass_over(name: str, folder: Path) -> None:
    [problem] = problems([f"name={name}"])
    assert problem.given == f"name={name}" and "where reports look for runs" in problem.expected
    run = folder / "runs" / name / "0123456789"
    run.mkdir(parents=True)
    (run / "result.json").touch()
    assert not list(run_folders(folder / "runs"))


def test_names_like_those_are_folders_of_runs(folder: Path) -> None:
    assert not problems(["name=./debugged/my.sweeps"])


def test_a_rule_that_its_value_has_broken_already_is_not_said_twice(folder) -> None:
    said = [problem.given for problem in problems(["optimizer=sgd", "optimizer.nesterov=maybe"])]
    assert said == ["optimizer.nesterov=maybe"]


def test_what_is_measured_depends_on_the_validation_part(folder) -> None:
    with_part, without = compose(["task=classify"])[0], compose(["task=classify", "validation=0"])[0]
    assert with_part is not None and without is not None
    assert measured(inspect_config(with_part.plain)[0]) == ["train/loss", "train/accuracy", "val/loss", "val/accuracy"]
    assert measured(inspect_config(without.plain)[0]) == ["train/loss", "train/accuracy"]
