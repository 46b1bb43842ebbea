"""``task=auto``: the task that model and data are made for."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.registry import register
from dlrun.tasks._base.spec import TaskSpec


@register("task", "auto")
@dataclass(frozen=True)
class Auto(TaskSpec):
    """What model and data are made for: classes, numbers, tags, the next token, reconstruction, ..."""

    undecided = True

    @property
    def known(self) -> bool:
        return False
