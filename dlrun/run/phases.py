"""The phases of a run: entered at its start, where it resumes, and before the first step of an epoch."""

from __future__ import annotations

from dlrun.assembly.components import RunComponents
from dlrun.engine.fit import Fit
from dlrun.engine.phases import Phases


def add_phases(training: Fit, components: RunComponents) -> None:
    """Let a run change at its epochs.  Raises ConfigError for names that its network does not have."""
    phases = Phases(components.config.phases, components.model, training.step, training.rate, training.batches)
    components.phases = phases
    begin = training.begin

    def begun() -> None:
        begin()
        phases.enter(training.clock.epoch + 1)

    training.begin = begun


def enter_phase(training: Fit, components: RunComponents) -> None:
    """Make a run that has just been put together, or loaded, what it is in the epoch that comes."""
    if components.phases is not None:
        components.phases.enter(training.clock.epoch + 1)
