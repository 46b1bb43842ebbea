"""A run's step as one program: in C (of an LSTM its loop over time), or as a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable

from dlrun.data.batches import Batches
from dlrun.engine.compiled.compiler import NoCompiler
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.scanned_step import ScannedStep, compiled_cells
from dlrun.engine.compiled.step import CompiledStep
from dlrun.engine.step import EagerStep


def compiled_step(step: EagerStep, batches: Batches, say: Callable[[str], None]) -> tuple[EagerStep, Batches]:
    """A compiled step and its batches in the place of these; these where there is none, and `say` hears why."""
    if step.rng.device.type == "cuda":
        from dlrun.engine.packed.graph_step import GraphStep
        from dlrun.engine.packed.program import TURN

        if list(step.players) != [TURN]:
            say("steps are not compiled: there is not one network that is trained")
            return step, batches
        graphed = GraphStep(step, batches, say)
        return graphed, graphed.batches
    try:
        if any(compiled_cells(step.model)):
            return ScannedStep(step), batches
        found = CompiledStep(step, batches)
    except (Unsupported, NoCompiler) as reason:
        say(f"steps are not compiled: {reason}")
        return step, batches
    return found, found.batches
