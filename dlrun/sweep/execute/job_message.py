"""What the sweep and the process that trains a job tell each other: mappings of plain JSON.

To the process goes a job (`job_message`).  Back come, each with its `event`:

``ready``     a worker has loaded torch and takes jobs
``progress``  `epochs` done (a fraction in mid-epoch) `of` so many (None: not known), `values` by metric
``end``       the job has ended; its folder says how (`code`, `reason`: the run's exit code, and an exception's text)
``busy``      another process trains it (`reason`: which)
``refused``   it is no longer the job that was planned (`reason`)
``packed``    a pack's process has ended the last of its jobs, and takes another (`code`)
``lost``      its process has died (`reason`: how); `blameless` where it was ended for another job's sake

A pack's process gets `pack_message`, and names in each answer the `job` that it is of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlrun.record.plan import Job
from dlrun.registry import permitted
from dlrun.sweep.plan.packs import Place

Message = dict[str, Any]


def job_message(job: Job, folder: Path, threads: int, abandon_reason: str = "") -> Message:
    """A job, with the threads that it gets and the modules that the sweep's command allows.

    With an `abandon_reason` it is not trained but written down as failed.
    """
    message: Message = {"config": job.config, "id": job.id, "folder": str(folder.absolute()), "threads": threads,
                        "words": list(job.overrides), "allow": list(permitted()), "environment": list(job.environment)}
    return {**message, "abandon_reason": abandon_reason} if abandon_reason else message


def pack_message(jobs: list[Message], places: list[Place]) -> Message:
    """Jobs that train as one program, each in its slots; the pack goes by the id of the first.

    `known` are the slots of all jobs of the pack that are not trained anew, each with its folder: it says whether and
    when it has come to its end there.
    """
    anew = {slot for job, place in zip(jobs, places) if job["config"].get("force")
            for slot in range(place.slot, place.slot + place.parts)}
    return {"id": jobs[0]["id"], "slots": places[0].slots, "fixed": places[0].fixed,
            "known": [[slot, folder] for slot, folder in places[0].folders.items() if slot not in anew],
            "members": [{**job, "slot": place.slot, "parts": place.parts} for job, place in zip(jobs, places)]}


def ids_of(message: Message) -> list[str]:
    """The jobs that a process is given by a message."""
    return [job["id"] for job in message.get("members", [message])]
