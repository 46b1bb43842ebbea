"""The overrides of the command line, one by one, before anything is composed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config.compose.compose import compose
from dlrun.config.compose.onto import onto
from dlrun.config.compose.origins import Origins
from dlrun.config.compose.overrides import possible, read_overrides, readable
from dlrun.config.flat import flatten
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS
from dlrun.sweep.request.axes import axis_of


def test_wrong_words_are_all_named_and_right_ones_are_kept(folder) -> None:
    good, problems = read_overrides(["seed=1", "model=cnnn", "name='a", "optimizer=sgd", "~seed", "seed=1,2"])
    assert [override.input_line for override in good] == ["seed=1", "optimizer=sgd"]
    assert [problem.given for problem in problems] == ["model=cnnn", "name='a", "~seed", "seed=1,2"]


def test_several_values_are_right_in_a_multirun(folder) -> None:
    good, problems = read_overrides(["seed=1,2", "model=cnn,dense", "optimizer=glob(ad*)"], multirun=True)
    assert len(good) == 3 and problems == []


@pytest.mark.parametrize("value", ["~/data/x.csv", "schüler.csv", "Größe in cm", "a;b", "50%", "x&y", "#1", "a<b>"])
def test_a_text_with_signs_that_hydra_refuses_is_that_text(value: str, folder) -> None:
    composition, problems = compose([f"name={value}", "epochs=3"])
    assert not problems and composition is not None and composition.plain["name"] == value
    assert Origins([f"name={value}"]).of("name") == "command line"
    assert [choice.sets for choice in axis_of(f"name={value}").choices] == [{"name": value}]
    assert readable("seed=1") == "seed=1" and readable("seed=1,2") == "seed=1,2"


NUMBERS = ["name=2026_11_30", "name=1.10", "name=1e3", "name=+5", "name=NaN", "output_dir=2026_11_30", "name=1.1",
           "dataset.target=1_0", "dataset.group=1_0", "name=5"]


@pytest.mark.parametrize("more", [[], ["batch_size=1_0"]], ids=["plain", "by Hydra"])
@pytest.mark.parametrize("word", NUMBERS)
def test_a_text_that_looks_like_a_number_is_what_was_typed(word: str, more: list[str], folder) -> None:
    key, _, typed = word.partition("=")
    composition, problems = compose(["dataset=csv", "dataset.path=x.csv", word, *more])
    assert composition is not None and not problems
    assert str(flatten(composition.plain)[key]) == typed
    assert composition.plain["batch_size"] == (10 if more else "auto")
    assert str(flatten(onto(compose(["dataset=csv"])[0].plain, [word]))[key]) == typed
    assert compose(composition.overrides)[0] == composition


def test_texts_in_a_list_that_look_like_numbers_are_what_was_typed(folder) -> None:
    composition, _ = compose(["dataset=csv", "dataset.drop=[1_0, 2.50,a,3]", "optimizer.lr=1_0.50", "test_at=[1_0]"])
    assert composition.plain["dataset"]["drop"] == ["1_0", "2.50", "a", 3]
    assert (composition.plain["optimizer"]["lr"], composition.plain["test_at"]) == (10.5, [10])


def test_arguments_of_a_class_of_ones_own_stay_numbers(write) -> None:
    write({"configs/model/mine.yaml": "_target_: net.Net\nbase: 1\nweights: [1]\n", "net.py": "class Net: pass\n"})
    composition, _ = compose(["model=mine", "model.base=1.10", "model.weights=[1e3]"])
    assert (composition.plain["model"]["base"], composition.plain["model"]["weights"]) == (1.1, [1000.0])


@pytest.mark.parametrize("word", ["name=a;b,c", "name=[ä", "name='ä", "name= ä", "ä=1", "name=ä\nb", "lr=ä=1",
                                  "name=ä${x}"])
def test_what_may_mean_something_else_is_not_quoted(word: str, folder) -> None:
    good, problems = read_overrides([word])
    assert good == [] and len(problems) == 1


@settings(deadline=None)  # the first word with an ending has all data sets imported
@given(st.text(min_size=1, max_size=30))
def test_no_word_ends_in_an_exception(word: str) -> None:
    good, problems = read_overrides([word])
    assert len(good) + len(problems) == 1
    assert all(problem.expected for problem in problems)


@given(st.sampled_from(["seed", "model", "model.hidden", "optimizer.lr", "validation", "name", "hydra.job.name"]),
       st.text(alphabet="abc01.,[]{}()'\"=:;-+ ${}\\", max_size=12))
def test_no_value_ends_in_an_exception(key: str, value: str) -> None:
    good, problems = read_overrides([f"{key}={value}"])
    assert len(good) + len(problems) == 1


@pytest.mark.parametrize("word", ["a=${seed}", "model.hidden=${", "name=${oc.env:NOPE_NOT_THERE}", "model.l1=${nope}"])
def test_an_interpolation_that_leads_nowhere_is_a_problem(word: str, folder) -> None:
    _, problems = compose([word])
    assert len(problems) == 1 and problems[0].expected


def test_an_interpolation_is_followed(folder) -> None:
    composition, problems = compose(["batch_size=64", "seed=${batch_size}"])
    assert not problems and composition is not None and composition.plain["seed"] == 64


def test_what_is_called_impossible_is_no_kinds_key(folder) -> None:
    for group, kinds in KINDS.items():
        for schema in kinds.values():
            for key in rules(schema):
                assert possible(read_overrides([f"{group}.{key}=1"])[0][0])
    assert not possible(read_overrides(["early_stop.wxyz=1"])[0][0])
    assert possible(read_overrides(["optimizer.wxyz=1"])[0][0])  # a user's class has arguments of its own
    assert not possible(read_overrides(["wxyz=1"])[0][0])


def test_right_words_stand_in_the_composition_beside_wrong_ones(folder) -> None:
    composition, problems = compose(["wxyz=1", "seed=7", "model=dense", "model.hidden.x=1"])
    assert [problem.given for problem in problems] == ["wxyz=1", "model.hidden.x=1"]
    assert composition is not None and composition.plain["seed"] == 7
    assert composition.plain["model"]["kind"] == "dense"
    assert composition.overrides == ("model=dense", "seed=7")
