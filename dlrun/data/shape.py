"""From what a source holds to the shape of one input, for the settings of a configuration; no arrays."""

from __future__ import annotations

from dataclasses import replace

from dlrun.config.schema.kinds import DatasetKind
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.form import BYTE_PAIRS


def of_sentences(cfg: DatasetKind, base: DatasetSpec, size: int, maxlen: int) -> DatasetSpec:
    """Rows of words as ids below `size`, padded to `maxlen`; or as bags of them."""
    if cfg.form == "multi_hot":
        return replace(base, input_shape=(size,), input_kind="table", vocabulary=size)
    seen = replace(base, input_shape=(maxlen,), vocabulary=size, padding=0)
    if base.target_kind != "tokens":
        return seen
    return replace(seen, target_length=maxlen, target_vocabulary=len(base.classes))


def of_series(cfg: DatasetKind, base: DatasetSpec) -> DatasetSpec:
    """Windows over a series of columns."""
    windows = cfg.windows()
    return base if windows is None else replace(base, input_shape=(len(base.features), windows.length))


def of_text(cfg: DatasetKind, size: int, padding: int | None) -> DatasetSpec:
    """Windows over running text, ids below `size`, and what comes next."""
    one_hot = cfg.form == "one_hot"
    return DatasetSpec(
        (size, cfg.length) if one_hot else (cfg.length,), "series" if one_hot else "tokens", "tokens",
        vocabulary=size, padding=padding, target_length=cfg.length if cfg.every_position else 0,
        target_vocabulary=size, next_token=True, target_name=f"next {'token' if cfg.unit == BYTE_PAIRS else cfg.unit}",
    )
