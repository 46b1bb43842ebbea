"""A run's step as one program: in C (of an LSTM its loop over time), or as a CUDA graph; in C its evaluation too."""

from __future__ import annotations

from collections.abc import Callable

from dlrun.assembly.components import RunComponents
from dlrun.data.batches import Batches
from dlrun.engine.compiled.compiler import NoCompiler
from dlrun.engine.compiled.evaluation import CompiledEvaluation
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.scanned_step import ScannedStep, compiled_cells
from dlrun.engine.compiled.step import CompiledStep
from dlrun.engine.step import EagerStep

EVALUATED = ", evaluation compiled"  # in a run's `speed_path`, behind how its steps are executed


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


def compiled_evaluation(step: EagerStep, components: RunComponents,
                        say: Callable[[str], None]) -> CompiledEvaluation | None:
    """What measures the rows of a run whose step is compiled; None where torch does it, and `say` hears why.

    It is made for the validation rows, before a checkpoint is loaded: whether it is taken must not depend on weights.
    """
    rows = components.val
    if not isinstance(step, CompiledStep) or rows is None or components.features is not None:
        return None
    try:
        return CompiledEvaluation(step, rows, components.evaluate_batch,
                                  components.gathers(rows) or bool(components.chosen_metrics))
    except (Unsupported, NoCompiler) as reason:
        say(f"evaluation is not compiled: {reason}")
        return None
