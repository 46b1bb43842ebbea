"""Parameter counts that tests compare with printed ones."""

from __future__ import annotations

from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.plan import plan, totals


def part_totals(spec: CompositeSpec) -> dict[str, tuple[int, int]]:
    """Trainable and frozen parameters of each part of a model of several networks."""
    return {name: totals(plan(network.layers, network.input_shape)) for name, network in spec.parts.items()}
