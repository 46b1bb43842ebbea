"""What a step took on this machine by the ways in which it can be executed: tried once, and kept for this user.

Who measures is `run.trial`, with torch; here is what was found, where it lies and what follows.  A file is named by
all that decides these seconds, and is never replaced: the same command takes the same path.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Literal

from dlrun.config.places import cache_dir
from dlrun.preflight.checked import Checked
from dlrun.preflight.program import operations
from dlrun.record import digest
from dlrun.record.own_file import private_folder, write_new
from dlrun.record.provenance import cpu_model
from dlrun.record.stored import Damaged, mapping, read_file

Way = Literal["compiled", "packed"]
FORMAT = 1  # of the files and of how they were measured; a change of either is a new trial
GAIN = 0.9  # of the plain time: a way that saves less is not taken, as the trial of another day might not take it
# Keys of a configuration that change no step, beside those that members of a pack may differ in.
_NO_STEP = ("validation", "train_size", "test_size", "split_seed", "pack", "device", "threads", "resident", "data_dir")


@dataclass(frozen=True)
class Trial:
    """Seconds of a step as torch's operations (`plain`) and in the other way, and those that this takes to `begin`."""

    plain: float
    other: float
    begin: float = 0.0

    @property
    def share(self) -> float:
        """A step in the other way, of a plain one."""
        return self.other / self.plain

    def pays(self, steps: int) -> bool:
        """Whether so many steps are faster in the other way, by a tenth at least."""
        return self.begin + steps * self.other <= GAIN * steps * self.plain


def find(way: Way, checked: Checked, say: Callable[[str], None] = lambda text: None) -> Trial | None:
    """What was found before; None where nothing was.  A damaged file is said, and removed."""
    place = _place(way, checked)
    try:
        return read_file(place, _trial)
    except FileNotFoundError:
        return None
    except Damaged as damaged:
        say(f"{place} {damaged.wrong}; the trial is made again")
        place.unlink(missing_ok=True)
        return None


def keep(way: Way, checked: Checked, trial: Trial, say: Callable[[str], None] = lambda text: None) -> Trial:
    """Keep what was measured; what lies there then: another process may have been faster, and its trial counts."""
    place = _place(way, checked)
    content = digest.sealed({**asdict(trial), "way": way, "decided_by": _decided_by(way, checked)})
    try:
        private_folder(place.parent)
        write_new(place, (json.dumps(content, indent=2) + "\n").encode())
    except FileExistsError:
        return find(way, checked) or trial
    except OSError as error:
        say(f"{place.parent} cannot be used ({error.strerror or error}); each start makes the trial again")
    return trial


def _trial(data: bytes) -> Trial:
    found = digest.unsealed(mapping(data))
    values = {field.name: float(found[field.name]) for field in fields(Trial)}
    if not all(0 <= value < float("inf") for value in values.values()) or values["plain"] == 0:
        raise ValueError(f"its seconds are {values}")
    return Trial(**values)


def _place(way: Way, checked: Checked) -> Path:
    named = json.dumps([FORMAT, _decided_by(way, checked)])
    return cache_dir() / "trials" / f"{way}-{hashlib.sha256(named.encode()).hexdigest()[:24]}.json"


def _decided_by(way: Way, checked: Checked) -> dict[str, str]:
    """Everything that decides the seconds: the step's operations, versions, processor."""
    assert checked.config.plain is not None
    step = {key: value for key, value in operations(checked.config.plain)
            if not {key.partition(".")[0], key.rpartition(".")[2]} & {*_NO_STEP}}
    versions = {name: metadata.version(name) for name in ("torch", "dlrun")}
    return {"way": way, **step, **versions, "processor": cpu_model(), "cores": str(os.cpu_count())}
