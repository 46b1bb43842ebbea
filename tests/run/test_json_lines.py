"""A run on texts in JSON lines, used on new ones."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dlrun.cli.route import route
from tests.run.test_evaluate import evaluated, trained

TEXTS = [("good warm room", 5), ("cold bad room", 1)] * 12


def test_new_texts_come_from_json_lines_or_plain_ones_and_are_measured(tmp_path: Path,
                                                                      capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"id": place, "review": text, "stars": stars} for place, (text, stars) in enumerate(TEXTS)]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = trained(tmp_path / "runs", "dataset=labelled_text", f"dataset.path={tmp_path / 'old.jsonl'}", "dataset.text="
                  "review", "dataset.target=stars", "model=conv1d", "model.filters=4", "model.embed=4")
    (tmp_path / "new.jsonl").write_text('{"stars": 1, "review": "bad cold"}\n{"stars": 5, "review": "warm"}\n')
    (tmp_path / "new.txt").write_text("bad cold\nwarm\n")
    capsys.readouterr()
    answers = []
    for name in ("new.jsonl", "new.txt"):
        assert route(["predict", str(run), str(tmp_path / name)]) == 0
        answers.append(list(csv.DictReader(io.StringIO(capsys.readouterr().out))))
    assert answers[0] == answers[1] and [row["input"] for row in answers[0]] == ["bad cold", "warm"]
    row = evaluated(run, tmp_path / "new.jsonl", "resamples=0")
    right = [found["class"] == stars for found, stars in zip(answers[0], "15")]
    assert row["rows"] == 2 and row["metrics"]["accuracy"]["value"] == sum(right) / 2
    (tmp_path / "odd.jsonl").write_text('{"a": "bad", "b": "cold"}\n')
    assert route(["predict", str(run), str(tmp_path / "odd.jsonl")]) == 2
    assert 'expected the texts in a column called "review"' in capsys.readouterr().err
