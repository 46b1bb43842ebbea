"""Which jobs of a sweep train as one program (`engine.packed`): a function of their configurations and the cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlrun.config.problem import ConfigError
from dlrun.config.schema.folds import fold_configs, folds_of
from dlrun.config.schema.root import Config
from dlrun.preflight import speed
from dlrun.preflight.checked import Checked
from dlrun.preflight.packs import FEWEST, alone, bytes_of_member, members, most, worth_a_trial
from dlrun.preflight.preflight import stored
from dlrun.preflight.program import operations
from dlrun.preflight.trials import Way, find
from dlrun.record.folder import RunFolder
from dlrun.record.pack_place import is_fixed
from dlrun.record.plan import Job
from dlrun.sweep.plan.status import JobState


@dataclass(frozen=True)
class Place:
    """A job's place: which pack, how many slots it has, which of them; of a k-fold run the first, its others follow.

    A job that has `begun` there goes on with the bits that it would have had.  `folders` are those of all jobs (of
    their folds) that have a slot in the pack, also of those that are done.  A pack of an older dlrun's is `fixed`.
    """

    pack: tuple[Any, ...]
    slots: int
    slot: int
    begun: bool = False
    parts: int = 1  # slots that the job takes
    fixed: bool = False
    folders: Mapping[int, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Packs:
    """`places` by the job's number; `reasons` say why the others train alone, each with how many they are.

    `memory` is what the largest pack needs, in bytes, about.
    """

    places: Mapping[int, Place]
    reasons: Mapping[str, int]
    memory: int = 0

    @property
    def lines(self) -> list[str]:
        """What the plan says of them."""
        sizes: dict[tuple[Any, ...], int] = {}
        for place in self.places.values():
            sizes[place.pack] = sizes.get(place.pack, 0) + 1
        counts = sorted(sizes.values(), reverse=True)
        found = [f"{count} jobs alone: {reason}" for reason, count in self.reasons.items()]
        if counts:
            size = f"about {-(-self.memory // 1_000_000):,} MB{' each' if len(counts) > 1 else ''}"
            found.insert(0, f"{len(counts)} of {', '.join(map(str, counts))} jobs, {size}")
        return found


def packs(jobs: Sequence[Job], states: Sequence[JobState], cores: int, timeout: bool = False,
          gpus: bool = False, retry: bool = False,
          folder: Callable[[Job], Path] = lambda job: Path(job.folder)) -> Packs:
    """The places of the jobs that are to be trained with others; `retry`: those too that have failed.

    `cores` is how many packs may be trained at a time; with `gpus`, on GPUs where a job does not name another device.
    `folder` gives the one of a job's run.
    """
    groups = _groups(jobs, states)
    places: dict[int, Place] = {}
    reasons: dict[str, int] = {}
    memory = 0
    for number, group in enumerate(groups.values()):
        first = group[0][0]
        chosen = first.config.get("pack", "never")
        try:
            checked = stored(first.config)
            parts = members(checked.config)
            gpu = _on_gpu(checked, gpus)
            reason = alone(checked, chosen, len(group) * parts, gpu)
            if reason is None and timeout:
                reason = "timeout= counts the seconds of each"
            if reason is None and parts > most(checked, chosen, gpu):
                reason = f"each has {parts} folds, and no pack takes so many"
        except ConfigError:  # the data has gone since the job was planned: its worker will say so
            continue
        left = {job.number for job, state in group if state.is_pending(retry) or job.config.get("force")}
        if reason is not None:
            if reason and left:
                reasons[reason] = reasons.get(reason, 0) + len(left)
            continue
        own = _of_group(number, group, most(checked, chosen, gpu), cores, parts)
        own = _with_folders(own, group, checked.config, folder)
        own = {number: place for number, place in own.items() if number in left}
        memory = max([memory, *(place.slots * bytes_of_member(checked) for place in own.values())])
        places |= own
    return Packs(places, reasons, memory)


def untried(jobs: Sequence[Job], states: Sequence[JobState], retry: bool = False,
            gpus: bool = False) -> list[tuple[Way, Job]]:
    """The trials that decide about packs on the CPU and have not been made on this machine, each with a job to try.

    What has begun goes on as it began, and needs none.
    """
    found: list[tuple[Way, Job]] = []
    for group in _groups(jobs, states).values():
        job = next((job for job, state in group if state.pack is None and state.is_pending(retry)), None)
        if job is None:
            continue
        try:
            checked = stored(job.config)
            count = len(group) * members(checked.config)
            if _on_gpu(checked, gpus) or not worth_a_trial(checked, job.config.get("pack"), count):
                continue
            ways: list[Way] = ["packed"]
            if checked.config.speed == "auto" and speed.worth_a_trial(checked):
                ways.append("compiled")
            found += [(way, job) for way in ways if find(way, checked) is None]
        except ConfigError:  # the data has gone since the job was planned: its worker will say so
            continue
    return found


def _on_gpu(checked: Checked, gpus: bool) -> bool:
    return checked.config.device.startswith("cuda") or (gpus and checked.config.device == "auto")


def _groups(jobs: Sequence[Job], states: Sequence[JobState]) -> dict[tuple[Any, ...], list[tuple[Job, JobState]]]:
    """The jobs that may be one program, by the operations of their steps."""
    groups: dict[tuple[Any, ...], list[tuple[Job, JobState]]] = {}
    for job, state in zip(jobs, states):
        groups.setdefault(operations(job.config), []).append((job, state))
    return groups


def _of_group(number: int, group: Sequence[tuple[Job, JobState]], most: int, cores: int,
              parts: int) -> dict[int, Place]:
    """Chunks of the jobs in the plan's order, those of as many epochs side by side; as many chunks as cores at least.

    Each job takes `parts` slots.  One that has begun keeps the number of slots and the slot that it began with, and one
    that has begun alone takes none.
    """
    ordered = sorted((job for job, state in group if not _begun_alone(job, state)),
                     key=lambda job: (job.steps, job.number))
    spread = min(cores, len(ordered) * parts // (2 * FEWEST), len(ordered))
    units = max(-(-len(ordered) // max(1, most // parts)), spread, 1)
    size = -(-len(ordered) // units)
    fresh = {}
    for place, job in enumerate(ordered):
        jobs = min(size, len(ordered) - place // size * size)
        fresh[job.number] = Place((number, place // size), jobs * parts, place % size * parts, parts=parts)
    found: dict[int, Place] = {}
    taken: dict[tuple[Any, ...], set[int]] = {}
    for job, state in group:
        if _begun_alone(job, state):
            continue  # it goes on with these bits
        own = fresh[job.number]
        if state.pack is None or job.config.get("force"):
            if own.slots > 1:
                found[job.number] = own
            continue
        slots, slot = state.pack["slots"], state.pack["slot"]
        if (slots, slot) == (own.slots, own.slot):
            pack = own.pack
        else:
            keys = ((number, slots, k) for k in range(len(group)))
            pack = next(key for key in keys if slot not in taken.get(key, ()))
        taken.setdefault(pack, set()).add(slot)
        found[job.number] = Place(pack, slots, slot, True, parts)
    return found


def _begun_alone(job: Job, state: JobState) -> bool:
    return state.pack is not None and not state.pack and not job.config.get("force")


def _with_folders(places: Mapping[int, Place], group: Sequence[tuple[Job, JobState]], config: Config,
                  folder: Callable[[Job], Path]) -> dict[int, Place]:
    """The same places, with what is known of those beside each."""
    names = None if folds_of(config) is None else [name for name, _ in fold_configs(config)]
    folders: dict[tuple[Any, ...], dict[int, str]] = {}
    fixed = set()
    for job, state in group:
        if (place := places.get(job.number)) is None:
            continue
        run = RunFolder(folder(job).absolute())
        parts = [run] if names is None else [run.fold(name) for name in names]
        own = {place.slot + number: str(part.path) for number, part in enumerate(parts)}
        folders.setdefault(place.pack, {}).update(own)
        if place.begun and is_fixed(state.pack or {}):
            fixed.add(place.pack)
    return {number: replace(place, fixed=place.pack in fixed, folders=folders[place.pack])
            for number, place in places.items()}
