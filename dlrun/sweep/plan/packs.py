"""Which jobs of a sweep train as one program (`engine.packed`): a function of their configurations and the cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dlrun import registry
from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import rules
from dlrun.config.schema.folds import depends_on_seed, folds_of
from dlrun.config.schema.root import Root
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import stored
from dlrun.preflight.threads import work
from dlrun.record.plan import Job
from dlrun.sweep.plan.status import JobState

# Measured on two cores: 64 networks 784-16-10 with batches of 64 (2.4e6 multiply-adds a step) take a third of the time
# of as many alone; 16 of 784-128-128-10 with batches of 128 (45e6) as long as alone.
SMALL = 10e6  # multiply-adds of a step, below which a pack is faster than its members alone
FEWEST, MOST = 4, 128  # members of a pack under pack=auto
SHARE = 8  # of the machine's memory that a pack may take: one part in so many

# What may differ among the members of a pack, beside the keys of an optimizer's `moved_by` and of a schedule.
_FREE = ("seed", "epochs", "max_steps", "test_at", "evaluate_train", "interpolation")
_FREE_OF_MODEL = ("dropout", "input_dropout", "l1", "l2", "init", "bias_init")
_PACKED_BY = ("pack", "device", "threads", "resident", "data_dir")  # of the keys that change no id
_SET_OR_NOT = ("max_norm", "clip_norm", "clip_value")  # keys whose number may differ, but not whether there is one


@dataclass(frozen=True)
class Place:
    """A job's place: which pack, how many slots it has, which of them.

    A job that has `begun` there goes on with the bits that it would have had, whoever else is there.
    """

    pack: tuple[Any, ...]
    slots: int
    slot: int
    begun: bool = False


@dataclass(frozen=True)
class Packs:
    """`places` by the job's number; `reasons` say why the others train alone, each with how many they are."""

    places: Mapping[int, Place]
    reasons: Mapping[str, int]

    @property
    def lines(self) -> list[str]:
        """What the plan says of them."""
        sizes: dict[tuple[Any, ...], int] = {}
        for place in self.places.values():
            sizes[place.pack] = sizes.get(place.pack, 0) + 1
        counts = sorted(sizes.values(), reverse=True)
        found = [f"{count} jobs alone: {reason}" for reason, count in self.reasons.items()]
        return ([f"{len(counts)} of {', '.join(map(str, counts))} jobs"] if counts else []) + found


def packs(jobs: Sequence[Job], states: Sequence[JobState], cores: int, timeout: bool = False) -> Packs:
    """The places of the jobs that are trained with others."""
    groups: dict[tuple[Any, ...], list[tuple[Job, JobState]]] = {}
    for job, state in zip(jobs, states):
        groups.setdefault(_program(job), []).append((job, state))
    places: dict[int, Place] = {}
    reasons: dict[str, int] = {}
    for number, group in enumerate(groups.values()):
        first = group[0][0]
        chosen = first.config.get("pack", "never")
        try:
            checked = stored(first.config)
            reason = _alone(checked, chosen, len(group), timeout)
        except ConfigError:  # the data has gone since the job was planned: its worker will say so
            continue
        if reason is not None:
            if reason:
                reasons[reason] = reasons.get(reason, 0) + len(group)
            continue
        most = min(MOST if chosen == "auto" else int(chosen), _that_fit(checked))
        places |= _of_group(number, group, most, cores)
    return Packs(places, reasons)


def _of_group(number: int, group: Sequence[tuple[Job, JobState]], most: int, cores: int) -> dict[int, Place]:
    """Chunks of the jobs in the plan's order, those of as many epochs side by side; as many chunks as cores at least.

    One that has begun keeps the number of slots and the slot that it began with.
    """
    ordered = sorted((job for job, _ in group), key=lambda job: (job.steps, job.number))
    units = max(-(-len(ordered) // most), min(cores, len(ordered) // (2 * FEWEST)), 1)
    size = -(-len(ordered) // units)
    fresh = {}
    for place, job in enumerate(ordered):
        slots = min(size, len(ordered) - place // size * size)
        fresh[job.number] = Place((number, place // size), slots, place % size)
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
        found[job.number] = Place(pack, slots, slot, begun=True)
    return found


def _alone(checked: Checked, chosen: Any, jobs: int, timeout: bool) -> str | None:
    """Why jobs of this configuration train alone, "" where nobody has to be told; None where they train as one."""
    if chosen == "never":
        return ""
    if why := next(iter(_unfit(checked)), None):
        return why
    if timeout:
        return "timeout= counts the seconds of each"
    if chosen == "auto":
        size = work(checked)
        if size is None or size > SMALL:
            return "their steps are long enough"
        if jobs < FEWEST:
            return ""
    return "" if jobs < 2 else None


def _unfit(checked: Checked) -> Iterator[str]:
    """What keeps a configuration out of packs."""
    config = checked.config
    if folds_of(config) is not None:
        yield "the folds of a run train one after another"
    if config.allow:
        yield "code of your own"
    if config.callbacks:
        yield "callbacks"
    if config.device not in ("cpu", "auto"):
        yield f"device={config.device}"
    if config.phases:
        yield "phases"
    if config.optimizer.lr_of:
        yield "optimizer.lr_of"
    if not config.optimizer.moves_many:
        yield f"optimizer={config.optimizer.kind}"
    if config.optimizer.accumulate > 1:
        yield "optimizer.accumulate"
    if config.precision != "float32":
        yield f"precision={config.precision}"
    if config.max_seconds is not None:
        yield "max_seconds"
    if getattr(config.task, "class_weights", None) == "balanced" and depends_on_seed(config):
        yield "task.class_weights=balanced of rows that the seed draws"
    if not config.task.packs:
        yield f"task={config.task.kind}"
    layers = checked.layers
    if layers is None or config.model.sets_weights:
        yield f"model={config.model.name or config.model.kind}"
    else:
        yield from (f"layer {layer.kind}" for layer in layers if not layer.packs)


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


def _that_fit(checked: Checked) -> int:
    """How many members a pack may have, by the memory of the machine: about what a step of one needs."""
    table = checked.table() or ()
    weights = sum(row.trainable + row.frozen for row in table)
    values = sum(prod(row.output_shape) for row in table) + prod(checked.dataset_info.data_spec.input_shape)
    size = 4 * (6 * weights + 4 * values * checked.config.batch_size)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 4 << 30
    return max(2, memory // SHARE // max(1, size))
