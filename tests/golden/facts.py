"""What a command means, as facts that can be compared: its id, its parameter count, its whole configuration.

`python -m tests.golden.facts` writes `facts.json.gz` again, with the real data of DLRUN_DATA.  Do that only where a
change of meaning is intended, and say so in the changelog: an id that changes here is a run that users train again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dlrun.config.compose.catalog import options
from dlrun.config.compose.session import hydra_started
from dlrun.config.identity import run_name
from dlrun.config.problem import ConfigError
from dlrun.config.schema.root import GROUPS
from dlrun.models.plan import totals
from dlrun.preflight.preflight import examine
from dlrun.record.plan import Plan
from dlrun.report.experiments import book_experiments
from dlrun.sweep.make import make_plan
from dlrun.sweep.plan.checking import Checker

FILE = Path(__file__).with_name("facts.json.gz")
TASKS_OF = {  # data sets and models on which each task is tried
    "dataset": ("digits", "iris", "diabetes", "digits_rows", "python_docs", "moons", "imdb", "treebank", "jena"),
    "model": ("dense", "cnn", "lstm", "conv1d", "autoencoder", "vae", "gan", "sentence_autoencoder", "sequential"),
}
VALUES = (  # one key each, on the default command
    "seed=7", "epochs=3", "batch_size=32", "max_steps=50", "steps_per_epoch=7", "max_seconds=60", "train_size=500",
    "test_size=100", "shuffle=false", "validation=0", "validation=0.1", "validation=200", "validation={take: random}",
    "validation={take: random, stratify: true}", "validation={kind: kfold, k: 4}",
    "validation={kind: kfold, k: 3, shuffle: true, iterations: 2}", "validation={kind: kfold, k: 3, final: true}",
    "test_at=[3]", "evaluate_train=true", "interpolation=true", "precision=bf16", "threads=2", "name=mine",
    "optimizer.lr=0.01", "optimizer.clip_norm=1", "optimizer.clip_value=0.5", "optimizer.accumulate=4",
    "optimizer.weight_decay=0.01", "schedule=cosine", "schedule.warmup=10", "schedule=plateau schedule.factor=0.5",
    "early_stop=patience", "early_stop=patience early_stop.patience=2",
    "early_stop=patience early_stop.monitor=val/accuracy",
    "model.dropout=0.25", "model.filters=[8,16,32]", "model.kernel=5", "model.hidden=[]", "model.global_pool=average",
    "model.batch_norm=true", "model.init=he_normal", "model.l2=0.001", "model.max_norm=3", "model.activation=elu",
    "model=dense model.hidden=[64,32]", "model=dense model.hidden=[]", "model=dense model.input_dropout=0.2",
    "model=dense model.bias_init=normal", "model=dense dataset=iris", "model=dense dataset=wine optimizer=sgd",
    "model=lstm model.units=16", "model=lstm model.cell=fast", "model=gru model.units=[8,8]", "model=bilstm",
    "dataset.test=0.3", "dataset.scale=standard", "dataset.split_seed=3", "dataset.only=[3,8]",
    "dataset.stratify=false",
    "dataset=moons model=dense dataset.noise=0.3", "dataset=spirals model=dense dataset.rows=500",
    "dataset=diabetes model=dense dataset.target_scale=standard", "dataset=diabetes model=dense task.loss=mae",
    "task.class_weights=balanced", "task.loss=mse", "task=regress dataset=diabetes model=dense",
    "dataset=python_docs model=lstm", "dataset=python_docs model=lstm dataset.unit=word",
    "augment=shift", "augment=flip",
    "model=sequential", "model=gan task.label_smoothing=0.1", "model=wgan_gp task.critic_steps=3",
    "model=dcgan", "model=vae model.code=8", "model=vae task.kl_weight=0.5", "model=autoencoder task=denoise",
    "model=sequential "
    "model.layers=[{conv: {filters: 8, activation: relu}},{pool: 2},flatten,{dropout: 0.5},{dense: out}]",
    "model=sequential "
    "model.layers=[flatten,{dense: 32},batch_norm,relu,{residual: {layers: [{dense: 32}]}},{dense: out}]",
    "model=sequential dataset=digits_rows model.layers=[{gru: 8},{dense: out}]",
    "dataset=digits_rows model=conv1d", "dataset=digits_rows model=conv1d_gru", "model=pca", "model=majority",
)
WRONG = (  # answered with problems; the keys that they name
    "modle=cnn", "optimizer.lr=fast", "batch_size=0", "model.dropuot=0.2", "dataset=iris",
    "early_stop=patience early_stop.monitor=x",
    "optimizer=lbfgs precision=bf16", "validation=0 early_stop=patience", "task=tag", "model=lstm",
    "augment=shift dataset=iris model=dense",
    "model.kernel=[3,3,3]", "schedule=cosine schedule.factor=2", "dataset.only=[3]", "model=vae task=classify",
    "optimizer.nesterov=true", "model=gan optimizer=lbfgs", "test_at=[99]", "seed=-1", "seed=a", "epochs=1.5",
)


def commands() -> list[list[str]]:
    """The override lists: every word of every group, every task on data and models, one key each, and wrong ones."""
    found: list[list[str]] = [[]]
    for group in GROUPS:
        found += [[f"{group}={name}"] for name in options(group)]
    found += [[f"dataset={data}", f"model={model}"] for data in options("dataset") for model in TASKS_OF["model"]]
    found += [[f"dataset={data}", f"model={model}", f"task={task}"] for task in options("task")
              for data in ("digits", "diabetes", "python_docs") for model in ("dense", "autoencoder", "gan")]
    found += [_words(line) for line in (*VALUES, *WRONG)]
    return [list(overrides) for overrides in dict.fromkeys(map(tuple, found))]


def _words(line: str) -> list[str]:
    """Words of a line; blanks inside brackets do not part them."""
    overrides, depth = [""], 0
    for letter in line:
        depth += (letter in "[{") - (letter in "]}")
        if letter == " " and not depth:
            overrides.append("")
        else:
            overrides[-1] += letter
    return overrides


def experiments() -> Iterator[list[str]]:
    for entry in book_experiments():
        yield [f"experiment={entry.name}"]


class Look:
    """Looks at commands one after another; what they share (files, data) is read once, as for the jobs of a plan."""

    def __init__(self) -> None:
        self._checker = Checker()

    def facts(self, overrides: Sequence[str]) -> dict[str, Any]:
        """Id, name, parameters and configuration of a command, or the keys that its problems name."""
        found = examine(overrides, self._checker.composer.compose, self._checker.dataset_info)
        if found.wrong or found.checked is None:
            problems = found.problems()
            return {"wrong": sorted({problem.given.split("=")[0] for problem in problems}),
                    "absent": any("not here" in problem.expected for problem in problems)}
        table, config = found.checked.table(), found.checked.config
        plain = {key: value for key, value in (config.plain or {}).items() if key not in ("book", "sweep")}
        return {"id": self._checker.id(found.checked), "name": run_name(config),
                "parameters": None if table is None else sum(totals(table)), "config": plain}


def jobs(name: str) -> dict[str, Any]:
    """What `jobs_of` says of a comparison; {} where its data is not here."""
    try:
        return jobs_of(make_plan([f"experiment={name}"]))
    except ConfigError:
        return {}


def jobs_of(plan: Plan) -> dict[str, Any]:
    """How many jobs a plan has, and a hash over their ids in order."""
    ids = ",".join(job.id for job in plan.jobs)
    return {"jobs": len(plan.jobs), "hash": hashlib.sha256(ids.encode()).hexdigest()[:16]}


@cache
def stored() -> dict[str, Any]:
    with gzip.open(FILE, "rt", encoding="utf-8") as stream:
        found: dict[str, Any] = json.load(stream)
    return found


def record() -> None:
    with hydra_started():
        look = Look()
        found = {
            "commands": [[overrides, look.facts(overrides)] for overrides in [*commands(), *experiments()]],
            "comparisons": {entry.name: jobs(entry.name) for entry in book_experiments() if entry.comparison},
        }
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(len(found["commands"]), "commands,", len(found["comparisons"]), "comparisons")


if __name__ == "__main__":
    record()
