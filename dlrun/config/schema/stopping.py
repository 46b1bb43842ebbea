"""Which way a metric is better."""

from __future__ import annotations


def smaller_is_better(metric: str) -> bool:
    """Whether a metric is to fall: all but accuracies and exact matches are (losses, errors, divergences, perplexity).

    So are the steps until one has come to a value.
    A critic's `distance` says nothing of the samples and has no direction to choose by; it counts as falling.
    """
    return metric.startswith("steps@") or not metric.endswith(("accuracy", "exact_match"))
