"""Searches that tests lead by hand."""

from __future__ import annotations

from dlrun.record.plan import Plan
from dlrun.sweep.execute.options import execution
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.plan.status import read_all
from dlrun.sweep.search.run_search import open_search
from dlrun.sweep.search.search_queue import SearchQueue


def opened(plan: Plan) -> tuple[SearchQueue, Progress]:
    """A plan's search, as the process that leads it opens it, and its progress.  Needs optuna."""
    search = open_search(plan, execution(plan.options))
    return search, Progress(search.plan, read_all(search.plan), [])
