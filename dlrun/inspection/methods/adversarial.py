"""``adversarial``: how small a change of its pictures fools a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import integer, numbers, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject


@register("method", "adversarial")
@dataclass(frozen=True)
class Adversarial(RowsMethod):
    """How small a change of its pictures fools a classifier (fast gradient sign; Goodfellow and others, 2015).

    Each value of a picture is moved by epsilon in the direction in which the loss rises. Beside the share of rows that
    are then taken for another class stands that of random signs of the same size. Drawn are some rows with the first
    epsilon that fooled each.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    epsilon: tuple[float, ...] = numbers((1.0, 2.0, 4.0, 8.0, 16.0), "How far each value is moved, in levels of 256.",
                                         low=0, above=True, scalar=True)
    class_: str | None = text(None, "The class that rows shall be taken for; null for any but the right one (of "
                                    "pictures whose class is not known the predicted one).")
    count: int = integer(200, "How many rows, evenly spaced, where they are not named.", low=1)
    seed: int = integer(0, "Of the random signs.", low=0)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.methods.adversarial_module import attacked, draw

        found = attacked(subject, lambda: subject.shown(self), self.epsilon, self.class_, self.seed)
        if found.kept:
            draw(subject, found.kept)
        values: dict[str, Any] = {
            "rows": found.rows, "right": found.right, "targeted": self.class_,
            "epsilon": [{"epsilon": epsilon, "fooled": fooled, "share": share, "low": low, "high": high,
                         "by_noise": noise} for epsilon, fooled, (share, low, high), noise in
                        zip(self.epsilon, found.fooled, found.shares, found.noise)]}
        what = f"taken for {self.class_}" if self.class_ else "taken for another class"
        lines = [f"{found.right} of {found.rows} rows are " + (
            f"not taken for {self.class_} as they are" if self.class_ else "right as they are") + f"; then {what}:"]
        lines += [f"  epsilon {epsilon:g}/255  {share:.1%} ({low:.1%} to {high:.1%}), by random signs "
                  f"{noise / max(1, found.right):.1%}"
                  for epsilon, (share, low, high), noise in zip(self.epsilon, found.shares, found.noise)]
        return Found(values, lines)
