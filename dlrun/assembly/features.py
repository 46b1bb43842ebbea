"""Features first: what a frozen base makes of each row is computed once, and the head is trained on that.

A feature is kept in the cache under the content of its row and of everything between the row and it, so that other
splits, folds, seeds and heads find it there, and a run that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from dlrun.assembly.machine import fits
from dlrun.config.schema.root import Config
from dlrun.data.array_cache import load_arrays, store_array
from dlrun.data.batches import Batches, Rows
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import NONE
from dlrun.models.pretrained.module import PretrainedModule
from dlrun.models.step_rng import StepRng

PIECE_SECONDS = 10.0  # between two pieces that are kept: what a killed run computes again, at most
ROW = 16  # bytes of a row's digest
Table = dict[bytes, np.ndarray]  # the features of rows by their digests


class Components(Protocol):
    """What is asked of a run (`assembly.components.RunComponents`)."""

    config: Config
    prepared: PreparedData
    model: nn.Module
    rng: StepRng
    batches: Batches
    train: Rows
    val: Rows | None
    test: Rows | None
    resident: bool
    evaluate_batch: int

    @property
    def before_batch(self) -> Callable[[], None]:
        """Called before each batch that the base sees."""


def features_first(components: Components) -> FeaturesFirst | None:
    """How a run is trained by features; None where its network has no frozen base, or the features are too many.

    Training rows that are augmented, mixed or drawn in each pass are seen by the base each time, and so are those of a
    run with few steps; the others are then measured by features.
    """
    base = next(components.model.children(), None)
    if not isinstance(base, PretrainedModule) or not base.whole_frozen:
        return None
    prepared, batches = components.prepared, components.batches
    splits = {name: split for name, split in prepared.splits.items() if split.held and split.rows is None}
    off = any(phase.epoch == 1 and phase.augment is False for phase in components.config.phases)
    changed = (batches.augment is not None or batches.mix is not None) and not off
    if changed or batches.rows is not components.train or _rows_seen(components) < components.train.count:
        splits.pop("train", None)
    size = sum(map(len, splits.values())) * base.width(prepared.data_spec.input_shape) * 4
    if not splits or not fits(2 * size, torch.device("cpu")) or not fits(size, components.rng.device):
        return None
    return FeaturesFirst(components, base, splits)


def _rows_seen(components: Components) -> int:
    """How many training rows the steps of a run see, repeated ones counted: few in one that is cut short."""
    config, batches = components.config, components.batches
    steps = config.epochs * (config.steps_per_epoch or batches.steps_in_pass)
    return min(steps, config.max_steps or steps) * batches.batch_size


class FeaturesFirst:
    """The splits of a run that are trained on, or measured, by the features that its base makes of their rows."""

    def __init__(self, components: Components, base: PretrainedModule, splits: dict[str, Split]):
        self._components, self._base, self._splits = components, base, splits
        scale, config = components.prepared.scale, components.config
        about = [base.about, config.precision, *(f"{value.dtype.str}{value.shape}" for value in
                                                 (splits[next(iter(splits))].x[:0], scale.offset, scale.factor)),
                 scale.offset.tobytes().hex(), scale.factor.tobytes().hex()]
        self._prefix = f"features-{hashlib.sha256(' '.join(about).encode()).hexdigest()[:16]}"

    @property
    def line(self) -> str:
        """What the header says of it."""
        rows = sum(map(len, self._splits.values()))
        which = "rows" if "train" in self._splits else "validation and test rows"
        return f"features first: the frozen base sees each of {rows:,} {which} once, and the head gets what it makes"

    @property
    def trains(self) -> bool:
        """Whether the training rows are among them."""
        return "train" in self._splits

    def compute(self, cast: Callable[[], Any], progress: Callable[[int, int], None]) -> tuple[dict[str, Rows], int]:
        """The rows of each split as features, on the run's device, and how many were not in the cache.

        `progress` is told how many rows are done, of how many.  What `components.before_batch` raises ends it; what was
        computed until then is kept.
        """
        known = {row["row"].tobytes(): row["values"] for piece in load_arrays(self._prefix) for row in piece}
        digests = {name: [_digest(row) for row in split.x] for name, split in self._splits.items()}
        places = {digest: (name, place) for name, found in digests.items() for place, digest in enumerate(found)}
        missing = {digest: place for digest, place in places.items() if digest not in known}
        done, piece, written = len(places) - len(missing), Table(), time.monotonic()
        try:
            for found in self._made(missing, cast):
                known |= found
                piece |= found
                done += len(found)
                progress(done, len(places))
                if time.monotonic() - written >= PIECE_SECONDS:
                    self._keep(piece)
                    piece, written = {}, time.monotonic()
        finally:
            self._keep(piece)
        device, resident = self._components.rng.device, self._components.resident
        values = {name: np.stack([known[digest] for digest in found]) for name, found in digests.items()}
        return {name: Rows(Split(values[name], split.y), NONE, device, resident)
                for name, split in self._splits.items()}, len(missing)

    def _made(self, missing: dict[bytes, tuple[str, int]], cast: Callable[[], Any]) -> Iterator[Table]:
        """The features of these rows, as many at a time as are measured at once."""
        components, size = self._components, self._components.evaluate_batch
        sources = {"train": components.train, "val": components.val, "test": components.test}
        components.model.eval()
        try:
            for name in self._splits:
                rows = sources[name]
                assert rows is not None
                own = [(digest, place) for digest, (split, place) in missing.items() if split == name]
                for start in range(0, len(own), size):
                    components.before_batch()
                    part = own[start:start + size]
                    index = torch.tensor([place for _, place in part])
                    with torch.no_grad(), cast():
                        made = self._base(rows.take(index.to(rows.device) if rows.resident else index)[0])
                    yield dict(zip((digest for digest, _ in part), made.float().cpu().numpy()))
        finally:
            components.model.train()

    def _keep(self, piece: Table) -> None:
        if not piece:
            return
        width = len(next(iter(piece.values())))
        table = np.zeros(len(piece), [("row", f"V{ROW}"), ("values", np.float32, (width,))])
        table["row"] = np.frombuffer(b"".join(piece), f"V{ROW}")
        table["values"] = np.stack(list(piece.values()))
        store_array(f"{self._prefix}-{hashlib.sha256(b''.join(piece)).hexdigest()[:16]}", table)


def _digest(row: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=ROW).digest()
