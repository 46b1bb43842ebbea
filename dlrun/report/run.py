"""One run as reports see it: its settings, what became of it, its metrics; read from its folder alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dlrun.config.flat import flatten
from dlrun.config.own_code import changed_modules
from dlrun.record.folder import RunFolder
from dlrun.record.lock import at_work
from dlrun.record.manifest import changed
from dlrun.record.provenance import other_code, other_files
from dlrun.record.result_form import settings_error
from dlrun.record.stored import Damaged, read_yaml_mapping
from dlrun.record.tags import Tags, read_tags
from dlrun.report.reached import of_folds, reached

COUNTED = ("finished", "stopped")  # the other states have no measure that belongs into a mean
NOT_STARTED, RUNNING, UNFINISHED, UNREADABLE = "not started", "running", "unfinished", "unreadable"


@dataclass(frozen=True)
class Run:
    """A run, or a planned job that has none yet.

    `config` is flat; `status` is that of result.json, or one of not started, running, unfinished (it was killed) and
    unreadable; `reason` says more where the run has no result to count.  `values` (by axis, as typed) and `row` come
    from a sweep's plan.
    """

    folder: Path
    id: str
    config: Mapping[str, Any]
    status: str
    reason: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    row: str | None = None
    values: Mapping[str, Any] | None = None

    @property
    def seed(self) -> int:
        """The seed of its settings."""
        return int(self.config.get("seed", 0))

    @property
    def counted(self) -> bool:
        """Whether its numbers belong into a mean: it has come to a good end."""
        return self.status in COUNTED

    @property
    def name(self) -> str:
        """``digits-cnn-adam/3f9c1e02aa``: the same wherever the runs lie."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """provenance.json; empty where there is none, or none that can be read."""
        try:
            return RunFolder(self.folder).origin()
        except (OSError, ValueError):
            return {}

    @cached_property
    def tags(self) -> Tags:
        """The user's tags and note; a note that says so where tags.json cannot be read."""
        try:
            return read_tags(self.folder)
        except Damaged:
            return Tags(note="(tags.json is damaged)")

    @cached_property
    def stale(self) -> str:
        """The code that made it, where that is another than this one; empty where it is this, or is not known."""
        return (other_code(self.provenance, self.folder) or "") if self.provenance and self.result else ""

    @cached_property
    def changed_code(self) -> list[str]:
        """The files of the user's own code that it was made by and that are other ones here and now."""
        return changed_modules(self.provenance) if self.result else []

    @property
    def other_files(self) -> list[str]:
        """The files of dlrun's that it was made by and that are other ones now; none where it has not noted them."""
        return other_files(self.folder) or []

    @cached_property
    def changed(self) -> list[str] | None:
        """Which of the files that reports read are not what the run wrote; None of a run that noted no checksums."""
        return changed(self.folder, ("result.json", "metrics.jsonl", "provenance.json"))

    @property
    def data_hash(self) -> str:
        """The first eight digits of the hash of the rows that it saw; empty where that is not known."""
        return str((self.provenance.get("data") or {}).get("hash", ""))[:8]

    def say(self) -> str:
        """Status and reason in a line: ``diverged: the loss is NaN at step 20``."""
        return f"{self.status.replace('_', ' ')}{': ' if self.reason else ''}{self.reason}"


def read_run(folder: Path, planned: Mapping[str, Any] | None = None, run_id: str = "", row: str | None = None,
             values: Mapping[str, Any] | None = None) -> Run:
    """The run in a folder; `planned` is the flat configuration of a job that may have left nothing there yet."""
    place = RunFolder(folder)
    run_id = run_id or folder.name
    try:
        result = place.result()
        if result is not None and not isinstance(result.get("config"), dict):
            raise Damaged(place.result_file, "it has no configuration")
        config = planned or (_stored(place) if result is None else {})
    except Damaged as damaged:
        why = f"{damaged.path.name} is not readable ({damaged.wrong})"
        try:
            config = planned or _stored(place)
        except Damaged:
            config = {}
        return Run(folder, run_id, config, UNREADABLE, why, {}, row, values)
    if result is not None:
        run_id, status = str(result.get("id", run_id)), str(result.get("status"))
        return Run(folder, run_id, result["config"], status, _reason(place, result), result, row, values)
    if not folder.is_dir():
        return Run(folder, run_id, planned or {}, NOT_STARTED, "", {}, row, values)
    status = RUNNING if at_work(folder) else UNFINISHED
    return Run(folder, run_id, config, status, reached(place, config), {}, row, values)


def _reason(place: RunFolder, result: Mapping[str, Any]) -> str:
    if result.get("status") in COUNTED:
        return ""
    folds = of_folds(result["config"])
    if result.get("status") == "interrupted":
        return reached(place, result["config"]) if folds else (
            f"epoch {result.get('epochs')} of {result['config'].get('epochs', '?')}")
    says = ("stop_reason", "error") if folds else ("error", "stop_reason")  # a fold's is named by the former
    reason = " ".join(str(result.get(says[0]) or result.get(says[1]) or "").split())
    return reason.partition("; the checkpoint of")[0]


def _stored(place: RunFolder) -> dict[str, Any]:
    """The configuration of a run without a result, from config.yaml; empty before that is written."""
    try:
        found = flatten(read_yaml_mapping(place.config))
    except FileNotFoundError:
        return {}
    if wrong := settings_error(found):
        raise Damaged(place.config, wrong)
    return found
