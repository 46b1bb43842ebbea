"""`dlrun list [what]`: what can be chosen, each with its one sentence."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dlrun.cli.say import columns, paint
from dlrun.config.compose.catalog import sentences
from dlrun.config.problem import problem
from dlrun.config.schema.root import GROUPS

_PLURAL = {"dataset": "datasets", "model": "models", "task": "tasks", "optimizer": "optimizers",
           "schedule": "schedules", "early_stop": "early_stop", "augment": "augment", "experiment": "experiments"}


def main(words: Sequence[str]) -> int:
    wanted = [_group(word) for word in words] or [*GROUPS, "experiment"]
    for number, group in enumerate(wanted):
        rows = [[f"{group}={name}", text] for name, text in sentences(group).items()]
        print(("\n" if number else "") + paint(_PLURAL[group], "bold", sys.stdout))
        print("\n".join(columns(rows)) if rows else f"  none yet: a YAML file in ./{group}s is one")
    return 0


def _group(word: str) -> str:
    from dlrun.config.problem import did_you_mean

    for group, plural in _PLURAL.items():
        if word in (group, plural):
            return group
    raise problem(word, f"one of {', '.join(_PLURAL.values())} is wanted{did_you_mean(word, _PLURAL.values())}")
