"""How stored rows become inputs; `data.batches.Rows` carries it out on the device, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 500  # tokens of a user's text that are read where nobody says how many
BYTE_PAIRS = "bpe"  # what a text is cut into, beside words and characters


@dataclass(frozen=True)
class Windows:
    """Windows over a series: values at s, s + step, ... (`length` of them), the target at s + `ahead`.

    `stride` steps lie between the beginnings of two windows.
    """

    length: int
    step: int
    ahead: int
    stride: int

    def count(self, steps: int) -> int:
        """The windows in a piece of so many steps, none crossing its ends."""
        return max(0, (steps - 1 - self.ahead) // self.stride + 1)


@dataclass(frozen=True)
class Form:
    """What a stored row becomes.

    `kind`: "values" (floats, scaled), "tokens" (ids, int64), "multi_hot" (a row of ids, those from `size` on
    ignored, to a vector of `size` with 1 for each), "one_hot" (ids to (size, length)).
    With `windows` the rows of a split are positions in its `x`, and inputs are gathered from there.
    `next_tokens`: the targets are the ids one further at each position of the window.
    """

    kind: str = "values"
    size: int = 0
    windows: Windows | None = None
    next_tokens: bool = False


VALUES = Form()
