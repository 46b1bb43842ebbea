"""A validation split taken from the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice, flag, size


@dataclass(frozen=True)
class Holdout:
    """A validation split taken from the training rows."""

    kind: ClassVar[str] = "holdout"
    size: float = size(0.2, "The validation split: a fraction below 1, a count of rows from 1, 0 for none.")
    take: str = choice(
        "end", ("end", "start", "random"),
        "Which rows: the last ones before any shuffling (Keras's validation_split), the first ones (Chollet's listings "
        "for IMDB and Reuters), or random ones by the run's seed.",
    )
    stratify: bool = flag(True, "Whether a random split keeps the proportions of the classes.")

    @property
    def drawn(self) -> bool:
        """Whether the run's seed decides which rows are trained on."""
        return self.take == "random"
