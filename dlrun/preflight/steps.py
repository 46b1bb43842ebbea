"""How many steps a run takes, known before it begins."""

from __future__ import annotations

from dlrun.config.schema.root import Config


def epoch_steps(config: Config, rows: int) -> int:
    """The steps of one epoch over so many training rows; carried states need whole batches."""
    size = config.batch_size * config.optimizer.accumulate
    steps = config.steps_per_epoch or (rows // size if config.model.stateful_key() else -(-rows // size))
    return min(steps, config.max_steps or steps)


def run_steps(config: Config, rows: int) -> int:
    """The steps of a run that nothing stops early."""
    steps = config.epochs * epoch_steps(config, rows)
    return min(steps, config.max_steps or steps)
