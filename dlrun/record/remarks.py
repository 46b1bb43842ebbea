"""Remarks on results that are worse than they have to be: what is wrong, and what would help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Remark:
    """What is wrong (`kind`, the same in all runs), the sentence, and overrides that would help."""

    kind: str
    text: str
    words: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """``accuracy 31.0 % is below that of the largest class, 35.0 %; try  optimizer.lr=...``."""
        return self.text + (f"; try  {'  or  '.join(self.words)}" if self.words else "")

    def stored(self) -> dict[str, Any]:
        """Its entry in ``remarks`` of result.json."""
        return {**asdict(self), "words": list(self.words)}


def remark_of(stored: Mapping[str, Any]) -> Remark:
    """What `Remark.stored` made plain."""
    return Remark(str(stored.get("kind")), str(stored.get("text")), tuple(map(str, stored.get("words") or ())))


def of_folds(results: Sequence[Mapping[str, Any]], said: Collection[str] = ()) -> list[Remark]:
    """The remarks that half of the folds or more have, each as the first of these says it, with how many they are.

    Those of a kind that was `said` of all rows are left out.
    """
    found: dict[str, list[Remark]] = {}
    for result in results:
        for kind, remark in {remark.kind: remark for remark in map(remark_of, result.get("remarks") or ())}.items():
            found.setdefault(kind, []).append(remark)
    return [replace(same[0], text=f"{same[0].text} (in {len(same)} of {len(results)} folds)")
            for kind, same in found.items() if 2 * len(same) >= len(results) and kind not in said]


def counted(results: Iterable[Mapping[str, Any]]) -> str:
    """How many of several results have remarks, by what they are of; empty where none has.

    >>> counted([{"remarks": [{"kind": "still_falling"}]}, {"remarks": []}])
    'remarks in 1 of 2: 1 still falling'
    """
    kinds = [{str(stored.get("kind")) for stored in result.get("remarks") or ()} for result in results]
    number = Counter(kind for own in kinds for kind in own)
    having = sum(map(bool, kinds))
    of_each = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in number.most_common())
    return f"remarks in {having} of {len(kinds)}: {of_each}" if having else ""
