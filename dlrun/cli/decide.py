"""Trains settings with more and more seeds until paired intervals say which is better."""

from __future__ import annotations

import hashlib
import itertools
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.cli.decide_data import other_data, refuse_other_rows
from dlrun.cli.exit_codes import STOPPED
from dlrun.config.flat import differing, flatten
from dlrun.config.problem import did_you_mean, problem
from dlrun.report.comparable import of_other_losses, of_other_scales
from dlrun.report.repeated import Look, level, look, looks

if TYPE_CHECKING:
    from dlrun.record.metric import Metric, Metrics
    from dlrun.record.plan import Plan
    from dlrun.report.run import Run


@dataclass
class Decision:
    """What is known of a question: `values` by setting and seed, `pairs` (first and second setting) with their last
    look, the differences being first - second; `lost` has the seeds that have no number, with the reason.

    `ended` says why no more seeds are trained.
    """

    settings: list[str]
    metric: str
    higher: bool
    level: float
    values: dict[str, dict[int, float]] = field(default_factory=dict)
    lost: dict[str, dict[int, str]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], Look] = field(default_factory=dict)
    seeds: int = 0
    ended: str = ""
    code: int = 0
    measure: Metric | None = None  # what `metric` is, once a run has a value
    first: tuple[str, Mapping[str, Any]] | None = None  # the setting of the first run, and its configuration

    def better(self, pair: tuple[str, str]) -> str:
        """The better setting of a pair; empty where that is not decided."""
        found = self.pairs[pair]
        if not found.decided:
            return ""
        return pair[0] if (found.mean > 0) == self.higher else pair[1]

    @property
    def losers(self) -> set[str]:
        """The settings that another one is better than."""
        return {name for pair in self.pairs if (winner := self.better(pair)) for name in pair if name != winner}


def decide(settings: Sequence[str], common: Sequence[str], metric: str, max_seeds: int, tolerance: float | None,
           told: Callable[[Decision], None]) -> Decision:
    """Train until the best setting is known, all differences are smaller than `tolerance`, or the seeds are used up.

    `told` is called after each look.  Raises ConfigError.
    """
    names = list(dict.fromkeys(" ".join(map(_quoted, words_of(text))) for text in settings))
    if len(names) < 2:
        raise problem("decide", 'expected two settings that differ, as  dlrun decide model=cnn '
                                '"model=cnn model.dropout=0.3"')
    plan_of_looks = looks(max_seeds)
    found = Decision(names, metric, True, level(len(plan_of_looks), len(names) * (len(names) - 1) // 2))
    going = list(names)
    for seeds in plan_of_looks:
        code = _train(found, going, common, seeds)
        found.seeds = seeds
        for pair in itertools.combinations(names, 2):
            ours, theirs = (found.values.get(name, {}) for name in pair)
            both = sorted(ours.keys() & theirs.keys())
            if set(pair) <= set(going) or pair not in found.pairs:
                found.pairs[pair] = look([ours[seed] - theirs[seed] for seed in both], found.level)
        if code in STOPPED:
            found.ended, found.code = "you have stopped it", code
            return found
        without_number = [name for name in names if not found.values.get(name)]  # and with none to come
        going = [name for name in names if name not in (*found.losers, *without_number)]
        open_pairs = [one for pair, one in found.pairs.items() if set(pair) <= set(going)]
        if without_number and len(going) < 2:
            found.ended = f"no seed of  {'  or  '.join(without_number)}  has a number"
        elif not [one for one in open_pairs if not one.decided]:
            found.ended = "every difference that matters is known"
        elif tolerance is not None and all(one.half < tolerance for one in open_pairs):
            found.ended = f"what is left is known to less than {tolerance:g}"
        elif seeds == plan_of_looks[-1]:
            found.ended = f"max_seeds={max_seeds} are used up"
        told(found)
        if found.ended:
            break
    return found


def words_of(text: str, given: str = "") -> list[str]:
    """The words of a setting, as a shell reads them; raises ConfigError, of what was `given`, where it could not."""
    try:
        return shlex.split(text)
    except ValueError as wrong:
        said = str(wrong)
        raise problem(given or text, f"expected the words of a command: {said[:1].lower()}{said[1:]}") from None


def without(words: Sequence[str], again: Sequence[str]) -> list[str]:
    """The words but those whose key is given `again`: of two mappings Hydra would merge the later into the first."""
    keys = {word.partition("=")[0] for word in again}
    return [word for word in words if word.partition("=")[0] not in keys]


def _quoted(word: str) -> str:
    """A word so that `words_of` gives it back: as it stands where it can, for brackets need no quotes here."""
    try:
        return word if shlex.split(word) == [word] else shlex.quote(word)
    except ValueError:
        return shlex.quote(word)


def _train(found: Decision, going: Sequence[str], common: Sequence[str], seeds: int) -> int:
    """Train the settings that are in question with so many seeds, and read their values; the sweep's exit code."""
    from dlrun.record.plan import store
    from dlrun.sweep.execute.options import execution
    from dlrun.sweep.make import make_plan
    from dlrun.sweep.run import run_sweep

    digest = hashlib.sha256("\n".join([*found.settings, "", *common]).encode()).hexdigest()[:8]
    plans = [(name, make_plan([*without(words_of(name), common), *common, f"seeds={seeds}",
                               f"sweep.name=decide-{digest}-{found.settings.index(name)}"])) for name in going]
    _check(plans, found.metric)
    worst = 0
    for name, plan in plans:  # all are checked before the first is trained
        store(plan)
        code = run_sweep(plan, execution(plan.options), sys.stderr)
        for job in plan.jobs:
            _read(found, name, job.seed, plan.run_folder(job))
        if code in STOPPED:
            return code
        worst = max(worst, code)
    return worst


def _check(plans: Sequence[tuple[str, Plan]], metric: str) -> None:
    """Settings measure the same of the same data, and train other runs: else a word for all of them was taken for one.

    Each is one run for each seed.
    """
    known: dict[tuple[str, ...], str] = {}
    for name, plan in plans:
        if plan.options.get("search"):
            raise problem(f"search={plan.options['search']}", "a setting is one run for each seed, not a search; "
                                                              "expected the values that a search has found")
        if len(plan.jobs) > len(plan.seeds):
            raise problem(_varied(plan), f"a setting is one run for each seed, and  {name}  is {len(plan.jobs)} runs "
                                         f"of {len(plan.seeds)} seeds; expected one value, or settings of their own")
    first, of_first = plans[0][0], flatten(plans[0][1].jobs[0].config)
    for name, plan in plans:
        wrong = other_data(flatten(plan.jobs[0].config), of_first, first, metric)
        if not wrong and (other := known.setdefault(tuple(job.id for job in plan.jobs), name)) != name:
            wrong = f"it trains the runs of  {other}"
        if wrong:
            raise problem(name, f"{wrong}; expected settings alone; what they have in common stands in  "
                                f'common="{name}"')
        refuse_other_rows(name, plan, of_first, first, metric)


def _varied(plan: Plan) -> str:
    """What of a setting has several values."""
    rows = dict.fromkeys(job.row for job in plan.jobs if job.row is not None)
    axes = [f"{key}={','.join(map(str, values))}" for key, values in plan.axes.items() if values[1:]]
    return " ".join([*axes, *([f"rows {', '.join(rows)}"] if len(rows) > 1 else [])])


def _read(found: Decision, name: str, seed: int, folder: Path) -> None:
    """Take the value of one run, or note why it has none."""
    from dlrun.report.derived import describe
    from dlrun.report.run import read_run
    from dlrun.report.values import metrics_of_all, names, primary_key, value_of

    run = read_run(folder)
    found.lost.setdefault(name, {}).pop(seed, None)
    if not run.counted:
        found.lost[name][seed] = run.say()
        return
    if not found.metric:
        primary = primary_key(str(run.config.get("task.kind", "")), [run.result]).partition("/")[2]
        found.metric = f"val/{primary}"
    part, _, measure = found.metric.rpartition("/")
    known = metrics_of_all([run.result])
    _check_scale(found, name, run, known, [key for key in names([run.result]) if key.startswith(f"{part}/")])
    value = value_of(run.result, found.metric)
    if value is None and isinstance(rows := run.result.get(part), dict) and measure in rows:
        found.lost[name][seed] = f"its {found.metric} is no number"
        return
    if value is None:
        there = names([run.result])
        hint = did_you_mean(found.metric, there) or f"; it has {', '.join(there[:8])}"
        raise problem(f"metric={found.metric}", f"the runs have no such measure{hint}")
    found.measure = describe(found.metric, known)
    if found.measure.direction is None:
        raise problem(f"metric={found.metric}", "it is neither better high nor low; expected one that is")
    found.higher = found.measure.direction == "max"
    found.values.setdefault(name, {})[seed] = value


def _check_scale(found: Decision, name: str, run: Run, known: Metrics, measures: Sequence[str]) -> None:
    """Raise ConfigError where the numbers of a setting are on another scale: the smaller one is no better then."""
    first, of_first = found.first = found.first or (name, run.config)
    differ = differing(run.config, of_first)
    task = str(run.config.get("task.kind", ""))

    def others(key: str) -> list[str]:
        metric = known.of(key)
        return of_other_losses(metric, differ) + of_other_scales(metric, differ, task)

    if keys := others(found.metric):
        both = ", ".join(key for key in measures if not others(key)) or "none"
        loss = of_other_losses(known.of(found.metric), differ)
        what = "minimises another loss" if loss else "learns numbers on another scale"
        raise problem(f"metric={found.metric}", f"{name}  {what} than  {first}  ({', '.join(keys)}), and the numbers "
                                                f"are on other scales; expected a measure of both: {both}")
