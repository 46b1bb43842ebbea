"""A user's own text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Say
from dlrun.data.sets._corpus import Corpus
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "text")
@dataclass(frozen=True)
class Text(Corpus):
    """Your own text, UTF-8 or Latin-1: dataset.path=FILE (next character or word)."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    path: str = options.path("The file, also .gz")
    test_path: str = options.test_path("A file, also .gz,")

    @property
    def given(self) -> str:
        return f"dataset.path={self.path}"

    def place(self, data_dir: str) -> Path:
        from dlrun.data import paths

        return paths.own(self.path)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        if not self.test_path:
            return super().files(data_dir, say)
        path, apart = self.place(data_dir), paths.own(self.test_path, key="test_path")
        return DatasetFiles([path, apart], lambda _: self._with_test(path, apart), self.settings())

    def _with_test(self, path: Path, apart: Path) -> RawDataset:
        """The text with that of another file as its test text; what only that one has stands behind its own units."""
        from dlrun.data.formats.corpus import with_test_text

        found = with_test_text(self._decode(path), self._decode(apart))
        return replace(found, notes=(*found.notes, f"the test text is that of {apart.name}"))
