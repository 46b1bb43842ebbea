"""Which parts of the parent's state a fork does not take: those to which its own settings give another meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from dlrun.config.phase_optimizers import optimizer_place, optimizers
from dlrun.config.schema.kinds import OptimizerKind
from dlrun.config.schema.root import Config

_NO_MEMORY = ("name", "lr", "lr_of", "clip_norm", "clip_value", "accumulate")  # options that no state depends on


def begins_anew(config: Config, before: Config, epoch: int, players: Iterable[str]) -> set[str]:
    """The parts of a checkpoint, by their names, that begin anew in a fork of the end of an epoch.

    `before` is the parent's configuration, `players` are those of the run's step.
    """
    anew = {"totals"}
    if (_memories(config, epoch, players) != _memories(before, epoch, players) or _trained(config) != _trained(before)
            or config.precision != before.precision):
        anew.add("step")
    if config.schedule != before.schedule:
        anew.add("rate")
    if (config.early_stop.monitor, config.early_stop.mode) != (before.early_stop.monitor, before.early_stop.mode):
        anew |= {"stopper", "best"}
    if _task(config) != _task(before):  # its numbers are not those of before
        anew |= {"stopper", "best", "rate"}
    if config.callbacks != before.callbacks:
        anew.add("callbacks")
    return anew


def said(anew: set[str]) -> list[str]:
    """A note of what begins anew and would otherwise have been the parent's."""
    parts = {"step": "the optimizer's state", "best": "the best epoch"}
    found = " and ".join(text for name, text in parts.items() if name in anew)
    return [f"other settings than the parent's: {found} begin{'' if ' and ' in found else 's'} anew"] if found else []


def _memories(config: Config, epoch: int, players: Iterable[str]) -> list[Any]:
    """What the optimizer that has moved the weights at the end of an epoch remembers of them, by its settings."""
    place = optimizer_place(config.phases, epoch)
    chosen = optimizers(config.phases, config.optimizer)[place]
    return [place, *(_memory(config.task.optimizer(player, chosen)) for player in players)]


def _task(config: Config) -> Any:
    task: Any = config.task
    return replace(task, metrics=())


def _memory(optimizer: OptimizerKind) -> tuple[Any, ...]:
    """The kind, what it keeps, and the order in which it has the weights: by the parts that have rates of their own.

    What it keeps is known of kinds that declare it (`Optimizer.beginning`); of others all options may decide it.
    """
    chosen: Any = optimizer
    whole = replace(chosen, lr_of=None)
    kept: Any = tuple(map(set, whole.beginning())) if whole.moves_many else [
        (field.name, getattr(whole, field.name)) for field in fields(whole) if field.name not in _NO_MEMORY]
    return type(whole), kept, tuple(optimizer.lr_of or ())


def _trained(config: Config) -> tuple[Any, ...]:
    """What says which weights of a base are trained at any time; of networks without one it is always all."""
    model: Any = config.model
    if not model.has_base:
        return ()
    later = {word for phase in config.phases for word in phase.unfreeze}
    return getattr(model, "freeze", None), getattr(model, "unfreeze", None), later
