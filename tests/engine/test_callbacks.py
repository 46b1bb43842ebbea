"""A user's callbacks: they see the run, end it at a step, and are exact to resume."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.registry.lookup import _registered
from tests.run.stops import killed_after, signalled_after
from tests.whole.equal import assert_same_run, rows, state

SOURCE = '''
from dlrun.engine.callbacks import Callback
from dlrun.registry import register


@register("callback", "adder")
class Adder(Callback):
    """Adds up the numbers of the steps and the losses; ends the run in step LIMIT."""

    def __init__(self):
        self.steps, self.losses, self.seen = 0, 0.0, []

    def start(self, info):
        self.seen.append(f"start {info.first_epoch}")
        assert sum(weight.numel() for weight in self.model.parameters()) == 650

    def update(self, step):
        self.steps += step
        if step == LIMIT:
            self.stop(f"{self.steps} is enough")

    def epoch(self, row, best):
        self.losses += row["train/loss"]

    def finish(self, result):
        with open("seen.txt", "a") as file:
            file.write(" ".join([*self.seen, result["status"], str(self.steps), "\\n"]))

    def close(self):
        self.seen = ["closed"]

    def state_dict(self):
        return {"steps": self.steps, "losses": self.losses}

    def load_state_dict(self, state):
        self.steps, self.losses = state["steps"], state["losses"]
'''
TRAIN = ["model=softmax", "batch_size=100", "validation=0", "epochs=4", "train_size=500"]  # 5 steps an epoch
MINE = [*TRAIN, "callbacks=adder", "allow=mine_adder"]


@pytest.fixture(autouse=True)
def _mine(folder: Path) -> Iterator[None]:
    source(1000)
    yield
    forget()


def source(limit: int) -> None:
    forget()
    Path("mine_adder.py").write_text(SOURCE.replace("LIMIT", str(limit)))


def forget() -> None:
    """As a new process would: the module is not imported, its kinds are not known."""
    sys.modules.pop("mine_adder", None)
    _registered.pop(("callback", "adder"), None)


def test_the_example_of_the_page(go) -> None:
    text = (Path(__file__).parents[2] / "docs" / "own-code.md").read_text(encoding="utf-8")
    example = text.split("```python file=watching.py\n")[1].split("```")[0]
    Path("mine_adder.py").write_text(example.replace("< 0.5", "< 1e9"))
    outcome = go("model=softmax", "epochs=5", "train_size=500", "callbacks=mine_adder.Watch", "allow=mine_adder")
    assert outcome.result["stop_reason"] == "stopped at epoch 3: val/loss was below 0.5 three times"
    assert state(outcome.folder)["/parts/callbacks/mine_adder.Watch/state/low"] == 3


def test_it_sees_every_step_and_epoch_and_changes_no_weight(go) -> None:
    seen = go(*MINE)
    plain = go(*TRAIN)
    assert seen.result["id"] != plain.result["id"]
    assert Path("seen.txt").read_text() == "start 1 finished 210 \n"  # 1 + ... + 20
    kept = state(seen.folder)
    assert kept["/parts/callbacks/adder/state/steps"] == 210
    losses = sum(row["train/loss"] for row in rows(plain.folder))
    assert kept["/parts/callbacks/adder/state/losses"] == pytest.approx(losses, rel=1e-12)
    for key, value in state(plain.folder).items():
        if key.startswith("/parts/model"):
            assert (kept[key] == value).all(), key


def test_it_ends_the_run_in_mid_epoch(go) -> None:
    source(13)
    outcome = go(*MINE)
    assert (outcome.result["status"], outcome.result["steps"], outcome.result["epochs"]) == ("stopped", 13, 3)
    assert outcome.result["stop_reason"] == "stopped at epoch 3: 91 is enough"
    assert [row["step"] for row in rows(outcome.folder)] == [5, 10, 13]
    assert go(*MINE).found


@pytest.mark.parametrize("limit", [13, 15, 1000])
@pytest.mark.parametrize("step", [1, 7, 12])
def test_an_interrupted_run_ends_as_one_that_never_was(go, limit: int, step: int) -> None:
    source(limit)
    whole = go(*MINE, "output_dir=whole")
    with signalled_after(step):
        assert go(*MINE, "output_dir=cut").result["status"] == "interrupted"
    forget()
    assert_same_run(whole.folder, go(*MINE, "output_dir=cut").folder)


@pytest.mark.parametrize("limit", [3, 5, 13])
def test_one_that_is_interrupted_while_its_last_epoch_is_measured_measures_it_again(go, limit: int) -> None:
    """The signal comes in the step that ends the run, and is seen by what measures the validation rows."""
    source(limit)
    mine = [*MINE, "validation=0.2"]
    whole = go(*mine, "output_dir=whole")
    Path("mine_adder.py").write_text(Path("mine_adder.py").read_text().replace(
        "            self.stop(", "            import os, signal\n            if os.environ.pop('SIGNAL', ''):\n"
        "                os.kill(os.getpid(), signal.SIGINT)\n            self.stop("))
    forget()
    signalled = go(*mine, "output_dir=signalled")
    forget()
    os.environ["SIGNAL"] = "1"
    cut = go(*mine, "output_dir=cut")
    assert cut.result["status"] == "interrupted" and "SIGNAL" not in os.environ
    forget()
    again = go(*mine, "output_dir=cut")
    assert again.result["status"] == "stopped" and again.result["epochs"] == whole.result["epochs"]
    assert_same_run(signalled.folder, again.folder)
    assert again.result["val"] == whole.result["val"] and again.result["test"] == whole.result["test"]


def test_a_run_killed_after_it_was_stopped_is_not_trained_on(go, monkeypatch: pytest.MonkeyPatch) -> None:
    source(10)
    whole = go(*MINE, "output_dir=whole")

    def fail(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("dlrun.run.outcome.finished", fail)
        go(*MINE, "output_dir=cut")
    assert_same_run(whole.folder, go(*MINE, "output_dir=cut").folder)


def test_its_source_is_part_of_the_id(go) -> None:
    before = identity(preflight(MINE).config)
    source(999)
    assert identity(preflight(MINE).config) != before
    source(1000)
    assert identity(preflight(MINE).config) == before


def test_it_is_found_by_module_and_class_too(go) -> None:
    outcome = go(*TRAIN, "callbacks=mine_adder.Adder", "allow=mine_adder")
    assert Path("seen.txt").read_text() == "start 1 finished 210 \n"
    assert "/parts/callbacks/mine_adder.Adder/state/steps" in state(outcome.folder)


def test_each_fold_has_its_own(go) -> None:
    source(6)
    outcome = go(*TRAIN, "callbacks=adder", "allow=mine_adder", "validation={kind: kfold, k: 2}")
    for fold in range(2):
        result = json.loads((outcome.folder / "folds" / str(fold) / "result.json").read_text())
        assert (result["status"], result["steps"]) == ("stopped", 6)
    assert outcome.result["status"] == "stopped"


@pytest.mark.parametrize(("overrides", "said"), [
    (["callbacks=adder"], "expected one of"),
    (["callbacks=mine_adder.Adder"], "allow=mine_adder"),
    (["callbacks=nothing.Adder", "allow=nothing"], "no module nothing"),
    (["callbacks=adder", "allow=broken"], "ZeroDivisionError"),
])
def test_what_is_not_there_is_said_before_the_start(overrides: list[str], said: str) -> None:
    Path("broken.py").write_text("1 / 0\n")
    with pytest.raises(ConfigError, match=said):
        preflight([*TRAIN, *overrides])


def test_what_fails_in_it_fails_the_run_and_in_finish_only_costs_a_note(go) -> None:
    Path("mine_adder.py").write_text(SOURCE.replace("self.steps += step", "1 / 0"))
    with pytest.raises(ZeroDivisionError):
        go(*MINE)
    folder, = Path("runs").glob("*/*/result.json")
    result = json.loads(folder.read_text())
    assert result["status"] == "failed" and "ZeroDivisionError" in result["error"]
    assert "mine_adder.py" in RunFolder(folder.parent).traceback.read_text()
    forget()
    broken = SOURCE.replace('with open("seen.txt", "a") as file', "with None as file")
    Path("mine_adder.py").write_text(broken.replace("LIMIT", "99"))
    assert go(*MINE).result["status"] == "finished"


def test_one_that_stops_the_run_before_its_first_step_has_one_step(go) -> None:
    Path("mine_adder.py").write_text(SOURCE.replace("LIMIT", "1000").replace(
        "    def start(self, info):", "    def start(self, info):\n        self.stop('enough seen')"))
    outcome = go(*MINE)
    assert (outcome.result["status"], outcome.result["steps"], outcome.result["epochs"]) == ("stopped", 1, 1)
    assert outcome.result["stop_reason"] == "stopped at epoch 1: enough seen"
    assert [row["step"] for row in rows(outcome.folder)] == [1] and outcome.result["train"]["loss"] > 0
    assert go(*MINE).found


@pytest.mark.parametrize(("given", "said"), [
    ("__import__('collections').deque([1.0])", "a deque in losses"),
    ("{'last': [__import__('numpy').float64(1)]}", "a float64 in losses.last"),
])
def test_a_state_that_no_checkpoint_gives_back_is_named_before_the_start(go, given: str, said: str) -> None:
    source(1000)
    text = Path("mine_adder.py").read_text()
    Path("mine_adder.py").write_text(text.replace('"losses": self.losses}', f'"losses": {given}}}'))
    with pytest.raises(ConfigError, match=f"callbacks=adder +its state_dict has {said}; expected tensors and plain"):
        go(*MINE)
    assert not Path("runs").exists()


def test_a_state_that_comes_to_no_plain_value_later_is_named_at_its_first_checkpoint(go) -> None:
    Path("mine_adder.py").write_text(SOURCE.replace("LIMIT", "1000").replace(
        "self.losses += ", "self.losses += __import__('numpy').float64(1) * "))
    with pytest.raises(TypeError, match="callbacks=adder: its state_dict has a float64 in losses"):
        go(*MINE)
    folder, = Path("runs").glob("*/*")
    assert state(folder)["/parts/callbacks/adder/state/losses"] == 0, "the checkpoint before is whole"


def test_a_killed_run_goes_on_with_its_state(go) -> None:
    whole = go(*MINE, "output_dir=whole")
    with killed_after(8):
        go(*MINE, "output_dir=cut", "checkpoint_seconds=0")
    assert_same_run(whole.folder, go(*MINE, "output_dir=cut", "checkpoint_seconds=0").folder)
