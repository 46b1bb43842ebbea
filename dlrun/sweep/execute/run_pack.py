"""Several jobs of a sweep in the process that trains them as one program."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from dlrun.engine.fit import Due
from dlrun.record.folder import RunFolder
from dlrun.record.pack_place import ended_in
from dlrun.record.recorder import Recorder
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.run_job import answer_to, planned_job


def run_pack(message: Message, send: Callable[[Message], None], recorder: Callable[[Message], Recorder]) -> Message:
    """Train the jobs of a pack; each one's answer is sent as it ends, and the pack's own is returned.

    `recorder` gives what watches a job.  A job ends by itself, good or bad, as it would alone.
    """
    from dlrun.assembly.machine import isolated_torch_state
    from dlrun.engine.packed.layout import Layout
    from dlrun.engine.packed.member import Member
    from dlrun.engine.packed.pack import execute_together
    from dlrun.engine.signals import Signals

    jobs, data, slots = message["members"], dict[Any, Any](), message["slots"]
    beside = sum(job["parts"] for job in jobs)
    done = {slot: ended_in(RunFolder(folder), slots, slot) for slot, folder in message["known"]}
    layout = Layout(slots, {slot: steps for slot, steps in done.items() if steps is not None}, message["fixed"])
    with isolated_torch_state(), Signals() as signals:
        def steps(job: Message) -> Generator[Due, Any, None]:
            member = Member(job["slot"], layout, beside, data)
            answer = yield from _job_steps(job, recorder(job), member, signals)
            send({**answer, "job": job["id"]})

        ended = execute_together({job["slot"]: steps(job) for job in jobs}, layout)
    for outcome in ended.values():
        if outcome is not None:
            raise outcome
    return {"event": "packed", "code": signals.exit_code}


def _job_steps(job: Message, recorder: Recorder, member: Any, signals: Any) -> Generator[Due, Any, Message]:
    """As `run_job.run_job`, with the steps handed out."""
    from dlrun.run.run import recorders_of, run_steps

    try:
        ready = planned_job(job)
        recorders = [*recorders_of(ready.config), recorder]
        outcome = yield from run_steps(ready, ["dlrun", *job["words"]], recorders, member, signals)
    except Exception as error:
        return answer_to(error)
    return {"event": "end", "code": outcome.exit_code}
