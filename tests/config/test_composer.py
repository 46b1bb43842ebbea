"""Values set on a shared composition are what Hydra's own composition of the whole command gives."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hydra import compose as hydra_compose
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dlrun.config.compose.composer import Composer
from dlrun.config.compose.groups_only import compose_groups
from dlrun.config.compose.session import hydra_started
from tests.config.odd_overrides import OVERRIDES

FILES: dict[str, str | bytes] = {
    "configs/model/linked.yaml": "kind: dense\nhidden: [16]\ndropout: ${optimizer.lr}\n",
    "configs/model/long.yaml": "kind: dense\nhidden: [16]\nroot:\n  epochs: 7\n  batch_size: 64\n",
    "configs/setup/fast.yaml": "# @package _global_\nepochs: 2\nmodel:\n  hidden: [3]\n",
    "experiments/x.yaml": "defaults:\n  - override /model: dense\nepochs: 3\noptimizer:\n  lr: 0.5\n"
                          "book: {id: x, nested: {deep: [1, {a: 2}]}}\nsweep:\n  seeds: 3\n",
}


def hydras_own(overrides: list[str]) -> dict[str, Any] | str:
    """What Hydra's own composition of all overrides gives, or the name of what it raises."""
    try:
        config = hydra_compose(config_name="config", overrides=overrides)
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        return type(error).__name__


def ours(composer: Composer, overrides: list[str]) -> dict[str, Any] | str:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    try:
        return composer._composition(OverridesParser.create().parse_overrides(overrides)).plain
    except (HydraException, OmegaConfBaseException) as error:
        return type(error).__name__


@pytest.fixture
def hydra(write, monkeypatch: pytest.MonkeyPatch):
    write(FILES)
    monkeypatch.setenv("DLRUN_TEST_WORD", "word")
    with hydra_started():
        yield


def same(one: Any, other: Any) -> bool:
    """Equal values of equal types, in equal order; NaN is NaN."""
    return repr(one) == repr(other)


# Hydra's own composition takes a sixth of a second.
@pytest.mark.parametrize("commands", [OVERRIDES[1::4], pytest.param(OVERRIDES, marks=pytest.mark.slow)],
                         ids=["some", "all"])
def test_every_word_gives_what_hydra_gives(hydra, commands: list[list[str]]) -> None:
    composer = Composer()
    for overrides in commands:
        theirs, made = hydras_own(overrides), ours(composer, overrides)
        if isinstance(theirs, dict):
            theirs = {**theirs, "sweep": None}
            theirs.pop("experiment", None)
        assert same(made, theirs), overrides
    assert len(composer._bases) < len(commands) / 2


def test_a_job_does_not_see_the_values_of_the_job_before(hydra) -> None:
    composer = Composer()
    first = [ours(composer, overrides) for overrides in OVERRIDES]
    again = [ours(composer, overrides) for overrides in reversed(OVERRIDES)]
    assert all(map(same, first, reversed(again)))


@pytest.mark.parametrize("words", [
    ["model=dense"], ["experiment=x", "model.hidden=[3]"], ["name=run_${seed}"], ["model=linked"], ["+seed=7"],
    ["seed=8"],
    ["data_dir=${oc.env:DLRUN_TEST_WORD}"]], ids=" ".join)
def test_jobs_that_differ_in_their_seed_are_each_what_they_are_alone(hydra, words: list[str]) -> None:
    composer = Composer()
    for seed in ("seed=1", "seed=2", "seed=1", "seed=null", "seed=1.0", "seed=${epochs}", "++seed=5"):
        for command in ([*words, seed], [seed, *words]):
            (made, problems), (alone, wrong) = composer.compose(command), Composer().compose(command)
            assert made is not None and alone is not None and problems == wrong
            assert same(made, alone), command
            made.plain["allow"].append("x")  # is that job's alone


def test_the_rows_of_many_seeds_are_composed_once(hydra, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.config.compose import composer as module

    set_values, calls = module.ConfigLoaderImpl._apply_overrides_to_config, []
    monkeypatch.setattr(module.ConfigLoaderImpl, "_apply_overrides_to_config", staticmethod(
        lambda overrides, config: calls.append(overrides) or set_values(overrides, config)))
    composer = Composer()
    for rate in ("0.1", "0.2"):
        for seed in range(5):
            composition, problems = composer.compose([f"optimizer.lr={rate}", f"seed={seed}"])
            assert composition is not None and not problems
            assert (composition.plain["optimizer"]["lr"], composition.plain["seed"]) == (float(rate), seed)
    assert len(calls) == 2 + 1  # two rows, and what their options compose to


def test_what_files_say_of_a_sweep_is_beside_the_configuration(hydra, folder: Path) -> None:
    composition, problems = Composer().compose(["experiment=x"])
    assert composition is not None and not problems
    assert composition.sweep == {"seeds": 3} and composition.params is None
    assert composition.plain["sweep"] is None and "hydra" not in composition.plain


def test_hydras_own_form_of_a_sweep_is_read(hydra, write) -> None:
    write({"experiments/y.yaml": "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      optimizer.lr: 0.1,0.01\n"})
    composition, problems = Composer().compose(["experiment=y", "seed=3"])
    assert composition is not None and not problems
    assert composition.params == {"optimizer.lr": "0.1,0.01"} and composition.plain["seed"] == 3


def test_a_thousand_jobs_of_the_same_groups_cost_one_composition(hydra, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.config.compose import composer as module

    calls: list[list[str]] = []
    real = module.compose_groups
    monkeypatch.setattr(module, "compose_groups", lambda overrides: calls.append(list(overrides)) or real(overrides))
    composer = Composer()
    for seed, model in itertools.product(range(50), ("dense", "cnn")):
        composition, problems = composer.compose([f"model={model}", f"seed={seed}"])
        assert composition is not None and not problems and composition.plain["seed"] == seed
    assert calls == [["model=dense"], ["model=cnn"]]


@pytest.mark.parametrize("overrides", [
    [], ["model=lenet", "dataset=mnist"], ["model=gan"], ["model=long"], ["experiment=x", "optimizer=sgd"],
    ["+setup=fast"], ["task=vae", "model=vae"]], ids=" ".join)
def test_without_hydras_own_tree_the_rest_is_what_hydra_composes(overrides: list[str], folder: Path, write) -> None:
    write(FILES)
    with hydra_started():
        found = compose_groups(overrides)
        assert found is not None
        assert OmegaConf.to_container(found, resolve=True) == hydras_own(overrides)
        assert compose_groups([*overrides, "hydra.job.chdir=null"]) is None  # the whole composition's
        assert compose_groups([*overrides, "model=nowhere"]) is None


def test_what_a_process_remembers_is_composed_again_when_a_file_changes(write) -> None:
    def width() -> object:
        found, problems = Composer().compose(["model=mine"])
        assert found is not None and not problems
        return found.plain["model"]["hidden"]

    for text, expected in (("[16]", [16]), ("[17]", [17]), ("[16]", [16])):  # same size, same moment
        write({"configs/model/mine.yaml": f"kind: dense\nhidden: {text}\n"})
        assert width() == expected
    first, _ = Composer().compose(["model=mine"])
    assert first is not None
    first.plain["model"]["hidden"].append(5)  # what a caller does with its copy stays with that caller
    assert width() == [16]


def test_what_a_process_remembers_is_composed_again_when_a_kind_is_defined_again(folder: Path) -> None:
    from dataclasses import dataclass

    from dlrun.config.schema.fields import number
    from dlrun.config.schema.optimizer import Optimizer
    from dlrun.registry import register

    for rate in (0.25, 0.5):
        @register("optimizer", "slow")
        @dataclass(frozen=True)
        class Slow(Optimizer):
            """A cell of a notebook that is run twice."""

            kind = "slow"
            lr: float = number(rate, "Learning rate.")

        found, problems = Composer().compose(["optimizer=slow"])
        assert found is not None and not problems and found.plain["optimizer"]["lr"] == rate
