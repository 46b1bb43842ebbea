"""All checks of a command before torch is imported: words, values, and what the data's shape allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlrun.config.check.allow import allow_typed
from dlrun.config.check.check import inspect
from dlrun.config.check.rules import OF_TASK, monitors
from dlrun.config.compose.catalog import is_group
from dlrun.config.compose.composer import compose
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.origins import Origins
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.quoting import Origin, nowhere, show
from dlrun.config.schema.root import GROUPS, Config
from dlrun.data.dataset_info import dataset_info
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.split import split_rows, test_rows
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.layer import Layer
from dlrun.models.model import Network
from dlrun.models.plan import Row
from dlrun.preflight.design import design
from dlrun.preflight.steps import epoch_steps
from dlrun.preflight.task_choice import pairing, task_values, task_word, with_task
from dlrun.registry import BrokenKind, allow


@dataclass(frozen=True)
class Checked:
    """A command that can be started: its configuration, what is known of its data, and its network.

    `network` is None for a baseline, and for a user's own class, whose inside is not known before it is made; `word` is
    the task's.
    """

    config: Config
    dataset_info: DatasetInfo
    rows: dict[str, int]
    outputs: int
    network: Network
    word: str = ""

    def table(self) -> list[Row] | None:
        """The layer table: names, shapes, counts; empty for a baseline, None for a class of the user's own."""
        table: list[Row] | None = self.config.model.table(self.network, self.dataset_info.data_spec.input_shape)
        return table

    @property
    def layers(self) -> Sequence[Layer] | None:
        """The list of layers, where the network is one."""
        return None if isinstance(self.network, CompositeSpec) else self.network


Compose = Callable[[Sequence[str]], tuple[Composition | None, list[Problem]]]
Look = Callable[..., DatasetInfo]


@dataclass(frozen=True)
class Examined:
    """What a command was found to be: `checked` where it can be started, and its problems.

    `words` are the problems of its words, `values` those of the values, which files may have brought.
    """

    checked: Checked | None
    words: list[Problem]
    values: list[Problem]
    composition: Composition | None

    @property
    def wrong(self) -> bool:
        return bool(self.words or self.values) or self.checked is None

    def problems(self) -> list[Problem]:
        """All of them, each with the file and line that its value came from; files are read again only for that."""
        return self.words + (_placed(self.values, self.composition) if self.composition else self.values)


def preflight(words: Sequence[str]) -> Checked:
    """Compose and check a command; raises ConfigError with everything that is wrong with it."""
    allow_typed(words)
    found = examine(words)
    if found.wrong or found.checked is None:
        raise ConfigError(found.problems())
    return found.checked


def examine(words: Sequence[str], compose: Compose = compose, look: Look = dataset_info) -> Examined:
    """Compose and check a command.  A plan of many hands in a `compose` and a `look` that remember."""
    try:
        words, stopped = _with_task_said(words, compose, look)
        return stopped or _examined(*compose(words), look)
    except BrokenKind as broken:
        return Examined(None, [Problem(broken.given, broken.reason)], [], None)


def stored(plain: dict[str, Any]) -> Checked:
    """Check a resolved configuration that was kept (a plan's job, a run's config.yaml) as it is, without composing."""
    allow(plain.get("allow") or ())  # it stood on the command line that was planned
    config, problems = inspect(plain)
    checked, more = _fits(config, problems, dataset_info)
    if problems or more or checked is None:
        raise ConfigError(problems + more)
    return checked


def _with_task_said(words: Sequence[str], compose: Compose, look: Look) -> tuple[Sequence[str], Examined | None]:
    """The words, and `task=` where keys of a task are typed that only model and data can name.

    A task that an experiment has chosen is left to it: naming it here would set its other values back.  Where the task
    cannot be found, what was found instead.
    """
    rest = [word for word in words if not word.lstrip("+").startswith("task.")]
    if len(rest) == len(words) or any(word.startswith("task=") for word in words):
        return words, None
    composition, problems = compose(rest)
    if composition is not None:
        task = composition.plain.get("task")
        if isinstance(task, dict) and task.get("kind") != "auto":
            return words, None
    found = _examined(composition, problems, look)
    if found.checked is None:
        return words, found
    return [*words, f"task={found.checked.word}"], None


def _examined(composition: Composition | None, problems: list[Problem], look: Look) -> Examined:
    """What a composition can start; `problems` are those that were met in composing it."""
    if composition is None:
        return Examined(None, problems, [], None)
    config, more = inspect(composition.plain)
    if config is not None and config.allow and not any(key == "allow" for key in _typed(composition)):
        config, more = inspect(composition.plain, Origins(composition.words).place)  # a file cannot allow itself
    checked, last = _fits(config, problems + more, look)
    return Examined(checked, problems, more + last, composition)


def _typed(composition: Composition) -> list[str]:
    return [word.split("=")[0].lstrip("+") for word in composition.words]


def _placed(problems: list[Problem], composition: Composition) -> list[Problem]:
    """The problems, each with the file and line that its value came from; files are read again only for that."""
    typed = _typed(composition)
    keys = [re.split(r"[=\[, ]", problem.given)[0] for problem in problems]
    origin: Origin | None = None
    found = []
    for problem, key in zip(problems, keys):
        first = key.split(".")[0]
        ours = first in GROUPS or first in composition.plain
        if ours and not problem.origin and not any(key == word or key.startswith(f"{word}.") for word in typed
                                                   if not is_group(word)):
            origin = origin or Origins(composition.words).place
            problem = replace(problem, origin=origin(key))
        found.append(problem)
    return found


def _fits(config: Config | None, before: list[Problem], look: Look) -> tuple[Checked | None, list[Problem]]:
    """Look at the data's shape and try model and split on it, where nothing they depend on is wrong already."""
    if config is None or any(_about(problem, "dataset") for problem in before):
        return None, []
    try:
        seen = look(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                    train_size=config.train_size, seed=config.seed)
    except ConfigError as wrong:
        return None, wrong.problems
    problems: list[Problem] = []
    data_spec = seen.data_spec
    word, unseen = config.task.kind, not config.task.known
    try:
        if config.task.kind == "auto":
            word = task_word(config, data_spec)
            config = with_task(config, {**task_values(word), "metrics": list(config.task.metrics)})
            problems += config.task.metric_problems()
    except ConfigError as wrong:
        return None, wrong.problems
    unfit = pairing(config, data_spec)
    if unfit:
        return None, unfit
    problems += config.task.clashes(data_spec)
    if unseen:
        config = replace(config, task=config.task.on(data_spec))
        problems += [problem for rule in OF_TASK for problem in rule(config, nowhere)]
    rows: dict[str, int] = {}
    try:
        rows = split_rows(seen.rows, config.dataset, config.validation, config.train_size)
        problems += _of_rows(config, rows["train"])
        rows["test"] = test_rows(rows["test"], config.test_size)
    except ConfigError as wrong:
        problems += wrong.problems
    if config.augment.on and data_spec.input_kind not in config.augment.inputs:
        values = vars(config.augment)
        changed = (f"augment.{key}={show(values[key])}" for key, rule in rules(type(config.augment)).items()
                   if values[key] != rule.default)
        only = {"image": "images"}.get(" ".join(config.augment.inputs), " and ".join(config.augment.inputs) + " inputs")
        problems.append(Problem(next(changed, f"augment={config.augment.kind}"),
                                f"only {only} are augmented by this; augment=none"))
    outputs = config.task.width(data_spec)
    network: Network = None
    if not any(_about(problem, "model") for problem in before):
        try:
            network = design(config, data_spec)
        except ConfigError as wrong:
            problems += [_of_model(config, problem) for problem in wrong.problems]
    return Checked(config, seen, rows, outputs, network, word), problems


def _of_rows(config: Config, rows: int) -> list[Problem]:
    """What does not go with so many training rows."""
    found: list[Problem] = list(config.model.unfit_rows(rows))
    carried = config.model.stateful_key()
    if carried and rows < config.batch_size:
        found.append(Problem(f"batch_size={config.batch_size}",
                             f"{carried} needs whole batches: there are {rows:,} training rows, so {rows:,} at most"))
        return found
    steps = epoch_steps(config, rows)
    for key, metric in monitors(config):
        reason = config.task.unmeasured(metric, steps)
        if reason:
            found.append(Problem(f"{key}={metric}", reason))
    return found


def _of_model(config: Config, problem: Problem) -> Problem:
    """A layer's problem under the word that chose the layer: ``model=cnn``.  One that names a key keeps it."""
    if any(_about(problem, group) for group in GROUPS):
        return problem
    return Problem(config.model.given, f"{problem.given}: {problem.expected}", problem.origin)


def _about(problem: Problem, group: str) -> bool:
    return problem.given.split("=")[0].split(".")[0] == group
