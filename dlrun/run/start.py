"""What a run starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Start:
    """`checkpoint` is loaded before training (None for nothing); `run_id` is the id it was written under.

    `stored` is the provenance of the first start, for what has to stay as it was (threads); `note` tells the user.
    """

    checkpoint: Path | None = None
    run_id: str | None = None
    stored: dict[str, Any] | None = None
    note: str = ""
