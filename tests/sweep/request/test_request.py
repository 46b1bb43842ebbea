"""A sweep in an experiment's file: rows, axes, pairs, exclusions, seeds; and what is typed goes above it."""

from __future__ import annotations

from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st

from dlrun.config.compose.composer import Composer
from dlrun.config.problem import ConfigError
from dlrun.record.plan import Plan, store
from dlrun.sweep.request.to_override import to_override

FULL = """
defaults:
  - override /model: dense
epochs: 2
sweep:
  rows:
    sgd: [optimizer=sgd, optimizer.momentum=0.9]
    adam: {optimizer: adam, optimizer.lr: 0.01}
    plain:
  axes:
    model.hidden: [[8], [8, 4]]
    batch_size: 32,64
  pairs:
    - {model.dropout: [0, 0.5], model: {l2: [0.1, 0]}}
  exclude:
    - {row: sgd, model.hidden: [[8, 4]]}
    - {row: [adam, plain], batch_size: 64}
  seeds: 2
  metric: val/loss
  versus: adam
"""


def shown(plan: Plan) -> list[tuple[Any, ...]]:
    return [(job.row, *job.values.values(), job.seed) for job in plan.jobs]


def test_rows_axes_pairs_and_seeds_are_crossed_in_this_order(plan, write) -> None:
    write({"experiments/book/full.yaml": FULL})
    made = plan("experiment=book/full")
    expected = [(row, hidden, batch, dropout, l2, seed)
                for row in ("sgd", "adam", "plain") for hidden in ([8], [8, 4]) for batch in (32, 64)
                for dropout, l2 in ((0, 0.1), (0.5, 0)) for seed in (0, 1)
                if not (row == "sgd" and hidden == [8, 4]) and not (row != "sgd" and batch == 64)]
    assert shown(made) == expected
    assert made.name == "book-full" and made.seeds == [0, 1]
    assert (made.options["metric"], made.options["versus"]) == ("val/loss", "adam")
    first, last = made.jobs[0].config, made.jobs[-1].config
    assert (first["optimizer"]["kind"], first["optimizer"]["momentum"], first["epochs"]) == ("sgd", 0.9, 2)
    assert (last["optimizer"]["kind"], last["optimizer"]["lr"], last["model"]["hidden"]) == ("adam", 0.001, [8, 4])
    assert first["sweep"] is None


@pytest.mark.parametrize(("excluded", "left"), [
    ("[8, 8]", [([8], 32), ([8], 64), ([8, 8], 64)]), ("[[8, 8], [8]]", [([8], 64), ([8, 8], 64)]),
    ("[8]", [([8], 64), ([8, 8], 32), ([8, 8], 64)])])
def test_a_list_that_is_excluded_is_a_value_or_some_values(plan, write, excluded: str, left: list[tuple[Any, ...]]
                                                           ) -> None:
    write({"experiments/x.yaml": "defaults: [{override /model: dense}]\nsweep:\n  axes: {model.hidden: [[8], [8, 8]], "
           f"batch_size: [32, 64]}}\n  exclude: [{{model.hidden: {excluded}, batch_size: [32, 16]}}]\n"})
    assert [tuple(job.values.values()) for job in plan("experiment=x").jobs] == left


@pytest.mark.parametrize(("overrides", "left"), [
    (["model.hidden=[5]"], {"model.hidden": None}), (["batch_size=16,8,4"], {"batch_size": [16, 8, 4]}),
    (["model.dropout=0.25"], {"model.dropout": None, "model.l2": [0.1, 0]}), (["seed=7"], {}), (["seeds=3"], {}),
])
def test_what_is_typed_goes_above_the_file(plan, write, overrides: list[str], left: dict[str, Any]) -> None:
    write({"experiments/x.yaml": FULL.replace("    - {row: sgd, model.hidden: [[8, 4]]}\n", "").replace(
        "    - {row: [adam, plain], batch_size: 64}\n", "").replace("  exclude:\n", "")})
    full = {"model.hidden": [[8], [8, 4]], "batch_size": [32, 64], "model.dropout": [0, 0.5], "model.l2": [0.1, 0]}
    made = plan("experiment=x", *overrides)
    assert made.axes == {key: value for key, value in {**full, **left}.items() if value is not None}
    assert made.seeds == {"seed=7": [7], "seeds=3": [0, 1, 2]}.get(overrides[0], [0, 1])
    for word in overrides:
        key, _, value = word.partition("=")
        if key == "model.hidden":
            assert {str(job.config["model"]["hidden"]) for job in made.jobs} == {value}


def test_typed_words_go_above_rows_too(plan, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  rows:\n    a: [epochs=5, optimizer=sgd]\n    b: [epochs=6]\n"})
    made = plan("experiment=x", "epochs=1", "optimizer.lr=0.5")
    assert [(job.row, job.config["epochs"], job.config["optimizer"]["name"]) for job in made.jobs] == [
        ("a", 1, "sgd"), ("b", 1, "adam")]


def test_hydras_own_form_of_a_sweep_is_honoured(plan, write) -> None:
    write({"experiments/x.yaml": "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      model: dense,softmax\n"
                                 "      seed: range(2)\n"})
    made = plan("experiment=x")
    assert [(job.values["model"], job.seed) for job in made.jobs] == [
        ("dense", 0), ("dense", 1), ("softmax", 0), ("softmax", 1)]


@pytest.mark.parametrize("value", [
    "a, b", "it's", "1e-3", "null", "true", "${seed}", "x y", "[1,2]", "", "a:b", "ü", "\\", "'q'", " lead", "1,2",
])
def test_a_files_text_comes_through_the_command_line_as_it_is(plan, write, value: str) -> None:
    for key, wanted in (("book.text", value), ("book.list", [value, 1]), ("book.map", {"k": value, "n": None})):
        composition, problems = Composer().compose([f"+{to_override(key, wanted)}"])
        assert composition is not None and not problems, problems
        expected = "0" if value == "${seed}" else value
        found = composition.plain["book"][key[5:]]
        if value == "${seed}":
            assert str(found).count("${") == 0
        else:
            assert found == (expected if key == "book.text" else wanted)


@example("Inf")
@example("nan")
@example("NULL")
@example("True")
@example("e1")
@given(st.text(alphabet="aefnulitr_019.-/XE", max_size=8))
def test_a_word_without_quotes_is_read_as_that_word_by_hydra(text: str) -> None:
    said = to_override("k", [text])
    if said == f"k=[{text}]":
        assert OverridesParser.create().parse_override(said).value() == [text]
    said = to_override("k", {"a": text})
    if said == f"k={{a:{text}}}":
        assert OverridesParser.create().parse_override(said).value() == {"a": text}


def test_an_experiments_sweep_keeps_its_name_while_its_jobs_are_the_files(plan, write) -> None:
    write({"experiments/a/x.yaml": "sweep:\n  axes:\n    batch_size: [32, 64]\n"})
    assert plan("experiment=a/x").name == plan("experiment=a/x", "device=cpu", "verbosity=0").name == "a-x"
    assert plan("experiment=a/x", "seeds=3").name == "a-x"
    short = plan("experiment=a/x", "epochs=1").name
    assert short.startswith("a-x-") and short == plan("experiment=a/x", "epochs=1").name
    assert plan("experiment=a/x", "epochs=2").name != short


def test_the_same_command_finds_its_sweep_and_another_has_another_name(plan) -> None:
    one = plan("batch_size=32,64", "seeds=2")
    assert one.name.startswith("batch_size-") and one.name == plan("batch_size=32,64", "seeds=2").name
    assert plan("batch_size=32,16", "seeds=2").name != one.name
    assert plan("batch_size=32,64", "seeds=2", "sweep.name=mine").name == "mine"


def test_a_named_sweep_takes_more_seeds_and_says_what_became_of_its_jobs(plan) -> None:
    store(plan("batch_size=32,64", "seeds=2", "sweep.name=mine"))
    more = plan("batch_size=32,64", "seeds=3", "sweep.name=mine")
    assert "had 4 jobs: 4 are kept, 2 are new, 0 are no longer in it" in more.notes[-1]
    assert not plan("batch_size=32,64", "seeds=2", "sweep.name=mine").notes


def test_a_row_that_names_an_experiment_stands_on_that_one_and_the_others_on_the_file(plan, write) -> None:
    write({"experiments/x.yaml": "defaults:\n  - override /model: dense\nepochs: 3\nsweep:\n  rows:\n    a: []\n"
                                 "    b: [experiment=book/other]\n    c: [experiment=book/other, epochs=5]\n"
                                 "  seeds: 2\n",
           "experiments/book/other.yaml": "defaults:\n  - override /model: softmax\nepochs: 4\n"})
    made = plan("experiment=x", "batch_size=16")
    assert [(job.row, job.config["model"]["name"], job.config["epochs"], job.config["batch_size"], job.seed)
            for job in made.jobs] == [(row, model, epochs, 16, seed) for row, model, epochs in (
                ("a", "dense", 3), ("b", "softmax", 4), ("c", "softmax", 5)) for seed in (0, 1)]
    alone = plan("experiment=book/other", "batch_size=16", "seeds=2")
    assert [job.id for job in made.jobs if job.row == "b"] == [job.id for job in alone.jobs]
    assert plan("experiment=x").name == "x"


def test_an_axis_of_experiments_stands_on_each(plan, write) -> None:
    write({"experiments/x.yaml": "epochs: 3\nsweep:\n  axes:\n    experiment: [b, c]\n",
           "experiments/b.yaml": "epochs: 4\n", "experiments/c.yaml": "epochs: 5\n"})
    made = plan("experiment=x")
    assert [(job.values["experiment"], job.config["epochs"]) for job in made.jobs] == [("b", 4), ("c", 5)]


def test_a_row_on_a_sweep_is_said(plan, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  rows:\n    a: [experiment=y]\n    b: [experiment=nowhere]\n",
           "experiments/y.yaml": "sweep:\n  axes:\n    epochs: [1, 2]\n"})
    with pytest.raises(ConfigError) as caught:
        plan("experiment=x")
    said = [str(problem.given) + " " + problem.expected for problem in caught.value.problems]
    assert any("a: experiment=y" in line and "is a sweep itself" in line for line in said), said
    assert any("nowhere" in line and "no such experiment" in line for line in said), said
