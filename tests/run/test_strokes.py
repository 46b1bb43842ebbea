"""A run on pen strokes, drawn here, used on new drawings."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route
from tests.run.test_evaluate import evaluated, trained


def drawn(kind: str, rng: np.random.Generator) -> list[list[list[int]]]:
    """A zigzag, or a square, in QuickDraw's range."""
    if kind == "zigzag":
        points = np.stack([np.arange(8) * 30, np.arange(8) % 2 * 120])
    else:
        points = np.array([[0, 200, 200, 0, 0], [0, 0, 200, 200, 0]])
    return [(points + rng.integers(-5, 6, points.shape) + 20).tolist()]


def test_a_recurrent_net_learns_drawings_and_answers_for_new_ones(tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for name in ("square", "zigzag"):
        rows = [{"word": name, "drawing": drawn(name, rng)} for _ in range(40)]
        (tmp_path / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = trained(tmp_path / "runs", "dataset=strokes", f"dataset.path={{square: '{tmp_path / 'square.ndjson'}', "
                  f"zigzag: '{tmp_path / 'zigzag.ndjson'}'}}", "dataset.length=10", "model=gru", "optimizer.lr=0.05",
                  "epochs=8", "batch_size=16", "model.units=8")
    new = [{"drawing": drawn(name, rng)} for name in ("zigzag", "square", "square")]
    (tmp_path / "new.ndjson").write_text("".join(json.dumps(row) + "\n" for row in new))
    words = [{"word": name, "drawing": drawn(name, rng)} for name in ("zigzag", "square") * 4]
    (tmp_path / "words.ndjson").write_text("".join(json.dumps(row) + "\n" for row in words))
    capsys.readouterr()
    assert route(["predict", str(run), str(tmp_path / "new.ndjson")]) == 0
    out, err = capsys.readouterr()
    found = list(csv.DictReader(io.StringIO(out)))
    assert [row["class"] for row in found] == ["zigzag", "square", "square"] and not err
    assert [row["input"] for row in found] == [f"new.ndjson:{line}" for line in (1, 2, 3)]
    assert route(["predict", str(run), str(tmp_path / "words.ndjson")]) == 0
    assert "8 rows with their targets" in capsys.readouterr().err
    assert evaluated(run, tmp_path / "words.ndjson", "resamples=0")["metrics"]["accuracy"]["value"] == 1.0
    (tmp_path / "later").mkdir()
    (tmp_path / "words.ndjson").rename(tmp_path / "later" / "words.ndjson")  # a folder, as it may be in training
    row = evaluated(run, tmp_path / "later", "resamples=0")
    assert (row["rows"], row["metrics"]["accuracy"]["value"]) == (8, 1.0)
    (tmp_path / "named").mkdir()
    new = [{"drawing": drawn("zigzag", rng)} for _ in range(3)]  # the class is the file's name, as in training
    (tmp_path / "named" / "zigzag.ndjson").write_text("".join(json.dumps(row) + "\n" for row in new))
    row = evaluated(run, tmp_path / "named", "resamples=0")
    assert (row["rows"], row["metrics"]["accuracy"]["value"]) == (3, 1.0)
