"""What of a configuration a run's time depends on."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from dlrun import registry
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS, Root
from dlrun.config.settings import read_file

# What changes the numbers in a step and not how many there are: by the last word of the key, in any group.
_SAME_TIME = {
    "seed", "name", "lr", "dropout", "momentum", "nesterov", "beta1", "beta2", "rho", "eps",
    "decay", "weight_decay", "l1", "l2", "max_norm", "init", "bias_init", "recurrent_init", "label_smoothing",
    "smoothing", "clip_norm", "clip_value", "alpha", "noise",
}
_WHETHER = {"recurrent_dropout"}  # what costs time where it is not 0, and then the same
_LENGTH = ("epochs", "max_steps", "max_seconds", "test_at", "early_stop.")


def shape(flat: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """What a step's time depends on: the values but those that cost none, and but how many steps there are."""
    return frozenset((key, repr(bool(value) if key.rpartition(".")[2] in _WHETHER else value))
                     for key, value in flat.items() if _costs(key) and not _is_length(key))


def length(flat: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """What the number of steps depends on beside the shape."""
    return frozenset((key, repr(value)) for key, value in flat.items() if _is_length(key))


def kind(flat: dict[str, Any]) -> tuple[Any, ...]:
    """Data, kind of model, and whether its base is computed once: without these the same, steps tell nothing."""
    return (read_file(flat), _features_first(flat),
            *(flat.get(key) for key in ("dataset.kind", "model.kind", "model._target_")))


def _features_first(flat: dict[str, Any]) -> bool:
    """Whether a frozen base sees each row once (`assembly.features`): a step is then a hundredth of one through it."""
    frozen = flat.get("model.freeze") is None and not flat.get("model.unfreeze") and not flat.get("phases")
    return bool(flat.get("model.base") and flat.get("model.weights") != "none" and frozen and not _augmented(flat))


def _augmented(flat: dict[str, Any]) -> bool:
    """Whether the training rows are changed; the defaults of the group `augment` change nothing."""
    name = flat.get("augment.kind")
    if name is None:
        return False
    if not registry.is_known("augment", name):
        return True
    return any(flat.get(f"augment.{field.name}", field.default) != field.default
               for field in fields(registry.find("augment", name)))


def _is_length(key: str) -> bool:
    return key.startswith(_LENGTH)


def _costs(key: str) -> bool:
    group, _, member = key.partition(".")
    if group == "schedule" or member.rpartition(".")[2] in _SAME_TIME or key in _SAME_TIME:
        return False
    rule = rules(Root).get(group)
    return group in GROUPS or rule is None or rule.identity
