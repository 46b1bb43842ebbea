"""Composing and checking many jobs: what they share is looked at once, and a problem of many is reported once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dlrun.config.compose.catalog import is_group
from dlrun.config.compose.composer import Composer
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.plain import compose_plain
from dlrun.config.content import content_hash
from dlrun.config.identity import identity, revision_of, run_name
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.kind import Kind
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.root import Config
from dlrun.config.schema.validation import Validation
from dlrun.data.dataset_info import dataset_info
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import Examined, examine
from dlrun.preflight.steps import run_steps
from dlrun.record.plan import Job
from dlrun.sweep.plan.grid import JobSpec
from dlrun.sweep.request.axes import key_of


@dataclass
class Checker:
    """Checks jobs.  Files are taken to stay as they are while it lives: it serves one plan."""

    composer: Composer = field(default_factory=Composer)
    _infos: dict[str, DatasetInfo | ConfigError] = field(default_factory=dict)
    _contents: dict[Path, str] = field(default_factory=dict)
    _revisions: dict[str, int] = field(default_factory=dict)
    _groups: dict[str, bool] = field(default_factory=dict)
    _met: set[tuple[str, ...]] = field(default_factory=set)
    _bad: dict[tuple[tuple[str, ...], str], Problem] = field(default_factory=dict)

    def check(self, overrides: Sequence[str]) -> Examined:
        """What `preflight.preflight.examine` finds; overrides that were wrong in another job are not tried again."""
        groups = tuple(filter(self._chooses_option, overrides))
        known = [self._bad[groups, override] for override in overrides if (groups, override) in self._bad]
        rest = [override for override in overrides if (groups, override) not in self._bad]
        found = examine(rest, self.compose, self.dataset_info)
        for problem in found.override_problems:
            if problem.given in overrides:
                self._bad[groups, problem.given] = problem
        return replace(found, override_problems=known + found.override_problems) if known else found

    def compose(self, overrides: Sequence[str]) -> tuple[Composition | None, list[Problem]]:
        """As `Composer.compose`.  Jobs that choose the same options share what Hydra has composed of these.

        The first of them, which may be the only one, is composed without Hydra where that can be: in a tenth of the
        time.
        """
        groups = tuple(filter(self._chooses_option, overrides))
        found = compose_plain(overrides) if groups not in self._met else None
        self._met.add(groups)
        return found or self.composer.compose(overrides)

    def _chooses_option(self, override: str) -> bool:
        if override not in self._groups:
            self._groups[override] = is_group(key_of(override)) or override.startswith("hydra")
        return self._groups[override]

    def id(self, checked: Checked) -> str:
        """The identity of a job's run; a file that many jobs name is hashed once."""
        return identity(checked.config, content=self._content, revision=self._revision)

    def _content(self, path: Path) -> str:
        if path not in self._contents:
            self._contents[path] = content_hash(path)
        return self._contents[path]

    def _revision(self, value: Kind, config: Config) -> int:
        if type(value).read_revision is Kind.read_revision:
            return value.revision
        key = repr((value, config.validation, config.train_size, config.seed))  # what the rows are cut by
        if key not in self._revisions:
            self._revisions[key] = revision_of(value, config)
        return self._revisions[key]

    def dataset_info(self, cfg: DatasetKind, data_dir: str, *, validation: Validation, train_size: int | None,
                     seed: int) -> DatasetInfo:
        """As `data.dataset_info`, looked at once for all jobs that see the same data."""
        # The seed draws only rows that are taken at random: all other seeds see the same data.
        drawn = seed if cfg.split_seed == "seed" or validation is not None and validation.drawn else None
        key = repr((cfg, data_dir, validation, train_size, drawn))
        if key not in self._infos:
            try:
                self._infos[key] = dataset_info(cfg, data_dir, validation=validation, train_size=train_size, seed=seed)
            except ConfigError as error:
                self._infos[key] = error
        found = self._infos[key]
        if isinstance(found, ConfigError):
            raise ConfigError(found.problems)
        return found


def make_job(number: int, spec: JobSpec, checked: Checked, checker: Checker) -> Job:
    """The job of a spec, with the identity and the folder that its configuration gives it."""
    config, run_id = checked.config, checker.id(checked)
    assert config.plain is not None
    return Job(number, run_id, f"{run_name(config)}/{run_id}", config.seed, spec.values, spec.overrides, config.plain,
               spec.row, run_steps(config, checked.rows["train"]), checked.environment)


def check_all(specs: Sequence[JobSpec], checker: Checker) -> tuple[list[Checked], list[Problem]]:
    """The jobs, checked, and all problems of all jobs, each with the job that has it (or how many have it)."""
    checked: list[Checked] = []
    jobs_of: dict[Problem, list[tuple[JobSpec, Examined]]] = {}
    for spec in specs:
        found = checker.check(spec.overrides)
        for problem in dict.fromkeys(found.override_problems + found.value_problems):
            jobs_of.setdefault(problem, []).append((spec, found))
        if found.checked is not None:
            checked.append(found.checked)
    return checked, [_located(problem, jobs, specs) for problem, jobs in jobs_of.items()]


def _located(problem: Problem, jobs: list[tuple[JobSpec, Examined]], specs: Sequence[JobSpec]) -> Problem:
    """A problem with its place in the files and the jobs that have it."""
    spec, found = jobs[0]
    if problem in found.value_problems:
        problem = replace(found, override_problems=[], value_problems=[problem]).problems()[0]
    if len(jobs) == len(specs) or not str(spec):
        return problem
    where = f"in job {specs.index(spec) + 1} ({spec})" if len(jobs) == 1 else f"in {len(jobs)} of {len(specs)} jobs"
    return replace(problem, expected=f"{problem.expected}; {where}")
