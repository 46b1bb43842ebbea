"""All checks of a command before torch is imported: words, values, and what the data's shape allows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlrun.config.catalog import is_group
from dlrun.config.check import Origin, inspect, nowhere, show
from dlrun.config.compose import Composition, compose
from dlrun.config.fields import rules
from dlrun.config.models_generative import values_of
from dlrun.config.origins import Origins
from dlrun.config.places import data_dir
from dlrun.config.problem import Problem, Problems
from dlrun.config.root import GROUPS, Config
from dlrun.config.rules import monitor_is_measured
from dlrun.config.schema import Custom
from dlrun.data.peek import peek
from dlrun.data.signature import Peek
from dlrun.data.split import split_rows
from dlrun.models.blueprint import Blueprint
from dlrun.models.blueprint import rows as blueprint_rows
from dlrun.models.families import layers_of
from dlrun.models.generative import BLUEPRINTS, blueprint_of, clashes
from dlrun.models.plan import Row, plan
from dlrun.run.task_choice import pairing, task_values, task_word, with_task


@dataclass(frozen=True)
class Checked:
    """A command that can be started: its configuration, what is known of its data, and its layers.

    `layers` is None for a user's own class, whose inside is not known before it is made; `word` is the task's.
    """

    config: Config
    peek: Peek
    rows: dict[str, int]
    outputs: int
    layers: list[Any] | None
    blueprint: Blueprint | None = None
    word: str = ""

    def table(self) -> list[Row] | None:
        """The layer table: names, shapes, counts."""
        if self.blueprint is not None:
            return blueprint_rows(self.blueprint)
        return None if self.layers is None else plan(self.layers, self.peek.signature.input_shape)


def preflight(words: Sequence[str]) -> Checked:
    """Compose and check a command; raises Problems with everything that is wrong with it."""
    chosen = any(word.startswith("task=") for word in words)
    of_task = [word for word in words if word.lstrip("+").startswith("task.")]
    # Keys of a task that is not named are kept back until model and data have said which task it is.
    first = words if chosen or not of_task else [word for word in words if word not in of_task]
    composition, problems = compose(first)
    if composition is None:
        raise Problems(problems)
    config, more = inspect(composition.plain)
    if config is not None and config.allow:  # whether it was typed decides whether it counts
        config, more = inspect(composition.plain, Origins(composition.words).place)
    checked, last = _fits(config, problems + more)
    if first is not words and checked is not None:
        return preflight([*words, f"task={checked.word}"])
    if problems or more or last or checked is None:
        raise Problems(problems + _placed(more + last, composition))
    return checked


def _placed(problems: list[Problem], composition: Composition) -> list[Problem]:
    """The problems, each with the file and line that its value came from; files are read again only for that."""
    typed = [word.split("=")[0].lstrip("+") for word in composition.words]
    keys = [re.split(r"[=\[, ]", problem.said)[0] for problem in problems]
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


def check_config(config: Config) -> Checked:
    """What a composed configuration trains on; raises Problems where data, split and model do not fit."""
    checked, problems = _fits(config, [])
    if problems or checked is None:
        raise Problems(problems)
    return checked


def _fits(config: Config | None, before: list[Problem]) -> tuple[Checked | None, list[Problem]]:
    """Look at the data's shape and try model and split on it, where nothing they depend on is wrong already."""
    if config is None or any(_about(problem, "dataset") for problem in before):
        return None, []
    try:
        seen = peek(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                    train_size=config.train_size, seed=config.seed)
    except Problems as wrong:
        return None, wrong.problems
    problems: list[Problem] = []
    signature = seen.signature
    word = config.task.kind
    try:
        if config.task.kind == "auto":
            word = task_word(config, signature)
            config = with_task(config, task_values(word))
            problems += monitor_is_measured(config, nowhere)
    except Problems as wrong:
        return None, wrong.problems
    unfit = pairing(config, signature)
    if unfit:
        return None, unfit
    rows: dict[str, int] = {}
    try:
        rows = split_rows(seen.rows, config.dataset, config.validation, config.train_size)
    except Problems as wrong:
        problems += wrong.problems
    if config.augment.on and signature.input_kind != "image":
        values = vars(config.augment)
        key = next(key for key, rule in rules(type(config.augment)).items() if values[key] != rule.default)
        problems.append(Problem(f"augment.{key}={show(values[key])}",
                                "only images are augmented; augment=none"))
    outputs = config.task.width(signature)
    layers: list[Any] | None = None
    blueprint: Blueprint | None = None
    if not any(_about(problem, "model") for problem in before) and not isinstance(config.model, Custom):
        try:
            if config.model.kind in BLUEPRINTS:
                values = values_of(config.dataset, signature.input_kind)
                blueprint = blueprint_of(config.model, signature, values)
                problems += clashes(blueprint, config.model, config.task, config.optimizer, values)
            else:
                layers = layers_of(config.model, signature, outputs)
                plan(layers, signature.input_shape)
        except Problems as wrong:
            problems += [_of_model(config, problem) for problem in wrong.problems]
    return Checked(config, seen, rows, outputs, layers, blueprint, word), problems


def _of_model(config: Config, problem: Problem) -> Problem:
    """A layer's problem under the word that chose the layer: ``model=cnn``."""
    if _about(problem, "model") or problem.said.startswith("model.layers["):
        return problem
    said = f"model={config.model.name or config.model.kind}"
    return Problem(said, f"{problem.said}: {problem.wanted}", problem.origin)


def _about(problem: Problem, group: str) -> bool:
    return problem.said.split("=")[0].split(".")[0] == group
