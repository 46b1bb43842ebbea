"""Whether the steps of a run are compiled: as they were at its first start, else by `speed`.  No torch.

On the CPU that is a function in C, on a GPU a CUDA graph (`engine.packed.graph_step`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.layer import Layer
from dlrun.models.plan import each
from dlrun.preflight import trials
from dlrun.preflight.checked import Checked
from dlrun.preflight.program import unfit
from dlrun.preflight.steps import run_steps
from dlrun.preflight.threads import work
from dlrun.preflight.trials import Trial

COMPILED = "compiled"  # how a speed path begins whose steps are

# A compiler needs one to three seconds for a new net; a step saves a tenth of a millisecond at least.
FEWEST = 10_000  # steps of a run, from which on speed=auto tries compiled ones
FEWEST_SCANNED = 500  # the same of runs with a recurrent layer whose loop over time is compiled: it saves milliseconds
# Multiply-adds of a step, above which its products of matrices are nearly all of it: of an ensemble for tables with
# 146e6 (breast_cancer, model=tabular) a compiled step takes 0.54 of a plain one.
LARGE = 500e6
LARGE_ON_GPU = 100e6


def _all_layers(checked: Checked) -> Iterator[Layer]:
    """The layers of all networks with those inside them, as far as they are known."""
    if isinstance(checked.network, CompositeSpec):
        for part in checked.network.parts.values():
            yield from each(part.layers, part.input_shape)
    elif checked.layers is not None:
        yield from each(checked.layers, checked.dataset_info.data_spec.input_shape)


def _scans(checked: Checked, device: str) -> bool:
    """Whether what is compiled is a recurrent layer's loop over time alone, beside which anything may change."""
    return device == "cpu" and any(layer.scans for layer in _all_layers(checked))


def _on_gpu(checked: Checked) -> Iterator[str]:
    """What keeps a step from being a CUDA graph: what keeps it from being a pack."""
    return unfit(checked, checked.config.task.packs, lambda layer: layer.packs)


def speed_of(stored: Mapping[str, Any]) -> str | None:
    """The value of `speed` that gives the steps of a run's provenance; None of a pack, or where it says none."""
    path = str(stored.get("speed_path") or "packed")
    return None if path.startswith("packed") else COMPILED if path.startswith(COMPILED) else "plain"


def compiles(checked: Checked, stored: Mapping[str, Any] | None, device: str = "cpu",
             trial: Callable[[], Trial | None] = lambda: None) -> tuple[bool, str]:
    """Whether to compile, and what is to be said of it; `stored` is the provenance of the first start.

    `device` is the type of the one that the run has: cpu, cuda, mps.  `trial` gives what the steps take on this
    machine's processor, None where they cannot be compiled.
    """
    config = checked.config
    if stored:
        began = speed_of(stored) == COMPILED
        # Of a fork the path is its parent's, and the settings are its own.
        other = began and config.fork is not None and not _scans(checked, device)
        if other and (reason := not_compiled(checked, device)):
            return False, f"steps are not compiled any more: {reason}"
        if began and config.speed == "plain":  # which nobody need have typed
            return True, "the run goes on with compiled steps, as it began"
        if not began and config.speed == COMPILED:
            return False, f"speed={COMPILED} is not taken: the run began with plain steps, and others give other bits"
        return began, ""
    if config.speed == "plain":
        return False, ""
    if _scans(checked, device):
        return config.speed == COMPILED or run_steps(config, checked.rows["train"]) >= FEWEST_SCANNED, ""
    if config.speed == COMPILED:
        reason = not_compiled(checked, device)
        return not reason, f"speed={COMPILED} is not taken: {reason}" if reason else ""
    if not worth_a_trial(checked, device):
        return False, ""
    if device == "cuda":
        return True, ""
    found = trial()
    if found is None:
        return False, ""
    taken = found.pays(run_steps(config, checked.rows["train"]))
    steps = "compiled" if taken else "plain"
    return taken, f"speed=auto: {steps} steps; a compiled one takes {found.share:.2f} of a plain one on this machine"


def not_compiled(checked: Checked, device: str = "cpu") -> str:
    """What keeps a configuration from compiled steps; empty where nothing does."""
    return next(iter(_on_gpu(checked) if device == "cuda" else
                     unfit(checked, checked.config.task.compiles, lambda layer: layer.compiles)), "")


def worth_a_trial(checked: Checked, device: str = "cpu") -> bool:
    """Whether compiled steps could save more than a trial takes."""
    size = work(checked)
    return (not not_compiled(checked, device) and size is not None
            and size <= (LARGE_ON_GPU if device == "cuda" else LARGE)
            and run_steps(checked.config, checked.rows["train"]) >= FEWEST)


def beside_packs(checked: Checked) -> str:
    """Why these runs have compiled steps rather than those of a pack; empty where they have not.

    A compiled run has its own bits whoever is beside it, and needs no others to be fast.
    """
    speed = checked.config.speed
    if speed == "plain" or not_compiled(checked) or not _compiler_is_here():
        return ""
    if speed == COMPILED:
        return "their steps are compiled"
    if not worth_a_trial(checked):
        return ""
    compiled, packed = trials.find("compiled", checked), trials.find("packed", checked)
    if compiled is None or not compiled.pays(run_steps(checked.config, checked.rows["train"])):
        return ""
    faster = packed is None or compiled.share <= packed.share
    return "compiled steps are faster" if faster else ""


def _compiler_is_here() -> bool:
    from dlrun.engine.compiled.compiler import NoCompiler, find

    try:
        find()
    except NoCompiler:
        return False
    return True
