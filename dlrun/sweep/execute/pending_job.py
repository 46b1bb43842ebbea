"""A job that is still to be run here, and what has befallen it since the sweep was started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrun.record.plan import Job
from dlrun.sweep.plan.status import Entry

PATIENCE = (1.0, 5.0)  # seconds, first and longest, until a job that runs elsewhere is looked at again


@dataclass
class Todo:
    """A job that is to be run here.  `deaths` counts workers that died of it since it last got further."""

    job: Job
    folder: Path
    threads: int
    entry: Entry
    deaths: int = 0
    saved: int = 0  # when its checkpoint was last written, in nanoseconds, as its last worker died
    again: float = 0.0  # a time before which it is not offered: it runs in another process
    wait: float = PATIENCE[0]
    hopeless: str = ""  # why it is given up; who takes it next only writes that down
    pruned: bool = False  # a search has asked it to stop; it is saved, and not taken up again
