"""Where a value came from: the command line, a file and its line, or the schema's default."""

from __future__ import annotations

import pytest

from dlrun.config.compose import origins as module
from dlrun.config.compose.compose import compose
from dlrun.config.compose.origins import Origins
from dlrun.config.compose.plain import plain_keys_and_files

FILES = {
    "experiments/x.yaml": "# mine\ndefaults:\n  - override /model: lenet\n"
                          "epochs: 3\nmodel:\n  # wider\n  dropout: 0.5\n"
                          "optimizer: {lr: 0.1}\nvalidation:\n  take: random\n",
    "configs/optimizer/slow.yaml": "# slow\nkind: sgd\nlr: 0.001\n",
}


@pytest.fixture
def origins(write) -> Origins:
    write(FILES)
    return Origins(["experiment=x", "model.hidden=[3]", "seed=1"])


@pytest.mark.parametrize(("key", "of", "place"), [
    ("seed", "command line", ""),
    ("model.hidden", "command line", ""),
    ("batch_size", "default", ""),
    ("model.padding", "default", ""),
    ("epochs", "experiments/x.yaml", "experiments/x.yaml:4"),
    ("model.dropout", "experiments/x.yaml", "experiments/x.yaml:7"),
    ("optimizer.lr", "experiments/x.yaml", "experiments/x.yaml:8"),
    ("validation.take", "experiments/x.yaml", "experiments/x.yaml:10"),
    ("validation", "experiments/x.yaml", "experiments/x.yaml:10"),
    ("model.kernel", "configs/model/lenet.yaml", "configs/model/lenet.yaml:4"),
])
def test_each_value_has_its_origin(key: str, of: str, place: str, origins: Origins) -> None:
    assert (origins.of(key), origins.place(key)) == (of, place)


def test_the_last_file_wins(write) -> None:
    write(FILES)
    origins = Origins(["experiment=x", "optimizer=slow"])
    assert origins.place("optimizer.lr") == "experiments/x.yaml:8"
    assert Origins(["optimizer=slow"]).place("optimizer.lr") == "configs/optimizer/slow.yaml:3"


def test_a_word_wins_over_a_file(write) -> None:
    write(FILES)
    assert Origins(["experiment=x", "epochs=9"]).of("epochs") == "command line"


def test_a_mapping_that_is_typed_covers_its_members(folder) -> None:
    assert Origins(["validation={take:random}"]).place("validation.take") == ""


def test_a_group_that_a_file_sets_whole_is_named_there(write) -> None:
    write({"experiments/y.yaml": "epochs: 3\nmodel: dense\n"})
    assert Origins(["experiment=y"]).place("model") == "experiments/y.yaml:2"


def test_a_key_whose_members_are_in_two_files_is_in_the_last_one(write) -> None:
    write({"experiments/base.yaml": "validation:\n  size: 0.1\n",
           "experiments/more.yaml": "defaults:\n  - base\n  - _self_\nvalidation:\n  take: random\n"})
    assert Origins(["experiment=more"]).place("validation") == "experiments/more.yaml:5"
    assert Origins(["experiment=more"]).place("validation.size") == "experiments/base.yaml:2"


def test_an_experiment_that_takes_in_another_wins_where_both_speak(write) -> None:
    write({"experiments/book/base.yaml": "# a\ndefaults:\n  - override /model: dense\n  - override /optimizer: sgd\n"
                                         "model:\n  hidden: [7]\n  dropout: 0.5\nepochs: 3\nseed: 4\n",
           "experiments/book/more.yaml": "# b\ndefaults:\n  - /experiment/book/base\n"
                                         "  - override /optimizer: adam\nmodel: {dropout: 0.1}\nepochs: 9\n"})
    composed, problems = compose(["experiment=book/more"])
    assert composed is not None and not problems
    values = composed.plain
    assert (values["model"]["hidden"], values["model"]["dropout"]) == ([7], 0.1)
    assert (values["optimizer"]["kind"], values["epochs"], values["seed"]) == ("adam", 9, 4)
    origins = Origins(["experiment=book/more"])
    assert origins.place("epochs") == "experiments/book/more.yaml:6"
    assert origins.place("model.dropout") == "experiments/book/more.yaml:5"
    assert origins.place("model.hidden") == "experiments/book/base.yaml:6"
    assert origins.place("seed") == "experiments/book/base.yaml:9"


@pytest.mark.parametrize("overrides", [
    [], ["model=lenet", "seed=1"], ["model=vae"], ["optimizer=momentum", "model.hidden=[3]"],
    ["dataset=iris", "model=cnn"], ["schedule=warmup", "early_stop=patience", "task=denoise"], ["augment=gulli"],
    ["model=conv_vae", "validation=0.3"], ["model=gru"], ["task=next_token", "model=wgan", "dataset=iris"]],
    ids=" ".join)
def test_origins_without_hydra_are_those_by_hydra(overrides: list[str], folder, monkeypatch) -> None:
    assert plain_keys_and_files(overrides) is not None
    found = vars(Origins(overrides))
    monkeypatch.setattr(module, "plain_keys_and_files", lambda overrides: None)
    assert [(name, list(value)) for name, value in found.items()] == [
        (name, list(value)) for name, value in vars(Origins(overrides)).items()]
    assert found == vars(Origins(overrides))


@pytest.mark.parametrize("overrides", [
    ["experiment=gulli/mnist_v1"], ["seed=1", "seed=2"], ["name='a'"]], ids=" ".join)
def test_other_origins_are_left_to_hydra(overrides: list[str], folder) -> None:
    assert plain_keys_and_files(overrides) is None
