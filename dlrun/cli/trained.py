"""The trained run that a command means: by its folder, a name below the folder of all runs, the beginning of its id."""

from __future__ import annotations

import sys
from pathlib import Path

from dlrun.record.terminal import say


def trained(word: str, output_dir: str, ensembles: bool = False, bases: bool = False) -> Path:
    """The folder; raises ConfigError where it is none of a trained run (or, with `ensembles`, of an ensemble of runs).

    With `bases` the name of a base stands for itself where no run is called so.  Torch, which takes seconds, is not
    loaded.
    """
    from dlrun.config.problem import ConfigError
    from dlrun.inference.trained_folder import ENSEMBLE, changed_code, trained_folder
    from dlrun.models.pretrained.find import is_base_name
    from dlrun.report.find import locate

    typed = Path(word).expanduser()
    try:
        folder = typed if typed.is_file() else locate(word, Path(output_dir).expanduser())
    except ConfigError:
        if bases and is_base_name(word):
            return Path(word)
        raise
    if not (ensembles and (folder / ENSEMBLE).is_file()):
        trained_folder(folder)
        if note := changed_code(folder):
            say(note, file=sys.stderr)
    return folder
