"""`dlrun.train`: one run, with the folder, the id and the resume of the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dlrun.api.objects import Objects, read_objects
from dlrun.api.overrides import overrides_of
from dlrun.api.run import Run
from dlrun.config.check.allow import allow_typed
from dlrun.config.compose.composition import Composition
from dlrun.config.problem import ConfigError, Problem
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import examine, preflight


def train(*overrides: str, progress: bool | None = None, **keys: Any) -> Run:
    """Train what the overrides and keywords choose, or find that it is done; the run.

    `overrides` are texts as on the command line (``"optimizer.lr=0.01"``), keywords the same without quotes
    (``model="cnn", seed=1, optimizer={"lr": 0.01}``).  Objects stand where overrides do not reach:

    - ``model``: a class or function that makes a `torch.nn.Module`, called with ``model_args``, and with `outputs` and
      `input_shape` if it takes them; it is identified by the source of its module, in a notebook by its own.
    - ``data``: arrays or tensors (x, y), a dict of them, a data frame with the name of its ``target``, a torch Dataset;
      ``test`` and ``validation`` are further splits, (x, y) or a Dataset each; beside a data frame ``test`` is another
      one with its columns, and validation rows are drawn (``validation=0.2``).  It is identified by its content, and a
      Dataset whose rows are drawn when they are read (augmentation) by the source of its class too.  ``in_memory`` says
      whether the rows of a Dataset, or of `numpy.memmap`, are held; "auto": up to 2 GiB.  What is not held is read as
      steps need it, and identified by some of its rows, evenly spaced.
      ``group`` says which rows belong together and ``order`` when each was: a value for each row, or a column's name.
    - ``metrics``: names (as in ``task.metrics``) or classes of your own.
    - ``callbacks``: names, classes, or objects, of which each training gets a copy.

    `progress` False prints nothing, True the lines of the command; None shows a bar in a notebook, and elsewhere the
    lines.

    The same call again finds its folder: finished, it gives the result; interrupted, it resumes.  Ctrl-C saves, and the
    run's status is "interrupted".  Raises ConfigError for wrong overrides, with the text that the command
    prints; an exception of the model's own code goes through, and is in the folder's traceback.txt.

    >>> run = train("optimizer.lr=0.01", model="dense", seed=1)  # doctest: +SKIP
    >>> run.result["test"]["accuracy"]  # doctest: +SKIP
    0.975
    """
    from dlrun.api.notebook import recorders

    keys = dict(keys)
    objects = read_objects(keys)
    typed = [*objects.overrides, *overrides_of(overrides, keys)]
    checked = _with_groups(typed, objects) if objects.groups else preflight(typed)
    from dlrun.run.run import run

    outcome = run(checked, ["dlrun.train", *typed], recorders(progress, checked.config))
    return Run(outcome.folder, tuple(checked.config.allow))


def _with_groups(overrides: list[str], objects: Objects) -> Checked:
    """The command with mappings in the place of what overrides chose; raises ConfigError."""
    from dlrun.config.compose.compose import compose

    def composed(texts: Sequence[str]) -> tuple[Composition | None, list[Problem]]:
        composition, problems = compose(texts)
        if composition is not None:
            composition = replace(composition, plain={**composition.plain, **objects.groups})
        return composition, problems

    allow_typed(overrides)
    found = examine(overrides, composed)
    if found.wrong or found.checked is None:
        raise ConfigError(found.problems())
    return found.checked
