"""``experiments/README.md``: every comparison with its kept numbers, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlrun.record.words import long_time
from dlrun.report.book_text import claim_rows, head_lines, tables
from dlrun.report.claims import CONTRADICTED, HOLDS, UNDECIDED
from dlrun.report.judged import FULL, QUICK, Judged, remarks
from dlrun.report.library import Entry, judged_of, kept
from dlrun.report.measured import Measured
from dlrun.report.verdicts import EXPECTED, JUDGED, REPRODUCED

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


def readme(entries: Iterable[Entry], experiments: Path) -> str:
    """The whole text, told by the files alone; the same files give the same text."""
    parts, summary, waiting = [], Summary(), []
    for entry in entries:
        if not entry.comparison and not entry.book.printed:
            continue
        found = kept(experiments, entry.name)
        if not found:
            if entry.comparison or entry.book.needs:
                waiting.append(entry)
            continue
        whole = judged_of(entry, found[FULL]) if FULL in found else None
        for profile, measured in found.items():
            judged = judged_of(entry, measured)
            summary.add(profile, judged)
            parts.append("\n".join(_section(entry, measured, judged, whole if profile == QUICK else None)))
    return "\n".join([HEAD, "## Summary", "", *summary.lines(), "", *parts, *_waiting(waiting)]).rstrip() + "\n"


class Summary:
    """Counts over all comparisons, the profiles apart."""

    def __init__(self) -> None:
        self.cells: dict[str, Counter[str]] = {}
        self.claims: dict[str, Counter[str]] = {}

    def add(self, profile: str, judged: Judged) -> None:
        self.cells.setdefault(profile, Counter()).update(verdict.word for _, verdict in judged.cells)
        self.claims.setdefault(profile, Counter()).update(verdict.word for _, verdict in judged.claims)

    def lines(self) -> Iterator[str]:
        yield "| profile | cells printed | comparable | reproduced | expected outside by chance | claims | hold | " \
              "contradicted | undecided |"
        yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
        for profile, cells in self.cells.items():
            claims = self.claims[profile]
            comparable = sum(cells[word] for word in JUDGED)
            numbers = [sum(cells.values()), comparable, cells[REPRODUCED], f"{EXPECTED * comparable:.1f}",
                       sum(claims.values()), claims[HOLDS], claims[CONTRADICTED], claims[UNDECIDED]]
            yield f"| {profile} | {' | '.join(map(str, numbers))} |"


def _section(entry: Entry, measured: Measured, judged: Judged, full: Judged | None) -> Iterator[str]:
    quick = f" ({measured.profile})" if measured.profile == QUICK else ""
    yield f"## {entry.name}{quick}"
    yield ""
    yield "  \n".join(map(escaped, head_lines(entry.book, measured)))
    for head, rows in tables(measured, judged):
        yield ""
        yield f"| {' | '.join(map(escaped, head))} |"
        yield "|---|---:|---|---:|---|"
        for cells, _ in rows:
            yield f"| {' | '.join(escaped(cell.replace('+-', '±')) for cell in cells)} |"
    claims = claim_rows(judged)
    if claims:
        yield ""
        yield "| claim | verdict | difference |"
        yield "|---|---|---|"
        for cells in claims:
            yield f"| {' | '.join(escaped(cell.replace('+-', '±')) for cell in cells)} |"
    yield ""
    told = remarks(entry.book, judged, measured.profile, full)
    for sentence in (f"Not comparable with the book: {judged.apart}." if judged.apart else "", entry.book.notes,
                     *(f"*{escaped(key)}*: {text}" for key, text in told.items())):
        if sentence:
            yield f"{sentence}  "
    yield " · ".join(filter(None, [
        f"{measured.runs} runs, {long_time(measured.seconds)} of training", *measured.devices, *measured.versions,
        measured.date, f"data: {', '.join(measured.labels)}" if measured.labels else ""]))
    yield ""


def _waiting(entries: list[Entry]) -> Iterator[str]:
    if not entries:
        return
    yield "## Not measured yet"
    yield ""
    for entry in entries:
        needs = f"; needs {entry.book.needs}" if entry.book.needs else ""
        yield f"- `{entry.name}`: {escaped(entry.book.title or entry.name)}{escaped(needs)}"


def escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\|*_`<>[]" else sign for sign in text)
