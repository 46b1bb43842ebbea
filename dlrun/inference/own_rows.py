"""The rows of a run's own data, where they are still those that it was trained with."""

from __future__ import annotations

from collections.abc import Callable

from dlrun.assembly.build_run import rows_of
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.root import Config
from dlrun.data.prepared import PreparedData
from dlrun.inference.load import Loaded

Say = Callable[[str], None]


def own_rows(run: Loaded, say: Say, read: Callable[[Config, Say], PreparedData] = rows_of) -> PreparedData:
    """The rows that the run saw, which `read` gives.

    Raises ConfigError for data that is not there, and for data that has changed since: other rows are cut into other
    parts, and what was a training row may be a test row now.  So it does for an ensemble of runs with other test rows.
    """
    if run.mixed:
        raise ConfigError(list(run.mixed))
    prepared = read(run.config, say)
    if run.seen not in ("", prepared.hash):
        raise problem(f"dataset={run.config.dataset.kind}",
                      "its rows are not those that the run was trained with, and which of these it has seen is not "
                      "known; expected the data as it was, or the run trained again")
    return prepared
