"""How a run ends badly: diverged, out of memory, failed; each has its status, its reason and its way back."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.cannot_write import cannot_write
from tests.helpers.runs import custom
from tests.run.stops import Killed, killed_after, signalled_after
from tests.whole.equal import assert_same_run, rows


def strict(path: Path) -> dict:
    def refuse(word: str):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


MINE = """
import torch
class Mine(torch.nn.Module):
    def __init__(self, outputs, input_shape):
        super().__init__()
        self.out = torch.nn.Linear(64, outputs)
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
    def forward(self, x):
        if self.training:
            self.seen += 1
        {body}
        return self.out(x.flatten(1))
"""


def mine(body: str) -> list[str]:
    return ["dataset=digits", *custom(Path.cwd(), MINE.replace("{body}", body), "Mine"), "batch_size=50"]


NAN = "x = x * float('nan') if self.training and self.seen >= 130 else x"  # from step 130 on; 23 steps an epoch


def test_a_loss_that_is_no_number_ends_the_run_as_diverged(go) -> None:
    outcome = go(*mine(NAN), "epochs=9")
    result = strict(outcome.folder / "result.json")
    assert (result["status"], outcome.exit_code) == ("diverged", 1), "as a sweep of it ends"
    # Looked at after step 100 and at the ends of epochs (23, 46, ... 115, 138): found at the end of epoch 6.
    assert result["between"] == [115, 138]
    assert result["between"][0] < 130 <= result["between"][1]
    assert "between steps 116 and 138" in result["stop_reason"]
    assert result["epochs"] == 5 and result["steps"] == 138
    assert result["checkpoint_step"] <= 115
    assert f"the checkpoint of step {result['checkpoint_step']} is the last one before" in result["stop_reason"]
    content = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)
    assert content["step"] == result["checkpoint_step"]
    assert all(torch.isfinite(weight).all() for weight in content["parts"]["model"].values())
    assert [row["epoch"] for row in map(json.loads, (outcome.folder / "metrics.jsonl").open())] == [1, 2, 3, 4, 5]
    again = go(*mine(NAN), "epochs=9")
    assert again.found and again.result == result


@pytest.mark.parametrize("step", [50, 116, 133])
def test_a_resumed_run_diverges_in_the_same_window(go, step: int) -> None:
    whole = go(*mine(NAN), "epochs=9", "output_dir=whole")
    with signalled_after(step):
        stopped = go(*mine(NAN), "epochs=9")
    assert stopped.exit_code == 143
    again = go(*mine(NAN), "epochs=9")
    assert again.result["between"] == whole.result["between"]
    assert rows(whole.folder) == rows(again.folder)


def test_a_broken_state_is_never_written_over_a_good_one(go) -> None:
    with killed_after(136):
        go(*mine(NAN), "epochs=9", "checkpoint_seconds=0")
    [path] = Path("runs").glob("*/*/checkpoints/last.pt")
    assert torch.load(path, weights_only=True)["step"] == 129
    assert go(*mine(NAN), "epochs=9", "checkpoint_seconds=0").result["between"] == [115, 138]


def test_a_window_of_a_long_epoch_is_a_hundred_steps(go) -> None:
    outcome = go(*mine(NAN), "epochs=2", "steps_per_epoch=250")
    assert outcome.result["between"] == [100, 200]
    assert outcome.result["epochs"] == 0 and outcome.result["train"] == {}


def test_a_rate_far_too_high_diverges_or_collapses_but_is_a_result(go) -> None:
    outcome = go("dataset=digits", "model=dense", "model.hidden=[16]", "optimizer=sgd", "optimizer.lr=1e30",
                 "task.loss=cross_entropy", "epochs=3")
    assert outcome.result["status"] == "diverged" and outcome.exit_code == 1
    strict(outcome.folder / "result.json")


def test_a_validation_loss_that_is_no_number_ends_the_run_and_is_written_as_null(go) -> None:
    outcome = go(*mine("x = x if self.training else x * float('nan')"), "epochs=2")
    (line,) = (outcome.folder / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line, parse_constant=lambda word: pytest.fail(word))["val/loss"] is None
    result = strict(outcome.folder / "result.json")
    assert result["status"] == "diverged"
    assert result["val"]["loss"] is None and result["best"] == {} and math.isfinite(result["train"]["loss"])
    assert result["between"] == [22, 23] and "became NaN or infinite in step 23;" in result["stop_reason"]


# 60 rows with a backward pass are too many; without one 1,000 would still do.
SMALL = "if torch.is_grad_enabled() and len(x) > 60: raise torch.OutOfMemoryError('CUDA out of memory. Tried 2 GiB')"


def test_out_of_memory_says_which_batch_size_fitted(go) -> None:
    overrides = [*mine(SMALL), "batch_size=256", "epochs=1"]
    outcome = go(*overrides)
    result = strict(outcome.folder / "result.json")
    assert (result["status"], outcome.exit_code) == ("out_of_memory", 1)
    assert result["fitted_batch_size"] == 32  # 128 and 64 are too many
    assert result["stop_reason"] == (
        "out of memory at batch_size 256; 32 rows at a time fit: batch_size=32 optimizer.accumulate=8 takes the same "
        "steps in parts, batch_size=32 smaller ones")
    assert result["error"] == "OutOfMemoryError: CUDA out of memory. Tried 2 GiB"
    again = go(*overrides)  # memory may be free by then
    assert not again.found and again.exit_code == 1
    parts = go(*overrides[:-2], "epochs=1", "batch_size=32", "optimizer.accumulate=8").result
    assert parts["status"] == "finished" and parts["steps"] == 5  # 1,149 rows, 256 a step


def test_out_of_memory_where_not_even_one_row_fits(go) -> None:
    body = "if torch.is_grad_enabled(): raise MemoryError"
    outcome = go(*mine(body), "epochs=1")
    assert outcome.result["status"] == "out_of_memory"
    assert outcome.result["fitted_batch_size"] is None
    assert outcome.result["stop_reason"].startswith("out of memory at batch_size 50; not even one row fits beside the "
                                                    "weights (")


class Greedy(torch.optim.SGD):
    """An optimizer whose own memory is not there, however small the batch."""

    def step(self, closure=None):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried 9 GiB")


def test_where_weights_and_optimizer_alone_do_not_fit_no_smaller_batch_is_offered(go, monkeypatch) -> None:
    from dlrun.registry import find

    monkeypatch.setattr(find("optimizer", "sgd"), "build", lambda self, params, device: Greedy(params, lr=self.lr))
    result = go("dataset=digits", "model=dense", "optimizer=sgd", "epochs=1").result
    assert result["fitted_batch_size"] is None
    assert "what sgd keeps of them: a smaller model is needed, not a smaller batch" in result["stop_reason"]


@pytest.mark.parametrize("what", ["the weights", "what the optimizer keeps"])
def test_out_of_memory_before_the_first_step_offers_no_batch_and_begins_again_when_memory_is_free(
        go, monkeypatch, what: str) -> None:
    from dlrun.registry import find

    def none_left(*args: Any, **more: Any) -> Any:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you "
                           "tried to allocate 99 bytes")

    words = ["dataset=digits", "model=dense", "model.hidden=[10]", "epochs=1"]
    with monkeypatch.context() as patched:
        patched.setattr(find(*(("model", "dense") if what == "the weights" else ("optimizer", "adam"))), "build",
                        none_left)
        outcome = go(*words)
    result = strict(outcome.folder / "result.json")
    assert (result["status"], outcome.exit_code, result["steps"]) == ("out_of_memory", 1, 0)
    reason = result["stop_reason"]
    assert reason.startswith("out of memory before the first step: the network's 760 parameters (")  # 65 * 10 + 11 * 10
    assert "optimizer=sgd keeps nothing" in reason and "batch_size" not in reason and "accumulate" not in reason
    assert "can't allocate memory" in result["error"]
    assert go(*words).result["status"] == "finished"


def test_out_of_memory_of_a_fold_ends_the_run_with_what_to_do(go, monkeypatch) -> None:
    from dlrun.registry import find

    monkeypatch.setattr(find("model", "dense"), "build", lambda *args: (_ for _ in ()).throw(MemoryError()))
    result = go("dataset=digits", "model=dense", "epochs=1", "validation=kfold").result
    assert result["status"] == "out_of_memory"
    assert "fold 0: out of memory before the first step" in result["stop_reason"]


def test_with_batch_norm_parts_are_not_offered(go) -> None:
    body = "if torch.is_grad_enabled() and len(x) > 60: raise torch.OutOfMemoryError('no')"
    overrides = mine(body)
    source = Path("mine.py").read_text()
    Path("mine.py").write_text(source.replace("super().__init__()",
                                              "super().__init__(); self.norm = torch.nn.BatchNorm1d(4)"))
    assert go(*overrides, "batch_size=256", "epochs=1").result["stop_reason"].endswith("fit: batch_size=32")
    with pytest.raises(ConfigError, match="a batch in parts is another one for model=mine's batch norm"):
        go(*overrides, "optimizer.accumulate=2", "output_dir=other")


def test_memory_that_failed_between_the_steps_is_not_the_batchs(go) -> None:
    body = "if not self.training and len(x) > 2: raise torch.OutOfMemoryError('no')"
    result = go(*mine(body), "epochs=1").result
    assert result["fitted_batch_size"] == 50 and "a step fits by itself" in result["stop_reason"]


def test_memory_of_the_step_that_did_not_fit_is_free_when_smaller_batches_are_tried(go, monkeypatch) -> None:
    import gc
    import weakref

    from dlrun.assembly import memory

    body = """if self.training and torch.is_grad_enabled() and len(x) > 20:
            large = x * 2
            import builtins; import weakref; builtins.large = weakref.ref(large)
            raise torch.OutOfMemoryError('no')"""
    alive = []
    tried = memory.rows_that_fit

    def rows_that_fit(components, step):
        gc.collect()
        import builtins

        assert isinstance(builtins.large, weakref.ref)
        alive.append(builtins.large() is not None)
        return tried(components, step)

    monkeypatch.setattr(memory, "rows_that_fit", rows_that_fit)
    assert go(*mine(body), "epochs=1").result["fitted_batch_size"] == 12
    assert alive == [False]


FAILS = "if self.training and self.seen >= 30: raise KeyError('mine is broken')"


def test_an_exception_in_a_users_model_is_a_failed_run_that_can_be_tried_again(go) -> None:
    overrides = [*mine("import os\n        if self.training and self.seen >= 30 and not os.path.exists('mended'): "
                       "raise KeyError('mine is broken')"), "epochs=3"]
    whole_overrides = [*overrides, "output_dir=whole"]
    with pytest.raises(KeyError, match="mine is broken"):
        go(*overrides)
    [folder] = Path("runs").glob("*/*")
    result = strict(folder / "result.json")
    assert result["status"] == "failed"
    assert result["error"] == result["stop_reason"] == "KeyError: 'mine is broken'"
    assert result["epochs"] == 1 and result["steps"] == 29
    said = (folder / "traceback.txt").read_text()
    assert said.startswith("Traceback") and "mine.py" in said and said.endswith("KeyError: 'mine is broken'\n")
    with pytest.raises(KeyError):  # failed stays failed, and is tried again
        go(*overrides)
    Path("mended").touch()
    again = go(*overrides)
    assert again.result["status"] == "finished" and not (folder / "traceback.txt").exists()
    assert_same_run(go(*whole_overrides).folder, folder)


def test_the_command_of_a_failed_run_exits_with_1(tmp_path: Path) -> None:
    from tests.helpers.runs import command

    process = command(tmp_path, *mine(FAILS), "epochs=3", "threads=1", "device=cpu")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "KeyError: 'mine is broken'" in out + err


INIT = """
import torch, os
class Init(torch.nn.Linear):
    def __init__(self, outputs, input_shape):
        if not os.path.exists("mended"):
            raise ZeroDivisionError("in its constructor")
        super().__init__(64, outputs)
    def forward(self, x):
        return super().forward(x.flatten(1))
"""


def test_a_model_that_cannot_even_be_made_is_a_failed_run_too(go) -> None:
    overrides = ["dataset=digits", *custom(Path.cwd(), INIT, "Init"), "epochs=1"]
    with pytest.raises(ZeroDivisionError):
        go(*overrides)
    [folder] = Path("runs").glob("*/*")
    result = strict(folder / "result.json")
    assert (result["status"], result["epochs"], result["error"]) == (
        "failed", 0, "ZeroDivisionError: in its constructor")
    assert "ZeroDivisionError: in its constructor" in (folder / "traceback.txt").read_text()
    Path("mended").touch()
    assert go(*overrides).result["status"] == "finished"


def test_a_recorder_that_fails_fails_the_run_and_the_others_are_closed(go) -> None:
    class Broken(Recorder):
        def epoch(self, row, best) -> None:
            raise OSError("disk full")

    class Other(Recorder):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    overrides, other = ["dataset=digits", "model=softmax", "epochs=2"], Other()
    with pytest.raises(OSError, match="disk full"):
        go(*overrides, recorders=[Broken(), other])
    assert other.closed == 1
    [folder] = Path("runs").glob("*/*")
    assert strict(folder / "result.json")["status"] == "failed"
    assert_same_run(go(*overrides, "output_dir=whole").folder, go(*overrides).folder)


def test_a_model_of_the_wrong_shape_is_a_problem_of_the_users(go) -> None:
    source = MINE.replace("{body}", "return x.flatten(1)[:, :3]")
    overrides = ["dataset=digits", *custom(Path.cwd(), source, "Mine")]
    with pytest.raises(ConfigError, match=r"it gives \(2, 3\) for a batch of 2 rows; the task needs \(2, 10\)"):
        go(*overrides)


def test_a_model_that_gives_several_outputs_is_a_sentence(go) -> None:
    overrides = mine("return self.out(x.flatten(1)), x")
    with pytest.raises(ConfigError, match=r"its forward gives a tuple for a batch of 2 rows; expected one tensor"):
        go(*overrides)
    assert not Path("runs").exists()


def test_the_summary_of_ones_own_class_has_its_modules_and_counts(go, capsys) -> None:
    from dlrun.cli.main import main

    overrides = mine("x = torch.relu(x)")
    source = Path("mine.py").read_text()
    Path("mine.py").write_text(source.replace(
        "super().__init__()", "super().__init__(); self.scale = torch.nn.Parameter(torch.ones(3))"))
    assert main(["summary", *overrides]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["out", "Linear(in_features=64,", "out_features=10,", "bias=True)", "10", "650"] in lines
    assert any(line[:1] == ["(its"] and line[-1] == "3" for line in lines) and lines[-1] == ["653", "parameters"]



def test_killed_in_the_first_epoch_leaves_no_result_and_no_row(go) -> None:
    overrides = ["dataset=digits", "model=softmax", "batch_size=100", "epochs=2"]
    with killed_after(3):
        go(*overrides)
    [folder] = Path("runs").glob("*/*")
    assert not (folder / "result.json").exists() and not (folder / "metrics.jsonl").exists()
    assert_same_run(go(*overrides, "output_dir=whole").folder, go(*overrides).folder)


def test_killed_while_the_result_is_made_only_the_result_is_missing(go, monkeypatch) -> None:
    overrides = ["dataset=digits", "model=softmax", "batch_size=100", "epochs=2", "early_stop.patience=1"]

    def killed(*given):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("dlrun.run.outcome.finished", killed)
        with pytest.raises(Killed):
            go(*overrides)
    assert_same_run(go(*overrides, "output_dir=whole").folder, go(*overrides).folder)


def test_numbers_in_result_are_plain(go) -> None:
    outcome = go("dataset=moons", "model=softmax", "epochs=1")

    def walk(value) -> None:
        assert not isinstance(value, (np.generic, torch.Tensor)), value
        for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(member)

    walk(outcome.result)
    assert strict(outcome.folder / "result.json") == outcome.result


def test_a_folder_that_was_removed_has_nothing_to_resume_from(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    removed = FileNotFoundError(errno.ENOENT, "it was removed while the run worked in it", str(gone))
    assert str(cannot_write(removed, RunFolder(gone))) == (
        f"{gone}: it was removed while the run worked in it; the same command begins again")
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "metrics.jsonl"))
    assert str(cannot_write(full, RunFolder(tmp_path))).endswith("the same command resumes from it")
    assert cannot_write(OSError(errno.ENOENT, "No such file", "/elsewhere"), RunFolder(tmp_path)) is None
