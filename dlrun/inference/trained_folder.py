"""The folder of a trained run, looked at before torch is loaded."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.own_code import changed_modules
from dlrun.config.problem import problem
from dlrun.record.folder import RunFolder
from dlrun.record.plan import load
from dlrun.record.stored import Damaged

ENDED = ("finished", "stopped")  # of the statuses of a result: training came to its end
ENSEMBLE = "ensemble.json"  # which runs are an ensemble, in a folder of its own


def trained_folder(path: Path) -> RunFolder:
    """The folder of the run at `path`, of a k-fold run that of its final fit; ConfigError where nothing is trained."""
    folder = RunFolder(path)
    if (path / ENSEMBLE).is_file():
        raise problem(str(path), "this is an ensemble of runs, for  dlrun predict  and  dlrun evaluate")
    if (path / "final").is_dir():
        folder = folder.fold("final")
    elif (path / "folds").is_dir():
        raise problem(str(path), f"each fold of this run has a model of its own: {path / 'folds' / '0'} is one; "
                                 "validation.final=true trains one on all rows")
    if not path.is_dir():
        raise problem(str(path), "this is no folder of a trained run: "
                                 + ("it is a file" if path.exists() else "no such folder"))
    if (path / "plan.json").is_file():
        jobs = load(path).jobs
        named = ", ".join(job.folder for job in jobs[:3]) + (", ..." if len(jobs) > 3 else "")
        raise problem(str(path), f"this is a sweep, not a run: name one of its {len(jobs)} runs ({named}); "
                                 f"dlrun report {path}  shows them side by side")
    for file in (folder.config, folder.fitted, folder.last):
        if not file.is_file():
            raise problem(str(path), f"this is no folder of a trained run: {file.relative_to(folder.path)} is missing")
    return folder


def changed_code(path: Path) -> str:
    """That code of the user's own has changed since the run at `path` was trained by it; empty where it has not."""
    try:
        names = changed_modules(trained_folder(path).origin())
    except (FileNotFoundError, Damaged):  # it has no provenance.json that could be read: for those who need it
        return ""
    if not names:
        return ""
    return (f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} changed since this run was trained: its "
            "weights are used with the code of now, which may answer otherwise")


def unfinished(path: Path) -> str:
    """That the run at `path` has not come to its end, in a sentence; empty for one that has."""
    if (path / ENSEMBLE).is_file() or not path.exists():
        return ""
    result = trained_folder(path).result()
    status = "" if result is None else str(result.get("status"))
    if status in ENDED:
        return ""
    how = {"": "has no result yet", "interrupted": "was interrupted", "diverged": "diverged", "failed": "failed",
           "out_of_memory": "ran out of memory"}.get(status, f"is {status}")
    return f"this run {how}: it is taken as its last checkpoint has it"
