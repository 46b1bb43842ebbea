"""Which members have a place in a pack at which step: a pack that half of its members have left goes on smaller.

A step costs the time of all its places, also of those that nobody needs any more.  So when no more than half of them
are needed, those get a program of their own and the rest is given up.  By halves, because then a pack of K has no more
than log2 K programs in its life; at the step where a member has come to its end, and down to a single place, because a
program is made in less time (15 to 25 ms of a core for dense networks) than one member takes to end (its test rows,
pictures, files: 80 ms), and as many have ended as places are left.

The places at a step are a function of the pack's size and of the steps at which members came to their ends before it,
and of nothing else: no clock, no signal, no checkpoint.  A pack that was killed finds these steps in the results of
those that are done, and so has at every step the places, and the bits, that it would have had.  Who has diverged or
failed keeps his place: what goes wrong in one member changes no bit of another.  (Bits do depend on places: with torch
2.13 on a CPU a batched product of 1x64 and 64x13 rounds a twentieth of its numbers otherwise in a stack of half the
size.)
"""

from __future__ import annotations

from collections.abc import Mapping


class Layout:
    """The places of `slots` members, and the steps after which members (by slot) have come to their `ends`.

    A `fixed` one keeps all places for ever: a pack that an older dlrun began goes on with its bits.

    >>> layout = Layout(8, {0: 30, 2: 10, 3: 20, 5: 10})
    >>> layout.at(29), layout.at(30)
    ((0, 1, 2, 3, 4, 5, 6, 7), (1, 4, 6, 7))
    """

    def __init__(self, slots: int, ends: Mapping[int, int] | None = None, fixed: bool = False):
        self.slots, self.fixed = slots, fixed
        self.ends = dict(ends or {})
        self._known: dict[int, tuple[int, ...]] = {}  # by how many members have ended

    def end(self, slot: int, step: int) -> None:
        """A member has come to its end after so many steps."""
        self.ends[slot] = step
        self._known.clear()

    def at(self, step: int) -> tuple[int, ...]:
        """The slots whose members have a place in the step with this number, in the places' order."""
        ended = sorted((end, slot) for slot, end in self.ends.items() if end <= step)
        if len(ended) not in self._known:
            self._known[len(ended)] = self._after(ended)
        return self._known[len(ended)]

    def _after(self, ended: list[tuple[int, int]]) -> tuple[int, ...]:
        places, left = tuple(range(self.slots)), set(range(self.slots))
        for number, (end, slot) in enumerate(ended):
            left.discard(slot)
            together = number + 1 < len(ended) and ended[number + 1][0] == end
            if not (self.fixed or together) and 2 * len(left) <= len(places):
                places = tuple(place for place in places if place in left)
        return places

    def until(self, step: int) -> int | None:
        """The next step, behind this one, at which a member is known to have ended; None where none is."""
        return min((end for end in self.ends.values() if end > step), default=None)
