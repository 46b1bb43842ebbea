"""A search: what it draws, what it counts, and what becomes of trials that die, fail, or are no good.

The runs are not trained here: their folders are written by hand.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlrun.config.compose.session import hydra_started
from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError
from dlrun.record.folder import write_json
from dlrun.record.plan import load
from dlrun.record.trials import read_trials
from dlrun.report.collect import collect
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.plan.status import PRUNED, UNMEASURED, JobState, read_all, read_job
from dlrun.sweep.search.search_queue import SearchQueue
from tests.helpers.searches import opened

pytest.importorskip("optuna")
OVERRIDES = ["model=dense", "dataset=digits", "device=cpu", "threads=1"]
LR = "optimizer.lr=tag(log, interval(1e-4,1e-1))"
Train = Callable[[PendingJob], float | str]


def good(pending: PendingJob) -> float:
    """The made-up accuracy of a run: best at a learning rate of 0.01."""
    return 1 - abs(math.log10(pending.job.config["optimizer"]["lr"]) + 2) / 10


def write_result(pending: PendingJob, came: float | str) -> JobState:
    status = came if isinstance(came, str) else "finished"
    values = {} if isinstance(came, str) else {"accuracy": came, "loss": 1.0}
    write_json(pending.folder / "result.json", {
        "id": pending.job.id, "status": status, "stop_reason": status, "epochs": 10, "seconds": 1.0, "val": values,
        "test": values, "config": flatten(pending.job.config)})
    return read_job(pending.folder)


def work(search: SearchQueue, shown: Progress, train: Train = good, most: int = 1000,
         side: int = 1) -> list[PendingJob]:
    """Train up to `most` jobs, `side` at a time; those in hand are left running when it ends, as by a kill."""
    trained: list[PendingJob] = []
    while not search.finished:
        search.refill(side - len(search.running), shown)
        while len(search.running) < side and (pending := search.take(8, 0.0, shown.ended)):
            shown.began(pending)
        if len(trained) == most:
            break
        if search.running:
            pending = search.running[0]
            trained.append(pending)
            search.ended(pending, write_result(pending, train(pending)))
    return trained


@pytest.fixture
def search(plan, folder: Path):
    """``search(*overrides)`` opens what the command asks for, as often as it is called."""
    with hydra_started():
        yield lambda *overrides: opened(plan(*OVERRIDES, f"output_dir={folder}/runs", *overrides))


def values(search: SearchQueue, key: str) -> list[Any]:
    return [job.values[key] for job in search.plan.jobs]


def states(search: SearchQueue) -> list[str]:
    return [trial.state.name for trial in search.trials.all()]


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc", "cmaes"])
def test_every_sampler_draws_numbers_steps_and_choices_from_where_they_lie(search, sampler: str) -> None:
    found, shown = search(LR, "batch_size=int(interval(16,64))", "model.dropout=0,0.2", "model.l2=range(0.1,0.4,0.1)",
                          "steps_per_epoch=range(1,10,3)", f"search={sampler}", "n_trials=12")
    work(found, shown)
    lrs = values(found, "optimizer.lr")
    assert len(set(lrs)) == 12 and all(1e-4 <= lr <= 1e-1 for lr in lrs)
    assert 1 < sum(lr < 10**-2.5 for lr in lrs) < 11, "by the logarithm about half are below the middle"
    assert all(float(f"{lr:.4g}") == lr for lr in lrs)
    assert all(isinstance(size, int) and 16 <= size <= 64 for size in values(found, "batch_size"))
    assert set(values(found, "model.dropout")) == {0, 0.2}
    assert set(values(found, "model.l2")) <= {0.1, 0.2, 0.3} and len(set(values(found, "model.l2"))) > 1
    assert set(values(found, "steps_per_epoch")) <= {1, 4, 7} and len(set(values(found, "steps_per_epoch"))) > 1
    for job in found.plan.jobs:
        assert job.config["optimizer"]["lr"] == job.values["optimizer.lr"]


def test_a_search_whose_plan_is_lost_cut_or_damaged_has_the_jobs_of_its_trials_again(search, capsys) -> None:
    overrides = [LR, "model.dropout=0,0.2", "search=random", "n_trials=4"]
    first, shown = search(*overrides)
    work(first, shown)
    folder = first.plan.folder
    whole = {job.id: (job.overrides, job.values, job.config) for job in first.plan.jobs}
    jobs, head = folder / "jobs.jsonl", folder / "plan.json"
    for damage in (head.unlink, lambda: head.write_text("{"), jobs.unlink, lambda: jobs.write_text(""),
                   lambda: jobs.write_text(jobs.read_text().splitlines(keepends=True)[0]),
                   lambda: jobs.write_text(jobs.read_text()[:-40]), lambda: (folder / "trials.json").write_text("{}")):
        damage()
        capsys.readouterr()
        second, shown = search(*overrides)
        said = "plan.json or jobs.jsonl is missing or damaged" in capsys.readouterr().out
        assert said == ((folder / "trials.json").read_text() != "{}")
        assert work(second, shown) == []
        assert {job.id: (job.overrides, job.values, job.config) for job in second.plan.jobs} == whole
        assert load(folder) == second.plan


def test_a_damaged_study_is_a_sentence(search) -> None:
    first, shown = search(LR, "search=random", "n_trials=2")
    work(first, shown)
    study = first.plan.folder / "study.jsonl"
    study.write_text(study.read_text().replace("{", "[", 3))
    with pytest.raises(ConfigError, match="another sweep.name"):
        search(LR, "search=random", "n_trials=2")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_study_is_not_waited_for(search) -> None:
    first, shown = search(LR, "search=random", "n_trials=2")
    work(first, shown)
    study = first.plan.folder / "study.jsonl"
    study.unlink()
    os.mkfifo(study)
    with pytest.raises(ConfigError, match=r"(?s)study.jsonl.*not a regular file.*another sweep.name"):
        search(LR, "search=random", "n_trials=2")


def test_no_flipped_bit_of_a_study_is_read_and_what_was_cut_off_is_asked_again(plan, folder: Path) -> None:
    asked = plan(*OVERRIDES, f"output_dir={folder}/runs", LR, "search=random", "n_trials=3")
    first, shown = opened(asked)
    work(first, shown)
    study, drawn = first.plan.folder / "study.jsonl", values(first, "optimizer.lr")
    whole = study.read_bytes()
    lines = whole.splitlines(keepends=True)
    for damaged in [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1:]
                    for at in random.Random(1).sample(range(len(whole) - 1), 20)] + [
            b"".join(lines[:2] + lines[3:]), b"".join(lines[:2] + [lines[3], lines[2]] + lines[4:])]:
        study.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"(?s)study.jsonl.*(line|checksum)"):
            opened(asked)
    for kept in (1, 3, len(lines) - 1):
        study.write_bytes(b"".join(lines[:kept]))
        again, shown = opened(asked)
        work(again, shown)
        assert values(again, "optimizer.lr") == drawn and states(again) == ["COMPLETE"] * 3


def test_a_study_of_an_older_dlrun_goes_on_and_its_lines_are_covered_from_then_on(search) -> None:
    first, shown = search(LR, "search=random", "n_trials=3")
    work(first, shown)
    study = first.plan.folder / "study.jsonl"
    older = [{key: value for key, value in json.loads(line).items() if key != "crc32c"}
             for line in study.read_text().splitlines()]
    study.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in older))
    again, shown = search(LR, "search=random", "n_trials=4")
    work(again, shown)
    assert values(again, "optimizer.lr")[:3] == values(first, "optimizer.lr") and states(again) == ["COMPLETE"] * 4
    text = study.read_text()
    study.write_text(text.replace('"op_code"', '"op_cude"', 1))
    with pytest.raises(ConfigError, match=r"(?s)study.jsonl.*checksum of line"):
        search(LR, "search=random", "n_trials=4")
    study.write_text(text)
    from optuna.storages.journal import JournalFileBackend  # Optuna's own reader

    assert len(list(JournalFileBackend(str(study)).read_logs(0))) == len(text.splitlines())


def test_a_search_killed_after_7_of_20_ends_with_20_and_its_trials_in_hand_keep_their_values(search) -> None:
    overrides = [LR, "model.dropout=0,0.2", "search=tpe", "n_trials=20"]
    first, shown = search(*overrides)
    done = work(first, shown, most=7, side=2)
    left = [pending.job for pending in first.running]
    assert len(done) == 7 and len(left) == 2
    del first
    second, shown = search(*overrides)
    assert [job.id for job in second.plan.jobs] == [*dict.fromkeys(job.id for job in load(second.plan.folder).jobs)]
    rest = work(second, shown, side=2)
    assert [pending.job.id for pending in rest[:2]] == [job.id for job in left]
    assert not {pending.job.id for pending in done} & {pending.job.id for pending in rest}
    assert states(second) == ["COMPLETE"] * 20 and len(second.plan.jobs) == 20 == len(done) + len(rest)
    third, shown = search(*overrides)
    assert third.finished and not work(third, shown)
    more, shown = search(*overrides[:-1], "n_trials=23")
    assert more.plan.folder == second.plan.folder and len(work(more, shown)) == 3


def test_a_search_that_dies_again_and_again_draws_what_an_undisturbed_one_draws(search) -> None:
    overrides = [LR, "search=tpe", "n_trials=14"]
    whole, shown = search(*overrides, "sweep.name=whole")
    work(whole, shown)
    for most in (9, 1, 2, 1, 1):  # TPE begins with the tenth
        torn, shown = search(*overrides, "sweep.name=torn")
        work(torn, shown, most=most)
    assert values(torn, "optimizer.lr") == values(whole, "optimizer.lr")
    assert states(torn).count("COMPLETE") == 14


def test_half_a_line_that_a_killed_process_left_in_the_journal_is_taken_off(search) -> None:
    found, shown = search(LR, "search=random", "n_trials=4")
    work(found, shown, most=2)
    with (found.plan.folder / "study.jsonl").open("a") as file:
        file.write('{"op_code":5,"wor')
    again, shown = search(LR, "search=random", "n_trials=4")
    work(again, shown)
    assert states(again) == ["COMPLETE"] * 4


def test_tpe_finds_better_trials_than_chance(search) -> None:
    found, shown = search(LR, "search=tpe", "n_trials=40")
    work(found, shown)
    reached = [trial.value for trial in found.trials.all()]
    assert sum(reached[20:]) / 20 > sum(reached[:10]) / 10 + 0.02
    assert found.study.direction.name == "MAXIMIZE"


def test_a_trials_value_is_the_mean_over_its_seeds(search) -> None:
    found, shown = search(LR, "search=random", "n_trials=3", "seeds=3", "metric=val/accuracy")
    trained = work(found, shown, lambda pending: good(pending) + pending.job.seed / 100, side=2)
    assert [pending.job.seed for pending in trained] == [0, 1, 2] * 3
    for trial, jobs in zip(found.trials.all(), (found.plan.jobs[k:k + 3] for k in (0, 3, 6))):
        assert len({job.values["optimizer.lr"] for job in jobs}) == 1
        lr = jobs[0].values["optimizer.lr"]
        assert trial.value == pytest.approx(1 - abs(math.log10(lr) + 2) / 10 + 0.01)
    assert [row["jobs"] for row in read_trials(found.plan.folder)] == [
        [job.id for job in found.plan.jobs[k:k + 3]] for k in (0, 3, 6)]


def test_what_diverges_is_the_worst_and_what_fails_is_tried_again_only_when_asked(search) -> None:
    overrides = [LR, "search=tpe", "n_trials=6"]
    ends = iter([0.9, "failed", "diverged", 0.8, "out_of_memory", 0.7])
    found, shown = search(*overrides)
    work(found, shown, lambda pending: next(ends))
    assert states(found) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    assert found.trials.all()[2].value == -math.inf and found.trials.best().number == 0
    failed = [found.plan.jobs[1].id, found.plan.jobs[4].id]
    same, shown = search(*overrides)
    assert same.finished
    again, shown = search(*overrides, "retry=failed")
    assert [pending.job.id for pending in work(again, shown)] == failed
    assert states(again) == ["COMPLETE"] * 6 and len(again.plan.jobs) == 6


def test_a_loss_falls(search) -> None:
    found, shown = search(LR, "search=random", "n_trials=2", "metric=best/val/loss")
    assert found.study.direction.name == "MINIMIZE" and found.objective.worst == math.inf
    assert found.objective.curve([{"epoch": 1, "val/loss": 2.0}, {"epoch": 2, "val/loss": 3.0}]) == {1: 2.0, 2: 2.0}


def test_the_same_values_drawn_again_are_one_run(search) -> None:
    found, shown = search("model.dropout=0,0.2", "search=random", "n_trials=7")
    assert len(work(found, shown)) == 2 == len(found.plan.jobs)
    assert states(found) == ["COMPLETE"] * 7


def test_further_metrics_of_runs_that_are_done_are_measured(search) -> None:
    """Those of the search's own trials, when the command comes again, and those that another search finds done."""
    overrides = [LR, "search=random", "n_trials=3"]
    found, shown = search(*overrides)
    trained = work(found, shown)
    for more in ([], ["sweep.name=other"]):
        again, shown = search(*overrides, *more, "task.metrics=[mcc]")
        again.refill(3, shown)
        assert {pending.job.id: pending.job.config["task"]["metrics"] for pending in again.waiting} == {
            pending.job.id: ["mcc"] for pending in trained}
        assert all(pending.state.status == UNMEASURED for pending in again.waiting)
        assert [job.config["task"]["metrics"] for job in load(again.plan.folder).jobs] == [["mcc"]] * 3
        assert len(work(again, shown)) == 3 and states(again) == ["COMPLETE"] * 3
        same, shown = search(*overrides, *more)
        assert same.finished


def progress(epoch: float, accuracy: float) -> dict[str, Any]:
    return {"event": "progress", "epochs": epoch, "of": 10, "values": {"val/accuracy": accuracy, "train/loss": 1.0}}


def test_a_bad_trial_is_stopped_with_all_its_seeds_and_not_taken_up_again(search) -> None:
    overrides = [LR, "search=random", "n_trials=7", "seeds=2"]
    found, shown = search(*overrides)

    def train(pending: PendingJob) -> float:
        for epoch in range(1, 10):
            assert not found.advanced(pending, progress(epoch, 0.5 + epoch / 100))
        return 0.6

    work(found, shown, train, most=12)
    bad = found.running[0]
    assert bad.job.number == 13 and [pending.job.number for pending in found.waiting] == [14]
    assert not found.advanced(bad, progress(1, 0.1)), "the first fifth is a warm-up"
    assert not found.advanced(bad, progress(3, 0.9)) and not found.advanced(bad, progress(5, 0.9))
    assert found.advanced(bad, progress(6.5, 0.1)) == [], "it is above the median: the best value so far counts"
    overrides += ["epochs=11", "sweep.name=other"]  # other runs: those of the search before are done
    other, shown = search(*overrides)
    work(other, shown, lambda pending: (other.advanced(pending, progress(4, 0.5)), 0.6)[1], most=12)
    bad = other.running[0]
    assert other.advanced(bad, progress(4.25, 0.2)) == [bad] and bad.stop_sent and not other.waiting
    bad.folder.mkdir(parents=True, exist_ok=True)
    write_result(bad, "interrupted")
    other.ended(bad, JobState(PRUNED))
    assert other.finished and states(other) == ["COMPLETE"] * 6 + ["PRUNED"]
    assert [state.status for state in read_all(other.plan)][-2:] == [PRUNED, PRUNED]
    again, _ = search(*overrides)
    assert again.finished
    report = collect([other.plan.folder])
    reasons = [row.missing(report.tables[0].metric) for row in report.tables[0].rows]
    assert report.tables[0].key == "val/accuracy"
    assert ("pruned: epoch 10 of 11", [0]) in reasons[-1] and not any(reasons[:-1])


def test_no_pruner_stops_nothing(search) -> None:
    found, shown = search(LR, "search=random", "n_trials=7", "pruner=none")
    work(found, shown, lambda pending: (found.advanced(pending, progress(4, 0.5)), 0.6)[1], most=6)
    assert found.advanced(found.running[0], progress(4, 0.01)) == []


@pytest.mark.parametrize(("overrides", "said"), [
    ([LR, "metric=test/accuracy"], "metric=test/accuracy: the test rows are never used to choose"),
    ([LR, "metric=test@3/loss"], "the test rows are never used to choose"),
    ([LR, "metric=val/acc"], "did you mean  val/accuracy"),
    ([LR, "validation=0"], "without validation rows nothing can be chosen"),
    ([], "search=tpe: nothing varies"),
    (["batch_size=interval(16,64)"], "batch_size takes integers:  batch_size='int(interval(16,64))'"),
    (["optimizer.lr=tag(log,interval(0,1))"], "expected numbers > 0 for a logarithmic interval"),
    (["optimizer.lr=tag(big,interval(0.1,1))"], "expected the tag  log"),
    (["batch_size=tag(log,range(16,64,16))"], "a logarithmic range has no steps"),
    (["optimizer.lr=interval(0.2,0.1)"], "expected interval(low,high) with low < high"),
    (["model.dropout=interval(0,2)"], "model.dropout=2"),
    ([LR, "launcher=submitit"], "launcher=submitit: expected how many jobs of the search run at a time"),
    ([LR, "model.dropout=0,0.2", "skip(model.dropout=0)"], "a search skips nothing"),
    ([LR, "pruner=medain"], "did you mean  median"),
    ([LR, "seed=interval(0,5)"], "seeds are not drawn"),
    ([LR, "validation=0.02,0.5"], "validation: trials would be judged by val/accuracy of different rows"),
    ([LR, "train_size=int(interval(200,800))", "metric=best/val/loss"], "train_size: trials would be judged by best"),
    (["model=vae", "task.kl_weight=0.001,1"], "metric=val/loss: task.kl_weight would put the trials' numbers on "
     "different scales; expected a measure of all of them: val/reconstruction, val/kl"),
    ([LR, "task.loss=mse,cross_entropy", "metric=best/val/loss"], "metric=best/val/loss: task.loss would put the "
     "trials' numbers on different scales; expected a measure of all of them: val/accuracy"),
    (["dataset=boston", "dataset.target_scale=none,standard", LR, "metric=val/mse"], "dataset.target_scale would put"),
])
def test_what_a_search_cannot_do_is_said_before_it_begins(wrong, folder: Path, overrides: list[str], said: str) -> None:
    told = wrong(*OVERRIDES, "search=tpe", *overrides)
    assert any(said in line for line in told), told
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("overrides", [
    ["model=vae", "task.kl_weight=0.001,1", "metric=val/reconstruction"],
    [LR, "task.class_weights=null,balanced", "metric=val/loss"], [LR, "task.loss=mse,cross_entropy"],
    ["validation={kind: kfold, k: 3}", LR], ["model=vae", LR, "task.kl_weight=0.001"]])
def test_what_trials_can_be_compared_by_is_searched(plan, overrides: list[str]) -> None:
    assert plan(*OVERRIDES, "search=tpe", *overrides).options["search"] == "tpe"


def test_another_search_under_a_name_is_refused(search) -> None:
    search(LR, "search=tpe", "sweep.name=mine")
    search(LR, "search=gp", "sweep.name=mine", "n_trials=50")
    for overrides, what in (([LR, "metric=val/loss"], "another metric: val/accuracy, and not val/loss"),
                            (["optimizer.lr=interval(1e-4,1e-1)"], "another space"), ([LR, "seeds=2"], "another seeds"),
                            ([LR, "model.hidden=[8]"], "another configuration")):
        with pytest.raises(ConfigError, match=what):
            search(*overrides, "search=tpe", "sweep.name=mine")


@pytest.mark.parametrize(("file", "text", "overrides", "said"), [
    ("experiments/rows.yaml", "sweep:\n  rows:\n    plain: []\n    wide: {model.hidden: [%d]}\n",
     ["experiment=rows", LR], "another configuration of wide optimizer.lr=0.0001"),
    ("configs/model/large.yaml", "kind: dense\nhidden: [%d]\n", ["model=dense,large"],
     "another configuration of model=large"),
])
def test_a_choice_whose_file_was_edited_is_another_search(plan, write, folder: Path, file: str, text: str,
                                                          overrides: list[str], said: str) -> None:
    def asked() -> SearchQueue:
        return opened(plan(*OVERRIDES[1:], *overrides, f"output_dir={folder}/runs", "search=tpe", "sweep.name=mine"))[0]

    write({file: text % 512})
    with hydra_started():
        first = asked().study.user_attrs["asked"]
        assert asked().study.user_attrs["asked"] == first
        older = {key: value for key, value in first.items() if not key.startswith("configuration of ")}
        assert set(older) == {"metric", "seeds", "space", "configuration"} and older != first
        write({file: text % 2})
        with pytest.raises(ConfigError, match=said):
            asked()
        write({file: text % 512})
        asked().study.set_user_attr("asked", older)  # as an older dlrun began it
        assert asked().study.user_attrs["asked"] == first, "it goes on, and is known whole from then on"
        write({file: text % 4})
        with pytest.raises(ConfigError, match=said):
            asked()


def test_a_trial_that_cannot_be_run_fails_alone_and_is_said(search, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Progress, "say", lambda shown, text: said.append(text))
    found, shown = search("epochs=20,1", "test_at=[1],[15]", "search=random", "n_trials=12", "metric=val/accuracy")
    work(found, shown, lambda pending: 0.5)
    late = [trial.params == {"epochs": "1", "test_at": "[15]"} for trial in found.trials.all()]
    assert [state == "FAIL" for state in states(found)] == late and 0 < sum(late) < 12
    assert len(said) == sum(late) and "test_at" in said[0]
    assert len(found.plan.jobs) == 3


def test_optuna_that_is_not_there_is_said_in_a_sentence(wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.sweep.search import study

    monkeypatch.setattr(study, "find_spec", lambda name: None if name == "cmaes" else name)
    assert wrong(*OVERRIDES, LR, "search=cmaes") == ["search=cmaes: it needs cmaes:  pip install 'dlrun[optuna]'"]
    monkeypatch.setattr(study, "find_spec", lambda name: None)
    assert wrong(*OVERRIDES, LR, "search=tpe") == ["search=tpe: it needs optuna:  pip install 'dlrun[optuna]'"]


def test_planning_a_search_imports_neither_torch_nor_optuna(folder: Path) -> None:
    import subprocess
    import sys

    code = ("import sys; from dlrun.sweep.make import make_plan; "
            f"make_plan({[*OVERRIDES, LR, 'search=tpe']!r}); print(sorted({{'torch', 'optuna'}} & set(sys.modules)))")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert told.stdout.strip() == "[]", told.stderr
