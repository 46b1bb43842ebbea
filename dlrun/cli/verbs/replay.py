"""`dlrun replay RUN`: trains a run again in a new folder, and compares what comes out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.places import REPLAYS
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.fields import number, rules, text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.record.folder import RunFolder
    from dlrun.run.replay import Comparison

_OWN = ("output_dir", "force", "name", "pack", "sweep", "book")


class MeasureAnswer(TypedDict):
    """A final measure, then and now."""

    key: Annotated[str, "As in test/accuracy."]
    then: float | None
    now: float | None
    difference: float | None


class ReplayAnswer(TypedDict):
    """A run and its replay."""

    equal: Annotated[bool, "Whether all bits of weights, curves and final measures are equal."]
    command: Annotated[str, "The one that made the run."]
    folder: Annotated[str, "Of the replay."]
    weights: Annotated[str, "What differs most; empty where none does."]
    curve: Annotated[str, "The first epoch and metric that differ; empty where none does."]
    measures: list[MeasureAnswer]
    circumstances: Annotated[list[str], "What it ran on that differs: versions, code, hardware, threads, data."]


@register("verb", "replay")
@dataclass(frozen=True)
class Replay(Verb):
    """Train a run again, in a new folder, and compare the bits.

    What the run's command came to (its config.yaml) is trained again with as many threads, by steps as it took them
    (plain or compiled), and weights, curves and final measures are compared. The exit code is 0 where all bits are
    equal, or with tolerance= where no final measure differs by more; else 1, and what differs is named, with what it
    ran on. The replay stays in replays below output_dir, where no report sees it. A run's changes-dlrun.patch and
    packages.txt say what code made it.
    """

    arguments: tuple[str, ...] = positional(
        "RUN [key=value ...]", "Its folder, or first letters of its id; then keys that change no result: device, "
        "threads, speed, data_dir, allow, verbosity.", least=1, overrides=True, offers=offers.run_folders)
    tolerance: float | None = number(None, "The largest difference of a final measure that is none; null: bits count.",
                                     low=0)
    output_dir: str = text(Root.output_dir, "The folder of all runs.")
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("reproduce", "rerun", "redo"), "replay")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun replay 3f9c1e", "the same bits?"),
        ("dlrun replay 3f9c1e tolerance=0.002", "on another machine: the same measures, nearly?"),
    )
    answers: ClassVar[Any] = ReplayAnswer

    def answer(self) -> Answer:
        from dlrun.cli.train import outcome
        from dlrun.config.check.allow import allow_typed
        from dlrun.config.compose.onto import onto
        from dlrun.preflight.preflight import stored
        from dlrun.preflight.speed import speed_of
        from dlrun.record.folder import RunFolder
        from dlrun.record.stored import read_yaml_mapping
        from dlrun.report.find import locate
        from dlrun.run.run import run_folder

        word, overrides = self.arguments[0], self.arguments[1:]
        below = Path(self.output_dir).expanduser()
        folder = RunFolder(locate(word, below))
        result = folder.result()
        if result is None or result["status"] not in ("finished", "stopped"):
            status = "it has not ended" if result is None else f"it has {result['status'].replace('_', ' ')}"
            raise problem(word, f"expected a run that came to a good end; {status}")
        wrong = list(_wrong(overrides))
        if wrong:
            raise ConfigError(wrong)
        allow_typed(overrides)
        origin, plain = folder.origin(), read_yaml_mapping(folder.config)
        if not any(override.startswith("threads=") for override in overrides):
            plain["threads"] = origin.get("threads") or plain.get("threads")
        if not any(override.startswith("speed=") for override in overrides):
            plain["speed"] = speed_of(origin) or plain.get("speed")
        plain = onto({**plain, "pack": "never"}, overrides)
        checked = stored({**plain, "output_dir": str(below / REPLAYS), "force": True})
        _, place = run_folder(checked.config)
        command = str(origin.get("command", ""))
        say(f"{folder.path} was made by  {command}")
        code, found = outcome(checked, ["dlrun", "replay", *self.arguments])
        if found is None or code:
            return Answer(lambda: _no_data(command, place), lambda: None, code or 1)
        from dlrun.run.replay import compare

        compared = compare(folder, place)
        near = self.tolerance is not None and compared.largest <= self.tolerance
        return Answer(partial(_data, compared, command, place), partial(_show, compared, self.tolerance),
                      0 if compared.equal or near else 1)


def _wrong(overrides: Sequence[str]) -> list[Problem]:
    known = rules(Root)
    free = [key for key, rule in known.items() if not rule.identity and key not in _OWN]
    return [Problem(override, f"a replay has the run's own settings; expected one of {', '.join(free)}")
            for override in overrides if override.partition("=")[0].lstrip("+") not in free]


def _no_data(command: str, folder: RunFolder) -> ReplayAnswer:
    return {"equal": False, "command": command, "folder": str(folder.path), "weights": "the replay has not ended",
            "curve": "", "measures": [], "circumstances": []}


def _data(found: Comparison, command: str, folder: RunFolder) -> ReplayAnswer:
    return {"equal": found.equal, "command": command, "folder": str(folder.path), "weights": found.weights,
            "curve": found.curve, "circumstances": found.circumstances,
            "measures": [{"key": one.key, "then": one.then, "now": one.now, "difference": one.difference}
                         for one in found.measures]}


def _show(found: Comparison, tolerance: float | None) -> None:
    from dlrun.record.palette import BAD, GOOD
    from dlrun.record.terminal import columns, paint

    def number(value: float | None) -> str:
        return "none" if value is None else f"{value:.10g}"

    say()
    if found.equal:
        say(paint("equal, bit for bit: weights, curves and final measures", GOOD, sys.stdout))
    else:
        for what, said in (("weights", found.weights), ("curves", found.curve)):
            say(f"{what:8} {paint(said, BAD, sys.stdout) if said else paint('equal', GOOD, sys.stdout)}")
        rows = [["measure", "then", "now", "difference"]]
        rows += [[one.key, number(one.then), number(one.now), number(one.difference)] for one in found.measures]
        say("\n".join(columns(rows, right=(1, 2, 3))))
        if tolerance is not None:
            near = "no final measure differs" if found.largest <= tolerance else "a final measure differs"
            say(f"{near} by more than tolerance={tolerance:g} ({found.largest:.3g})")
    for line in found.circumstances:
        say(paint(line, "dim", sys.stdout))
