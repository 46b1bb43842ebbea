"""`dlrun diff` and `dlrun runs`: what is said of two runs, which runs filters choose, and what is never removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlrun.cli.main import main
from dlrun.record import folder as record_folder
from dlrun.record.lock import RunLock
from tests.report.make import SGD, made

SGD_WORDS = {key.replace(".", "__"): value for key, value in SGD.items()}


@pytest.fixture
def said(folder: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command in the test's folder: ``said("runs")`` gives exit code, output, errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def test_diff_names_settings_measures_and_where_the_metrics_part(runs: Path, said) -> None:
    made(runs, 0xA1, 0.9, seed=1)
    made(runs, 0xB2, 0.8, threads=2, **SGD_WORDS)
    code, out, _ = said("diff", "00000000a", "00000000b2")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    for row in (["optimizer.lr", "0.001", "0.01"], ["seed", "1", "0"], ["threads", "1", "2"],
                ["test/accuracy", "90.00", "%", "80.00", "%", "-10.00", "points"]):
        assert row in lines, row
    assert "code  equal: 07ac6d60c6" in out and "data  equal: abababab" in out and "environment  equal" in out
    assert "only in the second: optimizer.momentum=0" in out
    assert "the metrics differ from epoch 1 on" in out


def test_diff_of_a_run_with_itself_is_all_equal(runs: Path, said) -> None:
    folder = made(runs, 0xA1)
    code, out, _ = said("diff", str(folder), "00000000a1")
    assert code == 0 and "equal: all, bit for bit" in out and "3 epochs are equal" in out
    assert [line for line in out.splitlines()[1:] if "equal" not in line] == []


def test_diff_says_other_code_data_and_environment(runs: Path, said) -> None:
    made(runs, 0xA1)
    made(runs, 0xB2, seed=1, provenance={"data": {"hash": "cd" * 32, "label": "JPEG copy"}, "versions": {"torch": "3"},
                                         "code": {"dlrun": {"commit": "f" * 40, "diff": "1" * 64, "untracked": 0}}})
    out = said("diff", "00000000a", "00000000b")[1]
    for line in (["dlrun", "07ac6d60c6", "ffffffffff", "+", "changes", "11111111"], ["label", "JPEG", "copy"],
                 ["torch", "torch", "2.13.0", "torch", "3"], ["hash", "ab" * 8, "cd" * 8]):
        assert line in [text.split() for text in out.splitlines()], line


@pytest.mark.parametrize(("arguments", "says"), [
    (["diff", "00000000a1"], "dlrun diff RUN RUN"),
    (["diff", "00000000a1", "zzz"], "neither a folder nor the beginning of a run's id"),
    (["diff", "00000000a1", "0"], "2 runs begin like that"),
    (["diff", "00000000a1", "digits-dense-adam"], "no run's folder"),
    (["runs", "modle=cnn"], "did you mean model"),
    (["runs", "remove"], "expected a filter"),
    (["runs", "foo"], "no run of 2 has this in its name or id; names are digits-dense-adam"),
    (["runs", "digts"], "did you mean digits"),
    (["runs", "status=finishd"], "did you mean finished"),
    (["runs", "status=out_of_mem"], "expected one of finished, stopped, diverged, out of memory, failed, interrupted"),
    (["runs", "id=ffff"], "no run has it"),
    (["runs", "model=dens"], "no such model; did you mean dense; the runs have dense"),
    (["runs", "remove", "foo", "yes=true"], "no run of 2 has this"),
    (["runs", "output_dir=nowhere"], "no such folder"),
    (["report", "nowhere"], "neither a folder"),
    (["report", "metrc=x"], "did you mean metric"),
])
def test_a_wrong_argument_is_answered(arguments: list[str], says: str, runs: Path, said) -> None:
    made(runs, 0xA1)
    made(runs, 0xB2)
    code, _, err = said(*arguments)
    assert code == 2 and says in " ".join(err.split())


@pytest.mark.parametrize(("arguments", "ids"), [
    ([], "a1 b2 c3"), (["status=failed"], "c3"), (["optimizer=sgd"], "b2"), (["optimizer.lr=1e-2"], "b2"),
    (["model=dense", "seed=1"], "a1"), (["dense-sgd"], "b2"), (["00000000c"], "c3"),
    (["model.hidden=[128,128]"], "a1 b2 c3"), (["status=diverged"], ""), (["model=cnn"], ""),
    (["optimizer.lr=0.5"], ""), (["id=00000000a"], "a1"), (["model.hidden=[64]"], ""),
    (["name=digits-dense-sgd"], "b2")])
def test_filters_choose_runs(arguments: list[str], ids: str, runs: Path, said) -> None:
    made(runs, 0xA1, seed=1)
    made(runs, 0xB2, **SGD_WORDS)
    made(runs, 0xC3, None, "failed", result={"error": "ValueError: x"})
    code, out, _ = said("runs", *arguments)
    found = [line.split()[1][-2:] for line in out.splitlines() if line.startswith("  digits")]
    assert code == 0 and sorted(found) == ids.split()
    if ids == "c3":
        assert "ValueError: x" in out


def test_a_list_shows_the_measure_that_it_is_asked_for_and_refuses_one_that_is_none(runs: Path, said) -> None:
    made(runs, 0xA1, 0.9)
    made(runs, 0xB2, None, "failed", result={"error": "ValueError: x"}, seed=1)
    assert "val accuracy 90.00 %" in said("runs", "metric=val/accuracy")[1]
    assert "test accuracy 90.00 %" in said("runs", "metric=accuracy")[1], "a bare name as dlrun report takes it"
    code, out, err = said("runs", "metric=test/acuracy")
    assert (code, out) == (2, "") and "did you mean  test/accuracy" in err
    code, _, err = said("runs", "status=failed", "metric=acuracy")
    assert code == 2 and "metric=acuracy  expected one of test/loss, test/accuracy" in err
    assert said("runs", "status=failed", "metric=accuracy")[0] == 0, "the other run has it"


def test_a_result_on_data_that_is_not_the_published_file_has_its_label_in_a_list(
        runs: Path, said, monkeypatch: pytest.MonkeyPatch) -> None:
    made(runs, 0xA1, seed=1)
    assert "data" not in said("runs")[1].split()
    made(runs, 0xB2, result={"data_label": "JPEG copy"})
    made(runs, 0xC3, status="running", provenance={"data": {"label": "JPEG copy"}}, seed=2)
    for width in ("80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        lines = said("runs")[1].splitlines()
        assert "data: JPEG copy (2 runs)" in lines
        assert {line.split()[1][-2:] for line in lines[1:] if "digits" in line and "  JPEG copy  " in line} == {
            "b2", "c3"}
    found = json.loads(said("runs", "json=true")[1])["data"]["runs"]
    assert {run["id"][-2:]: run["data_label"] for run in found} == {"a1": "", "b2": "JPEG copy", "c3": "JPEG copy"}


def test_a_list_of_runs_says_in_what_they_differ(runs: Path, said) -> None:
    made(runs, 0xA1, seed=1)
    made(runs, 0xB2, optimizer__lr=0.1)
    made(runs, 0xC3, **{**SGD_WORDS, "optimizer__lr": 0.5})
    lines = {line.split()[1][-2:]: line for line in said("runs")[1].splitlines() if line.startswith("  digits")}
    assert lines["a1"].endswith("  seed=1 optimizer.lr=0.001")
    assert lines["b2"].endswith("  seed=0 optimizer.lr=0.1") and lines["c3"].endswith("  seed=0 optimizer.lr=0.5")
    assert "settings" not in said("runs", "id=00000000a1")[1]
    made(runs, 0xD4, seed=1, batch_size=64, validation=0.3, model__dropout=0.5, train_size=10)  # now in five
    lines = {line.split()[1][-2:]: line for line in said("runs")[1].splitlines() if line.startswith("  digits")}
    assert lines["a1"].endswith("  seed=1") and "optimizer.lr" not in lines["d4"] and "batch_size=64" in lines["d4"]


def test_removing_asks_first_and_removes_what_was_shown_alone(
        runs: Path, said, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = made(runs, 0xA1), made(runs, 0xB2, **SGD_WORDS)
    code, out, _ = said("runs", "remove", "optimizer=sgd")
    assert code == 0 and "yes=true removes them (1 run" in out and gone.is_dir()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer, there in (("", True), ("n", True), ("y", False)):
        monkeypatch.setattr("builtins.input", lambda asked, answer=answer: answer)
        assert said("runs", "remove", "optimizer=sgd")[0] == 0
        assert gone.is_dir() == there
    assert not gone.parent.exists()  # it was empty
    assert kept.is_dir()
    assert said("runs", "remove", "seed=0", "yes=true")[0] == 0 and not kept.exists() and runs.is_dir()


def test_a_removal_that_is_killed_is_finished_by_the_same_command(
        runs: Path, said, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = made(runs, 0xA1)
    (gone / "provenance.json").write_text(json.dumps({"id": gone.name}))
    (gone / "metrics.jsonl").write_text("")
    removed, left = record_folder._remove, [2]

    def killed(entry: Path) -> None:
        left[0] -= entry.parent.name == gone.name
        if left[0] < 0:
            raise KeyboardInterrupt
        removed(entry)

    monkeypatch.setattr(record_folder, "_remove", killed)
    assert said("runs", "remove", f"id={gone.name}", "yes=true")[0] == 130 and (gone / "provenance.json").is_file()
    left[0] = 99
    assert said("runs", "remove", f"id={gone.name}", "yes=true")[0] == 0 and not gone.exists()


def test_a_run_that_somebody_works_on_stays(runs: Path, said) -> None:
    folder = made(runs, 0xA1)
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys\nfrom dlrun.record.lock import RunLock\n"
         f"with RunLock({str(folder)!r}):\n    print('held', flush=True)\n    sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        before = {path: path.stat().st_size for path in folder.rglob("*")}
        code, out, _ = said("runs", "remove", "seed=0", "yes=true")
        assert code == 1 and "works on it" in out
        assert {path: path.stat().st_size for path in folder.rglob("*")} == before
    finally:
        holder.communicate("")
    assert said("runs", "remove", "seed=0", "yes=true")[0] == 0 and not folder.exists()


def test_what_is_not_surely_a_run_stays(runs: Path, said) -> None:
    moved = made(runs, 0xA1)
    precious = moved.rename(moved.with_name("my-notes"))  # a run's content under another name
    strange = runs / "thesis"
    strange.mkdir()
    (strange / "metrics.jsonl").write_text('{"epoch": 1}\n')
    (strange / "chapter.txt").write_text("years of work")
    elsewhere = made(runs.parent / "other", 0xB2)
    (runs / "link").symlink_to(elsewhere.parent, target_is_directory=True)
    code, out, _ = said("runs", "remove", "e", "yes=true")
    assert code == 1 and out.count("stays: nothing in it says") == 2
    assert precious.is_dir() and (strange / "chapter.txt").is_file() and elsewhere.is_dir()


def test_a_link_within_a_run_is_removed_and_not_followed(runs: Path, said) -> None:
    folder = made(runs, 0xA1)
    outside = runs.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (folder / "pictures").symlink_to(outside, target_is_directory=True)
    assert said("runs", "remove", "seed=0", "yes=true")[0] == 0
    assert not folder.exists() and (outside / "file").read_text() == "kept"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_folder_in_the_place_of_a_plan_is_said(runs: Path, said) -> None:
    from tests.report.make import planned

    made(runs, 1, 0.9)
    plan = planned(runs, "mine", [(1, 0, {}, {}, None)], {}) / "plan.json"
    for put, wrong in ((os.mkfifo, "it is not a regular file"), (os.mkdir, "it is a folder")):
        plan.rename(plan.with_name("kept"))
        put(plan)
        code, _, err = said("report", "mine")
        assert code == 2 and "plan.json" in err and wrong in err and "writes it again" in err
        os.replace(plan, plan.with_name("away")) if put is os.mkfifo else plan.rmdir()
        plan.with_name("kept").rename(plan)
    assert said("report", "mine")[0] == 0


def test_looking_at_a_sweep_changes_nothing_and_into_writes(runs: Path, said) -> None:
    from tests.helpers.runs import files
    from tests.report.make import planned

    made(runs, 1, 0.9)
    sweep = planned(runs, "mine", [(1, 0, {}, {}, None)], {})
    assert said("report", "mine", f"into={sweep / 'reports'}")[0] == 0
    assert {path.name for path in (sweep / "reports").iterdir()} == {
        "table.csv", "table.md", "table.tex", "report.json", "report.html"}
    before = files(runs)
    code, out, _ = said("report", "mine", "metric=val/loss")
    assert code == 0 and "0.70" in out and str(Path("reports", "report.html")) in out
    assert files(runs) == before
    assert said("report", "runs", "into=elsewhere")[0] == 0
    assert json.loads((runs.parent / "elsewhere" / "report.json").read_text())["title"] == "runs"


def test_a_lock_that_is_held_by_this_process_keeps_the_run_too(runs: Path, said) -> None:
    folder = made(runs, 0xA1)
    with RunLock(folder):
        assert said("runs", "remove", "seed=0", "yes=true")[0] == 1
    assert (folder / "result.json").is_file()


def test_runs_of_a_sweep_are_found_by_its_name(runs: Path, said) -> None:
    from tests.report.make import planned

    for number in (1, 2, 3):
        made(runs, number, 0.9, seed=number)
    planned(runs, "mine", [(1, 1, {}, {}, None), (2, 2, {}, {}, None)], {})
    code, out, _ = said("runs", "sweep=mine")
    assert code == 0 and "0000000001" in out and "0000000002" in out and "2 of 3 runs" in out
    assert "1 of 3 runs" in said("runs", "sweep=mine and seed = 2")[1]
    others = said("runs", "sweep!=mine")[1]
    assert "0000000003" in others and "1 of 3 runs" in others
    assert said("runs", "sweep!=mien")[0] == 2
    code, _, err = said("runs", "sweep=mien")
    assert code == 2 and "sweep=mien  no such sweep in runs; did you mean  mine" in err
    assert "did you mean  mine" in said("report", "mien")[2]


def test_a_report_names_the_runs_of_its_best_row(runs: Path, said) -> None:
    made(runs, 0xA1, 0.9, seed=0)
    made(runs, 0xA2, 0.8, seed=1)
    made(runs, 0xB1, 0.7, seed=0, **SGD_WORDS)
    best = f"runs of the best row: {name(runs, 0xA1)} (seed 0), {name(runs, 0xA2)} (seed 1)"
    out = " ".join(said("report", "runs")[1].split())
    assert best in out and "00000000b1" not in out.partition("runs of the best row")[2].partition("into=")[0]


def name(runs: Path, number: int) -> str:
    """A run of this number as reports call it."""
    (folder,) = runs.glob(f"*/{number:010x}")
    return f"{folder.parent.name}/{folder.name}"
