"""Why the better number of a table is not the better row."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.report.comparable import of_other_losses, of_other_scales, of_something_else
from dlrun.report.table import Table


def unlike(table: Table) -> Iterator[str]:
    """Why its rows are not to be compared by what is shown, a sentence each; nothing where they are."""
    apart = (*table.axes.columns, *table.axes.besides)
    task = next((str(run.config.get("task.kind", "")) for run in table.runs), "")
    if other := of_something_else(apart):
        yield f"The rows measure different things ({', '.join(other)}): the better number is not the better row."
    if of_other_losses(table.metric, apart):
        yield "The rows minimise different losses: their values are on different scales."
    elif other := of_other_scales(table.metric, apart, task):
        yield (f"The {table.metric.title} is of what is scaled by {', '.join(other)}, in which the rows differ: their "
               "values are on different scales.")
