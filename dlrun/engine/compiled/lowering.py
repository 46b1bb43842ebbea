"""From recorded operations to C: which values are computed when, where they lie, and what becomes of a change in place.

A tensor's memory is one of the run's own (or a constant), or a piece of a workspace, or not there yet: a value that is
computed where it is needed (`Lazy`), which saves most of the memory traffic of a step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dlrun.engine.compiled.elements import (
    TYPES,
    At,
    Index,
    axes_of,
    broadcast,
    constant,
    flat_axes_of,
    is_flat,
    position,
    same_place,
)
from dlrun.engine.compiled.loops import Access, Code, Loop
from dlrun.engine.compiled.recording import Operation, Unsupported, storage
from dlrun.engine.compiled.sparse_rows import SparseRows

_CHEAP = 4  # operations that are rather done twice than stored
_ALIGNED = 64  # bytes


@dataclass(eq=False)
class Memory:
    """An array with a name in C."""

    name: str


@dataclass(eq=False)
class Lazy:
    """A value that is computed where it is read; `like` has its shape and the layout that it gets when it is stored."""

    like: Tensor
    at: At
    cost: int = 1
    memory: Memory | None = None


class Lowering:
    """`names` are those of the memory that is there before; other memory that is read is a constant.

    `zeros` are the tensors that stand for rows of zeros, by their storage: nothing but a product may read them.

    `lower` writes an operation.  `constants` then has these tensors by their names in C, `bytes` the size of the
    workspace.
    """

    def __init__(self, operations: Sequence[Operation], names: dict[int, str],
                 lower: Callable[[Lowering, Operation], None], zeros: Mapping[int, SparseRows]):
        self.code = Code()
        self.constants: dict[str, Tensor] = {}
        self.temporaries: list[tuple[str, str, int]] = []  # C type, name, place in the workspace
        self.bytes = 0
        self._entries: dict[int, Memory | Lazy] = {key: Memory(name) for key, name in names.items()}
        self._zeros = zeros
        self._reads: list[Access] = []
        self._made = 0
        self._kept: list[Tensor] = []
        self._made_here = {storage(out) for operation in operations if not operation.views and not operation.in_place
                           for out in operation.outs}
        self._uses: dict[int, list[tuple[int, bool]]] = {}
        for number, operation in enumerate(operations):
            if not operation.views:
                for key in {storage(tensor) for tensor in operation.tensors()}:
                    changed = operation.in_place and key == storage(operation.args[0])
                    self._uses.setdefault(key, []).append((number, changed))
        for number, operation in enumerate(operations):
            self._now = number
            if operation.views:
                continue
            if operation.in_place or any(self._later(storage(out)) for out in operation.outs):
                lower(self, operation)

    # What operations read ------------------------------------------------------------------------------------------

    def reader(self, tensor: Tensor) -> tuple[At, int]:
        """A tensor's elements as they are now, and what each costs."""
        entry = self._entry(tensor)
        if isinstance(entry, Lazy):
            return self._of_lazy(entry), entry.cost
        return self._of_memory(entry, tensor), 0

    def sparse_rows(self, tensor: Tensor) -> SparseRows | None:
        """What a tensor stands for, where that is rows of zeros."""
        return self._zeros.get(storage(tensor))

    def stored(self, tensor: Tensor) -> str:
        """The address of a tensor's first element, in memory."""
        entry = self._entry(tensor)
        if isinstance(entry, Lazy):
            self._realize(entry)
            assert entry.memory is not None
            entry = entry.memory
        offset = tensor.storage_offset()
        return f"{entry.name} + {offset}" if offset else entry.name

    def _entry(self, tensor: Tensor) -> Memory | Lazy:
        if tensor.dtype not in TYPES or tensor.device.type != "cpu":
            raise Unsupported(f"{tensor.dtype} on {tensor.device}")
        key = storage(tensor)
        if key in self._zeros:
            raise Unsupported("rows of zeros that are read one by one")
        if key not in self._entries and key in self._made_here:
            raise Unsupported("a result of an operation that is not computed")
        if key not in self._entries:
            name = f"constant{len(self.constants)}"
            self.constants[name] = tensor
            self._entries[key] = Memory(name)
        entry = self._entries[key]
        if isinstance(entry, Lazy) and not same_place(entry.like, tensor):
            self._realize(entry)
            assert entry.memory is not None
            return entry.memory
        return entry

    def _of_lazy(self, lazy: Lazy) -> At:
        def at(index: Index) -> str:
            if lazy.memory is not None:
                return self._of_memory(lazy.memory, lazy.like)(index)
            return lazy.at(index)

        return at

    def _of_memory(self, memory: Memory, tensor: Tensor) -> At:
        offset, strides = int(tensor.storage_offset()), tensor.stride()

        def at(index: Index) -> str:
            place = position(index, strides, offset)
            self._reads.append((memory.name, place))
            return f"{memory.name}[{place}]"

        return at

    # What operations make ------------------------------------------------------------------------------------------

    def put(self, out: Tensor, at: At, cost: int) -> None:
        """The value of a new tensor, stored now where it is needed more than once and not for little."""
        lazy = Lazy(out, at, cost)
        self._entries[storage(out)] = lazy
        if out.numel() == 1:
            self._as_variable(lazy)
            return
        later = self._later(storage(out))
        if len(later) > 1 and not later[0][1] and cost > _CHEAP:
            self._realize(lazy)

    def change(self, target: Tensor, at: At, cost: int) -> None:
        """The new value of a tensor that is there; `at` may read it."""
        key = storage(target)
        entry = self._entries.get(key)
        if isinstance(entry, Lazy) and entry.memory is None and same_place(entry.like, target):
            self._entries[key] = lazy = Lazy(target, at, cost)  # nothing lies anywhere yet
            if target.numel() == 1:
                self._as_variable(lazy)
            elif len(self._later(key)) > 1 and not self._later(key)[0][1] and cost > _CHEAP:
                self._realize(lazy)
            return
        if isinstance(entry, Lazy):
            self._realize(entry)
            entry = entry.memory
        if entry is None:
            raise Unsupported("a change of a constant")
        self._before_change(entry)
        axes, index = axes_of(target)
        place = position(index, target.stride(), int(target.storage_offset()))
        if any(name == entry.name and read != place for name, read in self.reads_of(at, index)):
            at = self.fill(torch.empty(target.shape, dtype=target.dtype), at)
        self._store(entry, target, at)

    def variable(self, kind: torch.dtype) -> str:
        """A new name of a single value; the caller declares it."""
        self._made += 1
        return f"v{self._made}"

    def inverse(self, at: At, kind: torch.dtype) -> At:
        """One by a single number, computed now."""
        name = self.variable(kind)
        self.code.value(f"const {TYPES[kind]} {name} = 1 / {at(())};", self.reads_of(at, ()))
        return lambda index: name

    def temporary(self, like: Tensor) -> str:
        """New memory in the workspace, for what `like` is a tensor of."""
        self._made += 1
        name = f"t{self._made}"
        self.temporaries.append((TYPES[like.dtype], name, self.bytes))
        size = like.untyped_storage().nbytes()
        self.bytes += -(-size // _ALIGNED) * _ALIGNED
        return name

    def lies(self, out: Tensor) -> str:
        """New memory as the place of a new tensor, which the caller fills."""
        memory = Memory(self.temporary(out))
        self._kept.append(out)  # so that no other tensor gets its memory
        self._entries[storage(out)] = memory
        return memory.name

    def fill_part(self, view: Tensor, at: At) -> None:
        """Values of a part of what `lies` somewhere, computed now; `view` is that part."""
        entry = self._entries[storage(view)]
        assert isinstance(entry, Memory)
        self._store(entry, view, at)

    def fill(self, like: Tensor, at: At) -> At:
        """Values of `like`'s shape, computed now; how they are read."""
        lazy = Lazy(like, at)
        self._kept.append(like)
        self._realize(lazy)
        return self._of_lazy(lazy)

    def reads_of(self, at: At, index: Index) -> list[Access]:
        """Where an element is read from memory."""
        before, self._reads = self._reads, []
        at(index)
        found, self._reads = self._reads, before
        return found

    # How ------------------------------------------------------------------------------------------------------------

    def _later(self, key: int) -> list[tuple[int, bool]]:
        return [use for use in self._uses.get(key, ()) if use[0] > self._now]

    def _as_variable(self, lazy: Lazy) -> None:
        """A single value becomes a variable, so that no loop computes it again."""
        name, index = self.variable(lazy.like.dtype), ("0",) * lazy.like.ndim
        self.code.value(f"const {TYPES[lazy.like.dtype]} {name} = {lazy.at(index)};", self.reads_of(lazy.at, index))
        lazy.at, lazy.cost = lambda index: name, 0

    def _realize(self, lazy: Lazy) -> None:
        if lazy.memory is not None:
            return
        memory = Memory(self.temporary(lazy.like))
        self._store(memory, lazy.like, lazy.at)
        lazy.memory = memory
        if self._entries.get(storage(lazy.like)) is lazy:
            self._entries[storage(lazy.like)] = memory

    def _store(self, memory: Memory, like: Tensor, at: At) -> None:
        flat = flat_axes_of(like)
        axes, index = flat if flat and is_flat(at(flat[1])) else axes_of(like)
        before, self._reads = self._reads, []
        value = at(index)
        reads, self._reads = self._reads, before
        place = position(index, like.stride(), int(like.storage_offset()))
        self.code.loop(Loop(axes, [f"{memory.name}[{place}] = {value};"], reads, [(memory.name, place)]))

    def _before_change(self, memory: Memory) -> None:
        """Values that are yet to be computed and read this memory as it was are computed now."""
        for key, entry in list(self._entries.items()):
            if not isinstance(entry, Lazy) or entry.memory is not None:
                continue
            used = [use for use in self._uses.get(key, ()) if use[0] > self._now]
            if used and any(name == memory.name for name, _ in self.reads_of(entry.at, axes_of(entry.like)[1])):
                self._realize(entry)


def element(low: Lowering, value: Any, kind: torch.dtype, shape: Sequence[int]) -> tuple[At, int]:
    """An argument, a tensor or a number, as an element of the type `kind` at an index of `shape`."""
    if not isinstance(value, Tensor):
        text = constant(value, kind)
        return (lambda index: text), 0
    at, cost = low.reader(value)
    aligned = broadcast(at, value.shape)
    if value.dtype == kind:
        return aligned, cost
    return (lambda index: f"(({TYPES[kind]}){aligned(index)})"), cost
