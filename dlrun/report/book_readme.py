"""``experiments/README.md``: what the comparisons come to, and a line for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.report.book_summary import Summary
from dlrun.report.experiments import BookExperiment, kept, kept_verdicts
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import FULL, Verdicts

HEAD = """# The books' tables, measured again

Made by `dlrun book --write` from the numbers in `results/`, which are those of run folders; do not edit it.
`dlrun book NAME --kept` prints a comparison with its verdicts, `make docs` makes a page of each, with learning curves
and its file. [What the words mean](../docs/verdicts.md), [what is not here](absent.md).
"""


@dataclass(frozen=True)
class Told:
    """An experiment of a book that has a page: the numbers that are kept of it, by profile, and their verdicts."""

    experiment: BookExperiment
    found: dict[str, Measurements]
    verdicts: dict[str, Verdicts]

    @property
    def state(self) -> str:
        """What its most complete numbers say, or why there are none."""
        needs = self.experiment.book.needs
        if not self.found:
            return f"needs {needs}" if needs else "not measured yet"
        profile = FULL if FULL in self.found else next(iter(self.found))
        return f"{profile}: {self.verdicts[profile].summary() or 'the book has no number and no claim'}"


def told(chosen: Iterable[BookExperiment], experiments: Path) -> list[Told]:
    """The comparisons, and the experiments that have a printed number or need something to be run."""
    parts = []
    for experiment in chosen:
        found = kept(experiments, experiment.name)
        book = experiment.book
        if experiment.comparison or book.needs or book.printed and found:
            parts.append(Told(experiment, found, {profile: kept_verdicts(experiment, one)
                                                  for profile, one in found.items()}))
    return parts


def readme(chosen: Iterable[BookExperiment], experiments: Path) -> str:
    """The whole text, from the files alone; the same files give the same text."""
    parts = told(chosen, experiments)
    return "\n".join([HEAD, *summary_lines(parts), "", "## Comparisons", "",
                      *table_lines(parts, lambda name: f"{name}.yaml")]).rstrip() + "\n"


def summary_lines(parts: Sequence[Told]) -> Iterator[str]:
    """The counts of all, in Markdown."""
    summary = Summary()
    for one in parts:
        summary.add(one.experiment, one.found, one.verdicts.get(FULL))
    yield "## Summary"
    yield ""
    yield from summary.lines()


def table_lines(parts: Sequence[Told], link: Callable[[str], str]) -> Iterator[str]:
    """A line of a Markdown table for each; `link` says where its name leads."""
    yield "| comparison | what varies | verdicts |"
    yield "|---|---|---|"
    for one in parts:
        name, title = one.experiment.name, one.experiment.book.title or one.experiment.name
        yield f"| [{name}]({link(name)}) | {escaped(title)} | {escaped(one.state)} |"


def escaped(text: str) -> str:
    """The text with Markdown's own signs escaped."""
    return "".join(f"\\{sign}" if sign in "\\|*_`<>[]" else sign for sign in text)
