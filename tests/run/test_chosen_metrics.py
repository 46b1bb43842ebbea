"""task.metrics: measured on validation and test rows, exact to resume, and added to a finished run without training."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.metrics import f1_score

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.inference.load import load_run
from dlrun.metrics import _torchmetrics
from dlrun.preflight.preflight import preflight
from dlrun.record.metric import Metric, metrics_of
from dlrun.record.plan import Job, Plan
from dlrun.record.status import unmeasured
from dlrun.registry import lookup, register
from dlrun.sweep.plan.status import UNMEASURED, JobState, read_all
from tests.run.stops import signalled_after
from tests.whole.equal import result, rows

RUN = ("dataset=digits", "model=softmax", "epochs=2", "train_size=300", "batch_size=50")
torchmetrics = pytest.mark.skipif(not _torchmetrics.installed(), reason="torchmetrics is not installed")


@register("metric", "surest")
class Surest:
    """The largest probability that any row was given."""

    label, direction, share = "surest", "max", True
    updates = 0

    def reset(self) -> None:
        self.best = None

    def update(self, outputs: torch.Tensor, targets: torch.Tensor) -> None:
        type(self).updates += 1
        assert outputs.shape == (len(targets), 10) and targets.dtype == torch.int64
        here = outputs.max()
        self.best = here if self.best is None else torch.maximum(self.best, here)

    def compute(self) -> float:
        return float(self.best)


@register("metric", "undefined")
class Undefined(Surest):
    """No number."""

    def compute(self) -> float:
        return math.nan


def test_a_metric_of_ones_own_has_a_column_a_place_in_the_result_and_its_description(go: Any) -> None:
    outcome = go(*RUN, "task.metrics=[surest]")
    for row in rows(outcome.folder):
        assert 0.1 < row["val/surest"] <= 1 and "train/surest" not in row
    assert 0.1 < outcome.result["test"]["surest"] <= 1
    assert metrics_of(outcome.result).of("val/surest") == Metric("surest", "surest", direction="max", share=True)
    assert outcome.result["primary_metric"] == "accuracy"


def test_the_id_and_the_weights_are_those_of_the_run_without_it(go: Any) -> None:
    alone, more = go(*RUN, "output_dir=alone"), go(*RUN, "task.metrics=[surest]", "output_dir=more")
    assert alone.folder.name == more.folder.name
    one, other = (torch.load(outcome.folder / "checkpoints/last.pt", weights_only=True)["parts"]["model"]
                  for outcome in (alone, more))
    assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_a_finished_run_is_measured_again_and_not_trained_again(go: Any) -> None:
    early = (*RUN, "early_stop.patience=1", "early_stop.monitor=val/loss")
    whole = go(*early, "task.metrics=[surest]", "output_dir=whole")
    first = go(*early, "output_dir=later")
    before, steps = (first.folder / "metrics.jsonl").read_bytes(), Surest.updates
    again = go(*early, "task.metrics=[surest]", "output_dir=later")
    assert again.found and (first.folder / "metrics.jsonl").read_bytes() == before and Surest.updates > steps
    for split in ("val", "test"):
        assert again.result[split] == whole.result[split], split
    assert result(first.folder)["test"]["surest"] == whole.result["test"]["surest"]
    assert again.result["config"]["task.metrics"] == ["surest"]
    steps = Surest.updates
    assert go(*early, "task.metrics=[surest]", "output_dir=later").found and Surest.updates == steps
    assert go(*early, "output_dir=later").result["test"]["surest"] == whole.result["test"]["surest"]


def test_the_folds_of_a_finished_run_are_measured_again(go: Any) -> None:
    folds = (*RUN, "validation={kind: kfold, k: 2, final: true}")
    whole = go(*folds, "task.metrics=[surest]", "output_dir=whole")
    go(*folds, "output_dir=later")
    again = go(*folds, "task.metrics=[surest]", "output_dir=later")
    assert again.found
    for split in ("val", "val_std", "test"):
        assert again.result[split] == whole.result[split], split
    each = [json.loads((Path(again.folder) / "folds" / name / "result.json").read_text())["val"]["surest"]
            for name in "01"]
    assert again.result["val"]["surest"] == pytest.approx(sum(each) / 2)


def test_a_run_of_folds_that_goes_on_with_further_metrics_has_them_of_the_folds_that_were_done(go: Any) -> None:
    folds = (*RUN, "validation={kind: kfold, k: 3, final: true}")
    whole = go(*folds, "task.metrics=[surest]", "output_dir=whole")
    with signalled_after(10):  # that the final fit alone comes to, of all rows
        assert go(*folds, "output_dir=later").exit_code == 143
    again = go(*folds, "task.metrics=[surest]", "output_dir=later")
    assert not again.found and again.result["status"] == "finished"
    for split in ("val", "val_std", "test"):
        assert again.result[split] == whole.result[split], split


def test_what_comes_to_no_number_is_left_out_and_ends_nothing(go: Any) -> None:
    outcome = go(*RUN, "task.metrics=[undefined]")
    assert outcome.result["status"] == "finished" and "undefined" not in outcome.result["test"]
    updates = Undefined.updates
    assert go(*RUN, "task.metrics=[undefined]").found and Undefined.updates == updates


def test_a_run_is_kept_and_stopped_by_a_metric_of_ones_own(go: Any) -> None:
    outcome = go(*RUN, "epochs=6", "task.metrics=[surest]", "early_stop.monitor=val/surest", "early_stop.patience=6")
    curve = [row["val/surest"] for row in rows(outcome.folder)]
    assert outcome.result["best"]["epoch"] == curve.index(max(curve)) + 1
    assert load_run(outcome.folder).config.early_stop.on, "predictions need no metric"


def test_a_run_whose_rate_follows_a_metric_of_ones_own_can_be_used(go: Any) -> None:
    outcome = go(*RUN, "task.metrics=[surest]", "schedule=plateau", "schedule.monitor=val/surest")
    assert load_run(outcome.folder).config.schedule.kind == "plateau"


MINE = """
import torch
from dlrun.registry import lookup, register

@register("metric", "edited")
class Edited:
    label, direction = "edited", "max"
    def reset(self): self.best = 0.0
    def update(self, outputs, targets): self.best = max(self.best, float(outputs.max()))
    def compute(self): return self.best
"""


def test_the_source_of_a_metric_is_part_of_the_id_where_a_run_is_chosen_by_it(write: Any) -> None:
    measured = (*RUN, "task.metrics=[edited]", "allow=edited_metric")
    by_it = (*measured, "early_stop.monitor=val/edited")
    slowed = (*measured, "schedule=plateau", "schedule.monitor=val/edited", "schedule.patience=1")

    def ids(source: str) -> list[str]:
        write({"edited_metric.py": source})
        sys.modules.pop("edited_metric", None)
        lookup._registered.pop(("metric", "edited"), None)
        return [identity(preflight(list(words)).config) for words in (measured, by_it, slowed)]

    first, other = ids(MINE), ids(MINE + "\n# edited\n")
    assert first[0] == other[0] and first[1] != other[1] and first[2] != other[2]
    assert ids(MINE) == first
    assert first[0] == identity(preflight(list(RUN)).config)


@torchmetrics
def test_a_metric_of_torchmetrics_is_that_of_scikit_learn(go: Any) -> None:
    outcome = go(*RUN, "task.metrics=[f1]")
    loaded = load_run(outcome.folder)
    from dlrun.assembly.build_run import rows_of

    test = rows_of(loaded.config, lambda said: None).test
    assert test is not None
    taken = loaded.outputs(test).argmax(1).numpy()
    assert outcome.result["test"]["f1"] == pytest.approx(f1_score(test.y, taken, average="macro"), abs=1e-6)


@pytest.mark.parametrize(("overrides", "why"), [
    (["task.metrics=[accuracy]"], "measures it anyway"),
    (["model=vae", "task.metrics=[surest]"], "measures no metrics of your choice"),
    (["early_stop.monitor=train/surest", "early_stop.patience=1", "task.metrics=[surest]"], "measures"),
    pytest.param(["task.metrics=[suprest]"], "did you mean  surest", marks=torchmetrics)])
def test_what_cannot_be_measured_is_refused_before_training(overrides: list[str], why: str, go: Any) -> None:
    with pytest.raises(ConfigError, match=why):
        go(*RUN, *overrides)


def test_a_finished_job_of_a_sweep_that_asks_for_more_is_to_be_measured(go: Any) -> None:
    outcome = go(*RUN, "task.metrics=[surest]")
    name, run_id = outcome.folder.parent.name, outcome.folder.name

    def state(*metrics: str) -> JobState:
        config = {"task": {"kind": "classify", "metrics": list(metrics)}}
        job = Job(1, run_id, f"{name}/{run_id}", 0, {}, (), config, None)
        return read_all(Plan("s", outcome.folder.parents[1], {}, [0], [job], ("dlrun", "-m"), {}))[0]

    assert state().done and state("surest").done
    assert state("surest", "other").status == UNMEASURED and state("surest", "other").is_pending(retry_failed=False)


def test_an_edited_metric_is_measured_again_and_the_others_keep_their_numbers(go: Any, write: Any) -> None:
    words = (*RUN, "task.metrics=[surest,edited]", "allow=edited_metric")
    write({"edited_metric.py": MINE})
    first = go(*words)
    updates = Surest.updates
    assert go(*words).found and Surest.updates == updates, "nothing has changed"
    write({"edited_metric.py": MINE.replace("return self.best", "return 10 + self.best")})
    plain = preflight([*RUN, "task.metrics=[edited]", "allow=edited_metric"]).config.plain or {}
    job = Job(1, first.folder.name, "/".join(first.folder.parts[-2:]), 0, {}, (), plain, None)
    plan = Plan("s", first.folder.parents[1], {}, [0], [job], ("dlrun", "-m"), {})
    assert [state.status for state in read_all(plan)] == [UNMEASURED]
    again = go(*RUN, "task.metrics=[edited]", "allow=edited_metric")
    assert again.found and [state.status for state in read_all(plan)] == ["finished"]
    for split in ("val", "test"):
        assert again.result[split] == {**first.result[split], "edited": 10 + first.result[split]["edited"]}
    assert metrics_of(again.result).of("surest") == metrics_of(first.result).of("surest")
    write({"edited_metric.py": MINE.replace("return self.best", "return float('nan')")})
    assert "edited" not in go(*words).result["test"], "the number of before is not that of the code of now"


def test_the_edited_metric_of_a_run_of_folds_is_measured_again(go: Any, write: Any) -> None:
    words = (*RUN, "validation={kind: kfold, k: 2}", "task.metrics=[edited]", "allow=edited_metric")
    write({"edited_metric.py": MINE})
    first = go(*words)
    write({"edited_metric.py": MINE.replace("return self.best", "return 10 + self.best")})
    again = go(*words)
    assert again.found and again.result["val"]["edited"] == pytest.approx(10 + first.result["val"]["edited"])


def test_a_result_of_before_the_code_of_its_metrics_was_kept_counts_as_measured(go: Any) -> None:
    found = go(*RUN, "task.metrics=[surest]").result
    assert found["metrics"]["surest"].pop("code") and unmeasured(["surest"], found) == []
    assert unmeasured(["surest"], {"metrics": {"surest": {"code": "other"}}}) == ["surest"]
