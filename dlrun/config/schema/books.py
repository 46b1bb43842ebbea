"""The key `book`: what a book says of an experiment; read into printed cells and claims.  None of it changes a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.config.problem import ConfigError, Problem, did_you_mean

_KEYS = ("id", "title", "where", "parameters", "fixed", "printed", "claims", "notes", "explained", "stand_in", "needs",
         "quick", "cost", "tour")
_CELL = ("row", "metric", "value", "decimals", "unit", "epoch", "best", "notes", "comparable")
_CLAIM = ("says", "check", "metric", "where", "notes")
_COST = ("full", "quick", "gpu")
PROFILES = ("full", "quick")


@dataclass(frozen=True)
class Cell:
    """A printed number: in `metric`'s own unit (accuracies are fractions), known to half of `step`.

    `row` is the name of a comparison's row, None where there is only one.  `best` says that it is the best of all
    epochs, whichever way the metric gets better.  `comparable` is False where the run that is
    made is no run of the book's experiment (another split, an unknown setting): `notes` says why.
    """

    metric: str
    value: float
    step: float
    row: str | None = None
    notes: str = ""
    comparable: bool = True
    best: bool = False

    @property
    def rounding(self) -> float:
        return self.step / 2


@dataclass(frozen=True)
class Claim:
    """A sentence of a book, and the check that decides it; `metric` is what rows stand for."""

    says: str
    check: str
    metric: str | None = None
    where: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Book:
    """What a book says: `stand_in` names data that replaces the book's, `needs` what is missing to run at all.

    `quick` are the overrides of the quick profile; `explained` has for a row or a claim whose verdict asks for one a
    sentence by profile; `cost` the measured times; `tour` marks the few that `dlrun book --tour` runs.
    """

    id: str
    title: str = ""
    where: str = ""
    parameters: int | None = None
    fixed: str = ""
    printed: tuple[Cell, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: str = ""
    explained: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stand_in: str = ""
    needs: str = ""
    quick: tuple[str, ...] = ()
    cost: Mapping[str, Any] | None = None
    tour: bool = False


def read_book(values: Mapping[str, Any]) -> Book:
    """The typed form of a `book` mapping; raises ConfigError with everything that is wrong with it."""
    wrong = list(_unknown("book", values, _KEYS))
    printed, claims = [], []
    for place, cell in enumerate(_members(values, "printed", wrong)):
        printed += list(_cell(f"book.printed[{place}]", cell, wrong))
    for place, claim in enumerate(_members(values, "claims", wrong)):
        claims += list(_claim(f"book.claims[{place}]", claim, wrong))
    if not isinstance(values.get("cost") or {}, Mapping):
        wrong.append(Problem("book.cost", "expected a mapping"))
    known = [claim.says for claim in claims] + [cell.row or cell.metric for cell in printed]
    explained = dict(_explained(values.get("explained") or {}, known, wrong))
    if isinstance(values.get("cost"), Mapping):
        wrong += _unknown("book.cost", values["cost"], _COST)
    quick = values.get("quick") or ()
    if not isinstance(quick, Sequence) or isinstance(quick, str) or not all("=" in str(word) for word in quick):
        wrong.append(Problem("book.quick", "expected a list of overrides, as [epochs=2, train_size=2000]"))
        quick = ()
    if not values.get("id"):
        wrong.append(Problem("book.id", "must be given, as gulli/C3"))
    if wrong:
        raise ConfigError(wrong)
    texts = {key: str(values.get(key) or "") for key in ("id", "title", "where", "fixed", "notes", "stand_in", "needs")}
    return Book(**texts, parameters=values.get("parameters"), printed=tuple(printed), claims=tuple(claims),
                explained=explained, quick=tuple(map(str, quick)), cost=values.get("cost"),
                tour=bool(values.get("tour")))


def _explained(values: Any, known: Sequence[str], wrong: list[Problem]) -> Iterator[tuple[str, dict[str, str]]]:
    if not isinstance(values, Mapping):
        wrong.append(Problem("book.explained", "expected a mapping from rows and claims to sentences"))
        return
    for key, said in values.items():
        if str(key) not in known:
            wrong.append(Problem(f"book.explained.{key}", f"no such claim or row{did_you_mean(str(key), known)}"))
        by_profile: dict[str, Any] = dict(said) if isinstance(said, Mapping) else dict.fromkeys(PROFILES, said)
        wrong += _unknown(f"book.explained.{key}", by_profile, PROFILES)
        if not by_profile or not all(isinstance(text, str) and text for text in by_profile.values()):
            wrong.append(Problem(f"book.explained.{key}", "expected a sentence, or {full: ..., quick: ...}"))
        yield str(key), by_profile


def _members(values: Mapping[str, Any], key: str, wrong: list[Problem]) -> Sequence[Any]:
    found = values.get(key) or ()
    if isinstance(found, Sequence) and not isinstance(found, str):
        return found
    wrong.append(Problem(f"book.{key}", "expected a list"))
    return ()


def _cell(key: str, cell: Any, wrong: list[Problem]) -> Iterator[Cell]:
    if not isinstance(cell, Mapping):
        wrong.append(Problem(key, "expected a mapping {row, metric, value, decimals}"))
        return
    bad = list(_unknown(key, cell, _CELL))
    value, decimals, unit = cell.get("value"), cell.get("decimals", 0), cell.get("unit", "")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        bad.append(Problem(f"{key}.value={value}", "expected the printed number"))
    if isinstance(decimals, bool) or not isinstance(decimals, int):
        bad.append(Problem(f"{key}.decimals={decimals}", "expected the number of printed decimals, an integer"))
    if unit not in ("", "%"):
        bad.append(Problem(f"{key}.unit={unit}", "expected % or nothing; other units are the metric's own"))
    if not cell.get("metric"):
        bad.append(Problem(f"{key}.metric", "must be given, as test/accuracy"))
    wrong += bad
    if bad:
        return
    assert isinstance(value, (int, float))
    share = 0.01 if unit == "%" else 1.0
    row = cell.get("row")
    yield Cell(_metric(str(cell["metric"]), cell), value * share, share * 10.0 ** -decimals,
               None if row is None else str(row), str(cell.get("notes") or ""), bool(cell.get("comparable", True)),
               bool(cell.get("best")) and not cell.get("epoch"))


def _metric(name: str, cell: Mapping[str, Any]) -> str:
    """``val@9/loss`` for a number of epoch 9."""
    part, _, rest = name.partition("/")
    if cell.get("epoch"):
        return f"{part}@{cell['epoch']}/{rest}"
    return name


def _claim(key: str, claim: Any, wrong: list[Problem]) -> Iterator[Claim]:
    if not isinstance(claim, Mapping) or not claim.get("says"):
        wrong.append(Problem(key, "expected a mapping {says, check}"))
        return
    bad = list(_unknown(key, claim, _CLAIM))
    wrong += bad
    if not bad:
        yield Claim(**{name: str(claim.get(name) or "") for name in ("says", "check", "where", "notes")},
                    metric=claim.get("metric"))


def _unknown(key: str, given: Mapping[str, Any], known: Sequence[str]) -> Iterator[Problem]:
    for name in given:
        if name not in known:
            yield Problem(f"{key}.{name}", f"no such key{did_you_mean(str(name), known)}")
