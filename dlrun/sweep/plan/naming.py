"""A sweep's name: given, the experiment's, or made of what varies, so that the same command finds its sweep again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from dlrun.config.problem import problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import Root
from dlrun.sweep.plan.grid import varying
from dlrun.sweep.request.axes import Axis
from dlrun.sweep.request.layers import EXPERIMENT
from dlrun.sweep.request.request import Request

_LONGEST = 60


def sweep_name(request: Request, ids: Sequence[str]) -> str:
    """The folder of the sweep below ``sweeps``; raises ConfigError for a name that is no folder."""
    name = request.settings.name
    if name is not None:
        if not re.fullmatch(r"[A-Za-z0-9_=+,-][A-Za-z0-9_.=+,-]*", name):
            raise problem(f"sweep.name={name}", "expected the name of one folder: letters, digits, and  - _ . = + ,")
        return name
    if request.experiment is not None:
        name = request.experiment.replace("/", "-")
        return name if not _changes(request.axes) else f"{name}-{_digest(ids)}"
    rows = any(axis.rows for axis in request.axes)
    keys = [key.rpartition(".")[2] for key in varying(request.axes)] + ["rows"] * rows
    shown = re.sub(r"[^A-Za-z0-9_-]+", "_", "-".join(keys) or "seeds")[:_LONGEST]
    return f"{shown}-{_digest(ids)}"


def _changes(axes: Iterable[Axis]) -> bool:
    """Whether what is typed makes other jobs than the experiment's file; seeds are more or fewer of the same."""
    typed = {key for axis in axes if axis.typed and axis.given != "seeds" for key in axis.keys} - {EXPERIMENT, "seed"}
    return any(key not in rules(Root) or rules(Root)[key].identity for key in typed)


def _digest(ids: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(sorted(ids)).encode()).hexdigest()[:6]
