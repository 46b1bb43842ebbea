"""The page of a report: one HTML file that needs nothing else, neither a network nor a server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.record.axis_scale import AxisScale
from dlrun.record.folder import RunFolder
from dlrun.record.metric import Metric, Metrics
from dlrun.record.own_file import open_own
from dlrun.record.palette import css_variables
from dlrun.record.quantities import long_time
from dlrun.record.remarks import of_runs
from dlrun.report.besides import besides
from dlrun.report.best_pictures import best_pictures
from dlrun.report.charts import COLOURS, DRAWN, curve_chart, parallel, setting_chart, strip, strip_scale, style_of
from dlrun.report.curves import Curve, curves, keys_to_draw
from dlrun.report.derived import describe
from dlrun.report.footnotes import code_of, label_of, notes_of
from dlrun.report.formatting import common_line, head_line, lines, versus_head
from dlrun.report.importance import axis_shares, percent
from dlrun.report.run import Run
from dlrun.report.scale import scale
from dlrun.report.table import Report, Table

if TYPE_CHECKING:
    from jinja2 import Environment

WAYS = {"min": "lower is better", "max": "higher is better", None: "neither way is better"}
_ROWS = 100  # rows whose curves are drawn; the others are in the table
_POINTS, _FEW = 120, 40  # points of a coloured curve, of a grey one
_TRACEBACK = 4000  # characters of a traceback's end


def as_html(report: Report) -> str:
    """The page as text; everything that comes from a run is escaped."""
    runs = [run for table in report.tables for run in table.runs]
    states = Counter(run.status.replace("_", " ") for run in runs)
    return environment().get_template("page.html").render(
        report=report, tables=[_table(table) for table in report.tables],
        states=", ".join(f"{count} {state}" for state, count in sorted(states.items())), count=len(runs),
        labels=sorted({label_of(run) for run in runs} - {""}), failures=list(_failures(report)),
        provenance=list(_provenance(runs)))


def environment() -> Environment:
    """Where templates come from; they escape by themselves."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
                       lstrip_blocks=True, undefined=StrictUndefined)
    made.globals["colours"] = range(COLOURS)
    made.globals["css_variables"] = css_variables
    return made


def _table(table: Table) -> dict[str, Any]:
    # A row's colour is that of its place in the table, whatever the measure and whoever is best.
    colour = {i: i for i in range(min(len(table.rows), DRAWN))}
    scale = strip_scale(table)
    names = [" · ".join(filter(None, row.labels)) or "all runs" for row in table.rows]
    rows: list[dict[str, Any]] = []
    for i, (row, line) in enumerate(zip(table.rows, lines(table, "±", "\u2007"))):
        rows.append({
            "line": line, "row": row, "style": style_of(i) if i in colour else "",
            "strip": strip(list(row.values.values()), row.summary, scale, table.scale) if scale and row.values else "",
            "value": row.summary.mean if row.summary else "", "difference": row.versus.mean if row.versus else ""})
    with_value = [row for row in table.rows if row.summary]
    settings = [setting_chart(table, k) for k in range(len(table.axes.columns))] if len(with_value) > 1 else []
    return {
        "table": table, "head": head_line(table), "common": common_line(table), "rows": rows,
        "versus": versus_head(table), "missing": any(entry["line"].missing for entry in rows),
        "ends": [table.scale.number(v) for v in (scale.low, scale.high)] if scale else [],
        "curves": list(_curves(table, colour, names)), "legend": [(i, style_of(i), names[i]) for i in colour],
        "settings": settings, "across": parallel(table) if len(with_value) > 2 and len(settings) > 2 else "",
        "rates": any(entry["line"].rate for entry in rows), "memory": any(entry["line"].memory for entry in rows),
        "mattered": list(_mattered(table)),
        "notes": [*notes_of(table, besides=False), *_remarks(table)],
        "besides": besides(table), "best": best_pictures(table),
        "way": WAYS[table.metric.direction],
        "runs": list(_runs(table, names)), "title": table.metric.title}


def _remarks(table: Table) -> Iterator[str]:
    """What the runs that count remark of themselves."""
    for line in of_runs([run.result for run in table.runs if run.counted]):
        yield f"Remark in {line}."


def _mattered(table: Table) -> Iterator[tuple[str, str, str]]:
    """Each axis with its share of the variance: as a number, and drawn."""
    shares = axis_shares(table)
    form = scale(Metric("share", share=True), [share.summary.mean for share in shares], [])
    for share in shares:
        drawn = strip(list(share.by_seed.values()), share.summary, AxisScale(0, 1, 6, 144), form)
        yield share.axis, percent(share.summary).replace("+-", "±"), drawn


def _curves(table: Table, colour: dict[int, int], names: list[str]) -> Iterator[tuple[str, str]]:
    drawn = range(min(len(table.rows), _ROWS))
    keys = keys_to_draw([table.key], [table.rows[i].runs for i in drawn])
    by_key: dict[str, dict[int, Curve]] = {}
    for i in drawn:
        for key, curve in curves(table.rows[i].runs, keys, _POINTS if i in colour else _FEW).items():
            by_key.setdefault(key, {})[i] = curve
    yield from curve_figures({key: by_key[key] for key in keys if key in by_key}, table.metrics, colour, names)


def curve_figures(by_key: Mapping[str, Mapping[int, Curve]], metrics: Metrics, colour: Mapping[int, int],
                  names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """For each key its head and its picture, of the curves by the number of their row."""
    for key, drawn in by_key.items():
        metric = describe(key, metrics)
        head = metric.title + (", %" if metric.share else "")
        yield head, curve_chart(head, drawn, colour, names, metric.share)


def _failures(report: Report) -> Iterator[dict[str, Any]]:
    for table in report.tables:
        for row in table.rows:
            for run in row.runs:
                if run.status in ("failed", "diverged", "out_of_memory", "unreadable", "unfinished", "interrupted"):
                    yield {"run": run, "labels": " · ".join(filter(None, row.labels)), "traceback": _traceback(run)}


def _traceback(run: Run) -> str:
    try:
        with open_own(RunFolder(run.folder).traceback, "rb") as file:  # a link would show a file from elsewhere
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text if len(text) <= _TRACEBACK else f"...\n{text[-_TRACEBACK:]}"


def _provenance(runs: list[Run]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Each circumstance with its values and how many runs had them."""
    found: dict[str, Counter[str]] = {}

    def add(name: str, value: Any) -> None:
        if value:
            found.setdefault(name, Counter())[str(value)] += 1

    for run in runs:
        about = run.provenance
        add("device", run.result.get("device") or about.get("device"))
        add("hardware", about.get("hardware"))
        add("platform", about.get("platform"))
        for name, version in (about.get("versions") or {}).items():
            add(name, version)
        for place, state in (about.get("code") or {}).items():
            add(f"code of {place}", code_of(state))
        data = about.get("data") or {}
        add("data, SHA-256", data.get("hash"))
        add("data label", data.get("label"))
        add("speed path", about.get("speed_path"))
        add("day (UTC)", str(about.get("started", ""))[:10])
    for name, counts in found.items():
        yield name, sorted(counts.items())


def _runs(table: Table, names: list[str]) -> Iterator[dict[str, Any]]:
    for row, name in zip(table.rows, names):
        for run in row.runs:
            loss = (run.result.get("val") or {}).get("loss")
            value = row.values.get(run.seed)
            yield {"run": run, "name": name, "value": "" if value is None else table.scale.number(value),
                   "sort": "" if value is None else value, "seconds": run.result.get("seconds"),
                   "val": "" if loss is None else table.metrics.text("val/loss", loss),
                   "took": long_time(run.result.get("seconds")), "epochs": run.result.get("epochs", "")}
