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


def _by_kind(results: Iterable[Mapping[str, Any]]) -> dict[str, list[Remark]]:
    """By kind the remarks of all results, of each one at most."""
    found: dict[str, list[Remark]] = {}
    for result in results:
        for kind, remark in {remark.kind: remark for remark in map(remark_of, result.get("remarks") or ())}.items():
            found.setdefault(kind, []).append(remark)
    return found


def of_folds(results: Sequence[Mapping[str, Any]], said: Collection[str] = ()) -> list[Remark]:
    """The remarks that half of the folds or more have, each as the first of these says it, with how many they are.

    Those of a kind that was `said` of all rows are left out.
    """
    found = _by_kind(results)
    return [replace(same[0], text=f"{same[0].text} (in {len(same)} of {len(results)} folds)")
            for kind, same in found.items() if 2 * len(same) >= len(results) and kind not in said]


def of_runs(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each kind of remark: how many runs have it, and what the first of them says.

    >>> of_runs([{"remarks": []}, {"remarks": [{"kind": "x", "text": "it is bad", "words": ["epochs=9"]}]}])
    ['1 of 2 runs: it is bad; try  epochs=9']
    """
    return [f"{len(same)} of {len(results)} runs: {same[0].line}" for same in _by_kind(results).values()]


def counted(results: Iterable[Mapping[str, Any]]) -> str:
    """How many of several results have remarks, by what they are of; empty where none has.

    >>> counted([{"remarks": [{"kind": "still_falling"}]}, {"remarks": []}])
    'remarks in 1 of 2: 1 still falling'
    """
    kinds = [dict.fromkeys(str(stored.get("kind")) for stored in result.get("remarks") or ()) for result in results]
    number = Counter(kind for own in kinds for kind in own)
    having = sum(map(bool, kinds))
    of_each = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in number.most_common())
    return f"remarks in {having} of {len(kinds)}: {of_each}" if having else ""
