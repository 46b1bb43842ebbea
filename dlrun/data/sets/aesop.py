"""Aesop's Fables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.sets import _corpus as corpus
from dlrun.registry import register

STORY = "| "  # stands between the fables, once for each word of a window; | is a mark, so it becomes a word


@register("dataset", "aesop")
@dataclass(frozen=True)
class Aesop(corpus.InDataFolder):
    """Aesop's Fables (next word; Project Gutenberg 11339, the stories alone, cleaned as in Foster's chapter 6)."""

    file_name: ClassVar[str] = "aesop_11339.txt"
    hashes: ClassVar[dict[str, str]] = {
        "aesop_11339.txt": "89136f6b7f09b1eb8fd28e421a1ffea2de4ca315581786e560ade0acb1690de7",
    }
    unit: str = corpus.unit("word")
    length: int = corpus.length(20)
    stride: int = corpus.stride(1)
    punctuation: str = corpus.punctuation("tokens")

    def settings(self) -> list[object]:
        return [*super().settings(), self.length]

    def extract(self, text: str) -> str:
        """The fables alone; by words cleaned as in Foster's chapter 6, with marks between the stories."""
        from dlrun.data.formats.corpus import without_licence

        text = without_licence(text)
        start, stop = text.find("THE FOX AND THE GRAPES\n\n\n"), text.find("ILLUSTRATIONS\n\n\n[")
        text = text[max(start, 0): stop if stop > 0 else None]
        if self.unit != "word":
            return text.strip() + "\n"
        mark = STORY * self.length
        text = (mark + text).replace("\n\n\n\n\n", mark).replace("\n", " ")
        text = re.sub("  +", ". ", text).strip().replace("..", ".")
        return re.sub(r"\s{2,}", " ", text)
