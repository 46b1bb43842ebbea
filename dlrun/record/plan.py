"""A sweep's plan: all jobs, composed and checked once, stored before the first begins.

A job's identity and folder follow from its own configuration, never from the sweep: the same job in two sweeps is one
run.  What is stored is the resolved configuration, so that editing a YAML file during a sweep changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dlrun.config.places import SWEEPS as SWEEPS
from dlrun.record import digest
from dlrun.record.folder import plain, write_json, write_text
from dlrun.record.own_file import cannot_write, refuse_links, remove_halves, sync_folder
from dlrun.record.stored import Damaged, mapping, read_file
from dlrun.record.trials import FILE as TRIALS

FORMAT = 1
_SUM, _AGAIN = "jobs_crc32c", "the sweep's command writes it again, and trains nothing twice"


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    `values` are what varies, by axis, as typed (the seed apart); `row` is the name of a named row; `overrides` compose
    it; `folder` is the run's folder below output_dir, `config` the resolved configuration (`preflight.preflight.stored`
    checks it and makes it a run); `steps` are those of a run that nothing stops early; `environment` are the names of
    the variables that values were taken from.
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
    environment: tuple[str, ...] = ()


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

    @property
    def force(self) -> bool:
        """Whether the command trains jobs anew that are done or begun."""
        return any(job.config.get("force") for job in self.jobs)

    @property
    def logarithmic(self) -> list[str]:
        """The keys whose numbers a search draws by their logarithm."""
        return [key for key, drawn in (self.options.get("space") or {}).items() if "log" in str(drawn)]

    def run_folder(self, job: Job) -> Path:
        """The folder of a job's run."""
        return self.output_dir / job.folder


def store(plan: Plan) -> None:
    """Write ``jobs.jsonl`` (a line a job), then ``plan.json``, each atomically: where the latter is, all is there.

    plan.json has the checksums of both.  Raises ConfigError where the sweep's folder is a link or can't be made.
    """
    refuse_links(plan.folder, plan.folder / "logs", plan.folder / "reports")
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error) from None
    remove_halves(plan.folder, "jobs.jsonl", "plan.json", TRIALS)
    lines = "".join(json.dumps(_as_json(job), ensure_ascii=False) + "\n" for job in plan.jobs)
    write_text(plan.folder / "jobs.jsonl", lines)
    head: dict[str, Any] = plain({
        "format": FORMAT, "name": plan.name, "axes": plan.axes, "seeds": plan.seeds, "jobs": len(plan.jobs),
        "command": list(plan.command), "options": plan.options, "notes": list(plan.notes),
        _SUM: digest.hexadecimal(digest.extend(0, lines.encode()))})
    write_json(plan.folder / "plan.json", digest.sealed(head))
    for above in plan.folder.parents[:3]:  # sweeps, output_dir, and what that lies in
        sync_folder(above)


def load(folder: Path) -> Plan:
    """The plan that a sweep's folder holds.

    Raises FileNotFoundError where there is none, Damaged where a file is not what was written.
    """
    def parse(data: bytes) -> tuple[dict[str, Any], Plan]:
        head = mapping(data)
        if _SUM in head or digest.SEAL in head:  # an older dlrun wrote neither
            head = digest.unsealed(head)
        return head, Plan(str(head["name"]), folder.parent.parent, dict(head["axes"]), list(head["seeds"]), [],
                          tuple(head["command"]), dict(head["options"]), tuple(head["notes"]))

    head, plan = read_file(folder / "plan.json", parse, _AGAIN)

    def parse_jobs(data: bytes) -> list[Job]:
        jobs = [_from_json(mapping(line)) for line in data.split(b"\n") if line]
        if len(jobs) != head["jobs"]:
            raise ValueError(f"it has {len(jobs)} jobs, and plan.json {head['jobs']}")
        if head.get(_SUM) not in (None, digest.hexadecimal(digest.extend(0, data))):
            raise ValueError("it is not the one that plan.json was written with")
        return jobs

    try:
        return replace(plan, jobs=read_file(folder / "jobs.jsonl", parse_jobs, _AGAIN))
    except FileNotFoundError:
        raise Damaged(folder / "jobs.jsonl", "it is missing", _AGAIN) from None


def _as_json(job: Job) -> dict[str, Any]:
    """A line of jobs.jsonl, in which the overrides are called ``words``; `environment` only where it has names."""
    return {"words" if key == "overrides" else key: value for key, value in asdict(job).items()
            if key != "environment" or value}


def _from_json(line: dict[str, Any]) -> Job:
    return Job(**{key: value for key, value in line.items() if key not in ("words", "environment")},
               overrides=tuple(line["words"]), environment=tuple(line.get("environment", ())))
