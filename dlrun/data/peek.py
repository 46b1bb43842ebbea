"""Seeing a data set without reading it: the signature and the rows, for checks that come before torch."""

from __future__ import annotations

from typing import Any

from dlrun.data import known
from dlrun.data.signature import Peek


def peek(cfg: Any, data_dir: str) -> Peek:
    """Signature and rows of the data set of a configuration.

    The standard sets are constants; a user's own file is looked at (at once, when its decoded arrays are cached).
    Raises Problems for a file, column or class that is not there.  Unreadable pictures still count here.
    """
    about = known.peek(cfg)
    if about is not None:
        return about
    if cfg.kind == "csv":
        from dlrun.data import table

        return table.peek(cfg)
    if cfg.kind == "npz":
        from dlrun.data import npz

        return npz.peek(cfg)
    from dlrun.data import image_folder

    return image_folder.peek(cfg)
