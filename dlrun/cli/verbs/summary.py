"""`dlrun summary [overrides]`: the layer table, as Keras prints it, without building anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.models.plan import LayerRow
    from dlrun.models.shapes import Shape


class LayerAnswer(TypedDict):
    """A layer; inner layers follow the one that holds them, and are counted in it too."""

    name: str
    layer: Annotated[str, "What it is, as  dense 128 relu."]
    output: Annotated[list[int], "Its shape, channels first, without the batch."]
    trainable: Annotated[int, "Parameters that are trained."]
    frozen: Annotated[int, "Numbers that no gradient reaches: batch norm's moving averages."]
    indent: Annotated[int, "How deep it lies in others."]


class SummaryAnswer(TypedDict):
    """The layer table."""

    input: Annotated[list[int], "The shape of a row, channels first."]
    layers: list[LayerAnswer]
    trainable: int
    frozen: int


@register("verb", "summary")
@dataclass(frozen=True)
class Summary(Verb):
    """The layer table of a model: output shapes and parameter counts."""

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun summary model=lenet dataset=mnist", "as Keras prints it, before anything is built"),)

    answers: ClassVar[Any] = SummaryAnswer

    def answer(self) -> Answer:
        from dlrun.preflight.preflight import preflight

        checked = preflight(self.overrides)
        rows, data_spec = checked.table(), checked.dataset_info.data_spec
        if rows is None:  # a class of the user's: what is in it is seen when it is built
            rows = checked.config.model.built_table(data_spec, checked.outputs, checked.config.seed)
        return Answer(partial(_data, rows, data_spec.input_shape), partial(_show, rows, data_spec.input_shape))


def _data(rows: Sequence[LayerRow], shape: Shape) -> SummaryAnswer:
    from dlrun.models.plan import totals

    trainable, frozen = totals(rows)
    layers: list[LayerAnswer] = [
        {"name": row.name, "layer": row.text, "output": list(row.output_shape), "trainable": row.trainable,
         "frozen": row.frozen, "indent": row.indent} for row in rows]
    return {"input": list(shape), "layers": layers, "trainable": trainable, "frozen": frozen}


def _show(rows: Sequence[LayerRow], shape: Shape) -> None:
    from dlrun.models.summary import summary

    say(summary(rows, shape))
