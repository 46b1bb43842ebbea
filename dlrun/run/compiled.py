"""A run's step in C, where this machine can make one."""

from __future__ import annotations

from collections.abc import Callable

from dlrun.data.batches import Batches
from dlrun.engine.compiled.compiler import NoCompiler
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.step import CompiledStep
from dlrun.engine.step import EagerStep


def compiled_step(step: EagerStep, batches: Batches, say: Callable[[str], None]) -> tuple[EagerStep, Batches]:
    """A compiled step and its batches in the place of these; these where there is none, and `say` hears why."""
    try:
        found = CompiledStep(step, batches)
    except (Unsupported, NoCompiler) as reason:
        say(f"steps are not compiled: {reason}")
        return step, batches
    return found, found.batches
