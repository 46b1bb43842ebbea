"""`dlrun summary [overrides]`: the layer table, as Keras prints it, without building anything."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dlrun.cli.say import columns, paint


def main(words: Sequence[str]) -> int:
    from dlrun.config.problem import problem
    from dlrun.run.preflight import preflight

    checked = preflight(words)
    rows = checked.table()
    if rows is None:
        raise problem(f"model={checked.config.model.name}", "the layers of a class of your own are known to it alone")
    shape = checked.peek.signature.input_shape
    table = [["layer", "", "output shape", "parameters"], ["input", checked.config.dataset.name, _shown(shape), "0"]]
    for row in rows:
        table.append(["  " * row.indent + row.name, row.text, _shown(row.output_shape), f"{row.trainable + row.frozen:,}"])
    lines = columns(table, right=(3,))
    rule = "  " + "-" * (max(map(len, lines)) - 2)
    print(paint(lines[0], "bold", sys.stdout))
    print("\n".join([rule, *lines[1:], rule]))
    trainable, frozen = sum(row.trainable for row in rows), sum(row.frozen for row in rows)
    totals = [["total parameters", f"{trainable + frozen:,}"], ["trainable", f"{trainable:,}"],
              ["not trainable", f"{frozen:,}"]]
    print("\n".join(columns(totals, right=(1,))))
    return 0


def _shown(shape: tuple[int, ...]) -> str:
    """Height, width, channels for images, as the books print it."""
    return f"({', '.join(map(str, (*shape[1:], shape[0])))})"
