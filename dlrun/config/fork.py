"""The key `fork`: the run and the epoch that another run begins from."""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r"([0-9a-f]{10})@([1-9][0-9]{0,8})")
EXPECTED = "expected the id of a run and an epoch, as  3f9c1e02aa@10"


class Origin(NamedTuple):
    """Of a fork: its parent's id, and how many of the parent's epochs are its first ones."""

    parent: str
    epoch: int


def origin_of(fork: str) -> Origin | None:
    """What the key's text means; None where it means nothing."""
    found = _FORM.fullmatch(fork)
    return None if found is None else Origin(found[1], int(found[2]))
