"""A run that is to be trained: its signals, its recorders, and what its folder says of an error."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from dlrun.assembly.machine import isolated_torch_state
from dlrun.config.problem import ConfigError
from dlrun.config.schema.folds import folds_of
from dlrun.engine.fit import Due
from dlrun.engine.processes import SINGLE, Processes
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.record.folder import RunFolder, write_text
from dlrun.record.recorder import Recorder, Recorders
from dlrun.run.cannot_write import cannot_write
from dlrun.run.folder_state import remove_new_folders
from dlrun.run.formatting import first_line
from dlrun.run.session import Steps, train_steps

Work = Callable[[Checked, str, RunFolder, Signals, Recorder, "Sequence[str] | None", Processes], Steps]


def train(checked: Checked, run_id: str, folder: RunFolder, new: list[Path], command: Sequence[str] | None,
          recorders: Sequence[Recorder], processes: Processes | None,
          shared: Signals | None) -> Generator[Due, Any, tuple[dict[str, Any], int]]:
    """Train once, or each fold; the result, and the exit code that a signal demands (0 where none came).

    `new` are folders that this start makes: what cannot begin leaves none of them.  Raises as `run.run_steps` does,
    which says what `shared` signals are.
    """
    config = checked.config
    work: Work = train_steps if folds_of(config) is None else _folds()
    isolated = isolated_torch_state() if shared is None else nullcontext()
    listening = Signals() if shared is None else nullcontext(shared)
    with isolated, listening as signals, closing(Recorders(recorders)) as recorder:
        try:
            result = yield from work(checked, run_id, folder, signals, recorder, command, processes or SINGLE)
        except ConfigError:
            remove_new_folders(folder, new)
            raise
        except Exception as error:
            if cannot_write(error, folder) is not None:
                raise
            write_text(folder.traceback, traceback.format_exc())
            if (folder.result() or {}).get("status") != "failed":  # it failed before there was anything to train
                from dlrun.run.outcome import failed

                failed(config, run_id, folder, first_line(error))
            raise
        if result["status"] == "diverged":
            from dlrun.run.outcome import diagnosis

            write_text(folder.traceback, diagnosis(result))
    return result, signals.exit_code


def _folds() -> Work:
    from dlrun.run.folds import folds  # most runs have none

    return folds
