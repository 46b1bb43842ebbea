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
        from dlrun.config.problem import problem
        from dlrun.models.summary import summary
        from dlrun.preflight.preflight import preflight

        checked = preflight(self.overrides)
        rows = checked.table()
        if rows is None:
            raise problem(f"model={checked.config.model.name}",
                          "the layers of a class of your own are known to it alone")
        say(summary(rows, checked.dataset_info.data_spec.input_shape))
        return 0
