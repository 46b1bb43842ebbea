"""Whether networks can be one program: what may differ among the members, and what may not."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from dlrun.engine.step import EagerStep

_PLAIN = (int, float, str, bool, tuple, type(None))


def of_each(module: nn.Module) -> tuple[str, ...]:
    """The numbers of a module that may differ among the members: those of the masks that it draws."""
    return tuple(getattr(type(module), "of_each", ()))


def structure(step: EagerStep) -> list[tuple[Any, ...]]:
    """What has to be equal for all members of a pack, of their networks, tasks and optimizers."""
    [player] = step.players.values()
    found: list[tuple[Any, ...]] = [("optimizer", player.kind.program), ("task", type(step.task), _values(step.task))]
    for name, module in player.module.named_modules():
        own = {key: value for key, value in vars(module).items()
               if not key.startswith("_") and isinstance(value, _PLAIN) and key not in of_each(module)}
        found.append((name, type(module), tuple(sorted(own.items()))))
    found += [(name, tuple(value.shape), value.dtype, value.device) for name, value in
              [*player.module.named_parameters(), *player.module.named_buffers()]]
    found += [("constraint", name, axes) for name, axes, _ in getattr(player.module, "constrained", ())]
    return found


def _values(thing: Any) -> tuple[tuple[str, Any], ...]:
    """The values that a task's losses depend on; units of a target (factor, offset) do not change a loss."""
    return tuple(sorted((key, tuple(value.flatten().tolist()) if isinstance(value, Tensor) else value)
                        for key, value in vars(thing).items()
                        if isinstance(value, (*_PLAIN, Tensor)) and key not in ("factor", "offset")))


def unlike(members: dict[int, EagerStep]) -> str:
    """What keeps these from being one program; empty where nothing does."""
    first, *others = [structure(step) for step in members.values()]
    for other in others:
        for mine, theirs in zip(first, other):
            if mine != theirs:
                return f"{mine} is not {theirs}"
        if len(first) != len(other):
            return f"{len(first)} parts are not {len(other)}"
    return ""
