"""Odd arguments: one sentence that names what was given, exit code 2, nothing written."""

from __future__ import annotations

import csv
import errno
import io
import sys
import time
from pathlib import Path

import pytest

from dlrun.cli import train
from dlrun.cli.route import route
from dlrun.preflight.preflight import preflight
from dlrun.run.run import run_folder

DIGITS, LONG = "9" * 5000, "x" * 300


@pytest.mark.parametrize("arguments, says", [
    ([f"epochs={DIGITS}"], "a number of 5,000 digits; expected at most 1,000"),
    ([f"model.hidden=[1,{DIGITS}]"], "a number of 5,000 digits"),
    (["-m", f"seeds={DIGITS}"], "a number of 5,000 digits"),
    (["explain", f"seed={DIGITS}"], "a number of 5,000 digits"),
    (["--cfg", "job", f"seed={DIGITS}"], "a number of 5,000 digits"),
    (["generate", "RUN", f"tokens={DIGITS}"], "expected an integer"),
    ([f"model.hidden={'[' * 80}{']' * 80}"], "80 brackets within one another"),
    (["train_size=0." + "3" * 400], "expected an integer"),
    ([f"name={LONG}"], "File name too long"),
    ([f"output_dir={LONG}"], "File name too long"),
    (["-m", f"sweep.name={LONG}", "seed=1,2"], "File name too long"),
    (["dataset=csv", f"dataset.path={LONG}", "dataset.target=y"], "File name too long"),
    (["report", LONG], "File name too long"),
    (["validation={1:2}"], "no such key"),
    (["++schedule.factor=0.5"], "schedule.factor=0.5  no such key; it belongs to exponential"),
    (["output_dir=~/x", "dataset=csv", "dataset.path=~/straße.csv", "dataset.target=y"],
     "dataset.path=~/straße.csv  no such file"),
    (["a b=1"], "keys have no blanks"),
    (["ü=1"], "keys are plain letters"),
    (["name=a\nb"], "a text with  \\n  needs two pairs of quotes"),
    (["--hydra-help", "x"], "x"),
    (["--hydra-help", ""], "expected key=value"),
    (["-m", "--info", "--run"], "expected one of --info, --run"),
    (["generate", "RUN", "temperature=nan"], "expected a number >= 0"),
    (["generate", "RUN", "seed=99999999999999999999"], "expected an integer"),
    (["generate", "RUN", "count=10000000"], "expected an integer"),
    (["generate", "RUN", "count=9999", "between=99"], "at most 10,000 pictures"),
    (["generate", "RUN", "out=."], "expected a file; this is a folder"),
    (["generate", LONG, f"prompt={LONG}"], "File name too long"),
])
def test_one_sentence(folder: Path, capsys, arguments: list[str], says: str) -> None:
    assert route(arguments) == 2
    said = capsys.readouterr().err
    assert says in said
    assert not [word for word in ("Traceback", "token recognition", "mismatched", "missing EQUAL") if word in said]
    assert not (folder / "runs").exists() or not list((folder / "runs").glob("*/*/*"))


@pytest.mark.parametrize("text, says", [
    ("kind: dense\nroot: 3\n", "root: 3  expected a mapping (key: value) of what suits this choice"),
    ("kind: dense\nroot: [epochs]\n", "expected a mapping"),
])
def test_one_sentence_about_a_file(write, capsys, text: str, says: str) -> None:
    write({"configs/model/mine.yaml": text})
    assert route(["model=mine"]) == 2
    said = capsys.readouterr().err
    assert says in said and "configs/model/mine.yaml:2" in said


def test_a_traceback_is_named_where_it_was_written(folder: Path, capsys, monkeypatch) -> None:
    def fails(*given, **options):
        raise RuntimeError("no luck")

    monkeypatch.setattr("dlrun.run.run.run", fails)
    checked = preflight(["dataset=iris", "model=softmax"])
    assert train.start(checked, []) == 1
    said = capsys.readouterr().err
    assert "failed: RuntimeError: no luck" in said and "whole traceback" not in said
    written = run_folder(checked.config)[1].traceback
    written.parent.mkdir(parents=True)
    written.write_text("Traceback ...")
    assert train.start(checked, []) == 1
    assert f"the whole traceback: {written}" in capsys.readouterr().err


def test_every_model_at_once_is_answered_in_a_moment(folder: Path, capsys) -> None:
    before = time.process_time()
    assert route(["-m", "model=glob(*)", "dataset=digits"]) == 2
    assert time.process_time() - before < 3
    assert "in job" in capsys.readouterr().err


def test_texts_that_training_accepts_are_predicted(go, tmp_path: Path, capsys) -> None:
    """In Latin-1, with a form feed and a mark that Unicode knows between lines, as training reads them."""
    lines = [("gut", "Gr\u00fc\u00dfe aus K\u00f6ln"), ("schlecht", "die Stra\u00dfe\x0cist zu"),
             ("gut", "sch\u00f6n\x85hier")]
    (tmp_path / "t.tsv").write_bytes("".join(f"{label}\t{text}\n" for label, text in lines * 4).encode("latin-1"))
    outcome = go("dataset=labelled_text", "dataset.path=t.tsv", "model=lstm", "model.units=2", "max_steps=2",
    "epochs=1")
    (tmp_path / "new.txt").write_bytes("".join(f"{text}\n" for _, text in lines).encode("latin-1"))
    assert route(["predict", str(outcome.folder), str(tmp_path / "new.txt")]) == 0
    said = capsys.readouterr()
    assert len(list(csv.reader(io.StringIO(said.out, newline="")))) == 4
    assert "read as Latin-1" in said.err


def test_a_long_prompt_names_no_file(go, short_passages, capsys) -> None:
    outcome = go("dataset=python_docs", "model=lstm", "model.units=8", "max_steps=2", "train_size=500", "epochs=1")
    assert route(["generate", str(outcome.folder), f"prompt={LONG}", "tokens=3"]) == 0
    assert capsys.readouterr().out.startswith(LONG)


def test_a_refusal_is_said_where_no_more_files_can_be_opened(folder, capsys, monkeypatch) -> None:
    class Full:
        def find_spec(self, name, path=None, target=None):
            if name == "dlrun.cli.problems":
                raise OSError(errno.EMFILE, "Too many open files", "problems.py")

    monkeypatch.delitem(sys.modules, "dlrun.cli.problems", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Full(), *sys.meta_path])
    assert route(["batch_size=none"]) == 2
    assert "batch_size=none" in capsys.readouterr().err
