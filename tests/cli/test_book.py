"""`dlrun book`: a user's comparison, from its file to verdicts, the page and the kept numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli.main import main
from dlrun.metrics import _torchmetrics

FILE = """# Digits: one layer or two.
defaults:
  - override /dataset: digits
  - override /model: dense
epochs: 2
sweep:
  rows:
    one: ["model.hidden=[8]"]
    two: ["model.hidden=[8,8]", epochs=3]
  seeds: 2
  metric: test/accuracy
book:
  id: mine/C1
  title: Depth
  where: a book, ch. 1
  printed:
    - {row: one, metric: test/accuracy, value: 99.9, unit: "%", decimals: 1}
  claims:
    - {says: two layers have more parameters, check: parameters(two) > parameters(one)}
  quick: [train_size=200]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "experiments" / "mine").mkdir(parents=True)
    (tmp_path / "experiments" / "mine" / "C1.yaml").write_text(FILE)
    (tmp_path / "experiments" / "mine" / "C2.yaml").write_text(
        FILE.replace("mine/C1", "mine/C2").replace("  title: Depth", "  title: Depth\n  needs: weights of another net"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_books_name_lists_its_comparisons_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["book", "MINE"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == ["comparison", "mine/C1", "mine/C2"]
    assert main(["book", "mine", "seeds=1"]) == 2
    assert "as  dlrun book mine/C1" in capsys.readouterr().err and not (here / "runs").exists()


def test_a_comparison_is_run_judged_kept_and_read_again(here: Path, capsys: pytest.CaptureFixture[str],
                                                        quick_workers: None) -> None:
    assert main(["book", "MINE/c1", "workers=1", "threads=1"]) == 0
    text = capsys.readouterr().out
    assert "99.9" in text and "too wide to say" in text
    assert "two layers have more parameters  holds" in text
    folder = here / "runs" / "sweeps" / "mine-C1"
    assert "Depth" in (folder / "reports" / "book.html").read_text()
    made = {path: path.stat().st_mtime_ns for path in here.glob("runs/digits-*/*/result.json")}
    assert len(made) == 4
    assert main(["book", "mine/C1"]) == 0  # all is done: the tables alone
    assert made == {path: path.stat().st_mtime_ns for path in here.glob("runs/digits-*/*/result.json")}
    capsys.readouterr()

    assert main(["book", "mine/C1", "speed=auto", "pack=auto", "dry_run=true"]) == 0  # no changed setting
    assert "mine-C1-partial" not in capsys.readouterr().out
    assert main(["book", "mine/C1", "seeds=1", "epochs=1", "threads=1", "launcher=inline"]) == 0  # a changed setting
    text = " ".join(capsys.readouterr().out.split())
    assert "PARTIAL: epochs=1" in text and "needs more seeds" not in text
    assert "not comparable" in text
    assert "Not comparable with the book: with epochs=1 it is another experiment than the book's." in text
    assert main(["book", "--write"]) == 0
    kept = json.loads((here / "experiments" / "results" / "mine" / "C1.json").read_text())
    assert list(kept) == ["full"] and kept["full"]["seeds"] == [0, 1]  # and not the partial one
    curves = kept["full"]["curves"]
    assert list(curves) == ["one", "two"]
    assert list(curves["one"]) == ["val/accuracy", "train/accuracy", "val/loss", "train/loss"]
    measured = folder / "measured.json"  # as an older dlrun wrote it
    measured.write_text(json.dumps({**json.loads(measured.read_text()), "curves": {}}))
    assert main(["book", "--write"]) == 0
    assert json.loads((here / "experiments" / "results" / "mine" / "C1.json").read_text()) == kept
    readme = (here / "experiments" / "README.md").read_text()
    assert "| [mine/C1](mine/C1.yaml) | Depth | full: 1 cell printed" in readme and "claims: 1 holds" in readme
    assert "| [mine/C2](mine/C2.yaml) | Depth | needs weights of another net |" in readme
    capsys.readouterr()
    assert main(["book"]) == 0
    listed = capsys.readouterr().out
    assert "full: 1 cell printed" in listed and "needs weights of another net" in listed


SHORT = ["book", "mine/C1", "seeds=1", "epochs=1", "threads=1", "launcher=inline"]


def trained(here: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in here.glob("runs/digits-*/*/checkpoints/best.pt")}


@pytest.mark.skipif(not _torchmetrics.installed(), reason="torchmetrics is not installed")
def test_a_further_metric_of_runs_that_are_done_is_measured_without_training(
        here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SHORT) == 0
    before = trained(here)
    capsys.readouterr()
    assert main([*SHORT, "task.metrics=[mcc]", "dry_run=true"]) == 0
    assert "2: 2 to do" in capsys.readouterr().out
    assert main([*SHORT, "task.metrics=[mcc]"]) == 0
    results = [json.loads(path.parents[1].joinpath("result.json").read_text()) for path in before]
    assert len(results) == 2 and all("mcc" in result["test"] for result in results) and trained(here) == before


def test_force_trains_runs_that_are_done_anew_and_is_no_other_experiment(here: Path, capsys: pytest.CaptureFixture[str]
                                                                         ) -> None:
    assert main(SHORT) == 0
    before = trained(here)
    capsys.readouterr()
    assert main([*SHORT, "force=true"]) == 0
    after = trained(here)
    assert len(before) == 2 and after.keys() == before.keys() and all(after[path] > before[path] for path in before)
    assert "PARTIAL: epochs=1\n" in capsys.readouterr().out


def test_of_a_comparison_that_was_stopped_no_numbers_are_kept(here: Path, capsys: pytest.CaptureFixture[str],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["book", "mine/C1", "seeds=1", "workers=1", "threads=1"]) == 0
    kept = here / "runs" / "sweeps" / "mine-C1" / "measured.json"
    before = kept.read_text()
    monkeypatch.setattr("dlrun.cli.comparison._run", lambda plan: 130)
    assert main(["book", "mine/C1", "seeds=3"]) == 130
    assert "stopped: its numbers are kept when all its jobs are done" in capsys.readouterr().out
    assert kept.read_text() == before


@pytest.mark.parametrize(("arguments", "wanted"), [
    (["mine/C2"], "it needs weights of another net"), (["mine/C3"], "did you mean"),
    (["mine/C1", "profile=quik"], "one of full, quick"), (["--wrte"], "dlrun book [NAME ...]"),
    (["mine/C1", "epochs=0"], "an integer >= 1"), (["seeds=3"], "dlrun book [NAME ...]")])
def test_what_cannot_be_run_is_said(here: Path, arguments: list[str], wanted: str,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["book", *arguments]) == 2
    assert wanted in capsys.readouterr().err
    assert not (here / "runs").exists()


def test_a_row_that_is_not_there_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "experiments" / "mine" / "C1.yaml"
    file.write_text(file.read_text().replace("row: one", "row: noe"))
    assert main(["book", "mine/C1"]) == 2
    assert "no row noe; rows are one, two" in capsys.readouterr().err


def test_kept_numbers_are_printed_and_nothing_is_trained(here: Path, capsys: pytest.CaptureFixture[str],
                                                         quick_workers: None) -> None:
    assert main(["book", "gulli/c6", "--kept"]) == 0
    text = capsys.readouterr().out
    assert "Learning rate of Adam" in text and "50 seeds" in text and "reproduced" in text and "claims" in text
    assert main(["book", "gulli/C6", "--kept", "profile=quick"]) == 0
    assert "quick profile" in capsys.readouterr().out
    assert main(["book", "slides", "--kept", "json=true"]) == 0  # all of a book that has numbers
    compared = json.loads(capsys.readouterr().out)["data"]["compared"]
    assert len(compared) > 1 and all(one["name"].startswith("slides/") and one["folder"] is None for one in compared)
    assert all(one["cells"] or one["claims"] for one in compared)
    assert main(["book", "slides", "--kept", "profile=quick", "json=true"]) == 0  # others are of the full one alone
    assert 0 < len(json.loads(capsys.readouterr().out)["data"]["compared"]) < len(compared)
    assert main(["book", "mine", "--kept"]) == 0 and "no numbers are kept" in capsys.readouterr().out
    for given, said in ((["mine/C1"], "no numbers of it are kept; `dlrun book mine/C1` trains what is missing"),
                        (["mine/C2"], "no numbers of it are kept: it needs weights of another net"),
                        (["gulli/C6", "seeds=3"], "--kept trains nothing"), ([], "names of comparisons"),
                        (["gulli/C66"], "no such experiment")):
        assert main(["book", *given, "--kept"]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert not (here / "runs").exists(), "nothing was trained"

    assert main(["book", "mine/C1", "profile=quick", "workers=1", "threads=1"]) == 0
    assert main(["book", "--write"]) == 0
    capsys.readouterr()
    assert main(["book", "mine/C1", "--kept"]) == 0  # one's own, of the profile that there is
    assert "Depth" in (text := capsys.readouterr().out) and "quick profile" in text
    assert main(["book", "mine/C1", "--kept", "profile=full"]) == 2
    assert "no numbers of profile=full are kept; those of profile=quick are" in capsys.readouterr().err
