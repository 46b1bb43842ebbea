"""Which jobs a command has, in which order, and that each is identical to the single run with the same overrides."""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import pytest

from dlrun.config.identity import identity, run_name
from dlrun.preflight.preflight import preflight, stored
from dlrun.record.plan import Plan, load, store


def values(plan: Plan) -> list[tuple[Any, ...]]:
    return [tuple(job.values.values()) for job in plan.jobs]


@pytest.mark.parametrize(("word", "expected"), [
    ("batch_size=32,64", [32, 64]),
    ("batch_size=range(32,65,16)", [32, 48, 64]),
    ("optimizer.lr=choice(0.1,1e-3)", [0.1, 0.001]),
    ("optimizer.lr=range(0.25,1,0.25)", [0.25, 0.5, 0.75]),
    ("model.hidden=[8],[8,8]", [[8], [8, 8]]),
    ("batch_size=sort(64,16,32)", [16, 32, 64]),
    ("batch_size=tag(big,choice(64,32))", [64, 32]),
    ("optimizer=glob(ada*,exclude=adam*)", ["adadelta", "adagrad"]),
    ("name='a,b',c", ["a,b", "c"]),
    ("early_stop.monitor=val/loss,train/loss", ["val/loss", "train/loss"]),
])
def test_hydras_grammar_makes_the_axis(plan, word: str, expected: list[Any]) -> None:
    made = plan(word, "model=dense", *(["early_stop=patience"] if "early" in word else []))
    key = word.split("=")[0]
    if key != "name":  # two folders for the same run: one job
        assert made.axes == {key: expected} and [job.values[key] for job in made.jobs] == expected
    assert made.axes == {key: expected}


def test_a_shuffled_choice_has_all_its_values(plan) -> None:
    assert sorted(plan("batch_size=shuffle(3,1,2)").axes["batch_size"]) == [1, 2, 3]


def test_axes_are_crossed_in_their_order_and_seeds_last(plan) -> None:
    made = plan("seeds=2", "model=dense,cnn", "optimizer.lr=0.1,0.01")
    expected = list(itertools.product(("dense", "cnn"), (0.1, 0.01), (0, 1)))
    assert [(*job.values.values(), job.seed) for job in made.jobs] == expected
    assert [job.number for job in made.jobs] == list(range(1, 9))
    assert made.axes == {"model": ["dense", "cnn"], "optimizer.lr": [0.1, 0.01]} and made.seeds == [0, 1]


@pytest.mark.parametrize(("word", "seeds"), [
    ("seeds=3", [0, 1, 2]), ("seeds=[4,2]", [4, 2]), ("seeds=1,2", [1, 2]), ("seeds=range(3,5)", [3, 4]),
    ("sweep.seeds=2", [0, 1]), ("seed=7,8", [7, 8]), ("seed=range(2)", [0, 1]), ("seeds=1", [0]), ("seed=5", [5]),
])
def test_seeds_are_an_axis_of_their_own(plan, word: str, seeds: list[int]) -> None:
    made = plan("model=dense,softmax", word)
    assert made.seeds == seeds and made.axes == {"model": ["dense", "softmax"]}
    assert [(job.values["model"], job.seed, job.config["seed"]) for job in made.jobs] == [
        (model, seed, seed) for model in ("dense", "softmax") for seed in seeds]


def test_zip_varies_keys_together(plan) -> None:
    made = plan("zip(optimizer.lr=0.1,0.01; batch_size=range(32,65,32))", "model=dense,cnn")
    assert values(made) == [(0.1, 32, "dense"), (0.1, 32, "cnn"), (0.01, 64, "dense"), (0.01, 64, "cnn")]
    assert made.options["pairs"] == [["optimizer.lr", "batch_size"]]


def test_skip_leaves_out_what_has_all_its_values(plan) -> None:
    made = plan("model=dense,cnn", "batch_size=16,32,64", "skip(model=cnn, batch_size=16,64)", "skip(batch_size=32)")
    assert values(made) == [("dense", 16), ("dense", 64)]
    assert any("4 jobs left out" in note for note in made.notes)


def test_a_job_is_the_run_that_its_words_alone_are(plan) -> None:
    made = plan("model=dense,cnn", "optimizer=sgd,adam", "seeds=2", "epochs=3", "name=null")
    for job in made.jobs:
        alone = preflight(job.overrides).config
        assert (job.id, job.folder) == (identity(alone), f"{run_name(alone)}/{identity(alone)}")
        assert job.config == alone.plain
        assert stored(job.config).config == alone
    assert made.jobs[0].overrides == ("model=dense", "optimizer=sgd", "epochs=3", "name=null", "seed=0")


@pytest.mark.parametrize("overrides", [
    ["model=gan,wgan", "optimizer=rmsprop", "task.critic_steps=1,2"],
    ["model=dense", "task.class_weights=null,balanced"],
    ["model=vae,autoencoder"], ["model=dcgan", "task.order=alternating,simultaneous"],
], ids=" ".join)
def test_a_task_that_model_and_data_choose_is_that_of_the_single_run(plan, overrides: list[str]) -> None:
    for job in plan(*overrides).jobs:
        assert job.config == preflight(job.overrides).config.plain


def test_a_models_word_on_the_root_keys_counts_in_its_jobs(plan, write) -> None:
    write({"configs/model/long.yaml": "kind: dense\nroot:\n  epochs: 7\n"})
    made = plan("model=dense,long", "batch_size=32,64")
    assert [job.config["epochs"] for job in made.jobs] == [40, 40, 7, 7]
    assert [job.steps for job in made.jobs] == [40 * 36, 40 * 18, 7 * 36, 7 * 18]  # 1,149 rows
    assert {job.config["epochs"] for job in plan("model=dense,long", "epochs=3").jobs} == {3}


def test_two_jobs_with_one_id_are_one_and_it_is_said(plan) -> None:
    made = plan("model.dropout=0,0.0", "model=dense", "device=auto,cpu", "seeds=[1,1]")
    assert len(made.jobs) == 1 and any("is the run of job 1" in note for note in made.notes)
    assert any("more jobs that are another's run" in note for note in made.notes)


def test_a_user_s_class_that_is_allowed_is_planned(plan, write) -> None:
    write({"configs/model/mine.yaml": "_target_: mine.Net\nwidth: 1\n", "mine.py": "class Net:\n    pass\n"})
    made = plan("model=mine", "allow=mine", "model.width=1,2", "+model.depth=3,4")
    assert [(job.config["model"]["width"], job.config["model"]["depth"]) for job in made.jobs] == [
        (1, 3), (1, 4), (2, 3), (2, 4)]
    assert len({job.id for job in made.jobs}) == 4


def test_a_csv_is_looked_at_once_for_all_jobs(plan, write, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.config import content as contents
    from dlrun.sweep.plan import checking

    write({"t.csv": "a,b,y\n" + "".join(f"{row},{row * 2},{row % 2}\n" for row in range(60))})
    looked, hashed = [], []
    real_peek, real_hash = checking.dataset_info, contents.content_hash
    monkeypatch.setattr(checking, "dataset_info", lambda *args, **more: looked.append(1) or real_peek(*args, **more))
    monkeypatch.setattr(checking, "content_hash", lambda path: hashed.append(path) or real_hash(path))
    csv = ["dataset=csv", "dataset.path=t.csv", "dataset.target=y"]
    made = plan(*csv, "model=dense", "optimizer.lr=0.1,0.2", "seeds=5")
    assert len(made.jobs) == 10 and len(looked) == 1 and len(hashed) == 1
    assert made.jobs[0].id == identity(preflight(made.jobs[0].overrides).config)


def test_a_stored_plan_does_not_see_an_edited_file(plan, write) -> None:
    write({"configs/model/wide.yaml": "kind: dense\nhidden: [64]\n"})
    made = plan("model=wide", "seeds=2")
    store(made)
    write({"configs/model/wide.yaml": "kind: dense\nhidden: [3]\n"})
    again = load(made.folder)
    assert again == made
    for job in again.jobs:
        checked = stored(job.config)
        assert checked.config.model.hidden == (64,) and identity(checked.config) == job.id
    assert {job.config["model"]["hidden"][0] for job in plan("model=wide", "seeds=2").jobs} == {3}


@pytest.mark.slow
def test_a_thousand_jobs_are_planned_in_fifteen_seconds(plan) -> None:
    begun = time.process_time()  # the machine's other work does not count
    made = plan("model=dense,cnn", "optimizer.lr=range(0.001,0.0505,0.001)", "seeds=10")
    assert len({job.id for job in made.jobs}) == 1000
    assert time.process_time() - begun < 15


def test_planning_knows_no_torch(folder) -> None:
    import subprocess

    code = ("import sys\nfrom dlrun.sweep.make import make_plan\n"
            "assert len(make_plan(['model=dense,cnn', 'seeds=2']).jobs) == 4\nsys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=folder).returncode == 0
