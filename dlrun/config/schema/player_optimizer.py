"""The optimizer of a player that has keys of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dlrun.config.optimizers import OPTIMIZERS, Optimizer
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.fields import rules

KEY = "task.generator_optimizer"


def player_optimizer(own: Mapping[str, Any] | None, chosen: Optimizer, key: str = KEY) -> Optimizer:
    """The chosen optimizer with a player's own keys in place of its; with another `kind`, that one's defaults.

    Gradient clipping and accumulation go on to another kind.  Raises ConfigError for keys and values that are wrong.

    >>> from dlrun.config.optimizers import RmsProp
    >>> player_optimizer({"lr": 0.0004}, RmsProp(lr=0.0008, clip_value=1.0)).lr
    0.0004
    """
    if not own:
        return chosen
    kind = own.get("kind", chosen.kind)
    if kind not in OPTIMIZERS:
        raise ConfigError([Problem(f"{key}.kind={kind}", f"one of {', '.join(sorted(OPTIMIZERS))} is wanted"
                                                      f"{did_you_mean(str(kind), OPTIMIZERS)}")])
    schema = OPTIMIZERS[kind]
    known = rules(schema)
    common = fields(Optimizer) if kind != chosen.kind else fields(schema)
    values = {field.name: getattr(chosen, field.name) for field in common
              if kind == chosen.kind or field.name not in ("lr", "name")}
    wrong: list[Problem] = []
    for name, value in own.items():
        if name == "kind":
            continue
        if name not in known or name in ("accumulate", "name"):
            wrong.append(Problem(f"{key}.{name}={value}", f"optimizer {kind} has no such key of a player"
                                                          f"{did_you_mean(name, known)}"))
            continue
        try:
            values[name] = known[name].read(value)
        except ValueError:
            wrong.append(Problem(f"{key}.{name}={value}", f"{known[name].describe()} is wanted"))
    if wrong:
        raise ConfigError(wrong)
    return schema(**values)
