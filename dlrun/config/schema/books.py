"""The key `book`: what a book says of an experiment; read into printed cells and claims.  None of it changes a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.fields import MISSING, choice, flag, free, integer, mapping, number, text, texts
from dlrun.config.schema.reader import read_members, read_values

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
        """Half a step of the last printed digit."""
        return self.step / 2


@dataclass(frozen=True)
class PrintedCell:
    """A cell as a book prints it and a file gives it."""

    row: str | None = text(None, "the row of the comparison, where there are several")
    metric: str = text(MISSING, "what is printed, as test/accuracy")
    value: float = number(MISSING, "the printed number")
    decimals: int = integer(0, "its printed decimals")
    unit: str = choice("", ("", "%"), "% or nothing; other units are the metric's own")
    epoch: int | None = integer(None, "the epoch that it is of, where it is not the last", low=1)
    best: bool = flag(False, "whether it is the best of all epochs")
    notes: str = text("", "what has to be known of it")
    comparable: bool = flag(True, "whether the run is one of the book's experiment")

    def read(self) -> Cell:
        """The number in its metric's own unit; of an epoch ``val@9/loss``."""
        share = 0.01 if self.unit == "%" else 1.0
        split, _, rest = self.metric.partition("/")
        return Cell(f"{split}@{self.epoch}/{rest}" if self.epoch else self.metric, self.value * share,
                    share * 10.0 ** -self.decimals, self.row, self.notes, self.comparable,
                    self.best and not self.epoch)


@dataclass(frozen=True)
class Claim:
    """A sentence of a book, and the check that decides it; `metric` is what rows stand for.

    `comparable` is False where its rows are not the book's (a part of its data): `notes` says why.
    """

    says: str = text(MISSING, "the sentence")
    check: str = text("", "the check that decides it")
    metric: str | None = text(None, "the metric that rows stand for")
    where: str = text("", "where the book says it")
    notes: str = text("", "what has to be known of it")
    comparable: bool = flag(True, "whether its rows are the book's")


@dataclass(frozen=True)
class Cost:
    """The measured times of a comparison."""

    full: str | None = text(None, "of the full profile")
    quick: str | None = text(None, "of the quick profile")
    gpu: str | None = text(None, "of the full profile on a GPU")


@dataclass(frozen=True)
class Explanation:
    """A sentence by profile."""

    full: str | None = text(None, "the sentence in the full profile")
    quick: str | None = text(None, "the sentence in the quick profile")


@dataclass(frozen=True)
class Book:
    """What a book says: `stand_in` names data that replaces the book's, `needs` what is missing to run at all.

    `quick` are the overrides of the quick profile; `explained` has for a row or a claim whose verdict asks for one a
    sentence by profile; `cost` the measured times; `tour` marks the few that `dlrun book --tour` runs.
    """

    id: str = text(MISSING, "its name, as gulli/C3")
    title: str = text("", "its title")
    where: str = text("", "author and chapter")
    parameters: int | None = integer(None, "the printed count of parameters")
    fixed: str = text("", "what all rows have in common")
    printed: tuple[Cell, ...] = free((), "a list of cells {row, metric, value, decimals, ...}")
    claims: tuple[Claim, ...] = free((), "a list of claims {says, check, ...}")
    notes: str = text("", "what has to be known of it")
    explained: Mapping[str, Mapping[str, str]] = mapping(None, "sentences for rows and claims")
    stand_in: str = text("", "data that replaces the book's")
    needs: str = text("", "what is missing to run it")
    quick: tuple[str, ...] = texts((), "overrides of the quick profile, as [epochs=2,train_size=2000]", empty=True)
    cost: Mapping[str, Any] | None = mapping(None, "measured times {full, quick, gpu}")
    tour: bool = flag(False, "whether  dlrun book --tour  runs it")


def read_book(given: Mapping[str, Any]) -> Book:
    """The typed form of a `book` mapping; raises ConfigError with everything that is wrong with it.

    A key that is null is as one that is not given.
    """
    wrong: list[Problem] = []
    values = read_values(Book, _given(given), "book", wrong)
    printed = [PrintedCell(**cell).read()
               for cell in read_members(PrintedCell, values["printed"], "book.printed", wrong)]
    claims = [Claim(**claim) for claim in read_members(Claim, values["claims"], "book.claims", wrong)]
    read_values(Cost, values["cost"] or {}, "book.cost", wrong)
    known = [claim.says for claim in claims] + [cell.row or cell.metric for cell in printed]
    explained = {str(key): _explanation(str(key), sentence, known, wrong)
                 for key, sentence in (values["explained"] or {}).items()}
    wrong += [Problem(f"book.quick={word}", "expected overrides, as [epochs=2,train_size=2000]")
              for word in values["quick"] if "=" not in word]
    if wrong:
        raise ConfigError(wrong)
    return Book(**{**values, "printed": tuple(printed), "claims": tuple(claims), "explained": explained})


def _given(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _given(member) for key, member in value.items() if member is not None}
    return [_given(member) for member in value] if isinstance(value, (list, tuple)) else value


def _explanation(key: str, sentence: Any, known: Sequence[str], wrong: list[Problem]) -> dict[str, str]:
    """The sentence of a row or a claim by profile; one that is given alone is that of both."""
    place = f"book.explained.{key}"
    if key not in known:
        wrong.append(Problem(place, f"no such claim or row{did_you_mean(key, known)}"))
    by_profile = sentence if isinstance(sentence, Mapping) else dict.fromkeys(PROFILES, sentence)
    found = {profile: said for profile, said in read_values(Explanation, by_profile, place, wrong).items() if said}
    if not found:
        wrong.append(Problem(place, "expected a sentence, or {full: ..., quick: ...}"))
    return found
