"""What is composed without Hydra is what Hydra composes: mappings in their order, what was typed, and every problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import given
from hypothesis import strategies as st
from omegaconf._utils import get_yaml_loader

from dlrun.config.compose import plain
from dlrun.config.compose.composer import Composer
from dlrun.config.compose.plain import compose_plain
from dlrun.config.compose.session import hydra_started
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.places import packaged
from tests.config.odd_overrides import OVERRIDES
from tests.golden.facts import stored

WRONG = [["modle=cnn"],
         ["model=cn"], ["optimizer.lr=fast", "batch_size=0"], ["modle=cnn", "optimizer=adma", "epochs=2"],
         ["optimizer=sgd", "optimizer.beta1=0.5"], ["model=dense", "model.kernel=3", "wxyz=1", "seed=1"],
         ["validation.size=3"], ["seed.x=1"], ["model.hidden.x=2"], ["schedule.factor=0.5"], ["experiment=x"],
         ["dataset=mnist.csv"], ["model=lstm", "epochs=3"], ["optimizer=adam", "optimizer=sgd"]]


def golden() -> list[list[str]]:
    return [command for command, _ in stored()["commands"]]


def same(commands: list[list[str]]) -> int:
    """How many of the commands are plain; each of those is compared."""
    composer, count = Composer(), 0
    for command in commands:
        found = compose_plain(command)
        if found is None:
            continue
        expected = composer.compose(command)
        count += 1
        assert found[1] == expected[1], command
        assert found[0] is not None and expected[0] is not None
        assert json.dumps(found[0].plain) == json.dumps(expected[0].plain), command  # in the same order too
        assert (found[0].overrides, found[0].sweep, found[0].params) == (
            expected[0].overrides, expected[0].sweep, expected[0].params), command
    return count


@pytest.mark.parametrize("commands", [golden()[::30], OVERRIDES, WRONG], ids=["golden", "odd", "wrong"])
def test_it_is_hydras(commands: list[list[str]], folder: Path) -> None:
    with hydra_started():
        assert same(commands) > len(commands) // 5


@pytest.mark.slow
def test_it_is_hydras_for_every_golden_command(folder: Path) -> None:
    with hydra_started():
        assert same(golden()) > 400


@given(st.text(alphabet="aefnult_019.-/[],xE ", max_size=8))
def test_a_plain_value_is_read_as_hydra_reads_it(value: str) -> None:
    try:
        _, found = plain._read(f"name={value}")
    except plain._OnlyHydra:
        return
    try:
        expected = OverridesParser.create().parse_override(f"name={value}").value()
    except HydraException:
        expected = "refused"
    assert repr(found) == repr(expected)


def test_a_users_options_and_experiments_are_left_to_hydra(write) -> None:
    assert compose_plain(["model=dense"]) is not None and compose_plain(["experiment=x"]) is None
    write({"configs/model/mine.yaml": "kind: dense\n", "configs/model/cnn.yaml": "kind: dense\n",
           "configs/own/first.yaml": "# @package _global_\nepochs: 3\n"})
    for command in (["model=mine"], ["model=cnn"], ["own=first"], ["+own=first"]):
        assert compose_plain(command) is None
    with hydra_started():
        assert same([["model=dense", "epochs=2"], ["model=gan"], ["model=dens", "epoch=2"], ["own.x=1"]]) == 4


def test_suggested_options_are_hydras() -> None:
    """Each option that suggests others, with a typed one in their place, and with a second that suggests the same."""
    commands = [[f"model={name}", *more] for name in ("gan", "dcgan", "wgan", "gru", "bilstm", "lstm_autoencoder")
                for more in ([], ["optimizer=sgd", "epochs=1"], ["dataset=iris"], ["task=next_token"])]
    with hydra_started():
        assert same(commands) == len(commands)


@pytest.mark.parametrize("path", sorted(packaged("configs").rglob("*.yaml")), ids=lambda path: path.stem)
def test_dlruns_own_options_are_the_same_by_omegaconfs_loader(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert repr(yaml.load(text, Loader=yaml.SafeLoader)) == repr(yaml.load(text, Loader=get_yaml_loader()))


def test_libyaml_reads_dlruns_own_files_as_pyyaml_does() -> None:
    loader = get_yaml_loader()
    paths = [path for folder in ("configs", "experiments") for path in packaged(folder).rglob("*.yaml")]
    assert len(paths) > 200
    for path in paths:
        assert repr(read_yaml(path)) == repr(yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}), path
