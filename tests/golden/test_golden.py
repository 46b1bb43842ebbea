"""Nothing changed for users: commands mean what they meant, and what earlier code has trained is found and resumes."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import defaults
from dlrun.config.schema.groups import schema_of
from dlrun.config.schema.root import GROUPS
from dlrun.preflight.preflight import preflight
from dlrun.record.provenance import cpu_model
from tests.golden import facts, old_runs
from tests.whole.equal import result, rows, state

STORED = facts.stored()
# Once accepted, and stopped by torch in the first step: ids of tokens are no numbers to multiply.
REFUSED = [
    *([f"dataset={data}", f"model={model}"] for model in ("dense", "sequential")
      for data in ("aesop", "alice", "imdb", "nietzsche", "python_docs", "reuters", "umich")),
    ["dataset=treebank", "model=dense"],
    *(["dataset=python_docs", "model=dense", f"task={task}"] for task in ("auto", "next_token", "tag")),
]


@pytest.fixture(scope="module", autouse=True)
def _one_hydra() -> Iterator[None]:
    with hydra_started():
        yield


@pytest.fixture(scope="module")
def look() -> facts.Look:
    return facts.Look()


QUICK = STORED["commands"][::11]  # each takes a composition of Hydra's, a sixth of a second


@pytest.mark.parametrize("place", range(0, len(QUICK), 25))
def test_commands_have_the_ids_parameters_and_configurations_that_they_had(place: int, look: facts.Look) -> None:
    assert_same(QUICK[place:place + 25], look)


@pytest.mark.slow
def test_every_command_has_the_id_the_parameters_and_the_configuration_that_it_had(look: facts.Look) -> None:
    assert_same(STORED["commands"], look)


@pytest.mark.parametrize("overrides", REFUSED, ids=" ".join)
def test_what_is_refused_now_is_refused_with_its_reason(overrides: list[str], look: facts.Look) -> None:
    assert overrides in [command for command, _ in STORED["commands"]]
    if not look.facts(overrides)["absent"]:
        with pytest.raises(ConfigError, match="dense expects numbers; the data set's rows are token ids"):
            preflight(overrides)


def assert_same(commands: list[Any], look: facts.Look) -> None:
    """Commands whose data is not on this machine are not judged."""
    for overrides, then in commands:
        now = look.facts(overrides)
        if now.get("absent") and not then.get("absent"):
            continue
        if overrides in REFUSED:
            assert "id" in then and now == {"wrong": ["model"], "absent": False}, overrides
            continue
        if len(overrides) == 1 and overrides[0].startswith("dataset=") and then.get("wrong") == ["model"]:
            assert "id" in now, overrides  # once refused, as no model was chosen and cnn expects pictures
            continue
        expected, found = dict(then), dict(now)
        if "dataset=python_docs" in overrides and "parameters" in expected and sys.version_info[:2] != (3, 11):
            expected["parameters"] = found["parameters"]  # another Python's help has other letters
        assert_same_config(expected.pop("config", {}), found.pop("config", {}), overrides)
        assert found == expected, overrides


def assert_same_config(then: dict[str, Any], now: dict[str, Any], overrides: list[str]) -> None:
    """Every key has its old value; a key that came later stands at its default."""
    for key, value in now.items():
        if key in GROUPS and isinstance(then.get(key), dict):
            schema = schema_of(key, value)
            known = {} if schema is None else defaults(schema)
            for member, inner in value.items():
                old = then[key].get(member, known.get(member, inner))
                assert inner == old, (overrides, key, member)
        elif key in then:
            assert value == then[key], (overrides, key)
    assert then.keys() <= now.keys(), overrides


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(old_runs.FILE) as tar:
        tar.extractall(folder, filter="data")
    return folder


def same_machine(folder: Path) -> bool:
    """Whether bits can be expected: the processor and the torch that the old runs were made with.

    Virtual machines name processors of several generations "AMD EPYC", whose sums differ: a name without a number says
    too little.
    """
    made = json.loads((folder / "provenance.json").read_text())
    named = re.search(r"\d", made["cpu"]) is not None
    return named and made["cpu"] == cpu_model() and made["versions"]["torch"] == torch.__version__


def without_gradient(names: list[str]) -> set[str]:
    """The biases that batch norm takes away again, and its running means of them.

    Their gradient is nothing but rounding, which Adam scales up to whole steps: on another processor they go elsewhere.
    """
    norms = [at for at, name in enumerate(names) if re.search(r"/(batch_norm_\d+)\.weight$", name)]
    return {names[at - 1] for at in norms if names[at - 1].endswith(".bias")} | {
        names[at].replace(".weight", ".running_mean") for at in norms}


def assert_close(one: Path, other: Path) -> None:
    """Equal bits where the machine is the same; else equal to what another order of sums can change."""
    for folder in sorted(path.parent for path in one.rglob("result.json")):
        twin = other / folder.relative_to(one)
        if not (folder / "checkpoints").is_dir():
            continue
        expected, found = state(folder), state(twin)
        assert expected.keys() == found.keys()
        for key, value in expected.items():
            if isinstance(value, torch.Tensor):
                if same_machine(folder):
                    assert torch.equal(value, found[key]), (twin, key)
                elif key.startswith("/parts/model") and key not in without_gradient(list(expected)):
                    torch.testing.assert_close(found[key], value, rtol=1e-2, atol=1e-3)
            elif same_machine(folder):
                assert value == found[key], (twin, key)


def assert_same_values(then: Any, now: Any, place: str = "") -> None:
    """Everything that was in a result is in it still, with the same value; there may be more beside it."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key, value in then.items():
            assert key in now, f"{place}/{key}"
            assert_same_values(value, now[key], f"{place}/{key}")
    elif isinstance(then, list) and isinstance(now, list):
        assert len(then) == len(now), place
        for number, (one, other) in enumerate(zip(then, now)):
            assert_same_values(one, other, f"{place}/{number}")
    else:
        assert now == then, place


def run_of(folder: Path) -> Path:
    return next(path.parent for path in folder.glob("*/*/config.yaml"))


@pytest.mark.parametrize("name", old_runs.COMMANDS)
def test_an_old_finished_run_is_found_and_its_training_gives_the_same_weights(name: str, old: Path, go) -> None:
    then = run_of(old / "finished" / name)
    shutil.copytree(old / "finished" / name, f"found/{name}")
    found = go(*old_runs.overrides(name), f"output_dir=found/{name}")
    assert found.found and found.folder.name == then.name
    made = go(*old_runs.overrides(name), f"output_dir=made/{name}")
    assert not made.found
    assert_close(then, made.folder)
    if name != "folds" and same_machine(then):
        assert rows(then) == rows(made.folder)
        assert_same_values({key: value for key, value in result(then).items() if key != "config"}, result(made.folder))


@pytest.mark.parametrize("name", old_runs.COMMANDS)
def test_an_old_interrupted_run_goes_on_to_the_same_weights(name: str, old: Path, go) -> None:
    shutil.copytree(old / "interrupted" / name, f"cut/{name}")
    before = json.loads((run_of(Path(f"cut/{name}")) / "result.json").read_text())
    assert before["status"] == "interrupted"
    resumed = go(*old_runs.overrides(name), f"output_dir=cut/{name}")
    assert resumed.result["status"] in ("finished", "stopped") and not resumed.found
    assert_close(run_of(old / "finished" / name), resumed.folder)
