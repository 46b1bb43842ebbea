"""The sentences under a table: what its numbers are, what they were made of and on, and what is unequal within it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dlrun.report.importance import axis_shares, of_search, sentence
from dlrun.report.run import NOT_STARTED, RUNNING, UNFINISHED, Run
from dlrun.report.table import Table
from dlrun.report.unlike import unlike

_SHOWN = 12  # values of one setting in a sentence
_TO_DO = (NOT_STARTED, RUNNING, UNFINISHED, "interrupted")  # what the same command goes on with


def notes_of(table: Table, besides: bool = True) -> Iterator[str]:
    """The sentences of a table, in their order; without `besides` that on what else differs, which a page shows."""
    yield from _numbers(table)
    if any(not row.runs for row in table.rows):
        yield ("Baselines are scikit-learn's models, fitted on the training rows of these runs, with their splits and "
               "scales (dlrun baselines).")
    yield from filter(None, [sentence(axis_shares(table)), of_search(table.importance)])
    yield from _not_counted(table)
    yield from _changed(table)
    if besides:
        yield from _besides(table)
    runs = [run for run in table.runs if run.result or run.provenance]
    label = _said("data", runs, label_of, "the rows as published")
    if label:
        yield label
    yield from _of_data(runs)
    yield from _stale(table)
    yield from _own_code(table)
    yield from filter(None, [_said("device", runs, device_of), _said("made by", runs, versions_of),
                             _said("code", runs, _code)])
    yield from _data_differs(runs)


def _numbers(table: Table) -> Iterator[str]:
    counts = {row.summary.n for row in table.rows if row.summary}
    if not counts:
        return
    if max(counts) > 2:
        yield "+- is the 95 % confidence interval of the mean over seeds (Student's t), sd the deviation of runs."
    if 2 in counts:
        yield "Of two runs both values stand in brackets: an interval of two is 12.7 standard errors wide each way."
    few = [row for row in table.rows if row.summary and row.summary.n < 3]
    if any(run.status in _TO_DO for row in few for run in row.runs):
        yield ("One run a row so far: no interval can be given" if max(counts) == 1 else
               "Rows with n < 3 have no interval yet") + "; seeds of theirs are still to be trained."
    elif max(counts) == 1:
        yield "One run a row: no interval can be given; more seeds give one, as seeds=5."
    elif min(counts) < 3:
        rows = "each row" if max(counts) == 2 else "the rows with n < 3"
        yield f"More seeds give {rows} an interval, as seeds=5."
    reference = table.reference
    differences = [row.versus for row in table.rows if row.versus]
    if reference is None or not differences:
        return
    wide = any(difference.half is not None and not difference.pair for difference in differences)
    how = "with their 95 % interval, over the seeds that both rows have" if wide else "over the seeds that both have"
    if not reference.name:
        best = next(row for row in table.rows if row.reference)
        name = " ".join(filter(None, best.labels)) or "the reference"
        yield f"Differences to {name} are paired {how}; that row is the best of these very numbers, which flatters it."
    elif reference.equal:
        yield (f"Differences to {reference.name} are between rows that are equal in {_listed(reference.equal)}; they "
               f"are paired {how}.")
    else:
        yield f"Differences to {reference.name} are paired {how}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _not_counted(table: Table) -> Iterator[str]:
    runs = table.runs
    out = Counter(run.status.replace("_", " ") for run in runs if not run.counted)
    none = sum(run.counted and run.seed not in row.values for row in table.rows for run in row.runs)
    reasons = [f"{count} {status}" for status, count in sorted(out.items())]
    if none:
        reasons.append(f"{none} without {table.metric.title}")
    if table.repeated:
        names = ", ".join(run.name for run in table.repeated)
        yield f"Left out, as they repeat the settings and the seed of another run here: {names}."
    if reasons:
        yield f"{sum(out.values()) + none} of {len(runs)} runs are not in the means: {', '.join(reasons)}."


def _changed(table: Table) -> Iterator[str]:
    """Runs whose files were changed after they ended, by row, and how many have no checksums to know it by."""
    found = [f"{run.name}{f' ({label})' if label else ''}: {', '.join(run.changed)}" for row in table.rows
             for label in (" ".join(filter(None, row.labels)),) for run in row.runs if run.result and run.changed]
    if found:
        yield f"Not what the run wrote (edited by hand, or damaged): {'; '.join(found)}."
    older = sum(bool(run.result) and run.changed is None for run in table.runs)
    if older:
        yield f"{older} of {len(table.runs)} runs are unverified: made before runs kept checksums of their files."


def _besides(table: Table) -> Iterator[str]:
    """Settings that differ between rows beside the columns: what a word brings with it, or a sweep's axis hides."""
    parts = []
    for key, texts in table.axes.besides.items():
        found = [(row.labels, text) for row, text in zip(table.rows, texts) if row.runs]  # a baseline has no settings
        column = next((i for i in range(len(table.axes.columns)) if _decides(found, i)), None)
        if column is not None:
            pairs = {labels[column]: text for labels, text in found}
            values = [f"{text} ({label})" for label, text in pairs.items()]
        else:
            values = list(dict.fromkeys(text for _, text in found))
        more = f", ... {len(values)} values" if len(values) > _SHOWN else ""
        parts.append(f"{key} {', '.join(values[:_SHOWN])}{more}")
    if parts:
        yield f"Rows differ also in: {'; '.join(parts)}."
    yield from unlike(table)


def _decides(found: Sequence[tuple[Sequence[str], str]], column: int) -> bool:
    """Whether a column's label alone decides a setting, of the labels and its text in each row."""
    known: dict[str, str] = {}
    return all(known.setdefault(labels[column], text) == text for labels, text in found)


def _said(name: str, runs: list[Run], what: Callable[[Run], str], empty: str = "") -> str:
    """``device: cpu (1 thread)``; with counts where the runs differ."""
    counts = Counter(what(run) for run in runs)
    if len(counts) <= 1:
        only = next(iter(counts), "")
        return f"{name}: {only}." if only else ""
    parts = [f"{value or empty or 'unknown'} ({count} run{'' if count == 1 else 's'})"
             for value, count in sorted(counts.items())]
    return f"{name} differs: {', '.join(parts)}."


def _of_data(runs: list[Run]) -> Iterator[str]:
    """What was found in the rows before training, a sentence a kind: the same in all runs of most data sets."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        for stored in (run.provenance.get("data") or {}).get("remarks") or ():
            kind, text = str(stored.get("kind")), str(stored.get("text"))
            found.setdefault(text if kind == "classes_missing" else kind, Counter())[text] += 1
    for texts in found.values():
        (text, count), having = texts.most_common(1)[0], sum(texts.values())
        also = "" if having == len(runs) else f" (so in {having} of {len(runs)} runs)"
        if len(texts) > 1:
            also = f" (so in {count} of {len(runs)} runs, with other numbers in {having - count})"
        yield f"Of the data: {text}{also}."


def _stale(table: Table) -> Iterator[str]:
    """What was made by other code than this: numbers of it may not come out again, and rows may not be comparable."""
    runs = [run for run in table.runs if run.provenance and run.result]
    by = Counter(run.stale for run in runs if run.stale)
    if not by:
        return
    shown = ", ".join(f"{code} ({count})" for code, count in by.most_common(4)) + (", ..." if len(by) > 4 else "")
    files = list(dict.fromkeys(name for run in runs if run.stale for name in run.other_files))
    differ = f", which differs in {', '.join(files[:3])}{f' and {len(files) - 3} more files' if files[3:] else ''}"
    which = "All runs" if sum(by.values()) == len(runs) else f"{sum(by.values())} of {len(runs)} runs (other code)"
    yield (f"{which} were made by other code of dlrun than this: {shown}{differ if files else ''}; dlrun replay RUN "
           "compares.")


def _own_code(table: Table) -> Iterator[str]:
    """What was made by other code of the user's own than is here now."""
    runs = [run for run in table.runs if run.result and run.provenance]
    changed = [run for run in runs if run.changed_code]
    if changed:
        files = list(dict.fromkeys(name for run in changed for name in run.changed_code))
        which = "All runs" if len(changed) == len(runs) else f"{len(changed)} of {len(runs)} runs"
        yield (f"{which} were made by other code of your own than is here now: {', '.join(files)} "
               f"{'has' if len(files) == 1 else 'have'} changed since; the same command trains them anew.")


def label_of(run: Run) -> str:
    """What is unusual about the run's data (a copy, a stand-in); empty for the rows as published."""
    return str(run.result.get("data_label") or (run.provenance.get("data") or {}).get("label") or "")


def device_of(run: Run) -> str:
    """The device that the run was made on, with its chip."""
    device = str(run.result.get("device") or run.provenance.get("device") or "")
    chip = str(run.provenance.get("hardware") or "").partition(": ")[2]
    return f"{device}, {chip}" if chip else device


def versions_of(run: Run) -> str:
    """The versions of dlrun, torch and Python that made the run."""
    versions = run.provenance.get("versions") or {}
    known = [f"{name} {versions[name]}" for name in ("dlrun", "torch", "python") if name in versions]
    return ", ".join(known)


def _code(run: Run) -> str:
    return code_of((run.provenance.get("code") or {}).get("dlrun"))


def code_of(state: Mapping[str, Any] | None) -> str:
    """``07ac6d60c1``, with what is not committed: ``07ac6d60c1 + changes 1f00ab12, 2 untracked files``."""
    if not state:
        return ""
    text = str(state.get("commit") or "no commit")[:10]
    if state.get("diff"):
        text += f" + changes {str(state['diff'])[:8]}"
    if state.get("untracked"):
        text += f" + {state['untracked']} untracked files"
    return text


def _data_differs(runs: list[Run]) -> Iterator[str]:
    """Runs that were asked for the same rows and saw others."""
    seen: dict[tuple[Any, ...], set[str]] = {}
    for run in runs:
        asked = tuple(f"{key}={value}" for key, value in run.config.items()
                      if key.startswith(("dataset.", "validation")) or key in ("train_size", "test_size"))
        if run.data_hash:
            seen.setdefault((run.seed, asked), set()).add(run.data_hash)
    hashes = sorted(set().union(*(found for found in seen.values() if len(found) > 1)))
    if hashes:
        yield f"Runs with the same data settings saw different rows (hashes {', '.join(hashes[:6])})."
