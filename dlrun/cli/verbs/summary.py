"""`dlrun summary [overrides]`: the layer table, as Keras prints it, without building anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register


@register("verb", "summary")
@dataclass(frozen=True)
class Summary(Verb):
    """The layer table of a model: output shapes and parameter counts."""

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun summary model=lenet dataset=mnist", "as Keras prints it, before anything is built"),)

    def run(self) -> int:
        from dlrun.models.summary import summary
        from dlrun.preflight.preflight import preflight

        checked = preflight(self.overrides)
        rows, data_spec = checked.table(), checked.dataset_info.data_spec
        if rows is None:  # a class of the user's: what is in it is seen when it is built
            rows = checked.config.model.built_table(data_spec, checked.outputs, checked.config.seed)
        say(summary(rows, data_spec.input_shape))
        return 0
