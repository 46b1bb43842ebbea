"""`dlrun diff RUN RUN`: what two runs have in common and what not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.report.run import Run


class DifferenceAnswer(TypedDict):
    """A key that differs, as texts; empty where a run has none."""

    key: str
    left: str
    right: str
    difference: Annotated[str, "right - left, of numbers."]


class SectionAnswer(TypedDict):
    """Settings, code, data, environment or metrics."""

    name: str
    equal: Annotated[str, "What is equal, where nothing differs."]
    rows: list[DifferenceAnswer]
    notes: list[str]


class SideAnswer(TypedDict):
    """One of the two runs."""

    name: str
    folder: str
    status: str
    changed: Annotated[list[str] | None, "Files that are not what the run wrote; null where it noted no checksums."]


class DiffAnswer(TypedDict):
    """Two runs side by side."""

    left: SideAnswer
    right: SideAnswer
    sections: list[SectionAnswer]


@register("verb", "diff")
@dataclass(frozen=True)
class Diff(Verb):
    """Two runs side by side: settings, code, data, environment, metrics."""

    runs: tuple[str, ...] = positional("RUN RUN", "Two run folders, or the first letters of two ids.", least=2, most=2,
                                       offers=offers.run_folders)
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    synonyms: ClassVar[dict[str, str]] = {"compare": "diff"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun diff runs/digits-cnn-adam/9153d70c0c 4f2a", "a folder and the beginning of an id"),)

    answers: ClassVar[Any] = DiffAnswer

    def answer(self) -> Answer:
        from dlrun.report.find import is_run, locate
        from dlrun.report.run import read_run

        below = Path(self.output_dir).expanduser()
        folders = [locate(place, below) for place in self.runs]
        for folder, place in zip(folders, self.runs):
            if not is_run(folder):
                raise problem(place, f"{folder} is no run's folder (that holds result.json)")
        left, right = (read_run(folder.absolute()) for folder in folders)
        return Answer(partial(_data, left, right), partial(_show, left, right))


def _data(left: Run, right: Run) -> DiffAnswer:
    from dlrun.report.diff import diff

    def side(run: Run) -> SideAnswer:
        return {"name": run.name, "folder": str(run.folder), "status": run.status, "changed": run.changed}

    sections: list[SectionAnswer] = [
        {"name": part.name, "equal": part.equal, "notes": list(part.notes),
         "rows": [{"key": key, "left": ours, "right": theirs, "difference": difference}
                  for key, ours, theirs, difference in part.rows]} for part in diff(left, right)]
    return {"left": side(left), "right": side(right), "sections": sections}


def _show(left: Run, right: Run) -> None:
    from dlrun.record.terminal import columns, paint
    from dlrun.report.diff import diff
    from dlrun.report.run import UNREADABLE

    say("\n".join(columns([["", left.name, right.name]])))
    for part in diff(left, right):
        if part.equal:
            say(f"{paint(part.name, 'bold', sys.stdout)}  equal: {part.equal}")
        else:
            say(paint(part.name, "bold", sys.stdout))
        if part.rows:
            say("\n".join(columns(part.rows)))
        for note in part.notes:
            say(f"  {note}")
    for run in (left, right):
        if run.status == UNREADABLE:
            say(f"{run.name} is {run.say()}")
        if run.changed:
            say(f"{run.name} is not what the run wrote (edited by hand, or damaged): {', '.join(run.changed)}")
