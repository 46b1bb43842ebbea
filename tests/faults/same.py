"""Comparing two folders of runs and sweeps: the same files of the same content, measured times aside."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dlrun.record.events import event_files, read_records
from dlrun.record.manifest import changed
from tests.whole.equal import _timeless, assert_same_run

_TIMED = ("_hparams_/", "step/", "config")  # start and end; running means, so many a second; force=true is in it


def names(folder: Path) -> list[str]:
    """What lies in a folder, by path; the event files of a run count as one."""
    found = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        found.add(str(name.with_name("events") if path.name.startswith("events.out") else name))
    return sorted(found)


def runs(folder: Path) -> list[Path]:
    """The folders of runs, folds aside, by their path in `folder`."""
    return sorted(path.parent.relative_to(folder) for path in folder.glob("runs/*/*/config.yaml"))


def curves(run: Path) -> dict[tuple[str, int], str]:
    """What TensorBoard shows of a run: scalars, texts and pictures, by tag and step; of several the last."""
    found = {}
    for file in event_files(run):
        for _, event in read_records(file):
            for value in event.summary.value:
                if not value.tag.startswith(_TIMED):
                    found[value.tag, event.step] = hashlib.sha256(value.SerializeToString()).hexdigest()
    return found


def pictures(run: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.rglob("*.png")}


def assert_same_runs(whole: Path, other: Path) -> None:
    """All runs of two folders: results, rows, weights and counters, pictures and curves, and their manifests."""
    assert runs(whole) == runs(other)
    for run in runs(whole):
        assert_same_run(whole / run, other / run)
        assert pictures(whole / run) == pictures(other / run)
        drawn = [curves(place / run) for place in (whole, other)]
        assert drawn[0] == drawn[1], [key for key in {**drawn[0], **drawn[1]} if drawn[0].get(key) != drawn[1].get(key)]
        for place in (other / run, *(other / run).glob("folds/*"), other / run / "final"):
            if place.is_dir():
                assert not changed(place), (changed(place), place)


def assert_same_sweeps(whole: Path, other: Path) -> None:
    """Plans, jobs, trials and reports."""
    for file in sorted(path for path in whole.glob("runs/sweeps/*/**/*") if path.is_file()):
        there = other / file.relative_to(whole)
        if file.name == "report.json" or file.name in ("plan.json", "trials.json"):
            one, two = (_without_place(_timeless(json.loads(path.read_text()))) for path in (file, there))
            assert one == two, file
        elif file.name in ("jobs.jsonl", "table.md", "table.tex"):
            assert file.read_bytes() == there.read_bytes(), file
        elif file.name == "study.jsonl":
            assert trials(file) == trials(there)


def _without_place(content: Any) -> Any:
    if isinstance(content, dict):
        content.pop("crc32c", None)
    return content


def trials(study: Path) -> list[tuple[Any, ...]]:
    """The trials of Optuna's journal, as Optuna reads them."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(study)))
    (name,) = optuna.study.get_all_study_names(storage)
    found = optuna.load_study(study_name=name, storage=storage).get_trials()
    return [(one.number, one.state.name, one.params, one.values, one.intermediate_values) for one in found]


def assert_same(whole: Path, other: Path) -> None:
    """Everything; and no file besides."""
    assert_same_runs(whole, other)
    assert_same_sweeps(whole, other)
    assert names(whole) == names(other)
