"""Tables: which runs make a row, what stands in it, and what is said of it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dlrun.config.problem import ConfigError
from dlrun.record.metric import Metric
from dlrun.record.provenance import provenance
from dlrun.report.collect import collect
from dlrun.report.formatting import lines
from dlrun.report.scale import scale
from dlrun.report.table import Row, Table
from dlrun.report.terminal import print_report
from dlrun.report.values import names, value_of
from tests.report.make import SGD, free_lock, grid, made, planned, write_lock

SGD_WORDS = {key.replace(".", "__"): value for key, value in SGD.items()}


def shown(*paths: Path, metric: str | None = None, versus: str | None = None) -> str:
    stream = io.StringIO()
    print_report(collect(paths, metric, versus), stream)
    return stream.getvalue()


def only(path: Path, **words: str) -> Table:
    (table,) = collect([path], **words).tables
    return table


def row(table: Table, *labels: str) -> Row:
    (found,) = (row for row in table.rows if row.labels == labels)
    return found


def test_runs_that_differ_in_the_seed_alone_are_one_row_with_students_interval(runs: Path) -> None:
    values = grid(runs)
    table = only(runs)
    assert table.key == "test/accuracy" and table.axes.columns == ("optimizer",)
    for optimizer, accuracies in values.items():
        summary = row(table, optimizer).summary
        low, high = stats.t.interval(0.95, 2, loc=np.mean(accuracies), scale=stats.sem(accuracies))
        assert summary is not None and summary.n == 3
        assert (summary.low, summary.high) == pytest.approx((low, high))
    assert row(table, "adam").best and not row(table, "sgd").best


def test_the_difference_is_paired_over_common_seeds(runs: Path) -> None:
    values = grid(runs)
    made(runs, 30, 0.5, seed=7, **SGD_WORDS)  # a seed that the other row does not have
    difference = row(only(runs), "sgd").versus
    expected = stats.ttest_rel(values["sgd"], values["adam"]).confidence_interval(0.95)
    assert difference is not None and difference.n == 3
    assert (difference.low, difference.high) == pytest.approx(tuple(expected))
    assert "(n = 3)" in shown(runs)


def test_the_printed_table_says_it_as_a_person_would_check_it(runs: Path) -> None:
    grid(runs)
    lines = shown(runs).splitlines()
    assert lines[0] == "digits · classify · 6 runs, 2 rows x seeds 0, 1, 2"
    assert lines[1] == "  dataset=digits model=dense epochs=5"
    # by hand: sd 0.5 and 1.0 points, times t = 4.3027, through the root of 3; differences -5, -4, -4.5
    assert lines[3].split() == ["optimizer", "test", "accuracy,", "%", "sd", "n", "versus", "best", "seconds"]
    assert lines[4].split() == ["adam", "95.50", "+-", "1.24", "0.50", "3", "1.1", "best"]
    assert lines[5].split() == ["sgd", "91.00", "+-", "2.48", "1.00", "3", "-4.50", "+-", "1.24", "2.1"]
    assert "Student's t" in lines[7] and "paired" in lines[8]
    assert any("optimizer.lr 0.001 (adam), 0.01 (sgd)" in line for line in lines)
    assert "device: cpu (1 thread), Chip." in lines
    assert "made by: dlrun 0.1.0, torch 2.13.0, python 3.11.7." in lines


def test_for_one_run_a_row_no_interval_is_invented(runs: Path) -> None:
    made(runs, 1, 0.9)
    made(runs, 2, 0.8, **SGD_WORDS)
    text = shown(runs)
    assert "+-" not in text and "One run a row: no interval can be given; more seeds give one" in text
    assert "90.00" in text and "-10.00" in text


def test_of_two_runs_both_values_are_shown_and_more_seeds_advised(runs: Path) -> None:
    grid(runs, seeds=2)
    lines = shown(runs).splitlines()
    # by hand: the sd of two numbers is their distance by the root of 2; the differences are -5 and -4 points
    assert lines[4].split() == ["adam", "95.50", "(95.00,", "96.00)", "0.71", "2", "1.1", "best"]
    assert lines[5].split() == ["sgd", "91.00", "(90.00,", "92.00)", "1.41", "2", "-4.50", "(-5.00,", "-4.00)", "2.0"]
    assert "+-" not in "".join(lines) and "More seeds give each row an interval, as seeds=5." in lines
    made(runs, 50, 0.94, seed=2)
    assert "More seeds give the rows with n < 3 an interval, as seeds=5." in shown(runs)
    going = made(runs, 51, 0.94, "running", seed=3)
    assert "More seeds give the rows with n < 3 an interval, as seeds=5." in shown(runs), "it is of a row of three"
    theirs = made(runs, 52, 0.9, "running", seed=2, **SGD_WORDS)
    assert "Rows with n < 3 have no interval yet; seeds of theirs are still to be trained." in shown(runs)
    free_lock(going)
    free_lock(theirs)


@pytest.mark.parametrize(("metric", "best"), [("test/accuracy", "adam"), ("test/loss", "adam"), ("seconds", "adam"),
                                              ("val/accuracy", "adam"), ("train/loss", "adam")])
def test_the_best_row_is_the_highest_accuracy_and_the_lowest_of_anything_else(
        metric: str, best: str, runs: Path) -> None:
    grid(runs)
    assert [r.labels[0] for r in only(runs, metric=metric).rows if r.best] == [best]


def test_a_row_can_be_named_to_compare_with(runs: Path) -> None:
    grid(runs)
    for name in ("sgd", "optimizer=sgd"):
        table = only(runs, versus=name)
        assert row(table, "sgd").reference and row(table, "sgd").versus is None
        assert row(table, "adam").versus.mean == pytest.approx(0.045)  # type: ignore[union-attr]
    assert "versus sgd" in shown(runs, versus="sgd") and "flatters" not in shown(runs, versus="sgd")
    with pytest.raises(ConfigError, match="there are: adam, sgd; did you mean  adam"):
        only(runs, versus="adm")


def rows_by_batches(runs: Path) -> Path:
    """A sweep of named rows, one of two words, times two sizes of batches."""
    jobs, number = [], 0
    for name, accuracy in (("plain", 0.9), ("with dropout", 0.8)):
        for size in (64, 256):
            number += 1
            settings = {"batch_size": size, "model.dropout": 0.3 * (name != "plain")}
            made(runs, number, accuracy + 0.01 * (size == 64) * number,
                 **{key.replace(".", "__"): value for key, value in settings.items()})
            jobs.append((number, 0, {"batch_size": size}, settings, name))
    return planned(runs, "mine", jobs, {"batch_size": [64, 256]})


def test_rows_of_one_name_are_each_compared_with_the_one_that_is_equal_in_all_else(runs: Path) -> None:
    sweep = rows_by_batches(runs)
    table = only(sweep, versus="plain")
    differences = {row.labels: row.versus and row.versus.mean for row in table.rows}
    assert differences[("plain", "64")] is None and differences[("plain", "256")] is None
    assert differences[("with dropout", "64")] == pytest.approx(0.83 - 0.91)
    assert differences[("with dropout", "256")] == pytest.approx(0.8 - 0.9)
    assert "Differences to plain are between rows that are equal in batch_size;" in shown(sweep, versus="plain")
    by_size = only(sweep, versus="batch_size=64")
    assert row(by_size, "with dropout", "256").versus.mean == pytest.approx(0.8 - 0.83)  # type: ignore[union-attr]


@pytest.mark.parametrize("versus", ["with dropout 64", "with dropout, batch_size=64", "row=with dropout,64"])
def test_a_row_of_several_words_is_named_with_what_else_it_is(versus: str, runs: Path) -> None:
    table = only(rows_by_batches(runs), versus=versus)
    assert [row.labels for row in table.rows if row.reference] == [("with dropout", "64")]
    assert row(table, "plain", "256").versus.mean == pytest.approx(0.9 - 0.83)  # type: ignore[union-attr]


def test_a_bare_name_is_the_metric_of_the_test_rows(runs: Path) -> None:
    grid(runs)
    assert only(runs, metric="accuracy").key == "test/accuracy"


def test_a_metric_that_is_not_there_is_answered_with_those_that_are(runs: Path) -> None:
    grid(runs)
    with pytest.raises(ConfigError, match="did you mean  test/accuracy"):
        only(runs, metric="test/acuracy")


STATES = [
    ("diverged", {"stop_reason": "the loss is NaN at step 20"}, "diverged: the loss is NaN at step 20"),
    ("failed", {"error": "ValueError: no\n  such shape"}, "failed: ValueError: no such shape"),
    ("out_of_memory", {"error": "", "stop_reason": "out of memory at batch_size 9"}, "out of memory: out of memory at"),
    ("interrupted", {"epochs": 3}, "interrupted: epoch 3 of 5"),
    ("running", {}, "running: epoch 3 of 5"),
]


@pytest.mark.parametrize(("status", "result", "says"), STATES, ids=[state[0] for state in STATES])
def test_a_run_without_a_measure_shows_why_in_its_place(
        status: str, result: dict[str, str], says: str, runs: Path) -> None:
    grid(runs)
    made(runs, 40, 0.99, status, seed=0, result=result, model__dropout=0.5)
    made(runs, 41, 0.99, status, seed=3, result=result)
    table = only(runs)
    alone, partly = row(table, "0.5", "adam"), row(table, "0", "adam")
    assert alone.summary is None and says in shown(runs)
    assert partly.summary is not None and partly.summary.n == 3  # 0.99 is in no mean
    assert f"{says}" in next(line for line in shown(runs).splitlines() if "95.50" in line)
    assert f"2 of 8 runs are not in the means: 2 {status.replace('_', ' ')}." in shown(runs)


def test_a_killed_run_is_unfinished_not_running(runs: Path) -> None:
    folder = made(runs, 1, status="running")
    write_lock(folder, 2 ** 22 + 1)  # more than a process id can be
    assert "unfinished: epoch 3 of 5" in shown(runs)


def test_a_look_does_not_take_the_lock_of_a_run(runs: Path) -> None:
    from dlrun.record.lock import RunLock

    folder = made(runs, 1, status="running")
    (folder / "config.yaml").unlink()
    (folder / "config.yaml").write_text("seed: 0\n")
    free_lock(folder)
    with RunLock(folder):
        assert "running: epoch 3" in shown(runs)


def test_a_sweep_gives_the_order_the_names_and_what_is_not_there_yet(runs: Path) -> None:
    made(runs, 1, 0.9, seed=0, **SGD_WORDS)
    made(runs, 2, 0.8, seed=0)
    jobs = [(1, 0, {"optimizer": "sgd"}, SGD, "plain"), (3, 1, {"optimizer": "sgd"}, SGD, "plain"),
            (2, 0, {"optimizer": "adam"}, {}, "Kingma's"), (4, 1, {"optimizer": "adam"}, {}, "Kingma's"),
            (5, 0, {"optimizer": "adam"}, {"optimizer.lr": 0.1}, "fast"),
            (6, 1, {"optimizer": "adam"}, {"optimizer.lr": 0.1}, "fast")]
    sweep = planned(runs, "mine", jobs, {"optimizer": ["sgd", "adam"]})
    table = only(sweep)
    assert [r.labels for r in table.rows] == [("plain", "sgd"), ("Kingma's", "adam"), ("fast", "adam")]
    text = shown(sweep)
    assert next(line for line in text.splitlines() if "fast" in line).split()[:4] == ["fast", "adam", "not", "started"]
    assert "4 of 6 runs are not in the means: 4 not started." in text
    assert "optimizer.lr 0.01 (plain), 0.001 (Kingma's), 0.1 (fast)" in text
    assert row(only(sweep, versus="Kingma's"), "plain", "sgd").versus.mean == pytest.approx(0.1)  # type: ignore[union-attr]


def test_a_sweep_that_is_read_from_another_folder_finds_its_runs(
        runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(runs, 2, 0.8, seed=0)
    sweep = planned(runs, "mine", [(2, 0, {}, {}, None)], {})
    monkeypatch.chdir(sweep)
    assert row(only(Path(".")), *()).summary.mean == 0.8  # type: ignore[union-attr]


def test_a_plans_metric_and_reference_are_its_reports(runs: Path) -> None:
    made(runs, 1, 0.9, **SGD_WORDS)
    made(runs, 2, 0.8)
    jobs = [(1, 0, {"optimizer": "sgd"}, SGD, None), (2, 0, {"optimizer": "adam"}, {}, None)]
    sweep = planned(runs, "mine", jobs, {"optimizer": ["sgd", "adam"]}, metric="val/loss", versus="sgd")
    table = only(sweep)
    assert table.key == "val/loss" and table.reference.name == "sgd" and row(table, "sgd").reference


def test_every_setting_that_varies_is_a_column_or_is_said(runs: Path) -> None:
    made(runs, 1, batch_size=32)
    made(runs, 2, batch_size=128, **SGD_WORDS)
    table = only(runs)
    assert table.axes.columns == ("optimizer", "batch_size")
    jobs = [(1, 0, {"optimizer": "adam"}, {"batch_size": 32}, None), (2, 0, {"optimizer": "sgd"}, SGD, None)]
    text = shown(planned(runs, "mine", jobs, {"optimizer": ["adam", "sgd"]}))
    assert "batch_size 32 (adam), 128 (sgd)" in text


def test_other_data_or_another_task_is_another_table(runs: Path) -> None:
    made(runs, 1)
    made(runs, 2, dataset__name="iris", dataset__kind="iris")
    titles = [table.title for table in collect([runs]).tables]
    assert titles == ["digits · classify", "iris · classify"]


def test_what_cannot_change_a_result_makes_no_rows(runs: Path) -> None:
    made(runs, 1, seed=0, threads=2, output_dir="elsewhere", verbosity=0)
    made(runs, 2, seed=1)
    assert len(only(runs).rows) == 1


def test_a_setting_that_older_runs_do_not_know_has_its_default(runs: Path) -> None:
    made(runs, 1, seed=0)
    made(runs, 2, seed=1, optimizer__amsgrad=False, batch_size=128.0)
    made(runs, 3, seed=0, optimizer__amsgrad=True)
    assert [len(r.runs) for r in only(runs).rows] == [2, 1]
    assert only(runs).axes.columns == ("optimizer.amsgrad",)


def test_a_run_in_two_folders_counts_once(tmp_path: Path) -> None:
    made(tmp_path / "a", 1, 0.9)
    made(tmp_path / "b", 1, 0.9)
    summary = only(tmp_path).rows[0].summary
    assert summary is not None and summary.n == 1


def test_runs_on_other_contents_of_one_file_are_other_rows(runs: Path) -> None:
    made(runs, 1, 0.9, provenance={"data": {"hash": "aa" * 32, "label": ""}})
    made(runs, 2, 0.7, provenance={"data": {"hash": "bb" * 32, "label": ""}})
    table = only(runs)
    assert table.axes.columns == ("data",) and [r.labels for r in table.rows] == [("aaaaaaaa",), ("bbbbbbbb",)]
    assert "saw different rows (hashes aaaaaaaa, bbbbbbbb)" in shown(runs)


def test_a_run_that_repeats_a_rows_seed_is_left_out_and_named(runs: Path) -> None:
    made(runs, 1, 0.9)
    made(runs, 2, 0.7)  # the content of a file of word vectors, say
    table = only(runs)
    assert [r.values for r in table.rows] == [{0: 0.9}]
    assert "Left out" in shown(runs) and "digits-dense-adam/0000000002" in shown(runs)


def test_stand_ins_and_unequal_circumstances_are_said(runs: Path) -> None:
    made(runs, 1, seed=0, result={"data_label": "JPEG copy", "device": "cuda:0 (H100)"})
    made(runs, 2, seed=1, provenance={
        "versions": {"dlrun": "0.2.0"}, "code": {"dlrun": {"commit": "f" * 40, "diff": "1" * 64, "untracked": 2}}})
    text = shown(runs)
    assert "data differs: the rows as published (1 run), JPEG copy (1 run)." in text
    assert "device differs: cpu (1 thread), Chip (1 run), cuda:0 (H100), Chip (1 run)." in text
    assert "code differs: 07ac6d60c6 (1 run), ffffffffff + changes 11111111 + 2 untracked files (1 run)." in text
    assert "made by differs" in text


def test_folds_are_no_runs_of_their_own(runs: Path) -> None:
    folder = made(runs, 1, None, result={"val": {"accuracy": 0.8}, "val_std": {"accuracy": 0.1}, "folds": [{}]})
    (folder / "folds" / "0").mkdir(parents=True)
    (folder / "folds" / "0" / "result.json").write_text((folder / "result.json").read_text())
    table = only(runs)
    assert table.key == "val/accuracy" and [len(r.runs) for r in table.rows] == [1]


def test_a_measure_that_is_no_number_is_in_no_mean(runs: Path) -> None:
    made(runs, 1, seed=0)
    made(runs, 2, seed=1, result={"test": {"accuracy": None, "loss": None}})
    table = only(runs)
    assert table.rows[0].summary.n == 1  # type: ignore[union-attr]
    assert "1 without test accuracy" in shown(runs)


def test_a_result_that_is_not_readable_is_a_row_that_says_so(runs: Path) -> None:
    made(runs, 1)
    (made(runs, 2) / "result.json").write_text('{"config": ')
    assert "unreadable: result.json is not readable" in shown(runs)


def test_one_broken_file_stops_no_report_of_the_tree(runs: Path) -> None:
    for number in range(1, 8):
        made(runs, number, seed=number)
    folders = [result.parent for result in sorted(runs.rglob("result.json"))]
    (folders[0] / "result.json").write_text("{}")
    (folders[1] / "result.json").write_text("[]")
    (folders[2] / "result.json").unlink()
    (folders[2] / "result.json").mkdir()
    (folders[3] / "result.json").unlink()
    (folders[3] / "config.yaml").write_text("a: [1\n")
    (folders[4] / "provenance.json").write_text("")
    (folders[5] / "metrics.jsonl").write_text("{\n{\n")
    text = shown(runs)
    for reason in ("result.json is not readable (it is no result", "(expected a mapping, it holds a list)",
                   "result.json is not readable (it is a folder)", "config.yaml is not readable (it is not YAML"):
        assert reason in " ".join(text.split()), text
    known = next(table for table in collect([runs]).tables if any(row.summary for row in table.rows))
    assert known.rows[0].summary.n == 3  # type: ignore[union-attr]


def test_a_file_without_permission_is_a_sentence_too(runs: Path, monkeypatch) -> None:
    made(runs, 1)
    real = os.open

    def denied(path, *given, **more):
        if str(path).endswith("result.json"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *given, **more)

    monkeypatch.setattr(os, "open", denied)
    assert "it can't be read (Permission denied)" in shown(runs)


def test_runs_whose_files_were_changed_are_named_and_older_ones_counted(runs: Path) -> None:
    folders = [made(runs, number, 0.9, seed=number) for number in (1, 2, 3)]
    assert not any("edited" in note or "unverified" in note for note in only(runs).notes)
    result = folders[0] / "result.json"
    result.write_text(result.read_text().replace('"accuracy": 0.9', '"accuracy": 0.99'))
    (folders[2] / "manifest.json").unlink()
    notes = " ".join(only(runs).notes)
    assert f"Not what the run wrote (edited by hand, or damaged): {folders[0].parent.name}/{folders[0].name}" in notes
    assert "result.json" in notes and "1 of 3 runs are unverified" in notes


def test_a_measure_of_a_named_epoch_or_of_the_best_one(runs: Path) -> None:
    made(runs, 1, result={"test_at": {"20": {"accuracy": 0.5}}, "best": {"epoch": 2, "val/loss": 0.25}})
    assert only(runs, metric="test@20/accuracy").rows[0].values == {0: 0.5}
    assert only(runs, metric="best/val/loss").rows[0].values == {0: 0.25}


def test_tiny_and_huge_measures_are_written_with_digits_that_tell_them_apart(runs: Path) -> None:
    for seed, loss in enumerate([3.1e-5, 3.3e-5, 3.2e-5]):
        made(runs, seed + 1, seed=seed, result={"test": {"loss": loss}}, task__kind="reconstruct")
    assert "0.0000320 +- 0.0000025" in shown(runs)


def test_a_folder_without_runs_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no run lies there"):
        shown(tmp_path)
    with pytest.raises(ConfigError, match="no such folder"):
        shown(tmp_path / "nowhere")


def test_planned_jobs_are_a_table_before_anything_ran(runs: Path) -> None:
    sweep = planned(runs, "mine", [(1, 0, {}, {}, None), (2, 1, {}, {}, None)], {})
    text = shown(sweep)
    assert "not started (seeds 0, 1)" in text or "not started" in text
    assert json.loads((sweep / "plan.json").read_text())["jobs"] == 2


def test_measures_of_samples_are_measures() -> None:
    results = [{"test": {"loss": 1.0}, "samples": {"words_0.5": 0.4, "classes": 7}, "steps": 3}]
    assert names(results) == ["test/loss", "samples/words_0.5", "samples/classes", "steps"]
    assert value_of(results[0], "samples/words_0.5") == 0.4


def test_what_a_book_prints_is_no_setting(runs: Path) -> None:
    for number, seed in enumerate((0, 1)):
        made(runs, number, 0.9 + number / 100, seed=seed, book__id=f"own/{number}", book__printed=[number])
    table = only(runs)
    assert len(table.rows) == 1 and not table.axes.besides


def test_rows_of_other_code_than_this_are_marked_where_others_are_not(tmp_path: Path) -> None:
    made(tmp_path, 1, seed=0)
    made(tmp_path, 2, seed=0, **SGD_WORDS)
    table = collect([tmp_path]).tables[0]
    assert [row.mark for row in lines(table)] == ["best", ""], "all rows are of other code: none stands out"
    assert any(note.startswith("All runs were made by other code of dlrun than this: dlrun 0.1.0, commit 07ac6d6 (2)")
               for note in table.notes)
    now = {key: provenance({})[key] for key in ("code", "versions")}
    made(tmp_path, 3, seed=0, epochs=4, provenance=now, batch_size=64)
    table = collect([tmp_path]).tables[0]
    assert [row.stale for row in table.rows] == ["other code" in row.mark for row in lines(table)]
    assert sum(row.stale for row in table.rows) == 2
    assert any(note.startswith("2 of 3 runs (other code) were made by other code") for note in table.notes)
    for folder in tmp_path.glob("*/*"):
        (folder / "code.txt").write_text(f"{'0' * 16}  engine/fit.py\n")
    (note,) = [note for note in collect([tmp_path]).tables[0].notes if "other code" in note]
    assert note.startswith("All runs were made by other code of dlrun than this: dlrun 0.1.0, commit 07ac6d6 (2), ")
    assert note.endswith(" (1), which differs in engine/fit.py; dlrun replay RUN compares.")


@pytest.mark.parametrize("key", ["task__loss", "task__kl_weight"])
def test_rows_of_losses_on_different_scales_say_so(runs: Path, key: str) -> None:
    for number, value in enumerate((0.5, 1.0)):
        made(runs, number, 0.8 + number / 100, seed=0, **{key: value})
    assert "The rows minimise different losses" in shown(runs, metric="test/loss").replace("\n  ", " ")
    assert "different losses" not in shown(runs, metric="test/accuracy")
    assert [row.best for row in only(runs, metric="test/loss").rows] == [False, False], "no number of them is better"
    assert [row.best for row in only(runs, metric="test/accuracy").rows] == [False, True]


@pytest.mark.parametrize(("key", "says"), [
    ("dataset__target_scale", "The test loss is of what is scaled by dataset.target_scale, in which the rows differ"),
    ("dataset__scale", "The test loss is of what is scaled by dataset.scale, in which the rows differ"),
    ("dataset__target", "The rows measure different things (dataset.target)"),
    ("dataset__unit", "The rows measure different things (dataset.unit)")])
def test_rows_that_learn_other_targets_or_scales_say_so(runs: Path, key: str, says: str) -> None:
    task = "reconstruct" if key == "dataset__scale" else "regress"
    for number, value in enumerate(("none", "standard")):
        made(runs, number, seed=0, task__kind=task, **{key: value})
    assert says in shown(runs, metric="test/loss").replace("\n  ", " ")
    assert (says in shown(runs, metric="test/accuracy").replace("\n  ", " ")) == says.startswith("The rows measure")
    other = runs.parent / "other"
    for number, value in enumerate(("none", "standard")):
        made(other, number, seed=0, task__kind="classify", **{key: value})
    assert (says in shown(other, metric="test/loss").replace("\n  ", " ")) == says.startswith("The rows measure")


@pytest.mark.parametrize(("values", "halves", "expected"), [
    ([5032.0, 0.4, 0.0123], [], ["5032.0000", "0.4000", "0.0123"]),
    ([5032.0, 1.4, 0.6], [], ["5032.000", "1.400", "0.600"]),
    ([5032.4, 0.0123], [3.0, 0.0004], ["5032.40000", "0.01230"]),
    ([3e8, 4.5e-6, 0.0], [], ["300000000.000000", "0.000005", "0.000000"]),  # six decimals at most
    ([5032.4, 5030.1], [], ["5032", "5030"]), ([2.3456, 0.0234], [], ["2.346", "0.023"]),
    ([123456.7, 123450.2], [0.01, 0.02], ["123456.7", "123450.2"]), ([0.92, 1e-12], [], ["0.9200", "0.0000"]),
    ([104.25, 0.52, 0.48], [], ["104.2", "0.5", "0.5"])])
def test_decimals_tell_rows_apart_that_are_far_from_each_other(values: list[float], halves: list[float],
                                                               expected: list[str]) -> None:
    how = scale(Metric("loss"), values, halves)
    assert [how.number(value) for value in values] == expected
