"""The members of an ensemble: finished runs whose predictions say the same things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.inference.load import Loaded, load_run


@dataclass(frozen=True)
class Member:
    """A finished run, loaded, and its folder."""

    folder: Path
    run: Loaded

    @property
    def name(self) -> str:
        """The last two parts of the folder, which is how runs are called; of a fold those of its run before them."""
        parts = self.folder.absolute().parts
        return "/".join(parts[-4:] if parts[-2] == "folds" else parts[-2:])


def load_members(folders: Sequence[Path], allow: tuple[str, ...] = ()) -> list[Member]:
    """The runs in `folders`; raises ConfigError where one of them predicts something else than the first."""
    seen: dict[Path, Path] = {}
    for folder in folders:
        if (place := folder.resolve()) in seen:
            raise problem(str(folder), f"it is given twice, as {seen[place]} too; weights=[2,1] counts a run twice")
        seen[place] = folder
    members = [Member(folder, load_run(folder, allow)) for folder in folders]
    first = members[0]
    if not first.run.task.averages:
        raise problem(first.name, f"task={first.run.config.task.kind} has no predictions that could be averaged; "
                                  "classes, labels, numbers, quantiles, tags and next tokens have")
    for member in members[1:]:
        for what, ours, theirs in zip(_WHAT, _predicted(first.run), _predicted(member.run)):
            if ours != theirs:
                raise problem(member.name, f"its {what} {_few(theirs)}, and {_few(ours)} in {first.name}; expected "
                                           "runs that predict the same")
    return members


_WHAT = ("task is", "targets are", "classes are", "words are", "quantiles are", "outputs are")


def _predicted(run: Loaded) -> list[Any]:
    """What has to be the same in all members, in the order of `_WHAT`."""
    spec, config = run.data_spec, run.config
    words = preprocessing.vocabulary(run.kept) if spec.target_kind == "tokens" else None
    targets = [spec.target_kind, spec.target_name, *(head.name for head in spec.heads)]
    classes = [*spec.classes, *(name for head in spec.heads for name in head.classes)]
    return [[config.task.kind], targets, classes, [] if words is None else list(words.words),
            list(getattr(config.task, "quantiles", ())), [config.task.width(spec)]]


def _few(values: Sequence[Any]) -> str:
    shown = ", ".join(str(value) for value in values[:4] if value != "") or "none"
    return f"{shown} ... ({len(values):,})" if len(values) > 4 else shown
