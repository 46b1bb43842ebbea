"""`dlrun ensemble RUN RUN ...`: the mean of what several finished runs predict, measured beside each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, numbers, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dlrun.inference.ensemble.measure import Comparison
    from dlrun.inference.ensemble.members import Member
    from dlrun.inference.ensemble.rows import Shown

RESAMPLES = 1000
SEED = 0


class MemberAnswer(TypedDict):
    """A member."""

    run: Annotated[str, "The run's folder."]
    weight: Annotated[float, "Its share of the mean."]
    metrics: Annotated[dict[str, float], "By name, on the same rows."]


class MeasuredAnswer(TypedDict):
    """A metric."""

    value: Annotated[float, "That of the ensemble."]
    interval: Annotated[list[float] | None, "Low and high of its interval."]
    mean: Annotated[float | None, "The mean of the members'."]
    difference: Annotated[float | None, "The ensemble's less that mean."]
    difference_interval: Annotated[list[float] | None, "Low and high: the same rows are drawn for all."]


class EnsembleAnswer(TypedDict):
    """What was measured."""

    data: Annotated[str, "What it was measured on."]
    rows: int
    weights: Annotated[str, "equal, fitted or given."]
    fitted_on: Annotated[int, "The validation rows that the weights were fitted on; 0 where they were not."]
    metrics: dict[str, MeasuredAnswer]
    members: list[MemberAnswer]
    over: Annotated[str, "What the intervals are over: rows, a column, blocks."]
    units: Annotated[int, "How many of these there are."]
    level: Annotated[float, "Of the intervals."]
    file: Annotated[str | None, "The ensemble's file, with into=."]


@register("verb", "ensemble")
@dataclass(frozen=True)
class Ensemble(Verb):
    """The mean of what several finished runs predict: its metrics beside theirs, with intervals over rows.

    The members may be other networks, and may read their rows otherwise (bags of words beside sequences); data, targets
    and classes are the same. Of classes and labels the probabilities are averaged, of numbers and quantiles the values.
    Without data= it is the runs' own test rows. The difference to the mean of the members is paired: the same rows are
    drawn for all. Nothing of the members is changed.
    """

    runs: tuple[str, ...] = positional(
        "RUN RUN ...", "Two or more folders of runs, or the first letters of their ids; a folder with runs below it "
        "stands for these.", least=1, offers=offers.run_folders)
    weights: Any = numbers(
        "equal", "What each member counts: equal; fitted on the validation rows, where these are the same in all, for "
        "the least loss (Nelder and Mead's search); or a list, in their order.", words=("equal", "fitted"), low=0)
    data: str = text("", "Other rows with targets, as for  dlrun evaluate: a file, a folder or the name of a data set.")
    target: str = text("", "The table's column with the truth, where it is not called as in training.")
    group: str = text("", "The table's column whose equal cells belong together: they are drawn together.")
    metrics: tuple[str, ...] = texts((), "Some metrics alone, by name; all without it.", empty=True, scalar=True)
    resamples: int = integer(RESAMPLES, "How often the rows are drawn anew for the intervals; 0 for none.", low=0,
                             high=100_000)
    into: str | None = text(None, "A new folder for the ensemble, which  dlrun predict  and  dlrun evaluate  read as a "
                                  "run's. It names its members, which have to stay where they are, as seen from it.")
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for models of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("average", "blend", "vote", "bagging"), "ensemble")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun ensemble runs/mnist-cnn-adam", "all runs below that folder, say five seeds"),
        ("dlrun ensemble 9153 34f5 d691 weights=fitted into=best", "three runs, weighed by their validation rows"),
    )
    answers: ClassVar[Any] = EnsembleAnswer

    def answer(self) -> Answer:
        from dlrun.inference.ensemble.folder import check_folder
        from dlrun.inference.ensemble.weights import given_weights

        folders = self._folders()
        shares = None if self.weights == "fitted" else given_weights(self.weights, len(folders))
        into = None if self.into is None else Path(self.into).expanduser()
        if into is not None:
            check_folder(into)
        if not self.data and (self.target or self.group):
            raise problem("ensemble", "target= and group= name columns of a table; expected data=FILE")
        from dlrun.inference.ensemble.fitted import fitted_weights
        from dlrun.inference.ensemble.folder import check_members, write
        from dlrun.inference.ensemble.measure import compare
        from dlrun.inference.ensemble.members import load_members
        from dlrun.inference.ensemble.rows import shown_data, shown_test, shown_validation

        members = load_members(folders, self.allow)
        if into is not None:
            check_members(into, members)
        fitted_on = 0
        if shares is None:
            validation = shown_validation(members, _note)
            fitted_on = len(validation.targets)
            shares = fitted_weights(members[0].run.task, validation)
        rows = (shown_data(members, self.data, self.target, self.group, _note) if self.data else
                shown_test(members, _note))
        if self.resamples:
            _note(f"the rows are drawn {self.resamples:,} times for the intervals")
        found = compare(members, shares, rows, self.metrics, self.resamples, SEED)
        file = None if into is None else write(into, members, shares)
        data = self._data(members, shares, fitted_on, rows, found, file)
        return Answer(lambda: data, partial(_show, data, members, found))

    def _folders(self) -> list[Path]:
        """The folders of the runs; ConfigError before torch is loaded where one is none, or there is one alone."""
        from dlrun.cli.trained import trained
        from dlrun.report.find import is_run, locate, run_folders

        found: list[Path] = []
        for given in self.runs:
            place = locate(given, Path(self.output_dir).expanduser())
            below = [] if is_run(place) else list(run_folders(place))
            found += [trained(str(one), self.output_dir) for one in below or [place]]
        if len(found) < 2:
            raise problem(f"ensemble {' '.join(self.runs)}", f"{len(found)} run is there; expected two or more")
        return found

    def _data(self, members: list[Member], shares: np.ndarray, fitted_on: int, rows: Shown, found: Comparison,
              file: Path | None) -> EnsembleAnswer:
        from dlrun.metrics._bootstrap import LEVEL

        whole = found.ensemble
        metrics: dict[str, MeasuredAnswer] = {name: {
            "value": value, "interval": _pair(whole.intervals.get(name)), "mean": found.mean.get(name),
            "difference": found.differences.get(name), "difference_interval": _pair(found.paired.get(name))}
            for name, value in whole.values.items()}
        return {"data": self.data or "their own test rows", "rows": whole.rows,
                "weights": self.weights if isinstance(self.weights, str) else "given", "fitted_on": fitted_on,
                "metrics": metrics, "members": [
                    {"run": str(member.folder), "weight": float(weight), "metrics": values}
                    for member, weight, values in zip(members, shares, found.members)],
                "over": whole.unit, "units": whole.units, "level": LEVEL, "file": None if file is None else str(file)}


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _show(data: EnsembleAnswer, members: list[Member], found: Comparison) -> None:
    from dlrun.cli.ensemble_table import lines

    say(*lines(data, [member.name for member in members], members[0].run.config.task.described()), sep="\n")


def _note(note: str) -> None:
    import sys

    say(note, file=sys.stderr)
