"""What a person sees of a run: three lines before, a line an epoch, a line that lives, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, TextIO

from dlrun.record.epoch_lines import EpochLines
from dlrun.record.folder import RunFolder
from dlrun.record.metric import metrics_of
from dlrun.record.quantities import long_time
from dlrun.record.recorder import Recorder, RunInfo
from dlrun.record.stored import Damaged
from dlrun.record.table import EpochTable
from dlrun.record.terminal import fitting

COLUMNS = 12  # of metrics, at most


class Console(EpochLines):
    """Prints a run to `stream` (standard output).

    On a terminal one line lives below the table: progress, speed, the running metrics, the time left.  Elsewhere
    (a file, a pipe) there are only plain lines, without a control character.  Verbosity 0 prints the outcome alone,
    1 a line an epoch, 2 also a line at every log point.

    Runs of more than 50 epochs are thinned to about 50 lines; the best and the last epoch always get theirs, at the
    latest when the run ends (a line for each improvement would be a line for almost every epoch of a run that learns).

    A k-fold run has a line a fold instead, then their mean and standard deviation; verbosity 2 adds each fold's table.
    """

    def __init__(self, stream: TextIO | None = None, terminal: bool | None = None):
        super().__init__(stream, terminal)
        self._held: list[tuple[str, Mapping[str, Any]]] = []  # folds that get their line at the end
        self._beside: Recorder | None = None  # of folds that are trained side by side the one that is shown

    def start(self, info: RunInfo) -> None:
        self._info, self._verbosity = info, info.verbosity
        shown = dict(info.metrics)
        if len(shown) > COLUMNS:  # of a task with several targets: what it is judged by alone gets columns
            shown = {key: metric for key, metric in shown.items() if metric.name == info.primary} or shown
        self._table = EpochTable(shown, info.epochs, "fold" if info.folds else "epoch")
        if self._verbosity == 0:
            return
        width = max(len(name) for name in (info.dataset, info.model, "folder"))
        lines = [(info.dataset, info.data_line), (info.model, info.model_line), ("device", info.device_line)]
        for name, line in [*lines, ("folder", _near(info.folder))]:
            if line:
                self._print(f"{name:{width}} {line}" if name else line)
        for text in info.notes:
            self._print(text)
        if info.resumed_step:
            self._print(f"resumed in epoch {info.first_epoch}, after {info.resumed_step:,} steps")
        self._print("")
        if self._terminal and not info.folds:
            from dlrun.record.live import Live

            self._live = Live(self._stream, info)
        if not (info.folds and self._verbosity >= 2):  # there the table of folds comes when all are done
            self._print(self._table.head, "bold")

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        from dlrun.record.console_folds import FoldBeside, FoldConsole

        notes = self._info.notes if self._info else ()
        if together == 1:
            return FoldConsole(self._stream, self._terminal, name, after, notes)
        if self._beside is not None:
            return FoldBeside(name, self._beside, notes)
        self._beside = FoldConsole(self._stream, self._terminal, f"{together} folds", 0, notes, most=1)
        return self._beside

    def fold_done(self, name: str, result: Mapping[str, Any]) -> None:
        if result.get("status") not in ("finished", "stopped"):
            return
        if self._verbosity >= 2 or name == "final":
            self._held.append((name, result))
        else:
            self._line(_as_row(name, result), best=False)

    def finish(self, result: Mapping[str, Any]) -> None:
        self._stop()
        self._rest()
        if self._info and self._info.folds:
            self._folds(result)
        if self._verbosity == 0:
            self._one_line(result)
            return
        self._outcome(result)
        if self._info:
            self._print("")
            self._print(f"folder {_near(self._info.folder)}")
            self._print(f"tensorboard --logdir {_near(self._info.folder.parent.parent)}")

    def found(self, result: Mapping[str, Any], folder: Path) -> None:
        """Print a run that was done before: its outcome, on which device and when it was made."""
        made = _made(folder)
        when = f"made on {made}" if made else "made"
        self._print(f"{_near(folder)} was {when} on {result.get('device', 'an unknown device')}")
        self._outcome(result)

    def _folds(self, result: Mapping[str, Any]) -> None:
        """The end of the table of folds: their mean and standard deviation, then the final fit."""
        if self._verbosity >= 2:
            self._print(self._table.head, "bold")
        lines = [pair for pair in self._held if pair[0] != "final"]
        if result.get("val_std"):
            lines += [(name, {split: result.get(f"{split}{end}") for split in ("train", "val")})
                      for name, end in (("mean", ""), ("std", "_std"))]
        for name, found in [*lines, *(pair for pair in self._held if pair[0] == "final")]:
            self._line(_as_row(name, found), best=False)

    def _outcome(self, result: Mapping[str, Any]) -> None:
        self._print(_sentence(result))
        folds, best = result.get("folds") or (), result.get("best") or {}
        if folds and best.get("epoch", result.get("epochs")) != result.get("epochs"):
            sentence = metrics_of(result).sentence({key: best[key] for key in best if key.startswith("val/")})
            self._print(f"best   {sentence} after epoch {best['epoch']} of the mean curve")
        if result.get("val_std"):
            self._print(f"val    {_with_spread(result, 'val')} over {len(folds)} folds")
        split = _split(result)
        if split:
            spread = split == "test" and result.get("test_std")
            sentence = _with_spread(result, split) if spread else metrics_of(result).sentence(result[split])
            self._print(f"{f'{split:6} {sentence}':<48} {_took(result)}".rstrip())
        if split and (line := _baseline(result)):
            self._print(f"\x1b[2m{line}\x1b[0m" if self._terminal and "NO_COLOR" not in os.environ else line)
        self._classes(result, split)
        for stored in result.get("remarks") or ():
            from dlrun.record.remarks import remark_of

            line = remark_of(stored).line
            if self._info is None or line not in self._info.notes:  # of the data it was said before the first epoch
                self._note(f"note   {line}")

    def _note(self, text: str) -> None:
        """A sentence, on a terminal wrapped between words."""
        for line in fitting(text, get_terminal_size().columns if self._terminal else 10_000, indent=7):
            self._print(line)

    def _classes(self, result: Mapping[str, Any], split: str) -> None:
        """The classes that are predicted worst; at verbosity 2 all of them, with where they are confused."""
        table, matrix = result.get(f"{split}_per_class") or {}, result.get(f"{split}_confusion")
        if not table:
            return
        from dlrun.record.class_tables import class_text, lowest_f1

        if self._verbosity >= 2 and matrix:
            self._print("")
            for line in class_text(table, matrix, get_terminal_size().columns).splitlines():
                self._print(line)
            self._print("")
        elif worst := lowest_f1(table):
            self._print(f"lowest F1: {worst}" + (" (pictures/classes.txt has all)" if matrix else ""))

    def _one_line(self, result: Mapping[str, Any]) -> None:
        split = _split(result)
        ended_well = split and result.get("status") in ("finished", "stopped")
        sentence = metrics_of(result).sentence(result[split]) if ended_well else ""
        outcome = f"{split}  {sentence}  {_took(result)}".rstrip() if ended_well else _sentence(result)
        self._print(f"{result.get('name')}/{result.get('id')}  {outcome}")



def show_result(result: Mapping[str, Any], folder: str | os.PathLike[str], console: Console | None = None) -> None:
    """Print the result of a finished run that was found again; see `Console.found`."""
    (console or Console()).found(result, Path(folder))


def _sentence(result: Mapping[str, Any]) -> str:
    return str(result.get("stop_reason") or str(result.get("status")).replace("_", " "))


def _split(result: Mapping[str, Any]) -> str:
    """Whose metrics are the outcome; empty for a run that has none worth a line."""
    if result.get("status") in ("diverged", "out_of_memory", "failed"):
        return ""
    return next((split for split in ("test", "val", "train") if result.get(split)), "")


def _as_row(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """A fold's result as a line of the table."""
    return {"epoch": name, "seconds": result.get("seconds"),
            **{f"{split}/{key}": value for split in ("train", "val")
               for key, value in (result.get(split) or {}).items()}}


def _with_spread(result: Mapping[str, Any], split: str) -> str:
    """The mean and standard deviation of each measure over the folds: ``loss 9.2113 +- 3.1208``."""
    known, spread = metrics_of(result), result[f"{split}_std"]
    return " · ".join(f"{known.sentence({key: value})} +- {known.text(key, spread[key], 2)}"
                      for key, value in (result.get(split) or {}).items() if key in spread and not known.of(key).minor)


def _baseline(result: Mapping[str, Any]) -> str:
    """The number that a model has to beat; empty where there is none, or where the model is what gives it."""
    baseline = dict(result.get("baseline") or {})
    if not baseline or (result.get("config") or {}).get("model.kind") == baseline["model"]:
        return ""
    known = metrics_of(result)
    plain = [name for name, value in baseline.items() if isinstance(value, float) and known.of(name).plain]
    in_better_units = {known.of(name).instead_of for name in plain}
    numbers = known.sentence({name: baseline[name] for name in plain if name not in in_better_units})
    return f"baseline ({str(baseline['says']).removeprefix('the ')}): {numbers}"


def _took(result: Mapping[str, Any]) -> str:
    return f"({long_time(result['seconds'])})" if result.get("seconds") is not None else ""


def _made(folder: Path) -> str:
    """The day and minute (local time) of the run's start; empty where its provenance is missing."""
    from datetime import datetime

    try:
        started = datetime.fromisoformat(RunFolder(folder).origin()["started"])
    except (FileNotFoundError, Damaged, KeyError, TypeError, ValueError):
        return ""
    return started.astimezone().strftime("%Y-%m-%d %H:%M")


def _near(path: Path) -> str:
    """As a person would type it here: relative when it is below the working folder."""
    try:
        return Path(path).absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
