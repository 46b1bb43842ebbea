"""Which members of a pack are measured together after each epoch (`engine.packed.evaluation`)."""

from __future__ import annotations

from dlrun.assembly.components import RunComponents
from dlrun.config.schema.folds import depends_on_seed
from dlrun.engine.fit import Fit
from dlrun.engine.processes import Processes


def share_measurements(components: RunComponents, training: Fit, processes: Processes) -> None:
    """Let a member's validation rows be measured with those of the others, where that gains anything.

    It is a rule of the member's own configuration, so that its numbers depend on nobody: not where the seed draws the
    rows or they are a fold's, which each has for itself.
    """
    config, rows = components.config, components.val
    if rows is None or depends_on_seed(config) or components.by_features:
        return
    passes = components.gathers(rows) or bool(components.chosen_metrics)
    found = processes.measures(training, rows, components.evaluate_batch, passes,
                               lambda: components.before_batch())
    if found is not None:
        components.beside = found
