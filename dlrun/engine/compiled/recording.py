"""Notes torch's operations while they are done: forward, backward and update of one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dlrun.models.step_rng import StepRng


class Unsupported(Exception):
    """What a step consists of has no form in C; the text says what, and the step is executed plainly."""


def storage(tensor: Tensor) -> int:
    """The memory that a tensor lies in; views of one another have the same."""
    return int(tensor.untyped_storage()._cdata)


@dataclass(frozen=True, eq=False)
class Operation:
    """One call: `name` without overload (`add_`), the arguments, and the tensors that came of it."""

    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    outs: Sequence[Tensor]
    views: bool = False  # whether it only looks at memory that was there

    @property
    def out(self) -> Tensor:
        """The first of the tensors that came of it."""
        return self.outs[0]

    @property
    def in_place(self) -> bool:
        """Whether it changes its first argument."""
        return self.name.endswith("_")

    def tensors(self) -> list[Tensor]:
        """The arguments that are tensors."""
        found = []
        for value in (*self.args, *self.kwargs.values()):
            found += [one for one in (value if isinstance(value, (list, tuple)) else [value])
                      if isinstance(one, Tensor)]
        return found


class Recording(TorchDispatchMode):
    """Within it `operations` grows; it keeps every tensor alive, so that equal memory means the same tensor."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # torch's way to ask for it would load its compiler, which takes seconds, to keep it away

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self.paused = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        given = dict(kwargs or {})
        out = func(*args, **given)
        outs = [one for one in (out if isinstance(out, (tuple, list)) else [out]) if isinstance(one, Tensor)]
        if not outs and not self.paused and any(isinstance(one, Tensor) for one in args):
            raise Unsupported(f"a value that the host reads ({func._schema.name})")
        if outs and not self.paused:
            name = func._schema.name.removeprefix("aten::")
            operation = Operation(name, args, given, outs)
            seen = {storage(tensor) for tensor in operation.tensors()}
            views = not operation.in_place and all(storage(one) in seen for one in outs)
            self.operations.append(replace(operation, views=views))
        return out


class RecordedRng(StepRng):
    """Stands for the run's generator while a step is recorded: `drawn` has the kind and the values of each draw."""

    def __init__(self, like: StepRng, recording: Recording):
        super().__init__(like.seed, like.device)
        self.recording, self.drawn = recording, list[tuple[str, Tensor]]()

    def lanes(self, count: int) -> Tensor:
        return self._noted("lanes", super().lanes, count)

    def normal_of(self, shape: Sequence[int]) -> Tensor:
        return self._noted("normal", super().normal_of, shape)

    def uniform_of(self, shape: Sequence[int]) -> Tensor:
        return self._noted("uniform", super().uniform_of, shape)

    def _noted(self, kind: str, draw: Callable[[Any], Tensor], of: Any) -> Tensor:
        self.recording.paused = True
        value = draw(of)
        self.recording.paused = False
        self.drawn.append((kind, value))
        return value
