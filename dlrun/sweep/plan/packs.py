"""Which jobs of a sweep train as one program (`engine.packed`): a function of their configurations and the cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun import registry
from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import Root
from dlrun.preflight.packs import FEWEST, alone, bytes_of_member, members, most
from dlrun.preflight.preflight import stored
from dlrun.record.plan import Job
from dlrun.sweep.plan.status import JobState

# What may differ among the members of a pack, beside the keys of an optimizer's `moved_by` and of a schedule.
_FREE = ("seed", "epochs", "max_steps", "test_at", "evaluate_train", "interpolation")
_FREE_OF_MODEL = ("dropout", "input_dropout", "l1", "l2", "init", "bias_init")
_PACKED_BY = ("pack", "device", "threads", "resident", "data_dir")  # of the keys that change no id
_SET_OR_NOT = ("max_norm", "clip_norm", "clip_value")  # keys whose number may differ, but not whether there is one


@dataclass(frozen=True)
class Place:
    """A job's place: which pack, how many slots it has, which of them; of a k-fold run the first, its others follow.

    A job that has `begun` there goes on with the bits that it would have had, whoever else is there.
    """

    pack: tuple[Any, ...]
    slots: int
    slot: int
    begun: bool = False
    parts: int = 1  # slots that the job takes


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
          gpus: bool = False) -> Packs:
    """The places of the jobs that are trained with others.

    `cores` is how many packs may be trained at a time; with `gpus`, on GPUs where a job does not name another device.
    """
    groups: dict[tuple[Any, ...], list[tuple[Job, JobState]]] = {}
    for job, state in zip(jobs, states):
        groups.setdefault(_program(job), []).append((job, state))
    places: dict[int, Place] = {}
    reasons: dict[str, int] = {}
    memory = 0
    for number, group in enumerate(groups.values()):
        first = group[0][0]
        chosen = first.config.get("pack", "never")
        try:
            checked = stored(first.config)
            parts = members(checked.config)
            gpu = checked.config.device.startswith("cuda") or (gpus and checked.config.device == "auto")
            reason = alone(checked, chosen, len(group) * parts, gpu)
            if reason is None and timeout:
                reason = "timeout= counts the seconds of each"
            if reason is None and parts > most(checked, chosen):
                reason = f"each has {parts} folds, and no pack takes so many"
        except ConfigError:  # the data has gone since the job was planned: its worker will say so
            continue
        if reason is not None:
            if reason:
                reasons[reason] = reasons.get(reason, 0) + len(group)
            continue
        own = _of_group(number, group, most(checked, chosen), cores, parts)
        memory = max([memory, *(place.slots * bytes_of_member(checked) for place in own.values())])
        places |= own
    return Packs(places, reasons, memory)


def _of_group(number: int, group: Sequence[tuple[Job, JobState]], most: int, cores: int,
              parts: int) -> dict[int, Place]:
    """Chunks of the jobs in the plan's order, those of as many epochs side by side; as many chunks as cores at least.

    Each job takes `parts` slots.  One that has begun keeps the number of slots and the slot that it began with.
    """
    ordered = sorted((job for job, _ in group), key=lambda job: (job.steps, job.number))
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
        own = fresh[job.number]
        if state.pack is None or job.config.get("force"):
            if own.slots > 1:
                found[job.number] = own
            continue
        if not state.pack:
            continue  # it has begun alone, and goes on with these bits
        slots, slot = state.pack["slots"], state.pack["slot"]
        if (slots, slot) == (own.slots, own.slot):
            pack = own.pack
        else:
            keys = ((number, slots, k) for k in range(len(group)))
            pack = next(key for key in keys if slot not in taken.get(key, ()))
        taken.setdefault(pack, set()).add(slot)
        found[job.number] = Place(pack, slots, slot, True, parts)
    return found


def _program(job: Job) -> tuple[Any, ...]:
    """Equal for jobs that may train as one program."""
    flat, found = flatten(job.config), []
    known = rules(Root)
    moved = getattr(registry.find("optimizer", flat["optimizer.kind"]), "moved_by", ())
    for key, value in flat.items():
        group, _, member = key.partition(".")
        if key in _FREE or group in ("schedule", "early_stop") or (group == "model" and member in _FREE_OF_MODEL):
            if member.endswith("dropout"):  # a layer is there, or it is not
                value = bool(value)
            else:
                continue
        elif member in _SET_OR_NOT:
            value = value is not None
        elif group == "optimizer" and member in moved:
            # Whether there is a momentum is another program; the other numbers are each member's own.
            value = bool(value) if member == "momentum" else None
        elif member == "name" or (group in known and not known[group].identity and group not in _PACKED_BY):
            continue
        found.append((key, repr(value)))
    return tuple(sorted(found))
