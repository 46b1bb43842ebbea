"""A file that somebody has sent cannot make a sweep run their code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun import registry
from dlrun.cli.main import main
from dlrun.config.problem import ConfigError
from dlrun.sweep.make import make_plan

EVIL = """
from pathlib import Path
from dlrun.config.schema.optimizer import Optimizer
from dlrun.registry import register
from dataclasses import dataclass

Path("was_run").touch()


class Net:
    pass


@register("optimizer", "sneaky")
@dataclass(frozen=True)
class Sneaky(Optimizer):
    kind = "sneaky"
"""
WAYS = {
    "rows": ("sweep:\n  rows:\n    a: [allow=evil, model=evil]\n    b: [model=dense]\n", "a: allow=evil"),
    "mapping": ("sweep:\n  rows:\n    a: {allow: [evil], model: evil}\n", "a: allow=[evil]"),
    "added": ("sweep:\n  rows:\n    a: ['++allow=[evil]', model=evil]\n", "a: ++allow=[evil]"),
    "a kind by name": ("sweep:\n  rows:\n    a: [optimizer=sneaky, allow=evil]\n", "a: allow=evil"),
    "a member": ("sweep:\n  rows:\n    a: [allow.0=evil, model=evil]\n", "a: allow.0=evil"),
    "axes": ("sweep:\n  axes:\n    allow: [evil]\n    model: [evil]\n", "allow=[evil]"),
    "axes as lists": ("sweep:\n  axes:\n    allow: [[evil], []]\n    model: [evil]\n", "allow=[[evil],[]]"),
    "axes as text": ("sweep:\n  axes:\n    allow: evil,other\n    model: [evil]\n", "allow=evil,other"),
    "pairs": ("sweep:\n  pairs:\n    - allow: [[evil], []]\n      model: [evil, dense]\n", "allow=[[evil],[]]"),
    "one pair": ("sweep:\n  pairs: {allow: [evil, x], model: [evil, dense]}\n", "allow=[evil,x]"),
    "params": ("hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      allow: evil,other\n      model: evil\n",
               "allow=evil,other"),
    "search": ("sweep:\n  search: random\n  axes:\n    allow: [[evil], []]\n    model: [evil]\n", "allow=[[evil],[]]"),
    "beside the sweep": ("allow: [evil]\nsweep:\n  axes:\n    model: [evil]\n", "allow=[evil]"),
    "beside a search": ("allow: [evil]\nsweep:\n  search: random\n  axes:\n    model: [evil, dense]\n", "allow=[evil]"),
}


@pytest.fixture
def sent(folder: Path, write) -> Path:
    write({"evil.py": EVIL, "configs/model/evil.yaml": "_target_: evil.Net\n"})
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_allow_in_a_file_of_a_sweep_is_refused(way: str, sent: Path, write) -> None:
    text, given = WAYS[way]
    write({"experiments/x.yaml": text})
    with pytest.raises(ConfigError) as refused:
        make_plan(["experiment=x"])
    assert f"{given}: it counts on the command line only" in refused.value.line
    (said,) = [text for text in refused.value.line.split("; ") if "counts" in text]
    assert said.count("allow") == 1 and "no such" not in refused.value.line
    assert not (sent / "was_run").exists()


def test_an_added_group_of_the_whole_configuration_allows_nothing(sent: Path, write) -> None:
    write({"configs/own/x.yaml": "# @package _global_\ndefaults:\n  - override /model: evil\nallow: [evil]\n"})
    for command in (["+own=x"], ["+own=x", "-m", "seed=0,1"], ["+own=x", "-m", "optimizer=sneaky,adam"]):
        assert main([*command, "dataset=digits"]) == 2
    assert not (sent / "was_run").exists()


@pytest.mark.parametrize("overrides", [
    ["experiment=x"], ["experiment=x", "optimizer=sgd"], ["-m", "experiment=x", "seed=0,1"],
    ["-m", "experiment=x", "search=random", "n_trials=1", "seed=0,1"]])
def test_what_is_typed_stands_for_itself_alone_beside_a_files_allow(
        overrides: list[str], sent: Path, write, capsys: pytest.CaptureFixture[str]) -> None:
    write({"experiments/x.yaml": "defaults:\n  - override /model: evil\nallow: [evil]\n", "harmless.py": ""})
    assert main([*overrides, "dataset=digits", "allow=harmless"]) == 2
    assert "model._target_=evil.Net" in (said := capsys.readouterr().err) and "allow=evil" in said
    assert not (sent / "was_run").exists() and registry.permitted() == ("harmless",)


def test_a_row_may_choose_what_the_command_allows(sent: Path, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  rows:\n    a: [optimizer=sneaky]\n    b: [optimizer=adam]\n"})
    plan = make_plan(["experiment=x", "dataset=digits", "model=softmax", "allow=evil"])
    assert [job.config["optimizer"]["kind"] for job in plan.jobs] == ["sneaky", "adam"]
    assert (sent / "was_run").exists()


@pytest.mark.parametrize("launcher, argument, given", [
    ("submitit", "slurm_setup: ['touch was_run']", "slurm_setup=[touch was_run]"),
    ("submitit", "slurm_srun_args: [--prolog=evil]", "slurm_srun_args"),
    ("submitit", "slurm_additional_parameters: {wrap: evil}", "slurm_additional_parameters"),
    ("submitit", "slurm_partition: \"a\\ntouch was_run\"", "slurm_partition"),  # a line of its own in the job's script
    ("submitit", "slurm_comment: $(touch was_run)", "slurm_comment"), ("submitit", "python: ./evil", "python=./evil"),
    ("ray", "address: evil.example:6379", "address"), ("ray", "runtime_env: {pip: [evil]}", "runtime_env"),
])
def test_what_a_launcher_runs_is_typed(launcher: str, argument: str, given: str, sent: Path, write) -> None:
    write({"experiments/x.yaml": f"sweep:\n  launcher: {launcher}\n  seeds: 2\n  launcher_args: {{{argument}}}\n"})
    with pytest.raises(ConfigError) as refused:
        make_plan(["experiment=x", "dataset=iris", "model=softmax"])
    (problem,) = refused.value.problems
    assert problem.given.startswith(f"sweep.launcher_args.{given}") and "a file may not give it" in problem.expected
    typed = [f"launcher={launcher}", "launcher_args={timeout_min: 1}"]
    plan = make_plan(["experiment=x", "dataset=iris", "model=softmax", *typed])
    assert plan.options["launcher_args"] == {"timeout_min": 1}, "what is typed stands above the file"


def test_resources_of_jobs_may_stand_in_a_file(sent: Path, write) -> None:
    arguments = "{slurm_partition: 'gpu,long', slurm_time: '1:30:00', slurm_mem: 4G, timeout_min: 60}"
    write({"experiments/x.yaml": f"sweep:\n  launcher: submitit\n  seeds: 2\n  launcher_args: {arguments}\n"})
    plan = make_plan(["experiment=x", "dataset=iris", "model=softmax"])
    assert plan.options["launcher_args"]["slurm_time"] == "1:30:00"
