"""``experiments/README.md``: every comparison with its kept numbers, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dlrun.report.book_summary import Summary
from dlrun.report.book_text import claim_rows, head_lines, made_of, tables
from dlrun.report.experiments import BookExperiment, kept, kept_verdicts
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import FULL, QUICK, Verdicts, explanations

HEAD = """# The books' tables, measured again

Made by `dlrun book --write` from the numbers in `results/`, which are those of run folders; do not edit it.
A printed cell is a single run: it is *reproduced* if it lies in the 95 % prediction interval of one further run of
ours (Student's t over our seeds; Hahn and Meeker, *Statistical Intervals*, 4.7), on either side wider by half of the
last printed decimal; else our mean is *better* or *worse* than it. About 5 % of true cells fall outside by chance.
The printed error is the printed value, or for an accuracy its distance to 0 or 1: a cell *needs more seeds* until
half of the 95 % interval of our mean is at most a tenth of it, or 50 seeds were used, and is *too wide to say* where
one further run may even so lie further off than half of it. *Not comparable*: a stand-in for the data, or another
split. *Not judged*: the quick profile, whose short runs show a direction alone.

A claim *holds* (is *contradicted*) where the 95 % interval of the difference, paired over common seeds, lies on its
(the other) side of 0; where some runs never came to a value, by the order of all seeds, of three at least. The seeds
are those that its file fixes, never those that were added for a cell. From six pairs exact sign flips stand beside
Student's t, from twenty the BCa bootstrap: where they do not all decide, the verdict is t's and says so. Two spreads
are compared by Pitman and Morgan's test, from twenty pairs. Overfitting begins at the first epoch after which the
validation loss no longer falls by more than 1 %.

Where a book says *much*, *far* or *many times* and prints the two numbers, the check asks for a size and says so: their
own ratio where it is of something that every machine shares, else a number of ours well below the book's, so that
another machine or another draw does not decide: a quarter less error, two points, three times chance, ten times the
time.

What a run here does otherwise than the book's stands in its file. All of them have in common: seeds and the order of
rows are ours. Adam and RMSprop add 1e-7 to the root, as later Keras does; Keras 2.0, with which Gulli & Pal's book and
Chollet's were made, 1e-8. Adam adds it after both means were corrected for their start, Keras before. Cross-entropies
are of what stands before softmax or sigmoid; Keras cuts probabilities off at 1e-7, so that there no row's loss is above
16.1. L1 and L2 penalties are in the training loss alone, in Keras in validation and test losses too.

In the summary a comparison stands once, with the most that was run of it, and a number that several tables print of
one run counts once. Cells of one run's log rise and fall together, so the runs with a cell outside are counted beside
the cells.
"""


def readme(chosen: Iterable[BookExperiment], experiments: Path) -> str:
    """The whole text, from the files alone; the same files give the same text."""
    parts, summary, waiting = [], Summary(), []
    for experiment in chosen:
        if not experiment.comparison and not experiment.book.printed:
            continue
        found = kept(experiments, experiment.name)
        whole = kept_verdicts(experiment, found[FULL]) if FULL in found else None
        if found or experiment.comparison or experiment.book.needs:
            summary.add(experiment, found, whole)
        if not found:
            if experiment.comparison or experiment.book.needs:
                waiting.append(experiment)
            continue
        for profile, measurements in found.items():
            verdicts = kept_verdicts(experiment, measurements)
            parts.append("\n".join(_section(experiment, measurements, verdicts, whole if profile == QUICK else None)))
    return "\n".join([HEAD, "## Summary", "", *summary.lines(), "", *parts, *_waiting(waiting)]).rstrip() + "\n"


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
    unjudged = f"Not judged: {verdicts.unjudged}." if verdicts.unjudged else ""
    for sentence in (incomparable, unjudged, experiment.book.notes,
                     *(f"*{escaped(key)}*: {text}" for key, text in reasons.items())):
        if sentence:
            yield f"{sentence}  "
    yield made_of(measurements)
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
