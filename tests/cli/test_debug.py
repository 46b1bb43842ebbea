"""``debug=``: short runs that say whether something works; none of them is ever taken for a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli.route import route

FEW = ["dataset=digits", "model=dense", "model.hidden=[16]", "threads=1", "device=cpu", "verbosity=0"]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert route(list(words)) == code
        done = capsys.readouterr()
        return done.out + done.err

    return call


def results(below: str) -> list[Path]:
    return sorted(Path(below).glob("*/*/result.json"))


def test_a_tiny_run_is_trained_each_time_and_no_report_sees_it(said) -> None:
    said(*FEW, "debug=tiny")
    found, = results("runs/debug")
    result = json.loads(found.read_text())
    assert result["steps"] == 2 and sum(result["rows"].values()) == 40
    before = found.stat().st_mtime_ns
    said(*FEW, "debug=tiny")
    assert found.stat().st_mtime_ns != before, "it is never served"
    assert "no run lies there" in said("report", "runs", code=2)
    said(*FEW, "epochs=1")
    assert len(results("runs")) == 1 and "1 of 1 runs" in said("runs")


def test_what_is_typed_counts_before_what_the_mode_sets(said) -> None:
    said(*FEW, "debug=tiny", "train_size=50", "max_steps=3", "batch_size=10", "output_dir=else where")
    result = json.loads(results("else where/debug")[0].read_text())
    assert result["steps"] == 3 and result["rows"]["train"] + result["rows"]["val"] == 50


def test_a_network_that_learns_one_batch_is_told_from_one_that_does_not(said) -> None:
    text = said(*FEW, "debug=overfit", "batch_size=20", "optimizer.lr=0.01")
    assert "on one batch of 20 rows the loss went from" in text and "this network can learn" in text
    losses = [json.loads(line)["train/loss"] for line in Path(results("runs/debug")[0].parent, "metrics.jsonl").open()]
    assert losses[-1] < 0.05 * losses[0] and f"{losses[-1]:.4g}" in text
    text = said(*FEW, "debug=overfit", "batch_size=20", "optimizer.lr=1e-9", code=1)
    assert "does not come near zero" in text


def test_a_profile_has_a_table_and_a_trace_of_the_steps(said) -> None:
    text = said(*FEW, "debug=profile", "max_steps=3", "epochs=1")
    assert "aten::addmm" in text and "Self CPU" in text
    folder = results("runs/debug")[0].parent
    names = [event.get("name") for event in json.loads((folder / "trace.json").read_text())["traceEvents"]]
    assert names.count("aten::_fused_adam_") == 3 and "aten::addmm" in (folder / "profile.txt").read_text()


@pytest.mark.parametrize(("words", "says"), [
    (["debug=tin"], "did you mean  tiny"), (["debug="], "expected one of tiny, overfit, profile"),
    (["-m", "debug=tiny", "seed=1,2"], "it looks at one run"), (["debug=overfit", "model=majority"], "is computed"),
    (["debug=tiny", "modle=cnn"], "did you mean  model=cnn")])
def test_a_mistake_is_refused(said, words: list[str], says: str) -> None:
    assert says in said(*words, code=2) and not Path("runs").exists()
