"""A text of Nietzsche."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.sets import _corpus as corpus
from dlrun.registry import register


@register("dataset", "nietzsche")
@dataclass(frozen=True)
class Nietzsche(corpus.InDataFolder):
    """Nietzsche's Beyond Good and Evil and more in English, 600,893 characters (next character; Chollet 8.1)."""

    file_name: ClassVar[str] = "nietzsche.txt"
    hashes: ClassVar[dict[str, str]] = {
        "nietzsche.txt": "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647",
    }
    length: int = corpus.length(60)
