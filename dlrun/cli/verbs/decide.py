"""`dlrun decide "A" "B"`: whether B is better than A, by as many seeds as that needs."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.schema.fields import flag, integer, number, text
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.cli.decide import Decision
    from dlrun.report.scale import MetricScale


class PairAnswer(TypedDict):
    """Two settings."""

    first: str
    second: str
    better: Annotated[str | None, "The better one; null where that is not decided."]
    difference: Annotated[float | None, "The mean of first - second over common seeds."]
    half_width: Annotated[float | None, "Half of the repeated interval."]
    n: Annotated[int, "Common seeds."]
    sign_flip: Annotated[float, "The p-value of a test by flipped signs, a diagnostic."]


class SettingAnswer(TypedDict):
    """A setting."""

    setting: str
    values: Annotated[dict[str, float], "By seed."]
    lost: Annotated[dict[str, str], "Seeds without a number (diverged, failed), with the reason."]


class DecideAnswer(TypedDict):
    """Which setting is better."""

    metric: str
    best: Annotated[str | None, "The one that is better than all others; null where none is known to be."]
    settings: list[SettingAnswer]
    pairs: list[PairAnswer]
    seeds: Annotated[int, "Seeds at the last look."]
    level: Annotated[float, "Of each interval, such that all of all looks together miss with 5 %."]
    ended: Annotated[str, "Why no more seeds were trained."]
    drawn: Annotated[str, "The rows that were drawn anew for each seed; empty without splits=true."]


@register("verb", "decide")
@dataclass(frozen=True)
class Decide(Verb):
    """Whether one setting is better than another: trains seeds until paired intervals say so, or max_seeds are used up.

    Each argument is a setting, several overrides in quotes; what all of them have in common stands in common=. All are
    trained with the same seeds, and their differences looked at after 5, 8, 12, 18, 27, 40 and 50 of them. The
    intervals are wide enough that all looks together are wrong with 5 %, so that stopping at any of them is valid, by
    Ctrl-C too (differences that are as skewed as waiting times are wrong in 14 %). Of more than two settings the 5 %
    are divided by the pairs, and those that are clearly worse get no more seeds. What was trained before is not trained
    again. The validation measure decides; a test measure only where it is named.
    """

    settings: tuple[str, ...] = positional(
        "SETTING SETTING ...", "Two or more settings, each the overrides of a run in quotes.", least=2, most=8,
        overrides=True)
    common: str = text("", "Overrides that all settings have in common, in quotes: dataset=mnist epochs=5.")
    metric: str = text("", "What is compared, as in val/loss or test/accuracy; the task's own on the validation rows "
                           "without it.")
    max_seeds: int = integer(50, "The most seeds of each setting.", low=2, high=1000)
    tolerance: float | None = number(None, "Smaller differences do not matter: stop when all are known to this.", low=0,
                                     above=True)
    splits: bool = flag(False, "Draw the rows anew for each seed, so that the answer speaks of splits too: test rows "
                               "where the data set draws them (dataset.split_seed=seed), else validation rows.")
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("better", "ab", "versus", "significance"), "decide")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ('dlrun decide model=cnn "model=cnn model.dropout=0.3"', "does dropout help on the digits?"),
        ('dlrun decide optimizer=sgd optimizer=adam common="dataset=mnist model=dense epochs=3" max_seeds=12',
         "at most twelve seeds each"),
    )
    answers: ClassVar[Any] = DecideAnswer

    def answer(self) -> Answer:
        from dlrun.cli.decide import decide, without, words_of

        common, drawn = words_of(self.common, f"common={self.common}"), ""
        if self.splits:
            from dlrun.cli.decide_splits import splits_of

            splits = splits_of([*words_of(self.settings[0]), *common], self.metric.startswith("test/"))
            common, drawn = [*without(common, splits.overrides), *splits.overrides], splits.rows
        shared = shlex.join(common) or 'nothing; it would stand in common="..."'
        say(f"{len(self.settings)} settings: {'  |  '.join(self.settings)}\nin common: {shared}\n", file=sys.stderr,
            flush=True)
        found = decide(self.settings, common, self.metric, self.max_seeds, self.tolerance, _told)
        return Answer(partial(_data, found, drawn), partial(_show, found, drawn), found.code)


def _told(found: Decision) -> None:
    shown = _scale(found)
    say(f"{found.seeds} seeds: " + "; ".join(_line(found, pair, shown) for pair in found.pairs), file=sys.stderr,
        flush=True)


def _scale(found: Decision) -> MetricScale:
    """How the numbers are written: shares in percent, all with the decimals of the narrowest interval."""
    from math import isfinite

    from dlrun.record.metric import Metric
    from dlrun.report.scale import scale

    values = [value for of_setting in found.values.values() for value in of_setting.values()]
    halves = [one.half for one in found.pairs.values() if isfinite(one.half)]
    return scale(found.measure or Metric(found.metric), values, halves)


def _data(found: Decision, drawn: str) -> DecideAnswer:
    from math import isfinite

    pairs: list[PairAnswer] = [
        {"first": pair[0], "second": pair[1], "better": found.better(pair) or None,
         "difference": one.mean if one.n else None, "half_width": one.half if isfinite(one.half) else None, "n": one.n,
         "sign_flip": one.sign_flip} for pair, one in found.pairs.items()]
    settings: list[SettingAnswer] = [
        {"setting": name, "values": {str(seed): value for seed, value in sorted(found.values.get(name, {}).items())},
         "lost": {str(seed): why for seed, why in sorted(found.lost.get(name, {}).items())}}
        for name in found.settings]
    return {"metric": found.metric, "best": _best(found), "settings": settings, "pairs": pairs, "seeds": found.seeds,
            "level": found.level, "ended": found.ended, "drawn": drawn}


def _best(found: Decision) -> str | None:
    left = [name for name in found.settings if name not in found.losers]
    return left[0] if len(left) == 1 else None


def _line(found: Decision, pair: tuple[str, str], shown: MetricScale) -> str:
    """``optimizer=adam  is better than  optimizer=sgd by 31.67 +- 21.10 over 5 seeds``; else the first less the other.
    """
    from math import isfinite

    one, better = found.pairs[pair], found.better(pair)
    ours, theirs = pair
    if not isfinite(one.half):
        count = "1 seed has" if one.n == 1 else f"{one.n or 'no'} seeds have"
        return f"{ours}  -  {theirs}: no interval ({count} a number of both)"
    after = f"+- {shown.number(one.half)} over {one.n} seeds"
    if better:
        worse = theirs if better == ours else ours
        return f"{better}  is better than  {worse} by {shown.number(abs(one.mean))} {after}"
    return f"{ours}  -  {theirs}: {shown.number(one.mean, sign=True)} {after}"


def _show(found: Decision, drawn: str) -> None:
    from dlrun.record.terminal import columns, paint
    from dlrun.report.statistics import interval

    shown = _scale(found)
    rows = [["setting", shown.head, "seeds", ""]]
    for name in found.settings:
        values = list(found.values.get(name, {}).values())
        lost = found.lost.get(name, {})
        why = f"{len(lost)} without a number: {next(iter(lost.values()))}" if lost else ""
        rows.append([name, shown.number(interval(values).mean) if values else "", str(len(values)), why])
    say("\n".join(columns(rows, right=(1, 2))) + "\n")
    best = _best(found)
    for pair in found.pairs:
        say(paint(_line(found, pair, shown), "bold" if found.better(pair) else "dim", sys.stdout))
    say()
    say(f"{best}  is better" if best else "not decided")
    say(f"It ended because {found.ended}. Differences are paired by seed; +- is a repeated interval: all looks at all "
        "pairs together are wrong with 5 %.")
    say(f"The answer speaks of seeds and of splits: {drawn} were drawn anew for each seed." if drawn else
        "The answer speaks of seeds on one split of these data; splits=true widens it.")
    odd = [pair for pair, one in found.pairs.items() if one.decided and one.n > 5 and one.sign_flip > 0.05]
    for pair in odd:
        say(f"by flipped signs alone {pair[0]} and {pair[1]} would not differ (p = {found.pairs[pair].sign_flip:.2g}): "
            "few seeds, or one that stands out")
