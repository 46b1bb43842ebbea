"""A job that is still to be run here, and what has happened to it since the sweep was started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrun.record.plan import Job
from dlrun.sweep.plan.packs import Place
from dlrun.sweep.plan.status import JobState

RETRY_SECONDS = (1.0, 5.0)  # first and longest, until a job that runs elsewhere is looked at again


@dataclass
class PendingJob:
    """A job with its run's folder, the threads that it gets, and its state when that was last read.

    `deaths` counts workers that died of it since it last made progress, and `saved_at` is when its checkpoint was
    written before the last death (nanoseconds).  A job that runs in another process is not offered before `retry_at`
    (seconds of the monotonic clock; 0: it does not).  One with an `abandon_reason` is given up: who takes it next only
    writes that down.  `stop_sent`: a search has asked it to stop; it is saved, and not taken up again.  `place` is that
    in its pack (None: it trains alone); `lead` is the id under which its process is spoken to: its own, or that of the
    job of its pack that was taken first.
    """

    job: Job
    folder: Path
    threads: int
    state: JobState
    deaths: int = 0
    saved_at: int = 0
    retry_at: float = 0.0
    retry_delay: float = RETRY_SECONDS[0]
    abandon_reason: str = ""
    stop_sent: bool = False
    place: Place | None = None
    lead: str = ""

    @property
    def unit(self) -> object:
        """What it is taken with: equal for the jobs of a pack."""
        return self.job.id if self.place is None else self.place.pack
