"""The operations of a computation, written down as it runs.

torch's own `make_fx` does this for every use there is, and loads the whole compiler for it (two seconds of a core).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import getitem
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from dlrun.engine.packed.short_rows import quicker

_DETACH, _TO_NUMBER = torch.ops.aten.detach.default, torch.ops.aten._local_scalar_dense.default


def recorded(work: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor]) -> GraphModule:
    """`work` as a function of the inputs, without what torch.func and autograd do in Python around its operations.

    It is executed once.  Operations that have a quicker form are noted in that (`short_rows`).  What it gives out, and
    what it changes in place, are followed; other tensors that it uses are constants.  Raises ValueError where numbers
    are read from tensors: what follows from them would stand still.
    """
    recording = _Recording(inputs)
    with recording:
        found = work(*inputs)
    recording.graph.output([recording.node(value) for value in found])
    recording.graph.eliminate_dead_code()
    return GraphModule(recording.constants, recording.graph)


class _Recording(TorchDispatchMode):
    @classmethod
    def _should_skip_dynamo(cls) -> bool:  # torch would load the compiler to tell it to look away
        return False

    def __init__(self, inputs: Sequence[Tensor]):
        super().__init__()
        self.graph, self.constants = Graph(), nn.Module()
        self._held = list(inputs)  # an id is that of a tensor for as long as it lives
        self._nodes = {id(value): self.graph.placeholder(f"input_{number}") for number, value in enumerate(inputs)}

    def node(self, value: Tensor) -> Node:
        """What stands for a tensor in the graph."""
        if id(value) not in self._nodes:
            name = f"constant_{len(self._held)}"
            self.constants.register_buffer(name, value)
            self._stands_for(value, self.graph.get_attr(name))
        return self._nodes[id(value)]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _TO_NUMBER:
            raise ValueError("a number is read from a tensor within a step")
        found = func(*args, **(kwargs or {}))
        if func is _DETACH:  # only autograd needs it
            self._stands_for(found, self.node(args[0]))
            return found
        own = self.graph.call_function(quicker(func, args), *tree_map(self._known, (args, kwargs or {})))
        if isinstance(found, Tensor):
            self._stands_for(found, own)
        elif isinstance(found, (list, tuple)):
            for place, part in enumerate(found):
                if isinstance(part, Tensor):  # of a gradient that nobody wants there is none
                    self._stands_for(part, self.graph.call_function(getitem, (own, place)))
        return found

    def _known(self, value: Any) -> Any:
        return self.node(value) if isinstance(value, Tensor) else value

    def _stands_for(self, value: Tensor, node: Node) -> None:
        self._held.append(value)
        self._nodes[id(value)] = node
