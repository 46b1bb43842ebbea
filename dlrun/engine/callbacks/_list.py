"""All callbacks of a run as one object of the loop, and as one part of the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from dlrun import registry
from dlrun.config.problem import problem
from dlrun.engine.callbacks._base import Callback
from dlrun.engine.checkpoint import unreadable
from dlrun.record.recorder import Recorders


def make_callbacks(names: Sequence[str], model: nn.Module) -> Callbacks:
    """The callbacks of a run, made for this run; raises ConfigError for what is no Callback."""
    made = {}
    for name in names:
        try:
            kind = registry.load(name) if "." in name else registry.find("callback", name)
        except registry.BrokenKind as broken:
            raise problem(f"callbacks={name}", broken.reason) from broken
        from dlrun.config.own_arguments import wrong_argument  # a run without callbacks reads no such file

        argument, wrong = wrong_argument(kind, ())
        if wrong:
            raise problem(f"callbacks={name}", f"its argument {argument}: {wrong}")
        callback = kind()
        if not isinstance(callback, Callback):
            raise problem(f"callbacks={name}", f"expected a dlrun.engine.callbacks.Callback, not a "
                                               f"{type(callback).__name__}")
        callback.model = model
        try:
            found = callback.state_dict()
        except Exception:  # it may need what `start` makes
            found = {}
        if foreign := unreadable(found):
            raise problem(f"callbacks={name}", _said(foreign))
        made[name] = callback
    return Callbacks(made)


def _said(foreign: str) -> str:
    return f"its state_dict has {foreign}; expected tensors and plain values (list(...), float(...))"


class Callbacks(Recorders):
    """Several callbacks as one, called in their order."""

    def __init__(self, named: Mapping[str, Callback]):
        super().__init__(list(named.values()))
        self.named = named
        updates = [callback.update for callback in named.values() if type(callback).update is not Callback.update]
        self.updates: Sequence[Callable[[int], None]] = updates  # those of the callbacks that have one

    def flush(self) -> None:
        """For recorders alone: a callback has its state in the checkpoint."""

    def outcome(self, result: Mapping[str, Any]) -> None:
        """For recorders alone: callbacks are told the result when it cannot be spoiled any more."""

    @property
    def stop_reason(self) -> str | None:
        """The sentence of the first callback that has asked for an end."""
        return next((callback.stop_reason for callback in self.named.values() if callback.stop_reason), None)

    def state(self) -> dict[str, Any]:
        """Of each callback its state and why it has stopped the run; raises TypeError for what would not come back."""
        found = {}
        for name, callback in self.named.items():
            found[name] = {"stop_reason": callback.stop_reason, "state": dict(callback.state_dict())}
            if foreign := unreadable(found[name]["state"]):
                raise TypeError(f"callbacks={name}: {_said(foreign)}")
        return found

    def load(self, state: dict[str, Any]) -> None:
        for name, callback in self.named.items():
            own = state.pop(name)
            callback.stop_reason = own["stop_reason"]
            callback.load_state_dict(own["state"])
