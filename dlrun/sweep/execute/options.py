"""How a sweep is executed: everything that may be chosen at a start and changes no result."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Execution:
    """`workers` is "auto" or a number of jobs at a time.

    `on_error` is "continue", "stop", or the number of failures after which the sweep stops; those of earlier starts
    do not count.  `retry` is "failed" to train again what failed or ran out of memory, "none" to leave it.  `timeout`
    is how many seconds a job may take in one start before it is ended as failed.  `per_gpu` is how many jobs share a
    GPU.  `launcher` names a kind of the registry, `launcher_args` are what it is given.
    """

    workers: int | str = "auto"
    on_error: int | str = "continue"
    retry: str = "none"
    timeout: float | None = None
    launcher: str = "local"
    per_gpu: int = 1
    launcher_args: dict[str, Any] | None = None

    @property
    def max_failures(self) -> int | None:
        """So many failures end the sweep; None for any number."""
        if self.on_error == "continue":
            return None
        return 1 if self.on_error == "stop" else int(self.on_error)


def execution(options: dict[str, Any]) -> Execution:
    """How a plan's options (`config.schema.sweeps.Sweep`) say that it is executed."""
    return Execution(**{field.name: options.get(field.name, field.default) for field in fields(Execution)})
