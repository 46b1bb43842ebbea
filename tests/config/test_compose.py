"""Composition with the user's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config.check.check import check
from dlrun.config.compose import yaml_file
from dlrun.config.compose.compose import compose
from dlrun.config.places import add_config_dir
from dlrun.config.schema.fields import defaults
from dlrun.config.schema.root import Config
from dlrun.engine.optimizers.adam import Adam


def config(*overrides: str) -> Config:
    composition, problems = compose(overrides)
    assert composition is not None and not problems, problems
    return check(composition.plain)


def test_a_file_of_one_line_has_all_defaults_and_can_be_overridden(write) -> None:
    write({"configs/optimizer/mine.yaml": "kind: adam\n"})
    assert config("optimizer=mine").optimizer == Adam(**{**defaults(Adam), "name": "mine"})
    assert config("optimizer=mine", "optimizer.lr=0.5").optimizer.lr == 0.5


def test_a_file_says_what_differs_and_a_word_goes_above_it(write) -> None:
    write({"configs/model/wide.yaml": "# wide\nkind: dense\nhidden: [512]\ndropout: 0.5\n"})
    model = config("model=wide", "model.dropout=0.1").model
    assert (model.name, model.hidden, model.dropout, model.activation) == ("wide", (512,), 0.1, "relu")


def test_a_file_may_build_on_another_of_its_group(write) -> None:
    write({"configs/model/mine.yaml": "defaults:\n  - lenet\nhidden: [7]\n"})
    model = config("model=mine").model
    assert (model.kind, model.name, model.filters, model.hidden) == ("cnn", "mine", (20, 50), (7,))


def test_a_file_that_builds_on_another_and_sets_root_keys_is_refused_with_its_line(write) -> None:
    write({"configs/model/mine.yaml": "defaults:\n  - lenet\nhidden: [7]\nroot:\n  epochs: 3\n",
           "configs/model/more.yaml": "defaults:\n  - mine\n"})
    for word in ("model=mine", "model=more"):
        _, [problem] = compose([word])
        assert problem.given == "root: {epochs: 3}" and problem.origin == "configs/model/mine.yaml:4"
        assert "(defaults:) sets keys of its model alone" in problem.expected


def test_a_config_dir_adds_options(write, folder: Path) -> None:
    write({"elsewhere/schedule/drop.yaml": "kind: step\nevery: 3\n"})
    add_config_dir("elsewhere")
    assert config("schedule=drop").schedule.every == 3


def test_a_config_dir_is_a_flag(write, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dlrun.cli.route import route

    write({"elsewhere/model/tiny.yaml": "kind: dense\nhidden: [2]\n"})
    assert route(["--config-dir", "elsewhere", "summary", "model=tiny"]) == 0
    assert route(["--config-dir=elsewhere", "--cfg", "job", "model=tiny"]) == 0
    assert "name: tiny" in capsys.readouterr().out


def test_an_experiment_sets_keys_members_and_groups(write) -> None:
    write({"experiments/book/x.yaml": "# x\ndefaults:\n  - override /model: dense\n  - override /optimizer: sgd\n"
                                      "epochs: 3\nmodel:\n  hidden: [5]\noptimizer:\n  lr: 0.5\n"})
    made = config("experiment=book/x", "optimizer.momentum=0.9")
    assert (made.epochs, made.model.kind, made.model.hidden) == (3, "dense", (5,))
    assert (made.optimizer.name, made.optimizer.lr, made.optimizer.momentum) == ("sgd", 0.5, 0.9)
    assert config("experiment=book/x", "epochs=4", "model=cnn").epochs == 4


def test_a_word_chooses_another_group_than_the_experiment(write) -> None:
    write({"experiments/x.yaml": "defaults:\n  - override /optimizer: sgd\nepochs: 3\n"})
    assert config("experiment=x", "optimizer=adam").optimizer.kind == "adam"


def test_an_experiment_may_build_on_another(write) -> None:
    write({"experiments/base.yaml": "epochs: 3\nseed: 5\n",
           "experiments/more.yaml": "defaults:\n  - base\nepochs: 4\n"})
    made = config("experiment=more")
    assert (made.epochs, made.seed) == (4, 5)


def test_a_group_of_ones_own_sets_root_keys(write) -> None:
    write({"configs/setup/fast.yaml": "# @package _global_\nepochs: 2\nmodel:\n  hidden: [3]\n"})
    made = config("+setup=fast")
    assert (made.epochs, made.model.hidden) == (2, (3,))


def test_hydras_search_path_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dlrun.cli.route import route

    assert route(["--info", "searchpath"]) == 0
    said = capsys.readouterr().out
    assert "pkg://hydra.conf" in said and "dlrun://" in said and "structured://" in said
    composition, _ = compose([])
    assert composition is not None and "hydra" not in composition.plain and "experiment" not in composition.plain


def test_a_file_is_parsed_once(write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"experiments/x.yaml": "epochs: [1\n"})
    read: list[str] = []
    real = yaml_file.yaml.load
    monkeypatch.setattr(yaml_file.yaml, "load", lambda text, **more: read.append(text) or real(text, **more))
    for _ in range(3):
        assert compose(["experiment=x"])[0] is None
    assert read.count("epochs: [1\n") == 1


def test_a_file_that_has_changed_is_read_again(write, folder: Path) -> None:
    write({"experiments/x.yaml": "epochs: 3\n"})
    assert config("experiment=x").epochs == 3
    write({"experiments/x.yaml": "epochs: 33\n"})
    assert config("experiment=x").epochs == 33


def test_a_wrong_key_costs_one_composition(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.config.compose import composer as module
    from dlrun.config.compose.composer import Composer

    module._known.clear()
    calls: list[list[str]] = []
    real = module.compose_groups
    monkeypatch.setattr(module, "compose_groups", lambda overrides: calls.append(list(overrides)) or real(overrides))
    Composer().compose(["modle=cnn"])
    assert calls == [[]]
    calls.clear()
    Composer().compose(["seed=1", "model=dense"])
    assert calls == [["model=dense"]]


def test_a_models_file_suggests_an_optimizer_and_a_typed_word_replaces_it(write) -> None:
    assert config("model=wgan").optimizer.kind == "rmsprop"
    assert config("model=wgan", "optimizer.lr=0.5").optimizer.lr == 0.5
    assert config("model=wgan", "optimizer=adam").optimizer.kind == "adam"
    write({"experiments/mine.yaml": "defaults:\n  - override /model: wgan\n  - override /optimizer: sgd\n",
           "configs/model/narrow.yaml": "defaults:\n  - wgan\nlatent: 3\n"})
    assert config("experiment=mine").optimizer.kind == "sgd"
    narrow = config("model=narrow")
    assert (narrow.model.latent, narrow.optimizer.kind, narrow.epochs) == (3, "rmsprop", 300)


def test_a_sequence_model_suggests_sequences_and_a_task_goes_above_it(folder: Path) -> None:
    assert config("model=lstm").dataset.name == "digits_rows"
    assert config("model=lstm", "task=next_token").dataset.name == "python_docs"
    assert config("model=lstm", "task=next_token", "dataset=alice").dataset.name == "alice"


def test_wrong_suggestions_are_named_with_their_lines(write) -> None:
    write({"configs/model/bad.yaml": "kind: dense\nroot:\n  optimizer: rmspro\n  schedule: {a: 1}\n  task: tag\n"})
    _, problems = compose(["model=bad"])
    assert [(p.given, p.origin) for p in problems] == [
        ("root.optimizer=rmspro", "configs/model/bad.yaml:3"),
        ("root.schedule={'a': 1}", "configs/model/bad.yaml:4"),
        ("root.task=tag", "configs/model/bad.yaml:5")]
    assert "rmsprop" in problems[0].expected
