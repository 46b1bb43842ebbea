"""What remarks on a result follow from, of a run that has just ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlrun.assembly.components import RunComponents
from dlrun.record.facts import Facts


def facts_of(components: RunComponents, result: Mapping[str, Any], epochs: Sequence[Mapping[str, Any]]) -> Facts:
    """The facts of a result; `epochs` are the rows of metrics.jsonl."""
    prepared = components.prepared
    classes = prepared.data_spec.classes if prepared.data_spec.target_kind == "classes" else ()
    splits = {"train": prepared.train, "val": prepared.val, "test": prepared.test}
    counts = {name: np.bincount(split.y, minlength=len(classes)).tolist()
              for name, split in splits.items() if classes and split is not None and split.y is not None}
    target = None
    if prepared.data_spec.target_kind == "number" and prepared.targets:
        scaled = prepared.targets[0]
        target = ((scaled.mean - scaled.offset) * scaled.factor, scaled.deviation * scaled.factor)
    spec, augment = prepared.data_spec, components.config.augment
    picture = spec.input_kind == "image"
    changed = picture and (augment.build_on(prepared) is not None or augment.mixing(prepared) is not None)
    return Facts(result, epochs, counts, components.remarks, target, spec.input_shape if picture else (), changed)
