"""The key `validation`: a fraction, a count, 0, or a mapping; read into a Holdout or a KFold (None for none)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlrun.config.problem import Problem, nearest
from dlrun.config.schema.fields import rules
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.quoting import show
from dlrun.config.schema.reader import read_values

_EXPECTED = ("expected a fraction < 1, a count, 0 for none, {kind: holdout, size, take: end|start|random, stratify} or "
             "{kind: kfold, k, iterations, shuffle, stratify, final}")
_KINDS = ("holdout", "kfold")


def read_validation(value: Any, problems: list[Problem], origin: str = "") -> Holdout | KFold | None:
    """What a value of `validation` means; a wrong one adds to `problems` and means none."""

    def wrong(given: str, expected: str = _EXPECTED) -> None:
        problems.append(Problem(given, expected, origin))

    if isinstance(value, (Holdout, KFold)) or value is None:
        return value
    if not isinstance(value, dict):
        if not _is_size(value):
            wrong(f"validation={show(value)}")
            return None
        return Holdout(size=_size(value)) if value else None
    kind = value.get("kind", "holdout")
    if kind == "kfold":
        return _kfold(value, problems, origin)
    if kind not in _KINDS:
        near = nearest(str(kind), _KINDS)
        wrong(f"validation.kind={kind}", f"expected one of {', '.join(_KINDS)}"
              + (f"; did you mean  {near[0]}" if near else ""))
        return None
    for key in value:
        if key not in ("kind", "size", "take", "stratify"):
            near = nearest(key, ["kind", "size", "take", "stratify"])
            wrong(f"validation.{key}={value[key]}",
                  "no such key" + (f"; did you mean  validation.{near[0]}" if near else
                                   "; it belongs to  kind: kfold" if key in rules(KFold) else ""))
    size, take = value.get("size", 0.2), value.get("take", "end")
    stratify = value.get("stratify", take == "random")
    if not _is_size(size):
        wrong(f"validation.size={size}", "expected a fraction < 1 or a count")
        size = 0.2
    if take not in ("end", "start", "random"):
        wrong(f"validation.take={take}", "expected one of end, start, random")
        take = "end"
    if not isinstance(stratify, bool):
        wrong(f"validation.stratify={stratify}", "expected true or false")
        stratify = False
    if stratify and take != "random":
        wrong("validation.stratify=true", f"rows from the {take} are not stratified; say  take: random")
    if not size:
        return None
    # Without random rows `stratify` has no effect: it stays at its default, so that equal splits have equal ids.
    return Holdout(_size(size), take, stratify) if take == "random" else Holdout(_size(size), take)


def _kfold(value: dict[str, Any], problems: list[Problem], origin: str) -> KFold:
    given = {key: member for key, member in value.items() if key != "kind"}
    found = KFold(**read_values(KFold, given, "validation", problems, lambda key: origin, owner="validation kfold"))

    def wrong(key: str, expected: str) -> None:
        wrong_value = f"validation.{key}={show(given[key])}"
        if all(problem.given != wrong_value for problem in problems):
            problems.append(Problem(wrong_value, expected, origin))

    if not found.shuffle and found.iterations > 1:
        wrong("iterations", "without a shuffle all iterations are the same; say  shuffle: true")
    if not found.shuffle and given.get("stratify") is True:
        wrong("stratify", "blocks of rows as they are stored are not stratified; say  shuffle: true")
    if found.fold is not None and found.fold >= found.count:
        wrong("fold", f"folds are counted from 0, so {found.count - 1} is the last one")
    if found.fold is not None and found.final:
        wrong("final", "one fold alone has no final fit; leave  fold  out")
    # Without a shuffle `stratify` has no effect: it stays at its default, so that equal folds have equal ids.
    return found if found.shuffle else replace(found, stratify=True)


def _is_size(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < 1 or (value >= 1 and float(value).is_integer())


def _size(value: float) -> float | int:
    return value if value < 1 else int(value)
