"""A sweep's plan: all jobs, composed and checked once, stored before the first begins.

A job's identity and folder follow from its own configuration, never from the sweep: the same job in two sweeps is one
run.  What is stored is the resolved configuration, so that editing a YAML file during a sweep changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dlrun.record.folder import write_json, write_text
from dlrun.record.own_file import cannot_write, refuse_links
from dlrun.record.stored import read_json

FORMAT = 1
SWEEPS = "sweeps"  # the folder below output_dir


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    `values` are what varies, by axis, as typed (the seed apart); `row` is the name of a named row; `overrides` compose
    it; `folder` is the run's folder below output_dir, `config` the resolved configuration (`preflight.stored` checks
    it and makes it a run); `steps` are those of a run that nothing stops early.
    """

    number: int
    id: str
    folder: str
    seed: int
    values: dict[str, Any]
    overrides: tuple[str, ...]
    config: dict[str, Any]
    row: str | None = None
    steps: int = 0


@dataclass(frozen=True)
class Plan:
    """A sweep: its axes (values as typed, in order), its seeds, its jobs in their order, and what it was asked.

    `output_dir` is where runs and sweeps lie; `options` are the sweep's own keys that change no run
    (`config.schema.sweeps.Sweep`: metric, versus, workers, on_error, ...); `notes` are what a reader should know.
    """

    name: str
    output_dir: Path
    axes: dict[str, list[Any]]
    seeds: list[int]
    jobs: list[Job]
    command: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The sweep's folder: plan, logs, reports."""
        return self.output_dir / SWEEPS / self.name

    @property
    def total(self) -> int:
        """The jobs in all; those of a search that are not asked yet are counted."""
        planned = self.options["n_trials"] * len(self.seeds) if self.options.get("search") else 0
        return max(len(self.jobs), planned)

    def run_folder(self, job: Job) -> Path:
        """The folder of a job's run."""
        return self.output_dir / job.folder


def store(plan: Plan) -> None:
    """Write ``jobs.jsonl`` (a line a job), then ``plan.json``, each atomically: where the latter is, all is there.

    Raises ConfigError where the sweep's folder is a link or can't be made.
    """
    refuse_links(plan.folder, plan.folder / "logs", plan.folder / "reports")
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error) from None
    lines = (json.dumps(_as_json(job), ensure_ascii=False) + "\n" for job in plan.jobs)
    write_text(plan.folder / "jobs.jsonl", "".join(lines))
    write_json(plan.folder / "plan.json", {
        "format": FORMAT, "name": plan.name, "axes": plan.axes, "seeds": plan.seeds, "jobs": len(plan.jobs),
        "command": list(plan.command), "options": plan.options, "notes": list(plan.notes)})


def load(folder: Path) -> Plan:
    """The plan that a sweep's folder holds; raises FileNotFoundError where there is none."""
    head = read_json(folder / "plan.json")
    lines = (folder / "jobs.jsonl").read_text(encoding="utf-8").splitlines()
    jobs = [_from_json(json.loads(line)) for line in lines]
    return Plan(head["name"], folder.parent.parent, head["axes"], head["seeds"], jobs, tuple(head["command"]),
                head["options"], tuple(head["notes"]))


def _as_json(job: Job) -> dict[str, Any]:
    """A line of jobs.jsonl, in which the overrides are called ``words``."""
    return {"words" if key == "overrides" else key: value for key, value in asdict(job).items()}


def _from_json(line: dict[str, Any]) -> Job:
    return Job(**{key: value for key, value in line.items() if key != "words"}, overrides=tuple(line["words"]))
