"""A run's step as a program: a function of weights, optimizer state, rows and masks.  No torch.

Whether it can be one, and which operations it consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dlrun import registry
from dlrun.config.flat import flatten
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import Root
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.layer import Layer
from dlrun.preflight.checked import Checked

# What may differ among runs of the same operations, beside the keys of an optimizer's `moved_by` and of a schedule.
_FREE = ("seed", "epochs", "max_steps", "test_at", "evaluate_train", "interpolation")
_FREE_OF_MODEL = ("dropout", "input_dropout", "l1", "l2", "init", "bias_init")
_PACKED_BY = ("pack", "device", "threads", "resident", "data_dir")  # of the keys that change no id
_SET_OR_NOT = ("max_norm", "clip_norm", "clip_value")  # keys whose number may differ, but not whether there is one
_WIRINGS = ("autoencoder", "vae", "gan")  # of several networks, that are tested as one program


def operations(config: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Equal for configurations (as they are stored) whose steps may be one program, on the same rows."""
    flat, found = flatten(config), []
    known = rules(Root)
    moved = getattr(registry.find("optimizer", flat["optimizer.kind"]), "moved_by", ())
    for key, value in flat.items():
        group, _, member = key.partition(".")
        if key in _FREE or group in ("schedule", "early_stop") or (group == "model" and member in _FREE_OF_MODEL):
            if member.endswith("dropout"):  # a layer is there, or it is not
                value = bool(value)
            else:
                continue
        elif member in _SET_OR_NOT:
            value = value is not None
        elif group == "optimizer" and member in moved:
            # Whether there is a momentum is another program; the other numbers are each member's own.
            value = bool(value) if member == "momentum" else None
        elif member == "name" or (group in known and not known[group].identity and group not in _PACKED_BY):
            continue
        found.append((key, repr(value)))
    return tuple(sorted(found))


def layers_of(checked: Checked) -> Sequence[Layer] | None:
    """The layers of all networks that take part in a step; None where that is not known, or not tested as one program.
    """
    spec = checked.network
    if isinstance(spec, CompositeSpec):
        tested = spec.wiring in _WIRINGS and spec.trained
        return [layer for part in spec.parts.values() for layer in part.layers] if tested else None
    return checked.layers


def unfit(checked: Checked, task_fits: bool, fits: Callable[[Layer], bool]) -> Iterator[str]:
    """What keeps a step from being one, whose task fits or not, and whose layers `fits` tells."""
    config = checked.config
    if config.allow:
        yield "code of your own"
    if config.callbacks:
        yield "callbacks"
    if config.device == "mps":
        yield f"device={config.device}"
    if config.phases:
        yield "phases"
    if config.optimizer.lr_of:
        yield "optimizer.lr_of"
    if not config.optimizer.moves_many:
        yield f"optimizer={config.optimizer.kind}"
    if config.optimizer.accumulate > 1:
        yield "optimizer.accumulate"
    if config.precision != "float32":
        yield f"precision={config.precision}"
    if not task_fits:
        yield f"task={config.task.kind}"
    layers = layers_of(checked)
    if layers is None or config.model.computed:
        yield f"model={config.model.name or config.model.kind}"
    else:
        yield from (f"layer {layer.kind}" for layer in layers if not fits(layer))
