"""Alice's Adventures in Wonderland."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.sets import _corpus as corpus
from dlrun.registry import register


@register("dataset", "alice")
@dataclass(frozen=True)
class Alice(corpus.InDataFolder):
    """Alice's Adventures in Wonderland (next character; Project Gutenberg 11, without its header and licence)."""

    file_name: ClassVar[str] = "alice_in_wonderland.txt"
    hashes: ClassVar[dict[str, str]] = {
        "alice_in_wonderland.txt": "49a0b2726606e1290ac03a63978fa1dd1bd38a8d805704d98265f393533ea094",
    }
    length: int = corpus.length(10)
    stride: int = corpus.stride(1)
    newlines: str = corpus.newlines("space")
    ascii_only: bool = corpus.ascii_only(True)

    def extract(self, text: str) -> str:
        from dlrun.data.formats.corpus import without_licence

        return without_licence(text)
