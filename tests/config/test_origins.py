"""Where a value came from: the command line, a file and its line, or the schema's default."""

from __future__ import annotations

import pytest

from dlrun.config.origins import Origins

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
