"""The key `validation`: a fraction, a count, 0, or a mapping; read into a Holdout or a KFold (None for none)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.quoting import show
from dlrun.config.schema.reader import read_values

_EXPECTED = ("expected a fraction < 1, a count, 0 for none, kfold, {kind: holdout, size, take: end|start|random, "
             "stratify} or {kind: kfold, k, iterations, shuffle, stratify, final}")
WORD = KFold(k=5, shuffle=True)  # what validation=kfold is
_KINDS: dict[str, Any] = {"holdout": Holdout, "kfold": KFold}


def read_validation(value: Any, problems: list[Problem], origin: str = "") -> Holdout | KFold | None:
    """What a value of `validation` means; a wrong one adds to `problems` and means none."""
    if isinstance(value, (Holdout, KFold)) or value is None:
        return value
    if value == KFold.kind:
        return WORD
    if not isinstance(value, dict):
        try:
            size = rules(Holdout)["size"].read(value)
        except ValueError:
            problems.append(Problem(f"validation={show(value)}", _EXPECTED, origin))
            return None
        return Holdout(size) if size else None
    kind = value.get("kind", "holdout")
    if kind not in _KINDS:
        problems.append(Problem(f"validation.kind={show(kind)}", f"expected one of {', '.join(_KINDS)}"
                                                                 f"{did_you_mean(str(kind), _KINDS)}", origin))
        return None
    given = {key: member for key, member in value.items() if key != "kind"}
    return _kfold(given, problems, origin) if kind == "kfold" else _holdout(given, problems, origin)


def _read(schema: Any, given: dict[str, Any], problems: list[Problem], origin: str) -> Any:
    """The values given, in their schema; a key of the other kind is led to it."""

    def hint(name: str) -> str:
        others = (kind for kind, other in _KINDS.items() if other is not schema and name in rules(other))
        return did_you_mean(f"validation.{name}", [f"validation.{key}" for key in rules(schema)]) or "".join(
            f"; it belongs to  kind: {kind}" for kind in others)

    return schema(**read_values(schema, given, "validation", problems, lambda key: origin,
                                owner=f"validation {schema.kind}", unknown=hint))


def _holdout(given: dict[str, Any], problems: list[Problem], origin: str) -> Holdout | None:
    found: Holdout = _read(Holdout, given, problems, origin)
    if found.take != "random" and given.get("stratify") is True:
        problems.append(Problem("validation.stratify=true",
                                f"rows from the {found.take} are not stratified; say  take: random", origin))
    if not found.size:
        return None
    # Without random rows `stratify` has no effect: it stays at its default, so that equal splits have equal ids.
    return found if found.take == "random" else Holdout(found.size, found.take)


def _kfold(given: dict[str, Any], problems: list[Problem], origin: str) -> KFold:
    found: KFold = _read(KFold, given, problems, origin)

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
