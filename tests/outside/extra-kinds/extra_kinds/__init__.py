"""A package of kinds for dlrun: a data set, a task, a metric, a layer, a model, an optimizer, a callback."""

from extra_kinds.metric import Worst

__all__ = ["Worst"]
