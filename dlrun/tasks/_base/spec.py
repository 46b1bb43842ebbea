"""What is known of a task without torch: its configuration, the targets it accepts, its metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import Problem

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.task import Task


@dataclass(frozen=True)
class TaskSpec:
    """What every task has.

    `measures` are what the loop adds up; `shown` the names behind ``train/``, ``val/`` and ``test/`` in their order.
    `wants` are the kinds of targets that it fits, `wirings` those of the composite models that it trains
    (`models.blueprint`); without any it trains one network.
    """

    kind: ClassVar[str]
    measures: ClassVar[tuple[str, ...]] = ("loss",)
    wants: ClassVar[tuple[str, ...]] = ()
    wirings: ClassVar[tuple[str, ...]] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        return self.measures

    def width(self, data_spec: Any) -> int:
        """Outputs that the network has to give for data of this signature; 0 where the model's own parts decide."""
        return 0

    @property
    def known(self) -> bool:
        """Whether it is known what will be measured; else the data has to be seen, and `on` told of it."""
        return True

    def on(self, data_spec: Any) -> TaskSpec:
        """The task on data of this signature."""
        return self

    def clashes(self, data_spec: Any) -> Iterator[Problem]:
        """What does not go with data of this signature, which is of a wanted kind."""
        yield from ()

    def network_clashes(self, blueprint: Any, model: Any, optimizer: Any, values: str) -> Iterator[Problem]:
        """What does not go with a composite model of one of its `wirings`; `values` says where the inputs lie."""
        yield from ()

    def build(self, context: BuildContext) -> Task:
        """The task that the loop works with."""
        raise NotImplementedError(f"task={self.kind} is only a word")
