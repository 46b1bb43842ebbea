"""All checks of a command before torch is imported: overrides, values, and what the data's shape allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlrun.config.check.allow import allow_typed
from dlrun.config.check.check import inspect
from dlrun.config.compose.catalog import is_group
from dlrun.config.compose.compose import compose
from dlrun.config.compose.composition import Composition
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.quoting import Origin
from dlrun.config.schema.root import GROUPS
from dlrun.data.dataset_info import dataset_info
from dlrun.preflight.checked import Checked
from dlrun.preflight.fits import ReadInfo, check_fit
from dlrun.registry import BrokenKind, find, is_known

if TYPE_CHECKING:
    from dlrun.preflight.undecided import Decision

Compose = Callable[[Sequence[str]], tuple[Composition | None, list[Problem]]]


@dataclass(frozen=True)
class Examined:
    """What a command was found to be: `checked` where it can be started, and its problems.

    `override_problems` are of what was typed, `value_problems` of the values, which files may have brought.
    """

    checked: Checked | None
    override_problems: list[Problem]
    value_problems: list[Problem]
    composition: Composition | None

    @property
    def wrong(self) -> bool:
        """Whether anything keeps the command from starting."""
        return bool(self.override_problems or self.value_problems) or self.checked is None

    def problems(self) -> list[Problem]:
        """All of them, each with the file and line that its value came from; files are read again only for that."""
        values = _placed(self.value_problems, self.composition) if self.composition else self.value_problems
        named = {found.given.partition("=")[0].strip() for found in self.override_problems if "=" in found.given}
        return self.override_problems + [found for found in values if found.given not in named]


def preflight(overrides: Sequence[str]) -> Checked:
    """Compose and check a command; raises ConfigError with everything that is wrong with it."""
    allow_typed(overrides)
    found = examine(overrides)
    if found.wrong or found.checked is None:
        raise ConfigError(found.problems())
    return found.checked


def examine(overrides: Sequence[str], compose: Compose = compose, read_info: ReadInfo = dataset_info) -> Examined:
    """Compose and check a command.  A plan of many hands in a `compose` and a `read_info` that remember."""
    try:
        left_open = _leaves_model_open(overrides)
        overrides, chosen = _with_model_named(overrides, compose, read_info) if left_open else (overrides, ())
        overrides, stopped = _with_task_named(overrides, compose, read_info)
        found = stopped or _examined(*compose(overrides), read_info)
        if left_open and not chosen:
            found = _without_default_model(found)
        if chosen and found.checked is not None:
            decided = (*chosen, *found.checked.decisions)
            found = replace(found, checked=replace(found.checked, decisions=decided))
        return found
    except BrokenKind as broken:
        return Examined(None, [Problem(broken.given, broken.reason)], [], None)


def stored(plain: dict[str, Any]) -> Checked:
    """Check a resolved configuration that was kept (a plan's job, a run's config.yaml) as it is, without composing.

    It cannot allow anything: who wrote it may be somebody else.
    """
    config, problems = inspect(plain)
    checked, more = check_fit(config, problems, dataset_info)
    if problems or more or checked is None:
        raise ConfigError(problems + more)
    return checked


def _with_model_named(overrides: Sequence[str], compose: Compose,
                      read_info: ReadInfo) -> tuple[Sequence[str], Sequence[Decision]]:
    """The overrides, which name no model, with `model=` where the data is no pictures; what was decided, and why.

    Where the data cannot be seen the default stays, and what is wrong with the data is said.
    """
    from dlrun.preflight.model_choice import DEFAULT, suited

    composition, problems = compose(overrides)
    if composition is None or problems:
        return overrides, ()
    config, wrong = inspect(composition.plain)
    if config is None or wrong or config.model.kind != DEFAULT:
        return overrides, ()
    try:
        info = read_info(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                         train_size=config.train_size, seed=config.seed)
    except ConfigError:
        return overrides, ()
    word, why = suited(info.data_spec)
    if word == DEFAULT:
        return overrides, ()
    from dlrun.preflight.undecided import Decision

    return [*overrides, f"model={word}"], (Decision("model", word, why),)


def _without_default_model(found: Examined) -> Examined:
    """Without what is wrong with a network that nobody has chosen, where something else is: then the data chooses it.
    """
    rest = [problem for problem in found.value_problems if problem.given.partition("=")[0] != "model"]
    return replace(found, value_problems=rest) if rest or found.override_problems else found


def _leaves_model_open(overrides: Sequence[str]) -> bool:
    """Whether a command names data that may not be pictures, and no model, nor a task or experiment that brings one."""
    given = {key.lstrip("+~"): value for key, _, value in (override.partition("=") for override in overrides)}
    option = given.get("dataset", "")
    if not option or any(key.split(".")[0].split("@")[0] in ("model", "experiment", "task") for key in given):
        return False
    known = getattr(find("dataset", option), "known", None) if is_known("dataset", option) else None
    return known is None or known.data_spec.input_kind != "image"


def _with_task_named(overrides: Sequence[str], compose: Compose,
                     read_info: ReadInfo) -> tuple[Sequence[str], Examined | None]:
    """The overrides, and `task=` where keys of a task are typed that only model and data can name.

    A task that an experiment has chosen is left to it: naming it here would set its other values back.  Where the task
    cannot be found, what was found instead.
    """
    rest = [override for override in overrides if not override.lstrip("+").startswith("task.")]
    if len(rest) == len(overrides) or any(override.startswith("task=") for override in overrides):
        return overrides, None
    composition, problems = compose(rest)
    if composition is not None:
        task = composition.plain.get("task")
        kind = str(task.get("kind")) if isinstance(task, dict) else ""
        if kind and not (is_known("task", kind) and find("task", kind).undecided):
            return overrides, None
    found = _examined(composition, problems, read_info)
    if found.checked is None:
        return overrides, found
    return [*overrides, f"task={found.checked.task_option}"], None


def _examined(composition: Composition | None, problems: list[Problem], read_info: ReadInfo) -> Examined:
    """What a composition can start; `problems` are those that were met in composing it."""
    if composition is None:
        return Examined(None, problems, [], None)
    config, more = inspect(composition.plain)
    checked, last = check_fit(config, problems + more, read_info)
    if checked is not None and composition.environment:
        checked = replace(checked, environment=composition.environment)
    return Examined(checked, problems, more + last, composition)


def _typed(composition: Composition) -> list[str]:
    return [override.split("=")[0].lstrip("+") for override in composition.overrides]


def _placed(problems: list[Problem], composition: Composition) -> list[Problem]:
    """The problems, each with the file and line that its value came from; files are read again only for that."""
    typed = _typed(composition)
    keys = [re.split(r"[=\[, ]", problem.given)[0] for problem in problems]
    origin: Origin | None = None
    found = []
    for problem, key in zip(problems, keys):
        first = key.split(".")[0]
        ours = first in GROUPS or first in composition.plain
        if ours and not problem.origin and not any(key == other or key.startswith(f"{other}.") for other in typed
                                                   if not is_group(other)):
            from dlrun.config.compose.origins import Origins

            origin = origin or Origins(composition.overrides).place
            problem = replace(problem, origin=origin(key))
        found.append(problem)
    return found
