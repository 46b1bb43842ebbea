"""Where a run starts: from nothing, from its own checkpoint, or from another run with the same first steps."""

from __future__ import annotations

from pickle import UnpicklingError

from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.engine.fit import Fit
from dlrun.record.folder import RunFolder, read_json
from dlrun.run.interrupted import interrupted_beside
from dlrun.run.start import Start
from dlrun.run.twin import start_from_twin


def find_start(config: Config, run_id: str, folder: RunFolder, versions: dict[str, str], hardware: str) -> Start:
    """How the run resumes; a fresh one looks for a twin beside it, and says which interrupted run is none."""
    if folder.last.is_file():
        stored = read_json(folder.provenance) if folder.provenance.is_file() else None
        return Start(folder.last, run_id, stored)
    return start_from_twin(config, folder, versions, hardware) or Start(note=interrupted_beside(config, folder))


def load(training: Fit, start: Start, own: bool) -> None:
    """Restore the state that a start names; raises ConfigError for a checkpoint that is not this run's."""
    assert start.checkpoint is not None
    try:
        training.checkpoints.load(start.checkpoint, start.run_id)
    except (ValueError, RuntimeError, EOFError, UnpicklingError) as error:
        raise problem(str(start.checkpoint), f"{error}; force=true trains it again") from error
    if not own:
        training.checkpoints.saved = None  # nothing is saved yet in this run's own folder
