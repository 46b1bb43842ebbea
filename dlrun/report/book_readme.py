"""``experiments/README.md``: every comparison with its kept numbers, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlrun.record.quantities import long_time
from dlrun.report.book_text import claim_rows, head_lines, tables
from dlrun.report.cell_verdicts import COMPARED, EXPECTED, REPRODUCED
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, UNDECIDED
from dlrun.report.experiments import BookExperiment, kept, kept_verdicts
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import FULL, QUICK, Verdicts, explanations

HEAD = """# The books' tables, measured again

Made by `dlrun book --write` from the numbers in `results/`, which are those of run folders; do not edit it.
A printed cell is a single run: it is *reproduced* if it lies in the 95 % prediction interval of one further run of
ours (Student's t over our seeds; Hahn and Meeker, *Statistical Intervals*, 4.7), on either side wider by half of the
last printed decimal; else our mean is *better* or *worse* than it. *Too wide to say*: the interval reaches further
than half of the printed error. *Not comparable*: a stand-in for the data, another split, or the quick profile. About
5 % of true cells fall outside by chance. A claim *holds* (is *contradicted*) where the 95 % interval of the
difference, paired over common seeds, lies on its (the other) side of 0; where some runs never came to a value, by the
order of all seeds, of three at least. Overfitting begins at the first epoch after which the validation loss no longer
falls by more than 1 %.
"""


def readme(chosen: Iterable[BookExperiment], experiments: Path) -> str:
    """The whole text, from the files alone; the same files give the same text."""
    parts, summary, waiting = [], Summary(), []
    for experiment in chosen:
        if not experiment.comparison and not experiment.book.printed:
            continue
        found = kept(experiments, experiment.name)
        if not found:
            if experiment.comparison or experiment.book.needs:
                waiting.append(experiment)
            continue
        whole = kept_verdicts(experiment, found[FULL]) if FULL in found else None
        for profile, measurements in found.items():
            verdicts = kept_verdicts(experiment, measurements)
            summary.add(profile, verdicts)
            parts.append("\n".join(_section(experiment, measurements, verdicts, whole if profile == QUICK else None)))
    return "\n".join([HEAD, "## Summary", "", *summary.lines(), "", *parts, *_waiting(waiting)]).rstrip() + "\n"


class Summary:
    """Counts over all comparisons, the profiles apart."""

    def __init__(self) -> None:
        self.cells: dict[str, Counter[str]] = {}
        self.claims: dict[str, Counter[str]] = {}

    def add(self, profile: str, verdicts: Verdicts) -> None:
        """Count the verdicts of one comparison in one profile."""
        self.cells.setdefault(profile, Counter()).update(verdict.word for _, verdict in verdicts.cells)
        self.claims.setdefault(profile, Counter()).update(verdict.word for _, verdict in verdicts.claims)

    def lines(self) -> Iterator[str]:
        """The sentences of the summary, in Markdown."""
        yield "| profile | cells printed | comparable | reproduced | expected outside by chance | claims | hold | " \
              "contradicted | undecided |"
        yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
        for profile, cells in self.cells.items():
            claims = self.claims[profile]
            comparable = sum(cells[word] for word in COMPARED)
            numbers = [sum(cells.values()), comparable, cells[REPRODUCED], f"{EXPECTED * comparable:.1f}",
                       sum(claims.values()), claims[HOLDS], claims[CONTRADICTED], claims[UNDECIDED]]
            yield f"| {profile} | {' | '.join(map(str, numbers))} |"


def _section(experiment: BookExperiment, measurements: Measurements, verdicts: Verdicts,
             full: Verdicts | None) -> Iterator[str]:
    quick = f" ({measurements.profile})" if measurements.profile == QUICK else ""
    yield f"## {experiment.name}{quick}"
    yield ""
    yield "  \n".join(map(escaped, head_lines(experiment.book, measurements)))
    for head, rows in tables(measurements, verdicts):
        yield ""
        yield f"| {' | '.join(map(escaped, head))} |"
        yield "|---|---:|---|---:|---:|---|"
        for cells, _ in rows:
            yield f"| {' | '.join(escaped(cell.replace('+-', '±')) for cell in cells)} |"
    claims = claim_rows(verdicts)
    if claims:
        yield ""
        yield "| claim | verdict | difference |"
        yield "|---|---|---|"
        for cells in claims:
            yield f"| {' | '.join(escaped(cell.replace('+-', '±')) for cell in cells)} |"
    yield ""
    reasons = explanations(experiment.book, verdicts, measurements.profile, full)
    incomparable = f"Not comparable with the book: {verdicts.incomparable}." if verdicts.incomparable else ""
    for sentence in (incomparable, experiment.book.notes,
                     *(f"*{escaped(key)}*: {text}" for key, text in reasons.items())):
        if sentence:
            yield f"{sentence}  "
    yield " · ".join(filter(None, [
        f"{measurements.runs} runs, {long_time(measurements.seconds)} of training", *measurements.devices,
        *measurements.versions, measurements.date,
        f"data: {', '.join(measurements.labels)}" if measurements.labels else ""]))
    yield ""


def _waiting(experiments: list[BookExperiment]) -> Iterator[str]:
    if not experiments:
        return
    yield "## Not measured yet"
    yield ""
    for experiment in experiments:
        needs = f"; needs {experiment.book.needs}" if experiment.book.needs else ""
        yield f"- `{experiment.name}`: {escaped(experiment.book.title or experiment.name)}{escaped(needs)}"


def escaped(text: str) -> str:
    """The text with Markdown's own signs escaped."""
    return "".join(f"\\{sign}" if sign in "\\|*_`<>[]" else sign for sign in text)
