"""Python's own help."""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.data.sets._corpus import Corpus
from dlrun.registry import register


@register("dataset", "python_docs")
@dataclass(frozen=True)
class PythonDocs(Corpus):
    """English about Python: the topics of its own help (next character; 465,000 characters); embedded."""

    offline: ClassVar[bool] = True

    def place(self, data_dir: str) -> Path:
        spec = importlib.util.find_spec("pydoc_data.topics")
        if spec is None or spec.origin is None:
            raise self.damaged("this Python comes without pydoc_data, the topics of its help")
        return Path(spec.origin)

    def text(self, path: Path, notes: list[str]) -> str:
        """The topics of Python's help, in the order of their names."""
        from pydoc_data.topics import topics

        return "\n\n".join(topics[name].strip() for name in sorted(topics))

    def label(self) -> str:
        return f"of Python {platform.python_version()}"
