"""The key `validation`: a fraction, a count, 0, or a mapping; read into a Holdout (None for no validation)."""

from __future__ import annotations

from typing import Any

from dlrun.config.datasets import Holdout
from dlrun.config.problem import Problem, nearest

_WANTED = "a fraction < 1, a count, 0 for none, or {kind: holdout, size, take: end|start|random, stratify} is wanted"


def read_validation(value: Any, problems: list[Problem], origin: str = "") -> Holdout | None:
    """The holdout that a value of `validation` means; a wrong one adds to `problems` and means none."""

    def wrong(said: str, wanted: str = _WANTED) -> None:
        problems.append(Problem(said, wanted, origin))

    if isinstance(value, Holdout) or value is None:
        return value
    if not isinstance(value, dict):
        if not _is_size(value):
            wrong(f"validation={_typed(value)}")
            return None
        return Holdout(size=_size(value)) if value else None
    kind = value.get("kind", "holdout")
    if kind != "holdout":
        near = nearest(str(kind), ["holdout"])
        wrong(f"validation.kind={kind}", "holdout is wanted" + ("; did you mean  holdout" if near else ""))
        return None
    for key in value:
        if key not in ("kind", "size", "take", "stratify"):
            near = nearest(key, ["kind", "size", "take", "stratify"])
            wrong(f"validation.{key}={value[key]}",
                  "no such key" + (f"; did you mean  validation.{near[0]}" if near else ""))
    size, take = value.get("size", 0.2), value.get("take", "end")
    stratify = value.get("stratify", take == "random")
    if not _is_size(size):
        wrong(f"validation.size={size}", "a fraction < 1 or a count is wanted")
        size = 0.2
    if take not in ("end", "start", "random"):
        wrong(f"validation.take={take}", "one of end, start, random is wanted")
        take = "end"
    if not isinstance(stratify, bool):
        wrong(f"validation.stratify={stratify}", "true or false is wanted")
        stratify = False
    if stratify and take != "random":
        wrong("validation.stratify=true", f"rows from the {take} are not stratified; say  take: random")
    if not size:
        return None
    # Without random rows `stratify` has no effect: it stays at its default, so that equal splits have equal ids.
    return Holdout(_size(size), take, stratify) if take == "random" else Holdout(_size(size), take)


def _typed(value: Any) -> str:
    from dlrun.config.check import show

    return show(value)


def _is_size(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < 1 or (value >= 1 and float(value).is_integer())


def _size(value: float) -> float | int:
    return value if value < 1 else int(value)
