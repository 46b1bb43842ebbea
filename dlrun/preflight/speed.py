"""Whether the steps of a run are compiled: as they were at its first start, else by `speed`.  No torch.

On the CPU that is a function in C, on a GPU a CUDA graph (`engine.packed.graph_step`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.layer import Layer
from dlrun.models.plan import each
from dlrun.preflight.checked import Checked
from dlrun.preflight.program import unfit
from dlrun.preflight.steps import run_steps
from dlrun.preflight.threads import work

COMPILED = "compiled"  # how a speed path begins whose steps are

# A compiler needs one to three seconds for a new net; a step saves a tenth of a millisecond at least.
FEWEST = 10_000  # steps of a run, from which on speed=auto compiles them
FEWEST_SCANNED = 500  # the same of runs with a recurrent layer whose loop over time is compiled: it saves milliseconds
LARGE = 100e6  # multiply-adds of a step, above which its products of matrices are nearly all of it


_WIRINGS = ("autoencoder", "vae", "gan")  # of several networks, that are tested as one compiled step


def _layers(checked: Checked) -> Sequence[Layer] | None:
    """The layers of all networks that take part in a step, without those that are tested there alone."""
    spec = checked.network
    if isinstance(spec, CompositeSpec) and spec.wiring in _WIRINGS and spec.trained:
        return [layer for part in spec.parts.values() for layer in part.layers if not layer.compiles]
    layers = checked.layers
    return layers if layers is None else [layer for layer in layers if not layer.compiles]


def _all_layers(checked: Checked) -> Iterator[Layer]:
    """The layers of all networks with those inside them, as far as they are known."""
    if isinstance(checked.network, CompositeSpec):
        for part in checked.network.parts.values():
            yield from each(part.layers, part.input_shape)
    elif checked.layers is not None:
        yield from each(checked.layers, checked.dataset_info.data_spec.input_shape)


def _on_gpu(checked: Checked) -> Iterator[str]:
    """What keeps a step from being a CUDA graph: what keeps it from being a pack."""
    return unfit(checked, checked.config.task.packs, checked.layers)


def compiles(checked: Checked, stored: Mapping[str, Any] | None, device: str = "cpu") -> tuple[bool, str]:
    """Whether to compile, and what is to be said of it; `stored` is the provenance of the first start.

    `device` is the type of the one that the run has: cpu, cuda, mps.
    """
    config = checked.config
    if stored:
        began = str(stored.get("speed_path", "")).startswith(COMPILED)
        if began and config.speed == "plain":  # which nobody need have typed
            return True, "the run goes on with compiled steps, as it began"
        if not began and config.speed == COMPILED:
            return False, f"speed={COMPILED} is not taken: the run began with plain steps, and others give other bits"
        return began, ""
    if config.speed == "plain":
        return False, ""
    if device == "cpu" and any(layer.scans for layer in _all_layers(checked)):
        return config.speed == COMPILED or run_steps(config, checked.rows["train"]) >= FEWEST_SCANNED, ""
    reason = next(iter(_on_gpu(checked) if device == "cuda" else
                       unfit(checked, config.task.compiles, _layers(checked))), "")
    if config.speed == COMPILED:
        return not reason, f"speed={COMPILED} is not taken: {reason}" if reason else ""
    size = work(checked)
    return (not reason and size is not None and size <= LARGE
            and run_steps(config, checked.rows["train"]) >= FEWEST), ""
