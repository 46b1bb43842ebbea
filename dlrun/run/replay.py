"""Two runs of the same configuration, compared by their bits: weights, curves, final measures, and what they ran on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dlrun.engine.checkpoint import read
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read as read_rows


@dataclass(frozen=True)
class Measure:
    """A final measure of both: ``test/accuracy``; None where one has none."""

    key: str
    then: float | None
    now: float | None

    @property
    def difference(self) -> float | None:
        """now - then."""
        return None if self.then is None or self.now is None else self.now - self.then


@dataclass(frozen=True)
class Comparison:
    """What is equal and what differs.

    `weights` names the tensor that differs most and by how much, `curve` the first epoch and key that differ; empty
    where nothing does.  `circumstances` are lines like ``torch: 2.12.0, now 2.13.0``.
    """

    weights: str
    curve: str
    measures: list[Measure]
    circumstances: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether all bits are."""
        return not self.weights and not self.curve and all(one.then == one.now for one in self.measures)

    @property
    def largest(self) -> float:
        """The largest difference of a final measure; infinite where one of both lacks one."""
        found = [one.difference for one in self.measures]
        return max((float("inf") if one is None else abs(one) for one in found), default=0.0)


def compare(then: RunFolder, now: RunFolder) -> Comparison:
    """Compare two finished runs of one configuration; raises Damaged for a file that cannot be read."""
    return Comparison(_weights(then, now), _curve(then, now), list(_measures(then.result() or {}, now.result() or {})),
                      list(_circumstances(then.origin(), now.origin())))


def _weights(then: RunFolder, now: RunFolder) -> str:
    files = [file.relative_to(then.path) for file in sorted(then.path.rglob("last.pt"))]
    most, said = -1.0, ""
    for file in files:
        if not (now.path / file).is_file():
            return f"{file.as_posix()} is missing"
        before, after = _model(then.path / file), _model(now.path / file)
        if before.keys() != after.keys():
            return f"{file.as_posix()} holds other tensors"
        for name, tensor in before.items():
            if torch.equal(tensor, after[name]):
                continue
            gap = float((tensor.double() - after[name].double()).abs().max())
            if not gap <= most:
                most, said = gap, f"{name} differs by up to {gap:.3g}" + ("" if len(files) == 1 else f" ({file})")
    return said


def _model(file: Path) -> dict[str, torch.Tensor]:
    model: dict[str, torch.Tensor] = read(file, "it cannot be compared")["parts"]["model"]
    return model


def _curve(then: RunFolder, now: RunFolder) -> str:
    before, after = read_rows(then.metrics), read_rows(now.metrics)
    for old, new in zip(before, after):
        for key in dict.fromkeys((*old, *new)):
            if "seconds" not in key and old.get(key) != new.get(key):
                return f"epoch {old['epoch']}: {key} was {old.get(key)!r}, is {new.get(key)!r}"
    return "" if len(before) == len(after) else f"{len(before)} epochs, now {len(after)}"


def _measures(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Measure]:
    for split in ("train", "val", "test"):
        old, new = then.get(split) or {}, now.get(split) or {}
        for name in dict.fromkeys((*old, *new)):
            yield Measure(f"{split}/{name}", old.get(name), new.get(name))


def _circumstances(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    def of(origin: Mapping[str, Any]) -> dict[str, Any]:
        code = (origin.get("code") or {}).get("dlrun") or {}
        own = {f"code of {name}": str(digest)[:10] for name, digest in (origin.get("own_code") or {}).items()}
        return {**own, **(origin.get("versions") or {}), "commit": str(code.get("commit") or "")[:10],
                "uncommitted changes": str(code.get("diff") or "none")[:10], "hardware": origin.get("hardware"),
                "threads": origin.get("threads"), "speed path": origin.get("speed_path"),
                "data": str((origin.get("data") or {}).get("hash", ""))[:10]}

    old, new = of(then), of(now)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield f"{key}: {old.get(key)}, now {new.get(key)}"
