"""`record=`: a tracker of one's own gets every call, changes no id, and where it fails the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlrun.cli.main import main
from dlrun.config.identity import identity
from dlrun.preflight.preflight import preflight

SMALL = ["dataset=digits", "model=dense", "model.hidden=[4]", "train_size=150", "test_size=40", "epochs=2", "threads=1",
         "device=cpu", "verbosity=0"]
SOURCE = '''
from dlrun.record.recorder import Recorder

calls = []

class Tracker(Recorder):
    def start(self, info):
        calls.append(("start", info.dataset, info.flat["epochs"]))

    def epoch(self, row, best):
        calls.append(("epoch", row["epoch"], row["val/loss"]))
        if row["epoch"] == FAILS:
            raise OSError("the server is away")

    def finish(self, result):
        calls.append(("finish", result["status"], result["test"]["accuracy"]))

    def close(self):
        calls.append(("close",))

class NoTracker:
    pass
'''


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, fails: int = 0) -> str:
        Path(f"{name}.py").write_text(SOURCE.replace("FAILS", str(fails)))
        return name

    return write


def test_a_tracker_of_ones_own_gets_every_call_and_changes_no_id(tracker: Any) -> None:
    name = tracker("tracking_one")
    assert main([*SMALL, f"record=[tensorboard,{name}.Tracker]", f"allow={name}"]) == 0
    import tracking_one  # type: ignore[import-not-found]

    kinds = [call[0] for call in tracking_one.calls]
    assert kinds == ["start", "epoch", "epoch", "finish", "close"]
    assert tracking_one.calls[0] == ("start", "digits", 2) and tracking_one.calls[3][1] == "finished"
    (result,) = Path("runs").glob("*/*/result.json")
    assert result.parent.name == identity(preflight(SMALL).config)
    assert list(result.parent.glob("events*"))


def test_a_tracker_that_fails_costs_one_line_and_not_the_run(tracker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    name = tracker("tracking_two", fails=1)
    assert main([*SMALL, f"record={name}.Tracker", f"allow={name}"]) == 0
    import tracking_two  # type: ignore[import-not-found]

    assert [call[0] for call in tracking_two.calls] == ["start", "epoch"]
    err = capsys.readouterr().err
    assert err.count("record=tracking_two.Tracker has failed in epoch") == 1 and "the server is away" in err
    (result,) = Path("runs").glob("*/*/result.json")
    assert not list(result.parent.glob("events*")), "TensorBoard was not asked for"


@pytest.mark.parametrize(("words", "says"), [
    (["record=mlfow"], "did you mean  mlflow"), (["record=nowhere.Tracker"], "allow=nowhere"),
    (["record=tracking_three.NoTracker", "allow=tracking_three"], "expected a class of dlrun.record")])
def test_what_records_nothing_is_refused(tracker: Any, words: list[str], says: str,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    tracker("tracking_three")
    assert main([*SMALL, *words]) == 2
    assert says in capsys.readouterr().err and not list(Path().glob("runs/*/*/result.json"))


def test_a_package_that_is_missing_is_named_with_its_extra(tracker: Any, monkeypatch: pytest.MonkeyPatch,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("dlrun.config.callbacks.find_spec", lambda name: None)
    assert main([*SMALL, "record=[tensorboard,mlflow]"]) == 2
    assert "it needs mlflow:  pip install 'dlrun[mlflow]'" in capsys.readouterr().err
