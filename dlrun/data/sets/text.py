"""A user's own text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.data.sets import _options as options
from dlrun.data.sets._corpus import Corpus
from dlrun.registry import register


@register("dataset", "text")
@dataclass(frozen=True)
class Text(Corpus):
    """Your own text, UTF-8 or Latin-1: dataset.path=FILE (next character or word)."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    path: str = options.path("The file, also .gz")

    @property
    def given(self) -> str:
        return f"dataset.path={self.path}"

    def place(self, data_dir: str) -> Path:
        from dlrun.data import paths

        return paths.own(self.path)
