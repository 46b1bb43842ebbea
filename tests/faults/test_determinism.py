"""A run twice, and once interrupted and resumed, ends with the same bits: weights, optimizer, rows, result.

The cases come from the registry, so that no family, task, augmentation, schedule or optimizer is forgotten.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.cli.route import route
from dlrun.config.compose.catalog import options
from tests.faults.case_process import command, forked, preload
from tests.faults.made_data import made_data
from tests.helpers.cases import Cases
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

BASE = ["epochs=3", "batch_size=8", "train_size=24", "test_size=12", "device=cpu", "seed=3"]
STOP = 5  # in the second epoch of three, each of three steps
DENSE = ["model=dense", "model.hidden=[6]", "model.dropout=0.3"]
DATA = ("table-classes", "npz-image-classes", "series-number", "tokens-next", "tokens-classes", "npz-image-none",
        "digits_rows", "mnist", "table-several", "table-number", "table-labels", "treebank")
# A family or a task takes the first that it goes with
OWN = {  # what an option needs beside its name
    "model=sequential": ["model.layers=[{dense: 6}, relu, {dropout: 0.3}, {dense: out}]"],
    "schedule=exponential": ["schedule.factor=0.9"], "schedule=step": ["schedule.factor=0.5"],
}
ROOT = {
    "kfold": ["validation={kind: kfold, k: 3}", "train_size=null"],
    "kfold-shuffled-final": ["validation={kind: kfold, k: 2, iterations: 2, shuffle: true, final: true}",
                             "train_size=null"],
    "bf16": ["precision=bf16"], "patience": ["early_stop=patience", "early_stop.patience=2"],
    "accumulate": ["optimizer.accumulate=2", "batch_size=4"], "clip": ["optimizer.clip_norm=0.1"],
    "steps_per_epoch": ["steps_per_epoch=4"], "max_steps": ["max_steps=7"], "no-validation": ["validation=0"],
    "streamed": ["resident=false"], "test_at": ["test_at=[1,2]"], "evaluate_train": ["evaluate_train=true"],
    "callback-free": ["histograms=true", "log_every=2"], "every-step": ["checkpoint_seconds=0"],
}


def all_cases(folder: Path) -> dict[str, list[list[str]]]:
    """By a name of each case the commands that may stand for it: the first that is accepted is taken."""
    data = {name: [f"dataset={name}"] for name in ("digits_rows", "mnist", "treebank")} | made_data(folder)
    data["series-number"] = [word.replace("lookback=6", "lookback=3") for word in data["series-number"]]
    found: dict[str, list[list[str]]] = {}
    for group in ("model", "task"):
        for name in options(group):
            chosen = f"{group}={name}"
            network = [] if group == "model" else ["model=recurrent", "model=dense", "model=autoencoder", "model=vae",
                                                   "model=gan", "model=wgan"]
            own = [[chosen, *OWN.get(chosen, []), *([model] if model else [])] for model in network or [""]]
            found[chosen] = [[*data[form], *words] for words in own for form in DATA]
    for name in options("augment"):
        found[f"augment={name}"] = [[*data[form], model, f"augment={name}"] for form, model in (
            ("series-number", "model=lstm"), ("tokens-classes", "model=lstm"), ("table-classes", "model=dense"),
            ("npz-image-classes", "model=cnn"))]
    for group in ("schedule", "optimizer"):
        for name in options(group):
            model = ["model=gan"] if name.endswith("_gan") else DENSE
            chosen = f"{group}={name}"
            found[chosen] = [[*data[form], *model, chosen, *OWN.get(chosen, [])]
                             for form in ("table-classes", "npz-image-none")]
    found |= {name: [[*data["table-classes"], *DENSE, *words]] for name, words in ROOT.items()}
    wide = ["batch_size=400", "train_size=1200", "threads=2"]
    digits = {"dense": ["dataset=digits", "model.hidden=[512]", "model.dropout=0.3"], "cnn": ["dataset=digits"],
              "lstm": ["dataset=digits_rows"], "conv_vae": ["dataset=digits"], "gan": ["dataset=digits"]}
    found |= {f"wide {name}": [[*words, f"model={name}", *wide]] for name, words in digits.items()}
    return found


def interrupted(words: list[str]) -> Callable[[], None]:
    def work() -> None:
        with signalled_after(STOP):
            code = route(words)
        sys.exit(code)

    return work


def run_of(place: Path) -> Path:
    [config] = place.glob("runs/*/*/config.yaml")
    return config.parent


def differs(words: list[str], place: Path) -> str:
    """What differs between two whole runs and one that was interrupted and resumed; "" where nothing does.

    "refused" for a command that cannot be started.
    """
    shutil.rmtree(place, ignore_errors=True)
    for name in ("one", "two", "cut"):
        (place / name).mkdir(parents=True)
        work = command(*words) if name != "cut" else interrupted(words)
        ended = forked(work, seconds=300, folder=place / name)
        if ended.code == 2:
            return "refused"
        if name != "cut" and ended.code:
            return ended.printed[-300:]
    if "never took step" not in ended.printed:  # else there was nothing to train
        if ended.code != 143:
            return ended.printed[-300:]
        ended = forked(command(*words), seconds=300, folder=place / "cut")
        if ended.code or "resum" not in ended.out:
            return ended.printed[-300:] or "it did not resume"
    try:
        assert_same_run(run_of(place / "one"), run_of(place / "two"))
        assert_same_run(run_of(place / "one"), run_of(place / "cut"))
    except AssertionError as error:
        return str(error)[:300] or "it differs"
    return ""


def compare(cases: Cases, chosen: dict[str, list[list[str]]], threads: int, place: Path) -> None:
    preload()
    for name, commands in chosen.items():
        case = f"{name}, {threads} thread{'s' * (threads > 1)}"
        if not cases.new(case):
            continue
        found = "refused"
        for words in commands:
            found = differs([*BASE, f"threads={threads}", *words], place / "case")
            if found != "refused":
                break
        cases.add(case, found)


def test_some_runs_are_the_same_twice_and_interrupted(tmp_path: Path) -> None:
    chosen = all_cases(tmp_path / "data")
    cases = Cases()
    compare(cases, {name: chosen[name] for name in ("augment=gulli",)}, 1, tmp_path)
    cases.close(least=1)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("threads", [1, 2])
def test_every_kind_is_the_same_twice_and_interrupted(tmp_path: Path, threads: int) -> None:
    cases = Cases("determinism", "runs of every family, task, augmentation, schedule and optimizer, k-fold and bf16: "
                  "twice, and once interrupted and resumed", f"{threads} thread{'s' * (threads > 1)}")
    compare(cases, all_cases(tmp_path / "data"), threads, tmp_path)
    cases.close(least=85)
