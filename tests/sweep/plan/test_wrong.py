"""Everything that is wrong with any job is said at once, with the job that has it."""

from __future__ import annotations

import time
import tracemalloc

import pytest


@pytest.mark.parametrize(("overrides", "says"), [
    (["seeds=0"], ["seeds=0: expected a number n for the seeds 0 to n-1, or a list of seeds"]),
    (["seeds=[1,x]"], ["seeds=[1,x]: expected a number n"]),
    (["seeds=99999999999"], ["seeds=99999999999: it has 99,999,999,999 seeds; 20,000 is the most"]),
    (["seeds=2", "seed=3"], ["seeds=2: seed=3 sets the seeds already"]),
    (["seeds=2", "seeds=3"], ["seeds=3: it is given twice; seeds=2 comes before"]),
    (["seed=1,2", "seed=3"], ["seed=3: seed is given twice; seed=1,2 comes before"]),
    (["model=cnn,dense", "zip(model=cnn,dense; epochs=1,2)"], ["model is given twice; model=cnn,dense comes before"]),
    (["workers=0"], ["workers=0: expected an integer >= 1 or \"auto\""]),
    (["workers=1,2"], ["workers=1,2: expected one value: it holds for the whole sweep"]),
    (["on_error=stopp"], ["on_error=stopp: ", "did you mean  stop"]),
    (["retry=all"], ["retry=all: expected one of none, failed"]),
    (["launcher=slurm"], ["launcher=slurm: expected one of local, inline, joblib, ray, submitit"]),
    (["launcher_args={a: 1}"], ["launcher_args={a: 1}: launcher=local takes no arguments"]),
    (["sweep.sedes=3"], ["sweep.sedes=3: a sweep has no such key; did you mean  seeds"]),
    (["sweep.axes={a: [1]}"], ["on the command line an axis is  optimizer.lr=0.1,0.01"]),
    (["sweep.name=a/b"], ["sweep.name=a/b: expected the name of one folder"]),
    (["sweep.name=.."], ["sweep.name=..: expected the name of one folder"]),
    (["zip(epochs=1,2; batch_size=3)"],
     ["expected the same number of values for each key; epochs has 2, batch_size has 1"]),
    (["zip(epochs=1,2)"], ["expected two or more keys that vary together, as in  zip("]),
    (["zip(epochs)"], ["expected keys with their values"]),
    (["zip(epochs=1,2; batch_size=3,4"], ["the  (  is not closed"]),
    (["zip()"], ["zip(): it is empty; as in  zip("]),
    (["skip(model=lstm)", "model=dense,cnn"], ["skip(model=lstm): it matches no job: model is dense or cnn"]),
    (["skip(modle=cnn)", "model=dense,cnn"], ["no override of this sweep sets modle; did you mean  model"]),
    (["skip(model=dense,cnn)", "model=dense,cnn"], ["skip(model=dense,cnn): no job is left"]),
    (["skip(cnn)", "model=dense,cnn"], ["expected keys with their values, as in  skip("]),
    (["optimizer.lr=interval(0,1)"], ["an interval needs a search (search=tpe)"]),
    (["optimizer.lr=interval(1,0)", "search=tpe"], ["expected interval(low,high) with low < high"]),
    (["batch_size=range(1,100000)"], ["batch_size=range(1,100000): it has more than 20,000 values"]),
    (["batch_size=range(1,201)", "seeds=101"], ["the grid: it has 20,200 jobs; 20,000 is the most"]),
    (["metric=val/acuracy", "model=dense,cnn"], ["metric=val/acuracy: expected one of test/loss",
                                                   "did you mean  val/acc"]),
    (["metric=val/loss", "validation=0", "model=dense,cnn"], ["metric=val/loss: expected one of test/loss"]),
    (["versus=cn", "model=dense,cnn"], ["versus=cn: no such row; there are: dense, cnn; did you mean  cnn"]),
    (["versus=dense", "optimizer.lr=interval(0.1,1)", "search=tpe"], ["versus=dense: a search has no rows before"]),
    (["output_dir=a,b"], ["output_dir=b: a sweep has one folder; a is another job's"]),
    (["batch_size=0,32", "seeds=2"],
     ['batch_size=0: expected an integer >= 1 or "auto" (default 128); in 2 of 4 jobs']),
    (["model=cnn,dense", "dataset=digits,iris"], ["model=cnn: cnn expects images",
                                                  "in job 2 (model=cnn dataset=iris)"]),
])
def test_it_is_said_in_a_sentence(wrong, overrides: list[str], says: list[str]) -> None:
    told = "\n".join(wrong(*overrides))
    for fragment in says:
        assert fragment in told, told


@pytest.mark.parametrize("asked", ["seeds=30000000", "seeds=range(0,30000000)", "seeds=range(30000000,0,-1)",
                                   "seed=range(30000000)", "seed=shuffle(range(30000000))",
                                   "seed=sort(range(30000000))", "optimizer.lr=range(1.5,30000000)"])
def test_millions_of_seeds_or_values_are_refused_before_they_are_listed(wrong, asked: str) -> None:
    tracemalloc.start()
    try:
        [told] = wrong(asked)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told.startswith(f"{asked}: it has ") and "20,000" in told
    assert most < 20e6, "bytes; a list of so many takes a gigabyte"


@pytest.mark.parametrize("metric", ["rows_per_second", "seconds", "f1", "best/val/loss"])
def test_a_measure_that_results_will_have_is_none_of_the_mistakes(plan, metric: str) -> None:
    assert plan("optimizer=sgd,adam", f"metric={metric}").options["metric"] == metric


def test_all_problems_of_all_jobs_are_said_and_each_once(wrong) -> None:
    told = wrong("modle=cnn", "optimizer=sgd,adam", "optimizer.beta1=0.5", "batch_size=0,x", "seeds=3")
    assert len(told) == 4 and told[0] == "modle=cnn: no such key; did you mean  model=cnn"
    assert any(line.startswith("optimizer.beta1=0.5: optimizer sgd has no such key") and "in 6 of 12 jobs" in line
               for line in told)
    assert {line.split(":")[0] for line in told[2:]} == {"batch_size=0", "batch_size=x"}


def test_a_problem_in_a_file_names_file_and_line(wrong, write) -> None:
    write({"experiments/x.yaml": "epochs: 2\nsweep:\n  seeds: x\n  axes:\n    batch_size: [1]\n    optimizer.lr: []\n"
                                 "  workres: 3\n  rows:\n    a: [optimizer=sdg]\n    b: 3\n  pairs: [3]\n",
           "configs/model/bad.yaml": "kind: dense\nhidden: [0]\n"})
    told = "\n".join(wrong("experiment=x", "model=dense,bad"))
    for fragment in ("sweep.workres=3: no such key; did you mean  sweep.workers (experiments/x.yaml:7)",
                     "sweep.axes.optimizer.lr: it has no values (experiments/x.yaml:6)",
                     "a: optimizer=sdg: no such optimizer; did you mean  optimizer=sgd (experiments/x.yaml:9)",
                     "sweep.rows.b: expected a list of overrides", "sweep.pairs.0: expected a mapping",
                     "sweep.seeds=x: expected a number n", "(configs/model/bad.yaml:2)"):
        assert fragment in told, told


def test_a_key_of_a_file_is_set_in_one_place(wrong, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  rows:\n    a: [epochs=2, seed=3]\n  axes:\n    epochs: [3, 4]\n"
                                 "    batch_size: [1, 2]\n  pairs:\n    - {batch_size: [3, 4], optimizer.lr: [1, 2]}\n"
                                 "  seeds: 2\n"})
    told = wrong("experiment=x")
    assert [line.partition(" (")[0] for line in told] == [
        "epochs=[3, 4]: epochs is set by sweep.rows already",
        "sweep.pairs.0: batch_size is set by batch_size=[1, 2] already",
        "sweep.seeds: seed is set by sweep.rows already"]


def test_a_sweep_that_is_no_mapping(wrong, write) -> None:
    write({"experiments/x.yaml": "sweep: [1]\n"})
    assert wrong("experiment=x") == [
        "sweep: expected a mapping: rows, axes, pairs, exclude, seeds, ... (experiments/x.yaml:1)"]


def test_a_sweep_of_sweeps_is_refused(wrong, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  seeds: 2\n", "experiments/y.yaml": "epochs: 3\n"})
    assert wrong("experiment=x,y") == ["experiment=x,y: experiment=x is a sweep itself; run it alone"]


@pytest.mark.parametrize("rates", [25, pytest.param(100, marks=pytest.mark.slow)])
def test_a_thousand_wrong_jobs_are_told_in_seconds(wrong, rates: int) -> None:
    begun = time.process_time()
    told = wrong("modle=cnn", "optimizer.lrr=1", "batch_size=0",
                 f"optimizer.lr=range(0.001,{rates / 1000 + 0.001},0.001)", "seeds=10")
    assert len(told) == 3 and time.process_time() - begun < rates * 0.15
