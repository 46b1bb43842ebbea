"""From what a source holds to the shape of one input, for the settings of a configuration; no arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dlrun.data.form import windows_of
from dlrun.data.signature import Signature


def of_sentences(cfg: Any, base: Signature, size: int, maxlen: int) -> Signature:
    """Rows of words as ids below `size`, padded to `maxlen`; or as bags of them."""
    if getattr(cfg, "form", "tokens") == "multi_hot":
        return replace(base, input_shape=(size,), input_kind="table", vocabulary=size)
    seen = replace(base, input_shape=(maxlen,), vocabulary=size, padding=0)
    if base.target_kind != "tokens":
        return seen
    return replace(seen, target_length=maxlen, target_vocabulary=len(base.classes))


def of_series(cfg: Any, base: Signature) -> Signature:
    """Windows over a series of columns."""
    windows = windows_of(cfg)
    return base if windows is None else replace(base, input_shape=(len(base.features), windows.length))


def of_text(cfg: Any, size: int, padding: int | None) -> Signature:
    """Windows over running text, ids below `size`, and what comes next."""
    one_hot = cfg.form == "one_hot"
    return Signature(
        (size, cfg.length) if one_hot else (cfg.length,), "series" if one_hot else "tokens", "tokens",
        vocabulary=size, padding=padding, target_length=cfg.length if cfg.every_position else 0,
        target_vocabulary=size, next_token=True, target_name=f"next {cfg.unit}",
    )
