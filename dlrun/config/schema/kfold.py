"""K-fold validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import choice, flag, integer, rules


@dataclass(frozen=True)
class KFold:
    """One run whose folds are each trained on the other folds' rows and measured on their own.

    A fold has rows // k rows; the few that are left over are trained on in every fold.  `fold` chooses one fold, which
    is then a run by itself: fold 2 of a run of four is, bit for bit, the run that ``fold: 2`` trains.
    """

    kind: ClassVar[str] = "kfold"
    k: int = integer(4, "Folds.", low=2)
    iterations: int = integer(1, "Times that all rows are cut into folds, each time after another shuffle.", low=1)
    shuffle: bool = flag(
        False, "Draw the rows of the folds, by the run's seed; false: blocks of rows in their stored order.")
    stratify: bool = flag(True, "Whether shuffled folds keep the proportions of the classes.")
    final: bool = flag(
        False, "Then train once more, on all rows but the test rows, and measure that model on the test rows.")
    fitted: str = choice(
        "fold", ("fold", "all"),
        "The rows that scales and vocabularies are fitted on: those the fold trains on, or all but the test rows "
        "(Chollet's listing; validation rows then have a say in how they are scaled).")
    fold: int | None = integer(None, "Train this one fold only, counted from 0 through all iterations.", low=0)

    @property
    def count(self) -> int:
        """The folds of all iterations."""
        return self.k * self.iterations

    @property
    def drawn(self) -> bool:
        """Whether the run's seed decides which rows are trained on."""
        return self.shuffle and self.fold is not None

    def plain(self) -> dict[str, Any]:
        """As it is written in a YAML file: what differs from the defaults, and k."""
        return {"kind": self.kind, "k": self.k, **_differing(self)}

    def essence(self) -> list[Any]:
        """What a run's identity is a hash of; a field that is added later keeps old identities."""
        return [self.kind, _differing(self)]


def _differing(folds: KFold) -> dict[str, Any]:
    return {name: getattr(folds, name) for name, rule in rules(KFold).items() if getattr(folds, name) != rule.default}
