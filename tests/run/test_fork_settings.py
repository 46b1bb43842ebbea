"""A fork with other settings: what these give another meaning begins anew, and is said; the rest is the parent's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.cli.main import main
from dlrun.engine.callbacks import Callback
from dlrun.inference.load import load_run
from dlrun.record.folder import RunFolder
from dlrun.registry import register
from tests.helpers.compiler import needs_compiler
from tests.helpers.runs import last_weights
from tests.whole.equal import rows, state

RUN = ("dataset=digits", "model=dense", "model.hidden=[8,8]", "train_size=150", "test_size=40", "batch_size=32",
       "threads=1", "device=cpu")


@register("callback", "ends_after_two")
class EndsAfterTwo(Callback):
    """Ends a run in its second epoch."""

    def epoch(self, row, best) -> None:
        if row["epoch"] == 2:
            self.stop("two are enough")


@pytest.fixture
def forked(go, capsys: pytest.CaptureFixture[str]):
    """``forked(parent, "epoch=2", ...)``: the folder of a fork, and what was printed."""

    def call(parent: Path, *words: str) -> tuple[Path, str]:
        before = set(Path("runs").glob("*/*/provenance.json"))
        capsys.readouterr()
        assert main(["fork", parent.name, *words]) == 0, capsys.readouterr().err
        [made] = set(Path("runs").glob("*/*/provenance.json")) - before
        return made.parent, capsys.readouterr().out

    return call


@pytest.mark.parametrize(("parent", "fork", "phase"), [
    ("optimizer=adam", "optimizer.amsgrad=true", "{amsgrad: true}"),
    ("optimizer=rmsprop", "optimizer.centered=true", "{centered: true}"),
    ("optimizer=rmsprop", "optimizer.eps_inside=true", "{eps_inside: true}"),
    ("optimizer=adam", "optimizer.lr_of={dense_2: 0.01}", "{lr_of: {dense_2: 0.01}}"),  # two layers of 8x8 and 8x10
], ids=["amsgrad", "centered", "eps_inside", "lr_of"])
def test_options_by_which_an_optimizer_keeps_other_state_let_it_begin_anew(go, forked, parent, fork, phase) -> None:
    begun = go(*RUN, parent, "epochs=2").folder
    made, out = forked(begun, "epoch=2", "epochs=4", fork)
    assert rows(made) == rows(go(*RUN, parent, "epochs=4", f"phases=[{{epoch: 3, optimizer: {phase}}}]").folder)
    assert "other settings than the parent's: the optimizer's state begins anew" in out


def test_parts_without_rates_of_their_own_any_more_let_the_state_begin_anew(go, forked) -> None:
    begun = go(*RUN, "optimizer.lr_of={dense_2: 0.01}", "epochs=2").folder
    made, out = forked(begun, "epoch=2", "epochs=3", "optimizer.lr_of=null")
    phased = go(*RUN, "optimizer.lr_of={dense_2: 0.01}", "epochs=3", "phases=[{epoch: 3, optimizer: {lr_of: null}}]")
    assert rows(made) == rows(phased.folder) and "the optimizer's state begins anew" in out


@pytest.mark.parametrize("word", ["optimizer.lr=0.003", "optimizer.beta1=0.8", "optimizer.clip_norm=1",
                                  "optimizer.lr_of={dense_2: 0.02}"])
def test_rates_decays_and_clipping_leave_an_optimizer_its_state(go, forked, word: str) -> None:
    begun = go(*RUN, "epochs=2", "optimizer.lr_of={dense_2: 0.01}").folder
    made, out = forked(begun, "epoch=2", "epochs=3", word)
    assert state(made)["/parts/step/optimizers/model/0/step"] == 3 * 4 and "anew" not in out


def test_another_loss_has_a_best_epoch_of_its_own(go, forked) -> None:
    begun = go(*RUN, "task.loss=mse", "epochs=3", "early_stop=patience").folder
    assert RunFolder(begun).result()["val"]["loss"] < 0.1
    made, out = forked(begun, "epoch=3", "epochs=12", "task.loss=cross_entropy")
    result = RunFolder(made).result()
    assert result["best"]["epoch"] > 3 and result["best"]["val/loss"] > 0.1
    assert "other settings than the parent's: the best epoch begins anew" in out
    more, out = forked(begun, "epoch=3", "epochs=4", "task.metrics=[f1]", "optimizer.lr=1e-9")
    assert "anew" not in out and state(more)["/parts/stopper/best_epoch"] == 3


def test_a_parent_that_a_callback_has_ended_can_be_forked_from_its_end(go, forked) -> None:
    begun = go(*RUN, "epochs=5", "callbacks=ends_after_two").folder
    assert "two are enough" in RunFolder(begun).result()["stop_reason"]
    made, _ = forked(begun, "epoch=2", "epochs=4")
    assert len(rows(made)) == 4 and RunFolder(made).result()["status"] == "finished"


@pytest.mark.parametrize(("parent", "fork", "says"), [
    ("max_steps=3", ("epoch=1",), "max_steps=3  the fork begins after 4 steps; expected more, or max_steps=null"),
    ("max_steps=7", ("epoch=1", "batch_size=16"), "max_steps=7  the fork begins after 8 steps"),
    ("epochs=1", ("epoch=1", "epochs=2", "max_seconds=1e-6"), "of training; expected more, or max_seconds=null"),
    ("early_stop.target=99", ("epoch=1", "epochs=5"), "early_stop.target=99  val/loss has reached it in the parent's "
                                                      "epoch 1; expected another, or null"),
], ids=["steps", "steps of its own batches", "seconds", "target"])
@pytest.mark.parametrize("folds", [(), ("validation={kind: kfold, k: 2}",)], ids=["", "folds"])
def test_a_fork_that_would_take_no_step_is_refused(go, capsys, parent: str, fork: tuple[str, ...], says: str,
                                                   folds: tuple[str, ...]) -> None:
    size = ("train_size=240",) if folds else ()  # 120 rows of each fold, as without folds
    begun = go(*RUN, "epochs=2", *size, *folds, parent).folder
    before = sorted(Path.cwd().rglob("*"))
    assert main(["fork", begun.name, "optimizer.lr=0.1", *fork]) == 2
    assert says in capsys.readouterr().err and sorted(Path.cwd().rglob("*")) == before


def test_a_fork_that_has_a_step_left_takes_it(go, forked) -> None:
    begun = go(*RUN, "epochs=2", "max_steps=5", "early_stop.target=1e-9").folder
    made, _ = forked(begun, "epoch=1", "early_stop.target=2e-9", "optimizer.lr=0.1")
    assert [row["step"] for row in rows(made)] == [4, 5] and RunFolder(made).result()["epochs"] == 2


@needs_compiler
@pytest.mark.parametrize(("words", "reason"), [
    (("precision=bf16",), "precision=bf16"), (("optimizer.accumulate=2",), "accumulate"),
    (("callbacks=ends_after_two",), "callbacks"), (("phases=[{epoch: 2, lr: 0.01}]",), "phases")],
    ids=["bf16", "accumulate", "callbacks", "phases"])
def test_a_fork_of_a_compiled_run_has_plain_steps_where_its_settings_are_not_compiled(go, forked, words, reason
                                                                                      ) -> None:
    begun = go(*RUN, "epochs=1", "speed=compiled").folder
    assert RunFolder(begun).origin()["speed_path"].startswith("compiled by")
    made, out = forked(begun, "epoch=1", "epochs=3", "speed=plain", *words)
    path = RunFolder(made).origin()["speed_path"]
    assert path.startswith("eager") and "steps are not compiled any more: " in out and reason in out
    same, _ = forked(begun, "epoch=1", "epochs=3", "optimizer.lr=0.01")
    assert RunFolder(same).origin()["speed_path"].startswith("compiled by")


BASE = ("dataset=digits", "model=pretrained", "model.size=32", "train_size=48", "test_size=16", "validation=16",
        "batch_size=16", "threads=1", "device=cpu")


def test_a_fork_may_train_what_was_frozen_of_a_base_and_not_freeze_what_was_trained(go, forked, capsys) -> None:
    begun = go(*BASE, "epochs=1").folder
    made, out = forked(begun, "epoch=1", "epochs=2", "phases=[{epoch: 2, unfreeze: 1, lr: 1e-3}]",
                       "early_stop.restore_best=false")
    assert rows(made)[0] == rows(begun)[0] and "the optimizer's state begins anew" in out
    after = load_run(made).model
    moved = {name.split(".")[2] for name, value in after.base_1.named_parameters(prefix="base_1")
             if not torch.equal(value, dict(load_run(begun).model.named_parameters())[name])}
    assert moved == {"head"}
    assert last_weights(made)["base_1.frozen"].tolist() != last_weights(begun)["base_1.frozen"].tolist()
    assert main(["fork", made.name, "epoch=2", "epochs=3", "phases=[]"]) == 2
    assert "was trained where these weights come from" in capsys.readouterr().err
