"""`dlrun summary [overrides]`: the layer table, as Keras prints it, without building anything."""

from __future__ import annotations

from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    from dlrun.config.problem import problem
    from dlrun.models.summary import summary
    from dlrun.preflight.preflight import preflight

    checked = preflight(words)
    rows = checked.table()
    if rows is None:
        raise problem(f"model={checked.config.model.name}", "the layers of a class of your own are known to it alone")
    print(summary(rows, checked.dataset_info.data_spec.input_shape))
    return 0
