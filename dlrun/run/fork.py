"""A run that begins from an epoch of another one, its parent, and goes on with other settings.

The parent's state at the end of that epoch is read from its checkpoint, or where that is of another epoch the epochs
are trained again, in the fork's folder: they are the parent's bits, or the fork is refused.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.assembly.machine import isolated_torch_state
from dlrun.config.fork import Origin, origin_of
from dlrun.config.places import REPLAYS
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.folds import FINAL, fold_configs, folds_of, seed_draws_rows
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.root import Config
from dlrun.engine.checkpoint import read
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import stored as check_again
from dlrun.preflight.speed import speed_of
from dlrun.record.folder import RunFolder, clear
from dlrun.record.metrics import read as read_rows
from dlrun.record.recorder import Recorder
from dlrun.record.status import resuming
from dlrun.record.stored import Damaged, read_yaml_mapping
from dlrun.run.fork_length import require_steps
from dlrun.run.fork_state import PREFIX
from dlrun.run.header import Start


@dataclass(frozen=True)
class Parent:
    """The run that a fork begins from; `checked` is its configuration, `stored` its provenance."""

    folder: RunFolder
    checked: Checked
    stored: dict[str, Any]
    epoch: int
    rows: list[dict[str, Any]]

    @property
    def id(self) -> str:
        """The id that its checkpoint has."""
        return str(self.stored.get("id", self.folder.path.name))

    @property
    def name(self) -> str:
        """``mnist-cnn-adam/3f9c1e02aa``; of a fold ``mnist-cnn-adam/3f9c1e02aa/folds/0``."""
        run = self.folder.run
        return "/".join(filter(None, [run.parent.name, run.name, self.folder.inside]))

    def has_state(self, again: RunFolder | None = None) -> bool:
        """Whether its checkpoint, or that of its epochs trained `again`, is of that epoch's end."""
        last = (again or self.folder).last
        if not last.is_file():
            return False
        try:
            content = read(last, "the fork cannot begin from it")
        except Damaged:
            if again is None:
                raise
            return False  # it resumes from the checkpoint before
        return bool(content["epoch"] == self.epoch and content["step"] == self.rows[-1]["step"])


def find_parent(config: Config) -> Parent:
    """The parent below output_dir, of a fold that fold of it; raises ConfigError where it is not there.

    Also where it has not come to that epoch, or is a run of other folds.
    """
    origin = origin_of(config.fork or "")
    assert origin is not None  # the check of the configuration has seen to it
    given, below = f"fork={config.fork}", Path(config.output_dir).expanduser()
    places = [below, below.parent] if below.name == REPLAYS else [below]
    found = [path for place in places for path in sorted(place.glob(f"*/{origin.parent}")) if path.is_dir()]
    if not found:
        raise problem(given, f"no run {origin.parent} lies in {below}, which this one begins from")
    parent = _read(config, RunFolder(found[0]), origin)
    before = parent.checked.config
    if config.seed != before.seed and (seed_draws_rows(before) or getattr(before.validation, "shuffle", False)):
        raise problem(f"seed={config.seed}", f"the seed decides which rows the parent has seen; expected its own, "
                                             f"{before.seed}")
    if folds_of(config) is None and (folds := folds_of(before)) is not None:
        own = config.validation
        name = FINAL if own is None else str(own.fold) if isinstance(own, KFold) else ""
        if name not in dict(fold_configs(before)):
            raise problem(given, f"{origin.parent} is a run of {folds.count} folds; a fork has its data")
        return _read(config, parent.folder.fold(name), origin)
    if folds_of(config) != folds_of(before):
        raise problem(given, f"{origin.parent} is no run of these folds; a fork has its data")
    return parent


def _read(config: Config, folder: RunFolder, origin: Origin) -> Parent:
    """The parent in a folder; a whole k-fold run as the mean of its folds."""
    given, called = f"fork={config.fork}", "/".join(filter(None, [origin.parent, folder.inside]))
    try:
        stored, plain = folder.origin(), read_yaml_mapping(folder.config)
    except FileNotFoundError as missing:
        raise problem(given, f"{missing.filename} is missing: what the run began with is not known") from None
    allowed = {"allow": list(config.allow), "output_dir": config.output_dir, "data_dir": config.data_dir,
               "force": False, "device": config.device, "verbosity": config.verbosity}
    checked = check_again({**plain, **allowed})
    before = origin_of(checked.config.fork or "")
    if before is not None and origin.epoch <= before.epoch:
        raise problem(given, f"{called} is itself a fork, of epoch {before.epoch} of {before.parent}; expected a later "
                             f"epoch, or  dlrun fork {before.parent} epoch={origin.epoch}")
    rows = read_rows(folder.metrics)
    if len(rows) < origin.epoch and folds_of(checked.config) is None:
        raise problem(given, f"expected an epoch from 1 to {len(rows)}, those that {called} has" if rows else
                      f"{called} has no whole epoch")
    own = dataclasses.replace(checked.config, threads=stored.get("threads") or checked.config.threads,
                              speed=speed_of(stored) or checked.config.speed)
    return Parent(folder, dataclasses.replace(checked, config=own), stored, origin.epoch, rows[:origin.epoch])


def start_of_folds(config: Config) -> Start:
    """The start of a k-fold fork, each of whose folds begins from the same fold of the parent.

    Raises ConfigError where one of these has not come to that epoch.
    """
    parent = find_parent(config)
    for _, fold in fold_configs(config):
        _require_beginning(fold, find_parent(fold))
    note = f"a fork of epoch {parent.epoch} of each fold of {parent.name}"
    return Start(None, parent.id, parent.stored, note, parent.checked.config, _lineage(parent, "said by each fold"))


def begin(config: Config, folder: RunFolder, signals: Signals, recorder: Recorder,
          train: Callable[[Parent, RunFolder], Any]) -> Start | None:
    """The start of a fork, where its parent has no checkpoint of that epoch after training its epochs again.

    `train` trains them in the folder that it gets, from where that has come to.  None where a signal has ended that.
    """
    parent = find_parent(config)
    _require_beginning(config, parent)
    if config.force:
        clear(folder)
    if parent.has_state():
        return _start(config, parent, folder, None)
    again = RunFolder(folder.path / PREFIX, "/".join(filter(None, [folder.inside, PREFIX])))
    recorder.note(f"training epochs 1 to {parent.epoch} of {parent.name} again: it has no checkpoint of that epoch")
    if not parent.has_state(again):
        # It has come to that epoch within its max_seconds, whatever they suffice for here and now.
        own = dataclasses.replace(parent.checked.config, max_seconds=None)
        with isolated_torch_state():
            train(dataclasses.replace(parent, checked=dataclasses.replace(parent.checked, config=own)), again)
    return None if signals.received is not None else _start(config, parent, folder, again)


def _require_beginning(config: Config, parent: Parent) -> None:
    """Raises ConfigError where no step is left to the fork, or its beginning cannot be trained again."""
    require_steps(config, parent.checked.config, parent.rows, parent.checked.rows["train"])
    if parent.stored.get("pack") and not parent.has_state():
        raise problem(f"fork: epoch {parent.epoch} of {parent.name}",
                      "it was trained in a pack, whose last bits are its own: its first epochs cannot be trained again "
                      "alone; expected the epoch of its checkpoint")


def interrupted(config: Config, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder) -> dict[str, Any]:
    """Write the result of a fork that was interrupted before it began."""
    from dlrun.run.outcome import failed

    result = failed(config, run_id, folder, "", "interrupted", f"interrupted by {signals.name} while its first epochs "
                    f"were trained again; {resuming(config.force)} goes on there")
    recorder.finish(result)
    return result


def _start(config: Config, parent: Parent, folder: RunFolder, again: RunFolder | None) -> Start:
    """The start, with the parent's rows in metrics.jsonl; `again` has the epochs that were trained again.

    Raises ConfigError where these are other bits, or have taken all the seconds that the fork has.
    """
    if again is not None:
        try:
            _require_same(parent, again)
            require_steps(config, parent.checked.config, read_rows(again.metrics), parent.checked.rows["train"])
        except ConfigError:
            shutil.rmtree(again.path)  # the next start trains them by the code that it has
            raise
        checkpoint, how = again.last, "trained again, bit for bit"
    else:
        checkpoint, how = parent.folder.last, "read from its checkpoint"
    folder.make()
    shutil.copyfile(parent.folder.metrics if again is None else again.metrics, folder.metrics)
    own = parent.checked.config
    note = f"a fork of epoch {parent.epoch} of {parent.name}, {how}"
    return Start(checkpoint, parent.id, parent.stored, note, own, _lineage(parent, how))


def _lineage(parent: Parent, how: str) -> dict[str, Any]:
    return {"parent": parent.id, "name": parent.name, "epoch": parent.epoch, "prefix": how}


def _require_same(parent: Parent, again: RunFolder) -> None:
    rows = read_rows(again.metrics)
    for before, now in zip(parent.rows, rows):
        for key in before:
            if "seconds" not in key and before[key] != now.get(key):
                raise problem(f"fork: epoch {parent.epoch} of {parent.name}",
                              f"its first epochs do not come out the same here (epoch {before['epoch']}: {key} was "
                              f"{before[key]!r}, is {now.get(key)!r}): other code, versions or hardware; only the "
                              "epoch of its checkpoint can be forked")
    if not parent.has_state(again):
        raise problem(f"fork: epoch {parent.epoch} of {parent.name}", f"trained again it ended after epoch {len(rows)}"
                      "; only the epoch of its checkpoint can be forked")
