"""A report's files: tables for spreadsheets, documents and papers, and all numbers as JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlrun.record.folder import write_json, write_text
from dlrun.record.own_file import remove_halves, to_disk
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import printable
from dlrun.report.footnotes import label_of
from dlrun.report.formatting import common_line, head_line, heads, lines
from dlrun.report.importance import as_data as as_shares
from dlrun.report.importance import axis_shares
from dlrun.report.page import as_html
from dlrun.report.statistics import Interval
from dlrun.report.table import Report, Row, Table


def write_files(report: Report, into: Path) -> list[Path]:
    """Write all files into a folder, each in one step, so that a reader never sees half of one; their paths.

    The same runs give the same bytes.  Measured times stand in columns whose names contain "seconds" (of the CSV, the
    JSON file and the page); the page also says on which days the runs were made.
    """
    made: dict[str, Callable[[Report], str]] = {
        "table.csv": as_csv, "table.md": as_markdown, "table.tex": as_latex, "report.html": as_html}
    remove_halves(into, *made, "report.json")
    for name, text in made.items():
        write_text(into / name, text(report), sync=False)
    write_json(into / "report.json", as_data(report), sync=False)
    for synced in to_disk(into, parents=1, only=(*made, "report.json")):
        synced.result()
    return [into / name for name in (*made, "report.json")]


def as_csv(report: Report) -> str:
    """A line a row, all tables in one, numbers in full; empty where there is none (shares are fractions here)."""
    axes = list(dict.fromkeys(name for table in report.tables for name in table.axes.columns))
    head = ["table", *axes, "metric", "mean", "half_width_95", "sd", "n", "difference", "difference_half_width_95",
            "difference_n", "best", "reference", "parameters", "runs", "not_in_the_mean", "mean_seconds",
            "rows_per_second", "peak_memory", "data_label"]
    out = io.StringIO()
    writer = csv.DictWriter(out, head, lineterminator="\n")
    writer.writerow({name: cell(name) for name in head})
    for table in report.tables:
        for row in table.rows:
            found = {
                "table": table.title, **dict(zip(table.axes.columns, row.labels)), "metric": table.key,
                **_interval(row.summary, ("mean", "half_width_95", "n")), "sd": row.summary and row.summary.sd,
                **_interval(row.versus, ("difference", "difference_half_width_95", "difference_n")),
                "best": int(row.best), "reference": int(row.reference), "parameters": row.parameters,
                "runs": len(row.runs), "mean_seconds": row.seconds,
                "rows_per_second": row.rows_per_second, "peak_memory": row.peak_memory,
                "data_label": "; ".join(sorted({label_of(run) for run in row.runs} - {""})),
                "not_in_the_mean": "; ".join(reason for reason, _ in row.missing(table.metric))}
            writer.writerow({name: cell(value) for name, value in found.items()})
    return out.getvalue()


def _interval(interval: Interval | None, keys: tuple[str, str, str]) -> dict[str, Any]:
    return dict(zip(keys, (interval.mean, interval.half, interval.n))) if interval else {}


def as_markdown(report: Report) -> str:
    """All tables in Markdown, each with its footnotes."""
    def escaped(text: str) -> str:
        return re.sub(r"([\\|*_`<>\[\]])", r"\\\1", printable(text))

    parts = []
    for table in report.tables:
        head, rows, right = _document(table, "±")
        rule = ["---:" if i in right else "---" for i in range(len(head))]
        grid = [head, *rows]
        text = [f"| {' | '.join(map(escaped, line))} |" for line in grid]
        parts.append("\n".join([f"**{escaped(head_line(table))}**", "", escaped(common_line(table)), "", text[0],
                                f"| {' | '.join(rule)} |", *text[1:], "", *_notes(table, escaped, "\n")]))
    return "\n\n".join(parts) + "\n"


def as_latex(report: Report) -> str:
    """A `tabular` for each table, in booktabs' style (``\\usepackage{booktabs}``)."""
    parts = []
    for table in report.tables:
        head, rows, right = _document(table, r"$\pm$")
        form = "".join("r" if i in right else "l" for i in range(len(head)))
        text = [_first(" & ".join(_latex(cell) for cell in line)) + r" \\" for line in [head, *rows]]
        parts.append("\n".join([
            *(f"% {printable(line)}" for line in (head_line(table), common_line(table))),
            rf"\begin{{tabular}}{{{form}}}", r"\toprule", text[0], r"\midrule", *text[1:], r"\bottomrule",
            r"\end{tabular}", *(f"% {printable(note)}" for note in table.notes)]))
    return "\n\n".join(parts) + "\n"


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
          ">": r"\textgreater{}", **{sign: f"\\{sign}" for sign in "&%$#_{}"}}


def _latex(text: str) -> str:
    kept = printable(text).split(r"$\pm$")  # a line feed in a name would begin a line of LaTeX's own
    text = r"$\pm$".join("".join(_LATEX.get(sign, sign) for sign in part) for part in kept)
    return re.sub(r"(?<![\w.-])-(?=\d)", "$-$", text)


def _first(line: str) -> str:
    r"""A line that stands after ``\\`` or ``\midrule``, which take ``[...]`` and ``*`` behind them for their own."""
    return f"{{{line[0]}}}{line[1:]}" if line.startswith(("[", "*")) else line


def _document(table: Table, sign: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Headers, cells and right-aligned columns; without times, so that the same sweep done twice gives one text."""
    axes, (measure, sd, n, versus, *_) = heads(table)
    cells = lines(table, sign)
    head = [*axes, measure, sd, n, versus or "difference", "", "not in the mean"]
    rows = [[*line.labels, _squeezed(line.measure), line.sd, line.n, _squeezed(line.versus), line.mark, line.missing]
            for line in cells]
    kept = [i for i in range(len(head)) if i < len(axes) or any(row[i] for row in rows)]
    return ([head[i] for i in kept], [[row[i] for i in kept] for row in rows],
            [place for place, i in enumerate(kept) if i >= len(axes) and head[i] in (measure, sd, n, versus)])


def _squeezed(text: str) -> str:
    return re.sub(r" +", " ", text).strip()


def _notes(table: Table, escaped: Callable[[str], str], end: str) -> list[str]:
    return [escaped(note).replace("+-", "±") + end for note in table.notes]


def as_data(report: Report) -> dict[str, Any]:
    """All numbers; `runs` of a row are by seed, with status, metrics and the seconds that they took."""
    return {"title": report.title, "command": report.command, "tables": [_table(table) for table in report.tables]}


def _table(table: Table) -> dict[str, Any]:
    return {"title": table.title, "metric": table.key, "columns": list(table.axes.columns),
            "common": table.axes.common, "differs_besides": table.axes.besides, "notes": list(table.notes),
            "mattered": as_shares(axis_shares(table)),
            "rows": [_row(table, row) for row in table.rows]}


def _row(table: Table, row: Row) -> dict[str, Any]:
    def data(interval: Interval | None) -> dict[str, Any] | None:
        return {"mean": interval.mean, "half_width_95": interval.half, "sd": interval.sd,
                "n": interval.n} if interval else None

    runs = [{"id": run.id, "folder": run.name, "seed": run.seed, "status": run.status, "reason": run.reason,
             "verified": None if run.changed is None else not run.changed,
             "data_label": label_of(run), "value": row.values.get(run.seed), "seconds": run.result.get("seconds"),
             **{split: run.result[split] for split in ("train", "val", "test") if run.result.get(split)}}
            for run in row.runs]
    return {"labels": dict(zip(table.axes.columns, row.labels)), "summary": data(row.summary),
            "difference": data(row.versus), "best": row.best, "reference": row.reference,
            "parameters": row.parameters, "mean_seconds": row.seconds,
            "rows_per_second": row.rows_per_second, "peak_memory": row.peak_memory, "runs": runs}
