"""``interpolation``: what lies between two rows, by their codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import flag, integer
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject


@register("method", "interpolation")
@dataclass(frozen=True)
class Interpolation(RowsMethod):
    """Pictures on the straight way from one row's code to the next one's: morphing (Foster, ch. 3).

    A line for each pair of rows, the first and the second, the third and the fourth; with `path` one way through all of
    them. The rows themselves stand at the ends.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    steps: int = integer(8, "Pictures from one row to the next, both rows' own codes among them.", low=2, high=100)
    path: bool = flag(False, "One way through all rows, a line for each next one, in place of pairs.")

    def inspect(self, subject: Subject) -> Found:
        import torch

        from dlrun.inspection.codes import coder_of, decoded, encoded, shown
        from dlrun.record.pictures import save_batch
        from dlrun.tasks._base.generation import on_the_way

        model, rows = coder_of(subject), subject.shown(self)
        pairs = range(len(rows) - 1) if self.path else range(0, len(rows) - 1, 2)
        if not pairs:
            raise problem(f"inspect {self.kind}", "one row is there; expected two or more")
        codes, first, last = encoded(model, rows.x), list(pairs), [place + 1 for place in pairs]
        made = decoded(model, on_the_way(codes[first], codes[last], self.steps))
        lines = made.view(len(first), self.steps, *rows.x.shape[1:])
        grid = torch.cat([rows.x[first][:, None], lines, rows.x[last][:, None]], 1).flatten(0, 1)
        subject.save("interpolation", partial(save_batch, images=shown(subject, grid).numpy(), columns=self.steps + 2))
        distances = (codes[last] - codes[first]).flatten(1).norm(dim=1)
        names = [[rows.names[one], rows.names[other]] for one, other in zip(first, last)]
        return Found({"pairs": names, "distances": distances.tolist()},
                     [f"from {one} to {other}: {distance:.3g} between their codes"
                      for (one, other), distance in zip(names, distances.tolist())])
