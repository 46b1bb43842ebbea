"""`dlrun evaluate RUN DATA`: the numbers are scikit-learn's, the intervals scipy's, and the run stays as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn import metrics as sk
from torch.utils.data import Dataset

from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.record import evaluations
from dlrun.record.manifest import changed
from dlrun.record.stored import Damaged

QUICK = ("device=cpu", "threads=1", "model=dense", "model.hidden=[6]", "epochs=4")


def trained(place: Path, *overrides: str) -> Path:
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    return run(preflight([*QUICK, f"output_dir={place}", *overrides]), ["dlrun"], [Recorder()]).folder


def lines_of(rows: int, seed: int) -> list[str]:
    """A table of two classes that two numbers and a word tell apart, not well."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(rows):
        sick = draw.random() < 0.4
        word = "ab"[int(draw.random() < 0.3 + 0.4 * sick)]
        found.append(f"{draw.normal(sick, 1.2):.3f},{draw.normal(0, 1):.3f},{word},{('well', 'sick')[sick]},"
                     f"p{number % 40}")
    return found


HEADER = "x,z,word,state,patient"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on a table; beside it new.csv, whose rows the run has not seen."""
    place = tmp_path_factory.mktemp("table")
    (place / "old.csv").write_text("\n".join([HEADER, *lines_of(150, 0)]) + "\n")
    (place / "new.csv").write_text("\n".join([HEADER, *lines_of(200, 1)]) + "\n")
    return trained(place / "runs", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=state",
                   "dataset.drop=[patient]", "optimizer.lr=0.02")


def new(table: Path) -> Path:
    return table.parents[2] / "new.csv"


def evaluated(*words: Any) -> dict[str, Any]:
    """The row that the command adds."""
    folder = Path(next(word[5:] for word in (*map(str, words), f"into={words[0]}") if word.startswith("into=")))
    before = len(evaluations.read(folder))
    assert route(["evaluate", *map(str, words)]) == 0
    rows = evaluations.read(folder)
    assert len(rows) == before + 1
    return rows[-1]


def predicted(folder: Path, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the second class, and whether it is true, by the run's columns for the command `predict`."""
    from dlrun.data import preprocessing_state

    loaded = load_run(folder)
    columns = {column.name: column.values for column in loaded.predictions(
        preprocessing_state.of_table(loaded.kept, file, print)[1])}
    second = loaded.data_spec.classes[1]
    truth = np.array([line.split(",")[3] for line in file.read_text().splitlines()[1:]])
    return columns[f"p({second})"], truth == second


def test_a_table_of_new_rows_has_scikit_learns_numbers(table: Path) -> None:
    row = evaluated(table, new(table), "resamples=0")
    p, y = predicted(table, new(table))
    taken = p > 0.5
    expected = {"accuracy": sk.accuracy_score(y, taken), "f1": sk.f1_score(y, taken, average="macro"),
                "roc_auc": sk.roc_auc_score(y, p), "average_precision": sk.average_precision_score(y, p),
                "cohen_kappa": sk.cohen_kappa_score(y, taken), "brier": sk.brier_score_loss(y, p),
                "log_loss": sk.log_loss(y, p.astype(np.float64)), "loss": sk.log_loss(y, p.astype(np.float64)),
                "balanced_accuracy": sk.balanced_accuracy_score(y, taken)}
    assert {name: row["metrics"][name]["value"] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert row["rows"] == 200 and all("low" not in found for found in row["metrics"].values())


def test_an_interval_is_scipys_bootstrap_over_rows(table: Path) -> None:
    row = evaluated(table, new(table), "metrics=[accuracy,roc_auc,f1]", "resamples=2000")
    p, y = predicted(table, new(table))
    for name, of in (("accuracy", lambda i: np.mean((p[i] > 0.5) == y[i])), ("roc_auc", lambda i: _auc(y[i], p[i])),
                     ("f1", lambda i: _f1(y[i], p[i] > 0.5))):
        expected = bootstrap((np.arange(len(y)),), of, vectorized=False, method="percentile", n_resamples=2000,
                             rng=np.random.default_rng(5)).confidence_interval
        found = row["metrics"][name]
        assert (found["low"], found["high"]) == pytest.approx(tuple(expected), abs=0.012), name
    assert list(row["metrics"]) == ["accuracy", "f1", "roc_auc"] and row["over"] == "rows" and row["units"] == 200


def _auc(y: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean(p[y][:, None] > p[~y]) + np.mean(p[y][:, None] == p[~y]) / 2)


def _f1(y: np.ndarray, taken: np.ndarray) -> float:
    return float(np.mean([2 * np.sum(a & b) / (np.sum(a) + np.sum(b)) for a, b in ((y, taken), (~y, ~taken))]))


def test_rows_of_a_group_are_drawn_together(table: Path, tmp_path: Path) -> None:
    once = lines_of(60, 2)
    (tmp_path / "once.csv").write_text("\n".join([HEADER, *once]) + "\n")
    same = [line.rpartition(",")[0] + f",q{number}" for number, line in enumerate(once) for _ in range(9)]
    (tmp_path / "nine.csv").write_text("\n".join([HEADER, *same]) + "\n")
    single, nine, grouped = (evaluated(table, tmp_path / name, "metrics=accuracy", *words) for name, words in
                             (("once.csv", ()), ("nine.csv", ()), ("nine.csv", ("group=patient",))))
    wide, narrow, as_once = ((row["metrics"]["accuracy"]["high"] - row["metrics"]["accuracy"]["low"])
                             for row in (single, nine, grouped))
    assert narrow == pytest.approx(wide / 3, rel=0.25), "nine times the rows look like nine times the knowledge"
    assert as_once == pytest.approx(wide, rel=0.15)
    assert grouped["units"] == 60 and grouped["over"] == 'groups of "patient"' and grouped["rows"] == 540


def test_the_file_that_the_run_was_trained_on_is_named_as_such(table: Path, tmp_path: Path,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes((table.parents[2] / "old.csv").read_bytes())
    assert evaluated(table, copy, "resamples=0", "metrics=accuracy")["trained_on"]
    assert "copy.csv is what the run was trained on: these numbers say little of new rows" in capsys.readouterr().out
    for words in ([new(table)], []):
        assert not evaluated(table, *words, "resamples=0", "metrics=accuracy")["trained_on"]
        assert "trained on" not in capsys.readouterr().out


@pytest.mark.parametrize(("old", "test"), [("old.csv", "test.csv"), ("train/rows.csv", "test/rows.csv"),
                                           ("rows.csv", "test/rows.csv")])
def test_a_file_of_test_rows_was_not_trained_on(old: str, test: str, tmp_path: Path) -> None:
    for name, seed in ((old, 0), (test, 3)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("\n".join([HEADER, *lines_of(90, seed)]) + "\n")
    run = trained(tmp_path / "runs", "dataset=csv", f"dataset.path={tmp_path / old}", "dataset.target=state",
                  f"dataset.test_path={tmp_path / test}", "dataset.drop=[patient]", "epochs=1")
    seen = [evaluated(run, tmp_path / name, "resamples=0", "metrics=accuracy")["trained_on"] for name in (old, test)]
    assert seen == [True, False]


def test_the_run_stays_as_it_was_and_the_line_has_a_checksum(table: Path) -> None:
    files = {file: file.read_bytes() for file in table.rglob("*") if file.is_file() and file.name != evaluations.FILE}
    row = evaluated(table, new(table), "metrics=accuracy", "resamples=10")
    assert {file: file.read_bytes() for file in files} == files and changed(table) == []
    assert row["data"] == str(new(table)) and row["weights"] == "measured" and len(row["content"]) == 64
    file = table / evaluations.FILE
    whole = file.read_text()
    file.write_text(whole.replace(f'"value": {row["metrics"]["accuracy"]["value"]}', '"value": 0.99'))
    with pytest.raises(Damaged, match="checksum is wrong"):
        evaluations.read(table)
    file.write_text(whole + whole[:40])
    assert evaluations.read(table)[-1] == row, "half a line of a killed process"
    again = evaluated(table, new(table), "metrics=accuracy", "resamples=10")
    assert evaluations.read(table)[-2:] == [row, again]


def test_the_table_says_what_the_intervals_are_over(table: Path, capsys: Any) -> None:
    evaluated(table, new(table), "resamples=20")
    said = capsys.readouterr().out
    assert "on " + str(new(table)) + ", 200 rows" in said and "95 % interval" in said
    assert "intervals are over rows, not over seeds: bootstrap, 20 times 200 rows drawn anew" in said
    row = next(line for line in said.splitlines() if line.strip().startswith("accuracy"))
    assert " % " in row and " to " in row


def test_a_run_is_meant_by_the_beginning_of_its_id_and_another_folder_can_get_the_line(
        table: Path, tmp_path: Path, capsys: Any) -> None:
    before = evaluations.read(table)
    evaluated(table.name[:5], new(table), f"output_dir={table.parents[1]}", f"into={tmp_path}", "resamples=0",
              "metrics=accuracy")
    assert evaluations.read(table) == before


def test_without_data_the_own_test_rows_have_the_results_numbers(table: Path) -> None:
    row = evaluated(table, "resamples=50")
    expected = json.loads((table / "result.json").read_text())["test"]
    assert {name: found["value"] for name, found in row["metrics"].items()} == pytest.approx(expected, abs=1e-6)
    assert all("low" in found for found in row["metrics"].values())


@pytest.mark.parametrize(("words", "said"), [
    (("nowhere.csv",), "no such file, folder or data set"), (("wine",), 'the column "x" is among those'),
    (("new.csv", "group=patent"), "did you mean  patient"), (("new.csv", "metrics=f11"), "did you mean  f1"),
    (("new.csv", "target=stat"), "did you mean  state"), (("new.csv", "into=nowhere"), "no such folder"),
    (("truthless.csv",), 'expected the target "state" beside the columns of the training'),
    (("twice.csv",), 'expected the target "state" beside the columns of the training; there are several'),
    (("csv",), "expected the file or folder itself"),
    (("strange.csv",), 'expected a class of the run in "state"; did you mean  well'),
    (("new.csv", "resamples=-1"), "expected an integer >= 0"), (("group=patient",), "name columns of a table"),
    (("digits", "group=patient"), "other data has no columns"), ((".",), "a folder holds files of rows by class"),
])
def test_what_does_not_fit_is_a_sentence_and_adds_nothing(
        words: tuple[str, ...], said: str, table: Path, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text(new(table).read_text())
    (tmp_path / "truthless.csv").write_text("x,z,word\n1,2,a\n")
    (tmp_path / "twice.csv").write_text("x,z,word,state,state\n1,2,a,well,well\n")
    (tmp_path / "strange.csv").write_text("x,z,word,state\n1,2,a,wel\n")
    before = evaluations.read(table)
    assert route(["evaluate", str(table), *words]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert evaluations.read(table) == before


def test_rows_without_a_target_are_left_out_and_said(table: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "holes.csv").write_text("state,word,z,x\nwell,a,1,2\n,a,1,2\nsick,b,0,1\n")
    row = evaluated(table, tmp_path / "holes.csv", "resamples=0")
    assert row["rows"] == 2 and "1 rows without a target are left out (the first is line 3)" in capsys.readouterr().err


class Read(Dataset):
    """Digits that are read one by one."""

    def __init__(self) -> None:
        from sklearn.datasets import load_digits

        digits = load_digits()
        self.x, self.y = digits.images[:400, None].astype(np.float32) / 16, digits.target[:400]

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, place: int) -> tuple[np.ndarray, int]:
        return self.x[place], int(self.y[place])


def test_test_rows_that_are_not_held_in_memory_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "dataset").mkdir(parents=True)
    (tmp_path / "configs" / "dataset" / "mine.yaml").write_text(f"_target_: {__name__}.Read\nin_memory: false\n")
    run = trained(tmp_path / "runs", "dataset=mine", f"allow={__name__}", "optimizer.lr=0.02", "model.hidden=[32]",
                  "epochs=15")
    row = evaluated(run, f"allow={__name__}", "metrics=[accuracy,loss]", "resamples=20")
    result = json.loads((run / "result.json").read_text())["test"]
    assert result["accuracy"] > 0.5
    assert {name: one["value"] for name, one in row["metrics"].items()} == pytest.approx(
        {name: result[name] for name in ("loss", "accuracy")}, abs=1e-5)
    assert row["metrics"]["accuracy"]["low"] <= result["accuracy"] <= row["metrics"]["accuracy"]["high"]
