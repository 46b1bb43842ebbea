"""The table of a network that `dlrun summary` prints, in the manner of Keras's `model.summary()`."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.models.plan import LayerRow, shape_text, totals
from dlrun.models.shapes import Shape


def summary(rows: Sequence[LayerRow], input_shape: Shape) -> str:
    """One line for each layer (name, what it is, output, parameters) and the totals.

    Frozen parameters are those that no gradient reaches: batch norm's moving averages.
    """
    cells = [("layer", "", "output", "parameters"), ("input", "", shape_text(input_shape), "")]
    cells += [("  " * row.indent + row.name.rpartition(".")[2], row.text, shape_text(row.output_shape),
               f"{row.trainable + row.frozen:,}" if row.trainable or row.frozen else "") for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = [f"{name:<{widths[0]}}   {text:<{widths[1]}}   {output:>{widths[2]}}   {count:>{widths[3]}}".rstrip()
             for name, text, output, count in cells]
    trainable, frozen = totals(rows)
    end = f"{trainable + frozen:,} parameters"
    if frozen:
        end += f": {trainable:,} trainable, {frozen:,} frozen"
    return "\n".join([*lines, "", end])
