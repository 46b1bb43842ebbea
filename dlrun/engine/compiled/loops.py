"""C code of nested loops over elements; loops over the same elements that may become one do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Axis = tuple[str, int]  # the name of an index, and its extent
Access = tuple[str, str]  # the name of memory, and the index within it
_MOST = 12  # statements of one loop


@dataclass
class Loop:
    """Statements for each element; `reads` and `writes` say where in memory."""

    axes: tuple[Axis, ...]
    lines: list[str]
    reads: list[Access]
    writes: list[Access]

    def takes(self, other: Loop) -> bool:
        """Whether the statements of the next loop may follow within this one: no element needs another's."""
        if self.axes != other.axes or len(self.lines) + len(other.lines) > _MOST:
            return False
        mine, theirs = [*self.reads, *self.writes], [*other.reads, *other.writes]
        clash = any(name == written and index != place
                    for writes, accesses in ((self.writes, theirs), (other.writes, mine))
                    for written, place in writes for name, index in accesses)
        return not clash

    def text(self) -> str:
        """The loops in C."""
        return nested(self.axes, "\n".join(self.lines))


@dataclass
class Code:
    """The body of a function as it grows."""

    parts: list[Loop | str] = field(default_factory=list)

    def loop(self, loop: Loop) -> None:
        """Add a loop, or its statements to the loop before."""
        last = self.parts[-1] if self.parts else None
        if isinstance(last, Loop) and last.takes(loop):
            last.lines += loop.lines
            last.reads += loop.reads
            last.writes += loop.writes
        else:
            self.parts.append(loop)

    def value(self, text: str, reads: Sequence[Access]) -> None:
        """Add the definition of a single value, before the last loop where that may be: so the next one can join it."""
        last = self.parts[-1] if self.parts else None
        read = {name for name, _ in reads}
        if isinstance(last, Loop) and read.isdisjoint(name for name, _ in last.writes):
            self.parts.insert(len(self.parts) - 1, text)
        else:
            self.parts.append(text)

    def line(self, text: str) -> None:
        """Add statements that stand for themselves."""
        self.parts.append(text)

    def text(self) -> str:
        """All of it in C."""
        return "\n".join(part if isinstance(part, str) else part.text() for part in self.parts)


def nested(axes: Sequence[Axis], inner: str) -> str:
    """Loops over all axes, the last one innermost."""
    for name, extent in reversed(axes):
        inner = f"for (long {name} = 0; {name} < {extent}; ++{name}) {{\n{inner}\n}}"
    return inner
