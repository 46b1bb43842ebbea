"""`dlrun.train`: one run, with the folder, the id and the resume of the command."""

from __future__ import annotations

from typing import Any

from dlrun.api.overrides import overrides_of
from dlrun.api.run import Run


def train(*overrides: str, progress: bool | None = None, **keys: Any) -> Run:
    """Train what the overrides and keywords choose, or find that it is done; the run.

    `overrides` are texts as on the command line (``"optimizer.lr=0.01"``), keywords the same without quotes
    (``model="cnn", seed=1, optimizer={"lr": 0.01}``).  `progress` False prints nothing, True the lines of the command;
    None shows a bar in a notebook, and elsewhere the lines.

    The same call again finds its folder: finished, it gives the result; interrupted, it goes on.  Ctrl-C saves, and the
    run's status is "interrupted".  Raises ConfigError for what is wrong with the words, with the text that the command
    prints; an exception of the model's own code goes through, and is in the folder's traceback.txt.

    >>> run = train("optimizer.lr=0.01", model="dense", seed=1)  # doctest: +SKIP
    >>> run.result["test"]["accuracy"]  # doctest: +SKIP
    0.975
    """
    from dlrun.api.notebook import recorders
    from dlrun.preflight.preflight import preflight

    words = overrides_of(overrides, keys)
    checked = preflight(words)
    from dlrun.run.run import run

    outcome = run(checked, ["dlrun.train", *words], recorders(progress, checked.config.log_every))
    return Run(outcome.folder, tuple(checked.config.allow))
