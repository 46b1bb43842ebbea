"""Some classes of a standard set alone (`only`): frogs without the other nine."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import Problem, Problems, did_you_mean
from dlrun.data import known
from dlrun.data.signature import Peek, Signature

if TYPE_CHECKING:
    from dlrun.data.source import Source


def peek(cfg: Any, whole: Peek) -> Peek:
    """Signature and rows of the chosen classes.  Raises Problems for names that are none."""
    if not getattr(cfg, "only", ()):
        return whole
    signature = _signature(cfg, whole.signature)
    places = [whole.signature.classes.index(name) for name in signature.classes]
    return Peek(signature, {part: sum(rows[place] for place in places)
                            for part, rows in known.ROWS_OF_CLASS[cfg.kind].items()})


def told(cfg: Any, source: Source) -> Source:
    """The rows of the chosen classes in their order, labels renumbered from 0 in the data's order of classes."""
    import numpy as np

    from dlrun.data.source import complete

    if not getattr(cfg, "only", ()):
        return source
    assert source.y is not None and source.x_test is not None and source.y_test is not None
    signature = _signature(cfg, source.signature)
    label = np.full(len(source.signature.classes), -1, np.int64)
    label[[source.signature.classes.index(name) for name in signature.classes]] = np.arange(len(signature.classes))
    train, test = label[source.y] >= 0, label[source.y_test] >= 0
    return complete(dataclasses.replace(
        source, signature=signature, x=source.x[train], y=label[source.y[train]], x_test=source.x_test[test],
        y_test=label[source.y_test[test]]))


def _signature(cfg: Any, whole: Signature) -> Signature:
    wrong = [Problem(f"dataset.only={name}", f"no such class{did_you_mean(name, whole.classes)}; there are "
                     + ", ".join(whole.classes)) for name in cfg.only if name not in whole.classes]
    if wrong:
        raise Problems(wrong)
    return dataclasses.replace(whole, classes=tuple(name for name in whole.classes if name in cfg.only))
