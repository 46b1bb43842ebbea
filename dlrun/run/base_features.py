"""A run whose frozen base sees each row once, before the loop."""

from __future__ import annotations

import time

from dlrun.assembly.components import RunComponents
from dlrun.assembly.features import features_first
from dlrun.engine.fit import Fit


def plan_features(components: RunComponents, notes: list[str]) -> None:
    """Decide whether features come first, and note it; nothing is computed yet."""
    components.features = features_first(components)
    if components.features is not None:
        components.speed_path += ", features first" if components.features.trains else ""
        notes.append(components.features.line)


def use_features(components: RunComponents, training: Fit) -> None:
    """Compute the features that the cache lacks, and let the run train and measure by them.

    Raises engine.fit.Interrupted where a signal has come; what was computed until then is in the cache.
    """
    assert components.features is not None
    phases, epoch = components.phases, training.clock.epoch + 1
    if phases is not None and not phases.base_is_as_it_was(epoch):
        return
    start = time.monotonic()
    made, fresh = components.features.compute(
        training.step.cast, lambda done, of: training.recorder.work("features of row", done, of))

    def see(epoch: int) -> None:
        """Features for what the base has not been trained on, and whose rows are not changed."""
        whole = phases is None or phases.base_is_as_it_was(epoch)
        plain = training.batches.augment is None and training.batches.mix is None
        components.by_features = made if whole else {}
        training.batches.rows = made["train"] if whole and plain and "train" in made else components.train

    see(epoch)
    if phases is not None:
        phases.entered = see
    if fresh:
        training.recorder.note(f"features of {fresh:,} rows in {time.monotonic() - start:,.1f} s; they are kept in the "
                               "cache")
