"""``arithmetic``: an attribute as a direction among codes, added to rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.fields import integers, numbers, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.prepared import Split
    from dlrun.inspection.subject import Subject


@register("method", "arithmetic")
@dataclass(frozen=True)
class Arithmetic(RowsMethod):
    """An attribute added to rows: the mean code of training rows with it minus that of those without (Foster, ch. 3).

    The attribute is a class or a label, against all others or one other (`minus`); or it is shown by training rows that
    have it (`having`) and others that lack it (`lacking`). Each line is a row, what comes back of it, and
    the row's code with so many times the difference. How well the direction tells rows apart that were not trained on
    is measured too, where classes say which have it.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    attribute: str = text("", "A class or a label of the data.")
    minus: str = text("", "The class whose rows are those without it; all others without this.")
    having: tuple[int, ...] = integers((), "Training rows that have the attribute, counted from 0, in place of a "
                                           "class.", low=0, empty=True)
    lacking: tuple[int, ...] = integers((), "Training rows without it; all others where none are named.", low=0,
                                        empty=True)
    strength: tuple[float, ...] = numbers((-2, -1, 0, 1, 2), "How many times the difference is added.")

    def inspect(self, subject: Subject) -> Found:
        import torch

        from dlrun.inspection.codes import coder_of, decoded, encoded, encoded_rows, shown
        from dlrun.inspection.rows import as_rows
        from dlrun.record.pictures import save_batch

        model = coder_of(subject)
        train = subject.prepared.train
        has, lacks = self._places(subject, train)
        codes = encoded_rows(model, as_rows(subject.run, train))
        direction = codes[torch.from_numpy(has)].mean(0) - codes[torch.from_numpy(lacks)].mean(0)
        rows = subject.shown(self)
        begin = encoded(model, rows.x)
        made = torch.stack([decoded(model, begin + share * direction) for share in self.strength], 1)
        grid = torch.cat([rows.x[:, None], made], 1)
        captions = [caption for name in rows.names for caption in (name, *(f"{share:+g}" for share in self.strength))]
        subject.save(f"arithmetic-{self._called}", partial(
            save_batch, images=shown(subject, grid.flatten(0, 1)).numpy(), labels=captions, columns=grid.shape[1]))
        values: dict[str, Any] = {"attribute": self._called, "having": len(has), "lacking": len(lacks),
                                  "length": float(direction.norm()), "unseen": self._apart(subject, direction)}
        lines = [f"{self._called}: {len(has):,} training rows have it, {len(lacks):,} lack it; their mean codes are "
                 f"{values['length']:.3g} apart"]
        if values["unseen"] is not None:
            unseen = values["unseen"]
            lines.append(f"along it {unseen['rows']:,} rows that were not trained on, with it or without, are "
                         f"told apart with a ROC AUC of {unseen['roc_auc']:.3f}")
        return Found(values, lines)

    @property
    def _called(self) -> str:
        return (self.attribute + (f" minus {self.minus}" if self.minus else "")) or "rows of having"

    def _places(self, subject: Subject, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """The places of training rows with the attribute and without it; ConfigError where that is not said."""
        import numpy as np

        if bool(self.attribute) == bool(self.having):
            raise problem(f"inspect {self.kind}", "expected attribute=CLASS, or having=[ROW,...], training rows that "
                                                  "have it")
        if self.attribute:
            has, lacks = _members(subject, split, self.attribute, "attribute"), None
            if self.minus:
                lacks = _members(subject, split, self.minus, "minus")
        else:
            wrong = [row for row in (*self.having, *self.lacking) if row >= len(split)]
            if wrong:
                raise problem(f"having={wrong[0]}", f"expected training rows from 0 to {len(split) - 1:,}")
            has = np.isin(np.arange(len(split)), self.having)
            lacks = np.isin(np.arange(len(split)), self.lacking) if self.lacking else None
        lacks = ~has if lacks is None else lacks
        if not has.any() or not lacks.any():
            raise problem(f"attribute={self._called}", "expected training rows with it and rows without")
        return np.flatnonzero(has), np.flatnonzero(lacks)

    def _apart(self, subject: Subject, direction: Any) -> dict[str, Any] | None:
        """How well the direction orders rows that were not trained on; None where nothing says which have it."""
        from dlrun.inspection.codes import coder_of, encoded_rows
        from dlrun.inspection.rows import as_rows
        from dlrun.metrics._ranking import ranking

        unseen = subject.prepared.test or subject.prepared.val
        if not self.attribute or unseen is None:
            return None
        has = _members(subject, unseen, self.attribute, "attribute")
        kept = has | (_members(subject, unseen, self.minus, "minus") if self.minus else ~has)
        codes = encoded_rows(coder_of(subject), as_rows(subject.run, unseen))
        scores = (codes.flatten(1) @ direction.flatten()).numpy()
        area = ranking(scores[kept], has[kept]).roc_auc
        return {"rows": int(kept.sum()), "roc_auc": area} if area == area else None


def _members(subject: Subject, split: Split, name: str, key: str) -> np.ndarray:
    """Which rows (rows,), bool, are of a class or have a label; raises ConfigError for one that there is not."""
    import numpy as np

    spec = subject.run.data_spec
    if spec.target_kind not in ("classes", "labels") or split.y is None:
        raise problem(f"{key}={name}", "these rows have no classes and no labels; having=[ROW,...] names training rows "
                                       "that have the attribute")
    if name not in spec.classes:
        raise problem(f"{key}={name}", f"no such class{did_you_mean(name, spec.classes)}; there are "
                                       f"{', '.join(spec.classes[:20])}")
    place = spec.classes.index(name)
    return np.asarray(split.y == place if spec.target_kind == "classes" else split.y[:, place] > 0)
